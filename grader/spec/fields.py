"""The types of what an author may write: text, formulas, names, numbers, arrays of constants.

Each reads a piece of a file, says in plain words what it found where something else belongs, and tells the JSON
Schema of editors what is allowed. YAML's own types do not get in the way: a formula may be the number 2.
"""

from __future__ import annotations

import itertools
import keyword
import math
import re
import unicodedata
from collections.abc import Iterable
from typing import Annotated, Any

import numpy
from pydantic import BeforeValidator, Discriminator, Field, PlainValidator, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from grader.engine import RESERVED_NAMES, FormulaError, read_constant
from grader.errors import did_you_mean
from grader.spec.document import Mapping, Scalar, Sequence, Value

MOST_ENTRIES = 1_000_000
"""Entries of one array, and of all inputs of a problem together."""


class WrittenInt(int):
    """A whole number that remembers how it was written."""

    raw: str


class WrittenFloat(float):
    """A number that remembers how it was written."""

    raw: str


class WrittenBool:
    """A truth value that remembers how it was written."""

    def __init__(self, value: bool, raw: str) -> None:
        self.value = value
        self.raw = raw


def written(value: Value) -> Any:
    """The tree as dicts, lists and scalars that remember their text, for the types below."""
    if isinstance(value, Sequence):
        return [written(item) for item in value.items]
    if isinstance(value, Mapping):
        return {key.raw: written(item) for key, item in value.entries}
    return _written_scalar(value)


def _written_scalar(scalar: Scalar) -> Any:
    found = scalar.value
    if isinstance(found, bool):
        return WrittenBool(found, scalar.raw)
    if isinstance(found, int):
        whole = WrittenInt(found)
        whole.raw = scalar.raw
        return whole
    if isinstance(found, float):
        number = WrittenFloat(found)
        number.raw = scalar.raw
        return number
    return found


def refused(message: str, hint: str = "", path: tuple[str | int, ...] = (), span: Any = None) -> PydanticCustomError:
    """An error of ours: `path` leads further inside to its place, `span` are two offsets into a text there."""
    context = {"message": message, "hint": hint, "path": path, "span": span}
    return PydanticCustomError("grader", "{message}", context)


def describe(found: Any) -> str:
    """What stands there, in words."""
    if found is None:
        return "nothing"
    if isinstance(found, dict):
        return "a mapping"
    if isinstance(found, list | tuple):
        return "a list"
    if isinstance(found, WrittenBool):
        return found.raw
    if isinstance(found, WrittenInt | WrittenFloat):
        return f"the number {shortened(found.raw)}"
    return f"the text {shortened(str(found))}"


def shortened(text: str, length: int = 60) -> str:
    """A text on one line, cut where it is too long to be shown in a message."""
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"


def known_here(name: str, known: Iterable[str]) -> str:
    """What could have been written instead of `name`: the known names, and the nearest of them."""
    names = list(itertools.islice(known, 500))
    shown = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
    return f"Known here: {shown or 'nothing'}. {did_you_mean(name, names)}".strip()


# -- scalars -------------------------------------------------------------------------------------------------------


def as_text(found: Any) -> str:
    """Text, also where YAML sees a number or a truth value."""
    if isinstance(found, WrittenInt | WrittenFloat | WrittenBool):
        return found.raw
    if isinstance(found, str):
        return found
    raise refused(f"text was expected, and this is {describe(found)}")


def _as_formula(found: Any) -> str:
    if isinstance(found, list | dict):
        hint = "Write it as text, in quotes where it holds a comma or a bracket in YAML's flow style."
        raise refused(f"a formula was expected, and this is {describe(found)}", hint)
    text = "" if found is None else as_text(found)
    if not text.strip():
        raise refused("a formula was expected, and nothing stands here", "Write one, as in u1 * u2.")
    return text


def _as_name(found: Any) -> str:
    if found is None or isinstance(found, list | dict):
        raise refused(f"a name was expected, and this is {describe(found)}")
    return as_text(found)


