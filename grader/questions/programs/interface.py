"""How a program is called, and which of the values that it returned is which item.

A dict goes by its keys, a tuple by its order, and one value is itself (format.md 1.7). What cannot be read as numbers
says why; nothing is compared here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy

from grader.questions.programs.points import Point
from grader.sandbox import Argument, Call, CallOutcome, Group, Listed, Unusable, Value, as_array, parts
from grader.sandbox.inside.values import Array


@dataclass(frozen=True, eq=False)
class Interface:
    """A function called by position, or statements; and the items that come of it, in one or several conventions.

    `single`: what is returned is one quantity, not a mapping of one.
    """

    function: str
    arguments: tuple[str, ...]
    statements: str
    requires: tuple[str, ...]
    alternatives: tuple[Mapping[str, str], ...]
    items: tuple[str, ...]
    single: bool

    def given(self, point: Point) -> dict[str, Argument]:
        """What a call at this point is given."""
        return point.arguments(self.arguments if self.function else None)

    def call(self, point: Point, counted: bool = False) -> Call:
        """The call at this point."""
        return Call(self.given(point), counted)

    def values(self, call: CallOutcome, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Array | Unusable]:
        """The array of each item, or why there is none; `shapes` decide where a value can be read in two ways."""
        return {name: as_array(value) for name, value in self._separate(call, shapes).items()}

    def _separate(self, call: CallOutcome, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Value]:
        values = dict(call.values or {})
        if not self.function:
            return {n: values.get(n, Unusable("nothing")) for n in self.items}
        value = values.get("", Unusable("nothing"))
        if isinstance(value, dict):
            return {n: value.get(n, Unusable(_without(n, value))) for n in self.items}
        if len(self.items) == 1:
            return {self.items[0]: value if self.single else _only(value, shapes[self.items[0]])}
        several = parts(value)
        if isinstance(value, Unusable):
            return dict.fromkeys(self.items, value)
        if several is None or len(several) != len(self.items):
            got = "one value" if several is None else f"{len(several)} {'value' if len(several) == 1 else 'values'}"
            wanted = f"{got} where {len(self.items)} were asked for: {', '.join(self.items)}"
            return dict.fromkeys(self.items, Unusable(wanted))
        return dict(zip(self.items, several, strict=True))


def _without(name: str, found: dict[str, Value]) -> str:
    keys = ", ".join(list(found)[:8]) or "no key at all"
    return f"a dict without the key {name} (it has {keys})"


def _only(value: Value, shape: tuple[int, ...]) -> Value:
    """The value of the one key; a tuple of one value may hold it."""
    if isinstance(value, Group | Listed) and value.kind == "tuple":
        several, whole = parts(value), as_array(value)
        fits = isinstance(whole, numpy.ndarray) and whole.shape == shape
        if several is not None and len(several) == 1 and not fits:
            return several[0]
    return value
