"""Numbers as people and files read them: points, shares, entries of arrays.

Nothing here decides a mark; rounding happens here, when something is written, and nowhere else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import numpy

from grader.marking.results import Value

DIGITS = 6
"""Significant digits of an entry on a page, unless a wrong answer would then look like the expected one."""
MOST_ROWS, MOST_COLUMNS, MOST_ENTRIES = 12, 12, 200
SOME_ROWS = 4
"""What is shown of an array that is larger."""
BRIEF_COLUMNS, LONG_TEXT = 5, 12


def rounded(points: float) -> float:
    """Points to 0.01, a half upwards as a person does it: of the decimal number, not of the binary one."""
    return float(Decimal(repr(float(points))).quantize(Decimal("0.01"), ROUND_HALF_UP))


def points_text(points: float | None) -> str:
    """Points for a reader; a dash while they are not known."""
    if points is None:
        return "–"
    return f"{rounded(points):.2f}".rstrip("0").rstrip(".")


def percent(share: float | None) -> str:
    """A share in whole percent, a half upwards; a dash where there is none."""
    if share is None:
        return "–"
    return f"{Decimal(repr(100 * float(share))).quantize(Decimal(1), ROUND_HALF_UP)} %"


def number_text(number: float, digits: int = DIGITS) -> str:
    """A number with so many significant digits, written so that it can be typed again; whole numbers in full."""
    number = float(number)
    if not math.isfinite(number):
        return repr(number)
    if number.is_integer() and abs(number) < 1e15:
        return str(int(number))
    mantissa, mark, exponent = f"{number:.{digits}g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if mark else mantissa


@dataclass(frozen=True, slots=True)
class Shown:
    """A value as a page shows it: `text`, or the `rows` of a matrix (the first ones; `more` says of what)."""

    kind: str
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    more: str = ""

    @property
    def long(self) -> bool:
        """Whether it is text that needs a wide column."""
        return self.kind == "text" and len(self.text) > LONG_TEXT

    @property
    def brief(self) -> Shown:
        """The value where there is little room: of a large matrix only what it is."""
        large = self.kind == "matrix" and (self.more or len(self.rows[0]) > BRIEF_COLUMNS)
        return Shown("vector", self.text) if large else self


def shown(value: Value, digits: int = DIGITS) -> Shown:
    """A value for a page: kind is nothing, text, number, vector or matrix."""
    if value is None:
        return Shown("nothing")
    if isinstance(value, str):
        return Shown("text", value)
    if isinstance(value, tuple):
        return Shown("text", f"[{', '.join(value)}]")
    array = numpy.asarray(value, dtype=float)
    if array.ndim == 0:
        return Shown("number", number_text(float(array), digits))
    if array.ndim == 1:
        return _vector(array, digits)
    return _matrix(array, digits)


def shown_pair(answer: Value, expected: Value, differ: bool) -> tuple[Shown, Shown]:
    """Both values, with more digits where they must differ and six digits do not show it."""
    pair = shown(answer), shown(expected)
    for digits in (9, 12, 17):
        if not differ or pair[0] != pair[1] or pair[0].kind in ("nothing", "text"):
            break
        pair = shown(answer, digits), shown(expected, digits)
    return pair


def shape_text(shape: tuple[int, ...]) -> str:
    """3 × 2, for a person."""
    return " × ".join(str(size) for size in shape)


def _vector(array: numpy.ndarray, digits: int) -> Shown:
    few = array if len(array) <= MOST_ROWS * 2 else array[:MOST_ROWS]
    entries = [number_text(entry, digits) for entry in few.tolist()]
    if len(few) == len(array):
        return Shown("vector", f"[{', '.join(entries)}]")
    return Shown("vector", f"[{', '.join(entries)}, …]", more=f"the first {len(few)} of {len(array):,} entries")


def _matrix(array: numpy.ndarray, digits: int) -> Shown:
    """An array of two or more axes; the leading axes of more than two are read one after the other, by rows."""
    name = f"{shape_text(array.shape)} {'matrix' if array.ndim == 2 else 'array'}"
    if array.size == 0:
        return Shown("vector", "[]", more=name)
    table = array.reshape(-1, array.shape[-1])
    rows, columns = table.shape
    fits = array.ndim == 2 and rows <= MOST_ROWS and columns <= MOST_COLUMNS and array.size <= MOST_ENTRIES
    if not fits:
        table = table[:SOME_ROWS, :MOST_COLUMNS]
    texts = tuple(tuple(number_text(entry, digits) for entry in row) for row in table.tolist())
    if table.shape == (rows, columns):
        return Shown("matrix", name, texts)
    return Shown("matrix", name, texts, more=f"{name}: its first {_counted(*table.shape, rows, columns)}")


def _counted(rows: int, columns: int, all_rows: int, all_columns: int) -> str:
    words = [f"{rows} rows" if rows < all_rows else "", f"{columns} columns" if columns < all_columns else ""]
    return " and ".join(word for word in words if word)
