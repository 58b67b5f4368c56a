"""Numbers as they were typed: their values, and with how many decimals and digits.

Reads numbers, vectors, matrices and constant formulas; whatever else stands there is an AnswerError that says what to
write. Whether a shape or a value is right is not decided here.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy
from numpy.typing import NDArray

from grader.answers.habits import WRITE, explain
from grader.answers.names import printable, showable
from grader.engine import FormulaError, read_constant
from grader.errors import AnswerError, Place
from grader.spec.document import Mapping, Scalar, Sequence, Value

EXACT = 10**6
"""The decimals and digits of a constant formula, which is no rounded number."""

MAX_LENGTH = 200
"""The most characters of one number or formula."""

MAX_ENTRIES = 100_000
MAX_FORMULAS = 20_000
"""The most characters that all formulas of one answer have together."""

SHORT = 60
"""The most characters of `Typed.raw`."""

_MOST_DECIMALS = 1_100
"""More than any float has; the exponent of `1e-99999999` is no reason to count on."""


@dataclass(frozen=True, slots=True)
class Typed:
    """An answer of numbers. All arrays have the typed shape: () for a number, (n,), or (m, n) by rows.

    `decimals` are those after the exponent: `7.0` has one, `1.68e2` none, `1.5e-3` four. `digits` are the significant
    ones: `0.050` has two, a zero none. Both are EXACT for a constant formula. `raw` is the text, shortened.
    """

    values: NDArray[numpy.float64]
    decimals: NDArray[numpy.int64]
    digits: NDArray[numpy.int64]
    raw: str


def typed(value: Value) -> Typed:
    """The numbers in an answer; raises AnswerError with the place of the first thing that is not one.

    Entries that are not finite are read as they are. A list without entries has the shape (0,).
    """
    reader = _Entries()
    if isinstance(value, Scalar):
        shape: tuple[int, ...] = ()
        reader.read(value)
    elif isinstance(value, Sequence):
        shape = _read_list(value, reader)
    else:
        raise AnswerError("a number was expected, and this is a mapping", value.place, _instead_of_mapping(value))
    return Typed(
        numpy.array(reader.values, dtype=numpy.float64).reshape(shape),
        numpy.array(reader.decimals, dtype=numpy.int64).reshape(shape),
        numpy.array(reader.digits, dtype=numpy.int64).reshape(shape),
        short(value),
    )


def short(value: Value, length: int = SHORT) -> str:
    """An answer as it was written, in one line of at most `length` characters."""
    if isinstance(value, Scalar) and len(value.raw) <= length and _SIMPLE.fullmatch(value.raw):
        return value.raw
    parts: list[str] = []
    size = 0
    for part in _written(value):
        parts.append(part)
        size += len(part)
        if size > length:
            break
    return showable("".join(parts), length)


_SIMPLE = re.compile(r"[-+*/.()A-Za-z0-9]+")
"""What is shown as it stands."""


# -- lists ---------------------------------------------------------------------------------------------------------


def _read_list(value: Sequence, reader: _Entries) -> tuple[int, ...]:
    rows = [item for item in value.items if isinstance(item, Sequence)]
    if not rows:
        _check_count(len(value.items), value.place)
        for item in value.items:
            reader.read(item)
        return (len(value.items),)
    if len(rows) < len(value.items):
        first, odd = value.items[0], next(i for i in value.items if type(i) is not type(value.items[0]))
        message = f"{_what(odd)} stands here beside {_what(first)}"
        hint = "Write a vector as [1, 2], and a matrix by its rows, as [[1, 2], [3, 4]]."
        raise AnswerError(message, odd.place, hint)
    widths = [len(row.items) for row in rows]
    usual = Counter(widths).most_common(1)[0][0]
    for n, row in enumerate(rows):
        if widths[n] != usual:
            message = f"row {n + 1} has {_entries(widths[n])}, and row {widths.index(usual) + 1} has {usual}"
            raise AnswerError(message, row.place, "All rows of a matrix have as many entries.")
    _check_count(len(rows) * usual, value.place)
    for row in rows:
        for item in row.items:
            if isinstance(item, Sequence):
                message = "this list has more than two levels of brackets"
                raise AnswerError(message, item.place, "A matrix is written by its rows: [[1, 2], [3, 4]].")
            reader.read(item)
    return len(rows), usual


def _check_count(count: int, place: Place) -> None:
    if count > MAX_ENTRIES:
        raise AnswerError(f"this list has {count:,} entries, and at most {MAX_ENTRIES:,} are read", place)


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"


def _what(value: Value) -> str:
    if isinstance(value, Sequence):
        return "a row"
    return "a mapping" if isinstance(value, Mapping) else "a number"


def _instead_of_mapping(value: Mapping) -> str:
    names = value.keys() or [entry.key for entry in value.damage]
    if names and all(_NUMBER.fullmatch(name) for name in names):
        return f"Lists are written in square brackets: [{showable(', '.join(names[:20]), SHORT)}]."
    return "Write the number alone, or a list in square brackets."


# -- single numbers ------------------------------------------------------------------------------------------------

_NUMBER = re.compile(
    r"[-+−]?(?:(?P<whole>[0-9]+)(?:\.(?P<after>[0-9]*))?|\.(?P<only>[0-9]+))(?:[eE](?P<power>[-+−]?[0-9]+))?"
)
_NOT_FINITE = re.compile(r"(?P<sign>[-+−]?)\.?(?P<name>nan|inf|infinity)", re.IGNORECASE)


@dataclass(slots=True)
class _Entries:
    """The entries that have been read so far."""

    values: list[float] = field(default_factory=list)
    decimals: list[int] = field(default_factory=list)
    digits: list[int] = field(default_factory=list)
    formulas: dict[str, float] = field(default_factory=dict)
    characters: int = 0

    def read(self, value: Value) -> None:
        """Add one entry."""
        if not isinstance(value, Scalar):
            raise AnswerError(f"a number was expected, and this is {_what(value)}", value.place)
        if value.value is None:
            message = "a number was expected, and nothing stands here"
            raise AnswerError(message, value.place, "Write it, or leave the whole answer out.")
        if isinstance(value.value, bool):
            message = f"a number was expected, and this is {showable(value.raw, 20)}, which is read as yes or no"
            raise AnswerError(message, value.place, WRITE)
        text = value.raw.strip()
        if len(text) > MAX_LENGTH:
            message = f"a number was expected, and this has {len(text):,} characters"
            raise AnswerError(message, value.place, f"At most {MAX_LENGTH} are read; 17 digits are all that count.")
        found, special = _NUMBER.fullmatch(text), _NOT_FINITE.fullmatch(text)
        if found:
            self._add(float(text.replace("−", "-")), *_precision(found))
        elif special:
            size = math.nan if special["name"].lower() == "nan" else math.inf
            self._add(-size if special["sign"] in ("-", "−") else size, 0, 0)
        else:
            self._add(self._formula(value, text), EXACT, EXACT)

    def _add(self, value: float, decimals: int, digits: int) -> None:
        self.values.append(value)
        self.decimals.append(decimals)
        self.digits.append(digits)

    def _formula(self, value: Scalar, text: str) -> float:
        if text not in self.formulas:
            habit = explain(text)
            if habit:
                raise AnswerError(habit[0], value.place, habit[1])
            self.characters += len(text)
            if self.characters > MAX_FORMULAS:
                message = f"the formulas of this answer have more than {MAX_FORMULAS:,} characters together"
                raise AnswerError(message, value.place, "Write numbers instead.")
            self.formulas[text] = _constant(value, text)
        return self.formulas[text]


def _precision(found: re.Match[str]) -> tuple[int, int]:
    """The decimals after the exponent, and the significant digits, of a number as typed."""
    whole, after, only, power = found.groups("")
    fraction = after or only
    decimals = len(fraction) - int(power.replace("−", "-")) if power else len(fraction)
    return min(max(0, decimals), _MOST_DECIMALS), len((whole + fraction).lstrip("0"))


def _constant(value: Scalar, text: str) -> float:
    try:
        return read_constant(text)
    except FormulaError as found:
        shift = len(value.raw) - len(value.raw.lstrip())
        place = _inside(value, found.start + shift, found.end + shift)
        message = printable(found.message)
        if not message.startswith("a number was expected"):
            message = f"a number was expected: {message}"
        raise AnswerError(message, place, printable(found.hint)) from None


def _inside(value: Scalar, start: int, end: int) -> Place:
    """The place of a part of a scalar's text; of all of it where the file writes it in another way."""
    place = value.place
    first = place.column - 1 + value.quoted
    if value.raw and place.text[first : first + len(value.raw)] == value.raw and end <= len(value.raw):
        return place.shifted(value.quoted + start, end - start)
    return place


def _written(value: Value) -> Iterator[str]:
    """The text of a value, piece by piece, so that a long one need not be written to its end."""
    if isinstance(value, Scalar):
        yield " ".join(value.raw[: 4 * SHORT].split())
    elif isinstance(value, Sequence):
        yield "["
        for n, item in enumerate(value.items):
            yield ", " if n else ""
            yield from _written(item)
        yield "]"
    else:
        yield "{"
        for n, (key, item) in enumerate(value.entries):
            yield f"{', ' if n else ''}{key.raw[:SHORT]}: "
            yield from _written(item)
        yield "}"