def _as_number(found: Any) -> float:
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise refused(f"a number was expected, and this is {describe(found)}")
    if not math.isfinite(found):
        raise refused(f"a finite number was expected, and this is {describe(found)}")
    return float(found)


def _as_whole(found: Any) -> int:
    if isinstance(found, bool) or not isinstance(found, int | float) or found != found // 1:
        raise refused(f"a whole number was expected, and this is {describe(found)}")
    return int(found)


def _as_flag(found: Any) -> bool:
    if isinstance(found, bool):
        return found
    if isinstance(found, WrittenBool):
        return found.value
    raise refused(f"true or false was expected, and this is {describe(found)}")


_SCALAR = {"type": ["string", "number"]}

Text = Annotated[str, BeforeValidator(as_text), WithJsonSchema({"type": ["string", "number", "boolean"]})]
"""Text of any length."""

Formula = Annotated[str, BeforeValidator(_as_formula), WithJsonSchema({**_SCALAR, "description": "a formula"})]
"""A formula or a quantity (format.md 1.2, 1.3), not read yet."""

Name = Annotated[str, BeforeValidator(_as_name), WithJsonSchema(_SCALAR)]
"""The name of something defined elsewhere."""

Number = Annotated[float, BeforeValidator(_as_number), WithJsonSchema({"type": "number"})]
MOST_POINTS = 1_000_000
Points = Annotated[
    Number, Field(ge=0, le=MOST_POINTS), WithJsonSchema({"type": "number", "minimum": 0, "maximum": MOST_POINTS})
]
Fraction = Annotated[Number, Field(ge=0, le=1), WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1})]
Whole = Annotated[int, BeforeValidator(_as_whole), WithJsonSchema({"type": "integer"})]
Flag = Annotated[bool, BeforeValidator(_as_flag), WithJsonSchema({"type": "boolean"})]


# -- one thing or several ------------------------------------------------------------------------------------------


def _form(found: Any) -> str:
    if isinstance(found, dict):
        return "<mapping>"
    return "<list>" if isinstance(found, list | tuple) else "<text>"


OneName = Annotated[Name, Tag("<text>")]
Names = Annotated[tuple[Name, ...], Tag("<list>")]
ByForm = Discriminator(_form)
"""Tells text, a list and a mapping apart, so that an error names the right one of them."""

NameOrNames = Annotated[OneName | Names, ByForm]
NamesOrQuantities = Annotated[Names | Annotated[dict[str, Formula], Tag("<mapping>")], ByForm]
QuantityOrQuantities = Annotated[
    Annotated[Formula, Tag("<text>")] | Annotated[dict[str, Formula], Tag("<mapping>")], ByForm
]


# -- arrays of constants -------------------------------------------------------------------------------------------


def constant_array(found: Any, most_axes: int = 2) -> numpy.ndarray:
    """Numbers, constant formulas and nested lists of them as an array of float64; its entries are finite."""
    entries: list[float] = []
    shape = _shape(found, (), most_axes)
    _collect(found, shape, (), entries)
    return numpy.array(entries, dtype=float).reshape(shape)


def _shape(found: Any, path: tuple[int, ...], most_axes: int) -> tuple[int, ...]:
    """The shape that the first entries promise."""
    if not isinstance(found, list):
        return ()
    if len(path) == most_axes:
        what = {1: "a list of numbers", 2: "a matrix: lists in a list"}.get(most_axes, "nested lists")
        message = f"this is nested too deep: what is typed here is at most {what}"
        raise refused(message, "Arrays of more axes are drawn: {shape: [2, 3, 4], draw: normal}.", path)
    if not found:
        raise refused("this list is empty", "Write its numbers.", path)
    return (len(found), *_shape(found[0], (*path, 0), most_axes))


