"""The values of a program against the expected ones, at every point and under one convention.

Tolerances are those of format.md 1.5; what a program computed in float32 may be off by what float32 must cause. At
kinks one choice holds through all items of a call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy

from grader.answers.number import EXACT, Typed
from grader.comparing import compare
from grader.engine.computation import Evaluated, Key
from grader.questions.programs.interface import Interface
from grader.questions.programs.points import Point
from grader.sandbox import CallOutcome, Unusable
from grader.spec.models import Relative, Tolerance

Array = Any
DEFAULT = Relative(1e-6, 0.0)
SINGLE = 2.0**29
"""How much coarser float32 is than float64."""
SAME = 1e-12
ONE_ENTRY = "An array of one entry was taken as a number."


@dataclass(frozen=True, eq=False)
class Found:
    """A value that was looked at: at which point, the answer in its shape, what is expected, and if that fits."""

    point: Point
    answer: Array
    expected: Evaluated
    right: bool


@dataclass(eq=False)
class Item:
    """What is found out about one item, at all points."""

    name: str
    quantity: str
    unusable: str | None = None
    shape: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    reshaped: bool = True
    not_finite: bool = False
    changing: bool = False
    one_entry: bool = False
    narrow: bool = False
    found: list[Found] = field(default_factory=list)
    at_printed: Array | None = None

    @property
    def wrong(self) -> list[Found]:
        """Where it is wrong."""
        return [f for f in self.found if not f.right]

    @property
    def comparable(self) -> bool:
        """Whether its values could be looked at everywhere."""
        return self.unusable is None and self.shape is None

    @property
    def right(self) -> bool:
        """Whether nothing was found wanting."""
        return self.comparable and not self.changing and all(f.right for f in self.found)


def judged(
    interface: Interface,
    alternative: Mapping[str, str],
    calls: Sequence[CallOutcome],
    points: Sequence[Point],
    tolerance: Tolerance,
    narrow: bool = False,
) -> dict[str, Item]:
    """The items under one convention; `narrow` says that the program is known to compute in float32.

    A point that comes again has to give the same again.
    """
    items = {name: Item(name, alternative[name]) for name in interface.items}
    first: dict[int, dict[str, Array | Unusable]] = {}
    for call, point in zip(calls, points, strict=True):
        expected = {n: point.expected(q) for n, q in alternative.items()}
        values = interface.values(call, {n: e.computation.shape for n, e in expected.items()})
        single = narrow or any(_is_narrow(v) for v in values.values())
        if id(point) in first:
            _repeat(items, first[id(point)], values, expected, single)
            continue
        first[id(point)] = values
        chosen: dict[Key, Array] = {}
        for name, item in items.items():
            item.narrow |= single
            _look(item, values[name], point, expected[name].choosing(chosen), tolerance, chosen)
    return items


def _is_narrow(value: Array | Unusable) -> bool:
    """Whether an array holds float32, or numbers that are of float32 and not just short."""
    if isinstance(value, Unusable):
        return False
    if value.dtype == numpy.float32:
        return True
    if value.dtype != numpy.float64 or not value.size:
        return False
    with numpy.errstate(all="ignore"):
        fits = bool(numpy.all(value.astype(numpy.float32) == value))
        return fits and not bool(numpy.all(value.astype(numpy.float16) == value))


def _look(
    item: Item,
    value: Array | Unusable,
    point: Point,
    expected: Evaluated,
    tolerance: Tolerance,
    chosen: dict[Key, Array],
) -> None:
    if isinstance(value, Unusable):
        item.unusable = item.unusable or value.what
        return
    answer = numpy.asarray(value, dtype=float)
    wanted = expected.computation.shape
    if answer.shape != wanted and answer.size == 1 and wanted == ():
        item.one_entry = True
        answer = answer.reshape(())
    if point.printed:
        item.at_printed = answer
    if answer.shape != wanted:
        item.shape = item.shape or (answer.shape, wanted)
        same = answer.size == expected.value.size
        item.reshaped &= same and compared(answer.reshape(wanted), expected, tolerance, item.narrow) is not None
        return
    fits = compared(answer, expected, tolerance, item.narrow)
    chosen.update(fits or {})
    item.not_finite |= not numpy.all(numpy.isfinite(answer)) and bool(numpy.all(numpy.isfinite(expected.value)))
    item.found.append(Found(point, answer, expected, fits is not None))


def compared(answer: Array, expected: Evaluated, tolerance: Tolerance, narrow: bool) -> dict[Key, Array] | None:
    """The choices at kinks under which an answer of the right shape is right; None where it is wrong."""
    many = numpy.full(answer.shape, EXACT)
    typed = Typed(answer, many, many, "")
    found = compare(typed, expected, tolerance)
    if found.outcome != "right" and narrow and isinstance(tolerance, Relative):
        error = numpy.nan_to_num(expected.rounded.error, nan=0.0, posinf=0.0)
        found = compare(typed, expected, tolerance, widened=SINGLE * error)
    return (found.chosen or {}) if found.outcome == "right" else None


def _repeat(
    items: Mapping[str, Item],
    before: Mapping[str, Array | Unusable],
    values: Mapping[str, Array | Unusable],
    expected: Mapping[str, Evaluated],
    narrow: bool,
) -> None:
    for name, item in items.items():
        a, b = before[name], values[name]
        if isinstance(a, Unusable) or isinstance(b, Unusable):
            item.changing |= isinstance(a, Unusable) != isinstance(b, Unusable)
        else:
            item.changing |= not _same(a, b, expected[name], narrow)


def _same(a: Array, b: Array, expected: Evaluated, narrow: bool) -> bool:
    """The same result, but for what another place in memory may round differently."""
    if a.shape != b.shape:
        return False
    if numpy.array_equal(a, b, equal_nan=True):
        return True
    a, b = numpy.asarray(a, dtype=float), numpy.asarray(b, dtype=float)
    if not numpy.array_equal(numpy.isfinite(a), numpy.isfinite(b)):
        return False
    error = expected.rounded.error
    room = SAME * float(numpy.max(numpy.abs(numpy.nan_to_num(a)), initial=0.0)) + float(numpy.max(error, initial=0.0))
    with numpy.errstate(all="ignore"):
        off = numpy.abs(numpy.nan_to_num(a) - numpy.nan_to_num(b))
    return bool(numpy.max(off, initial=0.0) <= room * (SINGLE if narrow else 1.0))
