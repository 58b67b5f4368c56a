"""A histogram as numbers and as the places of its drawing; how it is drawn stands in the template."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from grader.report.numbers import points_text

MOST_COLUMNS = 10
_STEPS = (1.0, 2.0, 5.0, 10.0)
_LEFT, _RIGHT, _TOP, _BASE = 40.0, 440.0, 40.0, 210.0
"""Where the columns stand, in units of the drawing."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column with its place in the drawing; `first` belongs to it, `last` only to the last column."""

    first: str
    last: str
    count: int
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Where its number stands."""
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the drawing and the text beside it."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Histogram:
    """`unit` is what is counted along the axis; `median` has the height down to which its line may reach."""

    unit: str
    step: str
    columns: tuple[Column, ...]
    levels: tuple[Line, ...]
    borders: tuple[Line, ...]
    median: Line
    median_end: float

    @property
    def median_text_at(self) -> float:
        """Where the word stands, so that it stays inside."""
        return min(max(self.median.at, 40.0), 400.0)


def histogram(values: Sequence[float], top: float, median: float, unit: str) -> Histogram:
    """The histogram of values from 0 to `top`, in at most ten columns of a round width."""
    step = _step(top)
    number = max(1, math.ceil(top / step - 1e-9))
    counts = [0] * number
    for value in values:
        counts[min(number - 1, max(0, int(value / step + 1e-9)))] += 1
    width, level = (_RIGHT - _LEFT) / number, _level(max(counts, default=0))
    highest = level * max(1, math.ceil(max(counts, default=0) / level))
    columns = tuple(_column(n, count, step, top, width, highest) for n, count in enumerate(counts))
    levels = tuple(Line(round(_BASE - (_BASE - _TOP) * n / highest, 1), str(n)) for n in range(0, highest + 1, level))
    borders = tuple(
        Line(round(_LEFT + n * width, 1), points_text(min(n * step, top) if n == number else n * step))
        for n in range(number + 1)
    )
    at = round(_LEFT + min(median / (number * step), 1.0) * (_RIGHT - _LEFT), 1)
    under = columns[min(number - 1, int(median / step + 1e-9))]
    end = round(under.y - (20 if under.count else 0), 1)
    return Histogram(unit, points_text(step), columns, levels, borders, Line(at, points_text(median)), end)


def _step(top: float) -> float:
    """The smallest round width of which ten columns reach to the top."""
    if top <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(top / MOST_COLUMNS))
    return next(step * power for step in (*_STEPS, 20.0) if top / (step * power) <= MOST_COLUMNS + 1e-9)


def _level(highest: int) -> int:
    """The distance of the lines that are counted by: at most four of them."""
    power = 1
    while True:
        for step in (1, 2, 5):
            if highest <= 4 * step * power:
                return step * power
        power *= 10


def _column(number: int, count: int, step: float, top: float, width: float, highest: int) -> Column:
    height = (_BASE - _TOP) * count / highest
    first, last = number * step, min((number + 1) * step, max(top, step))
    x, gap = _LEFT + number * width, min(3.0, width * 0.1)
    return Column(
        points_text(first), points_text(last), count,
        round(x + gap, 1), round(_BASE - height, 1), round(width - 2 * gap, 1), round(height, 1),
    )  # fmt: skip
