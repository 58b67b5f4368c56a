"""The plot of a gradient check: relative difference over step size, both logarithmic, as SVG.

Shows the evaluations it is given, clipped at 1e-12, and measures nothing itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from markupsafe import Markup

from grader.report.pages import html

Points = Sequence[tuple[float, float, float]]
LEFT, RIGHT, TOP, BOTTOM = 62.0, 398.0, 30.0, 270.0
LOWEST = -12
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@lru_cache(maxsize=512)
def error_plot(points: tuple[tuple[float, float, float], ...], tolerance: float, prefix: str) -> Markup:
    """Of each step: its size, the relative difference of the student's gradient, and that of a right one."""
    usable = [p for p in points if all(map(math.isfinite, p)) and p[0] > 0]
    if len(usable) < 2:
        return Markup()
    low = math.floor(min(math.log10(p[0]) for p in usable))
    high = math.ceil(max(math.log10(p[0]) for p in usable))
    top = max(0, math.ceil(max(_log(p[1]) for p in usable)))
    frame = _Frame(low, max(high, low + 1), top)
    mine = [(frame.x(h), frame.y(own)) for h, own, _ in usable]
    right = [(frame.x(h), frame.y(other)) for h, _, other in usable]
    worst, best = max(p[1] for p in usable), min(p[1] for p in usable)
    described = (
        f"Both axes are logarithmic. Over steps from {usable[0][0]:.1g} to {usable[-1][0]:.1g} the relative difference "
        f"of your gradient lies between {best:.1g} and {worst:.1g}; that of a right gradient between "
        f"{min(p[2] for p in usable):.1g} and {max(p[2] for p in usable):.1g}."
    )
    parts = [
        html('<svg class="plot" viewBox="0 0 424 326" role="img" aria-labelledby="{}-t {}-d">', prefix, prefix),
        html('<title id="{}-t">Difference from finite differences over the step size</title>', prefix),
        html('<desc id="{}-d">{}</desc>', prefix, described),
        *frame.grid(),
        *_tolerance(frame, tolerance),
        html('<polyline class="ref" points="{}"/>', _path(right)),
        *(html('<circle class="ref-d" cx="{}" cy="{}" r="4"/>', *map(_n, p)) for p in right),
        html('<polyline class="mine" points="{}"/>', _path(mine)),
        *(html('<rect class="mine-d" x="{}" y="{}" width="8" height="8"/>', _n(x - 4), _n(y - 4)) for x, y in mine),
        *_labels(mine, right),
        Markup("</svg>"),
    ]
    return Markup("").join(parts)


class _Frame:
    """The axes: powers of ten of the step and of the difference."""

    def __init__(self, low: int, high: int, top: int) -> None:
        self.low, self.high, self.top = low, high, top

    def x(self, step: float) -> float:
        return LEFT + (math.log10(step) - self.low) / (self.high - self.low) * (RIGHT - LEFT)

    def y(self, difference: float) -> float:
        return TOP + (self.top - _log(difference)) / (self.top - LOWEST) * (BOTTOM - TOP)

    def grid(self) -> list[Markup]:
        out = []
        every = 3 * max(1, math.ceil((self.top - LOWEST) / 21))
        for power in range(LOWEST, self.top + 1, every):
            y = self.y(10.0**power)
            look = "axis" if power == LOWEST else "grid"
            out.append(
                html('<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}"/>', look, _n(LEFT), _n(RIGHT), _n(y), _n(y))
            )
            out.append(html('<text class="end" x="{}" y="{}">{}</text>', _n(LEFT - 8), _n(y + 4.5), _power(power)))
        every = max(1, math.ceil((self.high - self.low) / 5))
        for power in range(self.low, self.high + 1, every):
            out.append(html('<text class="mid" x="{}" y="292">{}</text>', _n(self.x(10.0**power)), _power(power)))
        out.append(html('<text class="end" x="{}" y="316">step size h</text>', _n(RIGHT)))
        out.append(html('<text x="{}" y="15">relative difference</text>', _n(LEFT)))
        return out


def _across(look: str, y: float) -> Markup:
    return html('<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}"/>', look, _n(LEFT), _n(RIGHT), _n(y), _n(y))


def _tolerance(frame: _Frame, tolerance: float) -> list[Markup]:
    y = frame.y(tolerance)
    words = f"tolerance {_power(round(math.log10(tolerance)))}" if tolerance > 0 else ""
    return [
        _across("tol", y),
        html('<text class="tol-t" x="{}" y="{}">{}</text>', _n(LEFT + 6), _n(y - 7), words),
    ]


def _labels(mine: list[tuple[float, float]], right: list[tuple[float, float]]) -> list[Markup]:
    """The lines named at their ends, apart from each other; one name where they are the same line."""
    apart = max(abs(a[1] - b[1]) for a, b in zip(mine, right, strict=True))
    y = max(mine)[1]
    if apart < 16:
        return [html('<text class="mine-t end" x="{}" y="{}">yours, as a right gradient</text>', _n(RIGHT), _n(y - 14))]
    lowest = max(right, key=lambda p: p[1])
    anchor = "end" if lowest[0] > (LEFT + RIGHT) / 2 else ""
    below = lowest[1] + 18 if lowest[1] < BOTTOM - 24 else lowest[1] - 12
    return [
        html('<text class="ref-t {}" x="{}" y="{}">a right gradient</text>', anchor, _n(lowest[0]), _n(below)),
        html('<text class="mine-t end" x="{}" y="{}">yours</text>', _n(RIGHT), _n(y + 20 if y < TOP + 24 else y - 10)),
    ]


def _log(number: float) -> float:
    return max(math.log10(number), LOWEST) if number > 0 else LOWEST


def _power(power: int) -> str:
    return "1" if power == 0 else "10" if power == 1 else f"10{str(power).translate(_RAISED)}"


def _path(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


def _n(number: float) -> str:
    return f"{number:.1f}".rstrip("0").rstrip(".")
