"""Inputs and constants of a graph as written in a problem file: numbers, arrays, labels, and what is drawn.

Gives each its shape, its printed value and how it is drawn at hidden points. Knows no formulas of nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy
from pydantic_core import PydanticCustomError

from grader.engine import Leaf
from grader.spec.draw import Distribution, distribution, generator, like
from grader.spec.fields import (
    ARRAY_SCHEMA,
    SHAPE_SCHEMA,
    constant_array,
    describe,
    known_here,
    refused,
    shortened,
    sizes,
)

MOST_CLASSES = 100_000


@dataclass(frozen=True, eq=False)
class Input:
    """An input, a constant, or an argument that `given` adds.

    `printed` is None where the printed value is drawn too; labels in it count from 0. `drawn` is None for a label
    (drawn among its classes) and for what never changes (`fixed`).
    """

    name: str
    shape: tuple[int, ...]
    printed: numpy.ndarray | None
    drawn: Distribution | None
    classes: int | None = None
    fixed: bool = False

    @property
    def leaf(self) -> Leaf:
        """What the engine needs to know of it."""
        return Leaf(self.shape, self.classes)

    def draw(self, rng: numpy.random.Generator, shape: tuple[int, ...] | None = None) -> numpy.ndarray:
        """Its value at a hidden point, in another shape where one is given."""
        shape = self.shape if shape is None else shape
        if self.fixed and self.printed is not None:
            return self.printed
        if self.classes is not None:
            return numpy.asarray(rng.integers(0, self.classes, size=shape))
        return self._distribution().draw(rng, shape)

    def value(self, seed: str) -> numpy.ndarray:
        """Its value at the printed point; a drawn one depends on `seed` (the problem's id) and its own name."""
        if self.printed is not None:
            return self.printed
        rng = generator(seed, self.name)
        return self.draw(rng) if self.classes is not None else self._distribution().printed(rng, self.shape)

    def _distribution(self) -> Distribution:
        if self.drawn is not None:
            return self.drawn
        return like(self.printed if self.printed is not None else numpy.ones(()))


def read_input(name: str, found: Any, constant: bool = False) -> Input:
    """An input from what was written; raises a custom error whose `path` leads to the place inside."""
    if not isinstance(found, dict):
        if found is None:
            raise refused(f"{name} has no value", "Write a number, a list of numbers, or {shape: [3], draw: normal}.")
        printed = constant_array(found)
        return Input(name, printed.shape, printed, None, fixed=constant)
    kind = next((key for key in ("label", "shape", "value") if key in found), None)
    if kind is None:
        _check_keys(found, ("value", "shape", "draw", "label", "classes"))
        raise refused(f"{name} has no value", "Write {shape: [3], draw: normal}, {value: 3, draw: normal} or a number.")
    return {"label": _label, "shape": _drawn, "value": _printed}[kind](name, found, constant)


def _check_keys(found: dict[str, Any], known: tuple[str, ...]) -> None:
    for key in found:
        if key not in known:
            raise refused(f"an input has no key {shortened(key)}", known_here(key, known), (f"[key]{key}",))


def _drawn(name: str, found: dict[str, Any], constant: bool) -> Input:
    _check_keys(found, ("shape", "draw"))
    shape = _inside("shape", sizes, found["shape"])
    if "draw" not in found:
        raise refused(f"how {name} is drawn is missing", "Write draw: normal, uniform, integers or positive.")
    return Input(name, shape, None, _inside("draw", distribution, found["draw"]))


def _printed(name: str, found: dict[str, Any], constant: bool) -> Input:
    _check_keys(found, ("value", "draw"))
    printed = _inside("value", constant_array, found["value"])
    if "draw" not in found:
        return Input(name, printed.shape, printed, None, fixed=constant)
    return Input(name, printed.shape, printed, _inside("draw", distribution, found["draw"]))


def _label(name: str, found: dict[str, Any], constant: bool) -> Input:
    _check_keys(found, ("label", "classes"))
    if "classes" not in found:
        raise refused(f"the number of classes of {name} is missing", "Write {label: 2, classes: 3}.")
    classes = found["classes"]
    if isinstance(classes, bool) or not isinstance(classes, int) or not 1 <= classes <= MOST_CLASSES:
        message = f"the number of classes is a whole number from 1, and this is {describe(classes)}"
        raise refused(message, "", ("classes",))
    label = found["label"]
    if isinstance(label, dict):
        if set(label) != {"shape"}:
            raise refused("a drawn label has a shape and nothing else", "Write {label: {shape: [5]}, classes: 3}.")
        shape = _inside("label", lambda inner: _inside("shape", sizes, inner["shape"]), label)
        if len(shape) > 1:
            raise refused("labels are one, or a list: at most one axis", "", ("label", "shape"))
        return Input(name, shape, None, None, int(classes))
    labels = label if isinstance(label, list) else [label]
    if not labels:
        raise refused("this list is empty", "Write its labels.", ("label",))
    for n, one in enumerate(labels):
        if isinstance(one, bool) or not isinstance(one, int) or not 1 <= one <= classes:
            message = f"a label is a whole number from 1 to {classes}, and this is {describe(one)}"
            raise refused(message, "", ("label", n) if isinstance(label, list) else ("label",))
    printed = numpy.array([int(one) - 1 for one in labels]).reshape(() if label is not labels else (len(labels),))
    return Input(name, printed.shape, printed, None, int(classes), fixed=constant)


def _inside(key: str, read: Any, found: Any) -> Any:
    """Read what stands behind `key`; an error's path begins with it."""
    try:
        return read(found)
    except PydanticCustomError as error:
        context = dict(error.context or {})
        raise refused(context["message"], context["hint"], (key, *context["path"]), context.get("span")) from None


_DRAW_SCHEMA: dict[str, Any] = {
    "description": "how hidden points are drawn; both ends of a range are included",
    "anyOf": [
        {"enum": ["normal", "uniform", "integers", "positive"]},
        *(
            {
                "type": "object",
                "properties": {name: {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}},
                "required": [name],
                "additionalProperties": False,
            }
            for name in ("uniform", "normal", "integers")
        ),
    ],
}


def _object(description: str, required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


_CLASSES_SCHEMA = {"type": "integer", "minimum": 1, "description": "the number of classes"}
_LABEL_SCHEMA = {"type": "integer", "minimum": 1}
INPUT_SCHEMA: dict[str, Any] = {
    "anyOf": [
        *ARRAY_SCHEMA["anyOf"],
        _object("drawn for each variant", ["shape", "draw"], shape=SHAPE_SCHEMA, draw=_DRAW_SCHEMA),
        _object("the printed value, and how hidden points are drawn", ["value"], value=ARRAY_SCHEMA, draw=_DRAW_SCHEMA),
        _object(
            "a class label, counted from 1, or the labels of a batch",
            ["label", "classes"],
            label={
                "anyOf": [
                    _LABEL_SCHEMA,
                    {"type": "array", "items": _LABEL_SCHEMA},
                    _object("drawn labels", ["shape"], shape=SHAPE_SCHEMA),
                ]
            },
            classes=_CLASSES_SCHEMA,
        ),
    ]
}
"""What an author may write for an input, for the JSON Schema."""