def _collect(found: Any, shape: tuple[int, ...], path: tuple[int, ...], entries: list[float]) -> None:
    if shape and isinstance(found, list):
        if len(found) != shape[0]:
            message = f"this row has {_count(len(found))}, and the first has {_count(shape[0])}"
            raise refused(message, "All rows of a matrix are equally long.", path)
        for n, inner in enumerate(found):
            _collect(inner, shape[1:], (*path, n), entries)
        return
    if shape or isinstance(found, list):
        wanted = "a row" if shape else "a number"
        raise refused(f"{wanted} was expected, as before it, and this is {describe(found)}", "", path)
    entries.append(_entry(found, path))


def _entry(found: Any, path: tuple[int, ...]) -> float:
    if isinstance(found, str):
        try:
            value = read_constant(found)
        except FormulaError as error:
            hint = error.hint or "A number looks like 3, -0.5, 1e-3, 3/4 or exp(-1)."
            raise refused(error.message, hint, path, (error.start, error.end)) from None
    elif isinstance(found, int | float) and not isinstance(found, bool):
        value = float(found)
    else:
        raise refused(f"a number was expected, and this is {describe(found)}", "", path)
    if not math.isfinite(value):
        raise refused(f"a finite number was expected, and this is {value}", "", path)
    return value


def _count(n: int) -> str:
    return "1 entry" if n == 1 else f"{n} entries"


def sizes(found: Any) -> tuple[int, ...]:
    """A shape: a list of whole numbers from 1; an empty one is that of a number."""
    if not isinstance(found, list):
        message = f"a shape was expected, and this is {describe(found)}"
        raise refused(message, "Write its sizes in a list: [3, 2], [3], or [] for a number.")
    if len(found) > 8:
        raise refused(f"this shape has {len(found)} axes; at most 8 are read")
    for n, size in enumerate(found):
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise refused(f"a size is a whole number from 1, and this is {describe(size)}", "", (n,))
    if math.prod(found) > MOST_ENTRIES:
        raise refused(f"this shape has more than {MOST_ENTRIES:,} entries")
    return tuple(int(size) for size in found)


_NUMBER_OR_FORMULA = {"type": ["number", "string"]}
_ROW = {"type": "array", "items": _NUMBER_OR_FORMULA}
ARRAY_SCHEMA: dict[str, Any] = {"anyOf": [_NUMBER_OR_FORMULA, _ROW, {"type": "array", "items": _ROW}]}
SHAPE_SCHEMA: dict[str, Any] = {"type": "array", "items": {"type": "integer", "minimum": 1}}

Array = Annotated[numpy.ndarray, PlainValidator(constant_array), WithJsonSchema(ARRAY_SCHEMA)]
"""Typed numbers: a number, a vector or a matrix, entries may be constant formulas."""

Shape = Annotated[tuple[int, ...], PlainValidator(sizes), WithJsonSchema(SHAPE_SCHEMA)]


# -- names that an author gives ------------------------------------------------------------------------------------


def name_trouble(name: str) -> tuple[str, str] | None:
    """What keeps `name` from being the name of an input, node or function: a message and a hint, or None."""
    shown = shortened(name, 40)
    if not name.isidentifier() or not name[0].isalpha() or unicodedata.normalize("NFKC", name) != name:
        hint = "A name has letters, digits and _, and begins with a letter."
        proposal = re.sub(r"\W+", "_", name).strip("_")
        if proposal and proposal[0].isalpha() and proposal.isidentifier():
            hint += f" Write {shortened(proposal, 40)}, say."
        return f"{shown or 'this'} cannot be a name", hint
    if len(name) > 60:
        return f"the name {shown} has more than 60 characters", "Write a shorter one."
    if keyword.iskeyword(name):
        return f"{name} is a word of Python and cannot be a name", f"Write {name}_ or another name."
    if name in RESERVED_NAMES:
        return f"{name} is a function or quantity and cannot be a name", f"Write {name}_ or another name."
    return None
