"""The slope of a function along a direction, from its values alone, with an error that can be believed.

Central quotients over steps from a fifth of x down to 1e-10 of it are extrapolated to step 0; each candidate's error is
its rounding plus its change since the step before, and what the finer steps contradict does not count. What is
measured is the difference from a claimed gradient, so that the rounding of x + h costs nothing. Judges nothing.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy

from grader.engine.probing import ROWS, Floats, Probe

Levels = list[float]
"""One number for each step, from the coarsest to the finest; NaN where f has no value."""
EPS = float(numpy.finfo(float).eps)
FIRST, RATIO, LEVELS = 0.2, 8.0, 11
"""The coarsest step relative to x, by how much each next one is finer, and how many there are."""
HALVINGS, STAIR = 26, 1e-5
"""After so many halvings, what is left of a change that is a larger share of it is a jump."""
FINEST = 1e-13
"""Below this step, relative to x, x + h is not distinct enough from x."""
MORE = 2
"""How many levels are added at once where those do not suffice."""
NEAR = (-7.1e-12, -4.3e-12, -1.7e-12, 2.9e-12, 5.3e-12, 8.9e-12)
"""Steps to points whose values differ by a line and noise only; irregular, because multiples round alike."""
CONFIRMING = [FIRST / RATIO**7, FIRST / RATIO**9]
"""The steps that suffice to confirm a slope measured by others."""
WORSE = 4.0
"""How much larger the error of such a slope may be before all steps are taken."""
SLOWEST = 0.25
"""The share of a change that may be still to come; it is 1/7 where quotients err by the step, 1/63 by its square."""
UNSETTLED = 1e-4
"""Quotients that change by a larger share of the steepest one between the finest steps are followed to finer ones."""
NEGLIGIBLE = 1e-7
"""Fine and coarse steps that disagree by a smaller share of the slope are told apart by noise, whatever its shape."""
SMOOTH, ONE_SIDED = (2, 4, 6), (1, 2, 3)
"""The powers of the step in which a central and a one-sided quotient err."""


@dataclass(frozen=True, eq=False)
class Slope:
    """How fast f moves along `direction`, beside what the claimed gradient says: claimed + difference ± error.

    `gap` is half the jump of the slope where f has a kink at the point: any claim within it agrees. `variation` is how
    much f moves at all, and `size` the length of the gradient along the direction, entry by entry. Of the `quotients`
    at `steps`, less what was claimed, those from `first` to `last` gave the difference.
    """

    direction: Floats
    claimed: float
    difference: float
    error: float
    gap: float
    variation: float
    size: float
    steps: Levels
    quotients: Levels
    first: int
    last: int

    @property
    def measured(self) -> float:
        """The slope itself."""
        return self.claimed + self.difference

    @property
    def scale(self) -> float:
        """What a difference is compared with: the gradient along the direction, or how much f moves at all."""
        return max(self.size, abs(self.measured), self.variation)

    @property
    def share(self) -> float:
        """The error as a share of that; 0 of 0 is none."""
        return self.error / self.scale if self.scale > 0 else math.inf if self.error > 0 else 0.0

    @property
    def close_steps(self) -> Levels:
        """The steps that gave the difference, and one more on both sides."""
        return self.steps[max(0, self.first - 1) : self.last + 2]

    @property
    def excess(self) -> float:
        """How far the claim is outside what is allowed at a kink; 0 or more only."""
        return max(0.0, abs(self.difference) - self.gap)


@dataclass(frozen=True, eq=False)
class Samples:
    """f at steps ahead and behind along a direction, as residuals: less its value at the point and what was claimed."""

    direction: Floats
    steps: Levels
    ahead: Levels
    behind: Levels

    @cached_property
    def sides(self) -> tuple[Levels, ...]:
        """Those sides on which f has values where it matters: at the finest steps."""
        return tuple(side for side in (self.ahead, self.behind) if all(map(math.isfinite, side[-3:])))

    @cached_property
    def quotients(self) -> Levels:
        """The difference quotients: central, or of the one side that there is."""
        if len(self.sides) == 2:
            return self.central
        side, sign = (self.ahead, 1) if self.sides and self.sides[0] is self.ahead else (self.behind, -1)
        return [sign * a / h for h, a in zip(self.steps, side, strict=True)]

    @property
    def central(self) -> Levels:
        """The central quotients."""
        return [(a - b) / (2 * h) for h, a, b in zip(self.steps, self.ahead, self.behind, strict=True)]

    @property
    def halves(self) -> Levels:
        """Half of how much the quotients ahead and behind differ: 0 in the limit, but for a kink at the point."""
        return [(a + b) / (2 * h) for h, a, b in zip(self.steps, self.ahead, self.behind, strict=True)]

    def part(self, start: int, stop: int) -> Samples:
        """Some of the levels."""
        return Samples(self.direction, self.steps[start:stop], self.ahead[start:stop], self.behind[start:stop])

    def with_finer(self, finer: Samples) -> Samples:
        """The same with finer steps after them."""
        ahead, behind = self.ahead + finer.ahead, self.behind + finer.behind
        return Samples(self.direction, self.steps + finer.steps, ahead, behind)


@dataclass(frozen=True)
class Limit:
    """The limit of quotients as the step goes to 0; `first` and `last` are the levels it was made of."""

    value: float
    error: float
    first: int
    last: int


@dataclass(frozen=True)
class Conflict:
    """A level whose quotients the finer ones contradict by `distance`; `levels` of those are sure enough to."""

    level: int
    distance: float
    levels: int


class Line:
    """Measures slopes of one function at one point; what it learns about the noise of f holds for all directions."""

    def __init__(self, probe: Probe, gradient: Floats) -> None:
        self.probe = probe
        self.gradient = gradient
        self.noise = max(EPS, probe.precision) * abs(probe.value)
        self.continuous = False
        """Whether f was seen to leave a plateau without a jump; then it has kinks or waves, and no steps."""
        self.rough = 0.0
        """Up to which step f was seen to jump, as what is rounded to few digits does."""

    def residuals(self, direction: Floats, steps: Levels) -> Levels:
        """f(x + h d) - f(x) less what the claimed gradient predicts for the step that was really made."""
        found: Levels = []
        block = max(2, ROWS // direction.size)
        for start in range(0, len(steps), block):
            points = self.probe.x + numpy.multiply.outer(steps[start : start + block], direction)
            predicted = (points - self.probe.x) @ self.gradient
            found += (self.probe.at(points) - self.probe.value - predicted).tolist()
        return found

    def sample_noise(self, direction: Floats) -> None:
        """Learn the noise of f from points so near to each other that only noise tells their values apart."""
        one_sided = tuple(map(abs, NEAR))
        for steps in (NEAR, one_sided, tuple(-h for h in one_sided)):
            rest = unexplained(steps) @ self.residuals(direction, list(steps))
            spread = 4 * length(rest) / math.sqrt(len(steps) - 2)
            if math.isfinite(spread):
                self.noise = max(self.noise, spread)
                break

    def slope(self, direction: Floats) -> Slope | None:
        """The slope along a direction; None where f has no finite values on either side."""
        samples = self._samples(direction, [FIRST / RATIO**k for k in range(LEVELS)])
        while samples.steps[-1] > FINEST and self._unsettled(samples):
            samples = samples.with_finer(self._samples(direction, [h / RATIO**MORE for h in samples.steps[-MORE:]]))
        if not samples.sides:
            return None
        found = self._slope(samples, self._reach(samples))
        return replace(found, error=math.inf) if self._unsettled(samples) else found

    def slope_by(self, direction: Floats, steps: Levels) -> Slope | None:
        """The slope by these steps only, taken for what they show; nothing is learned about the noise."""
        samples = self._samples(direction, steps)
        return self._slope(samples, 0) if samples.sides else None

    def slope_like(self, direction: Floats, other: Slope) -> Slope | None:
        """The slope by the steps that served another direction, where two much finer ones confirm it; else by all."""
        steps = other.close_steps
        samples = self._samples(direction, steps + CONFIRMING)
        close, fine = samples.part(0, len(steps)), samples.part(len(steps), len(samples.steps))
        if len(close.sides) == len(fine.sides) == 2:
            found = self._slope(close, 0)
            offs = [abs(q - found.difference) for q in fine.quotients]
            confirmed = all(off <= bar + found.error for off, bar in zip(offs, self._bars(fine), strict=True))
            if confirmed and found.gap == 0 and found.excess <= 2 * found.error and found.share <= WORSE * other.share:
                return found
        return self.slope(direction)

    def _samples(self, direction: Floats, steps: Levels) -> Samples:
        found = self.residuals(direction, steps + [-h for h in steps])
        return Samples(direction, steps, found[: len(steps)], found[len(steps) :])

    def _bars(self, samples: Samples) -> Levels:
        """How much noise can move each quotient."""
        unit = max(EPS, self.probe.precision)
        sides = zip(samples.steps, *samples.sides, strict=True)
        factor = 2 if len(samples.sides) == 1 else 1
        return [factor * (self.noise + unit * max(map(abs, values))) / h for h, *values in sides]

    def _unsettled(self, samples: Samples) -> bool:
        """Whether the quotients still move by more than noise where the steps end."""
        if not samples.sides:
            return True
        before, last = samples.quotients[-2:]
        claimed = float(self.gradient @ samples.direction)
        steepest = max(abs(claimed + q) for q in samples.quotients if not math.isnan(q))
        change = abs(last - before) - UNSETTLED * steepest
        return change > 0 and change > 3 * sum(self._bars(samples)[-2:])

    def _slope(self, samples: Samples, reach: int) -> Slope:
        two_sided = len(samples.sides) == 2
        bars = self._bars(samples)
        limit = extrapolated(samples.quotients, bars, SMOOTH if two_sided else ONE_SIDED, reach)
        products = self.gradient * samples.direction
        claimed, size = float(products.sum()), length(products)
        used = slice(limit.first, limit.last + 1)
        rates = [abs(a / h + claimed) for h, a in zip(samples.steps[used], samples.sides[0][used], strict=True)]
        return Slope(
            samples.direction,
            claimed,
            limit.value,
            limit.error + 4 * EPS * size * math.sqrt(products.size),
            gap_at_point(samples, bars, limit.first) if two_sided else 0.0,
            max([0.0, *(rate for rate in rates if rate < math.inf)]),
            size,
            samples.steps,
            samples.quotients,
            limit.first,
            limit.last,
        )

    def _reach(self, samples: Samples) -> int:
        """The coarsest level that the finer ones bear out; where they disagree, it is found out whether by noise."""
        if len(samples.sides) < 2:
            return 0
        claimed = float(self.gradient @ samples.direction)
        while True:
            bars = self._bars(samples)
            conflict = contradicted(samples.quotients, bars)
            if conflict is None:
                return 0
            finer = conflict.level + 1
            plateau = extrapolated(samples.quotients, bars, SMOOTH, finer).value
            seen = conflict.distance > NEGLIGIBLE * (abs(claimed) + abs(claimed + plateau))
            if seen and conflict.levels >= 2 and not self._jumps(samples, conflict.level, plateau):
                return finer
            self.noise = max(4 * self.noise, conflict.distance * samples.steps[conflict.level] / 4)

    def _jumps(self, samples: Samples, level: int, plateau: float) -> bool:
        """Whether f jumps where it leaves the plateau of the finest steps; a kink or a wave does not."""
        low, high = samples.steps[-1], samples.steps[level]
        if self.continuous or high <= self.rough:
            return not self.continuous
        left = high * (samples.quotients[level] - plateau)
        at_low, at_high = 0.0, left
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            found = middle * (self._samples(samples.direction, [middle]).central[0] - plateau)
            if not abs(found) <= abs(left) / math.e:  # a share that stairs of equal height do not meet
                high, at_high = middle, found
            else:
                low, at_low = middle, found
        jump = abs(at_high - at_low)
        self.continuous = jump <= STAIR * abs(left) + 2 * self.noise
        if not self.continuous:
            self.rough = samples.steps[level]
            self.noise = max(self.noise, jump) if math.isfinite(jump) else self.noise
        return not self.continuous


def length(vector: Floats) -> float:
    """The Euclidean norm, also where squares would be too large or too small for a float."""
    largest = float(numpy.abs(vector).max())
    if not 0 < largest < math.inf:
        return largest
    scaled = vector / largest
    return largest * math.sqrt(float(scaled @ scaled))


@cache
def unexplained(steps: tuple[float, ...]) -> Floats:
    """The matrix that leaves of values at these steps what no parabola through the point explains."""
    curve, _ = numpy.linalg.qr(numpy.array([[h / NEAR[-1], (h / NEAR[-1]) ** 2] for h in steps]))
    return numpy.asarray(numpy.eye(len(steps)) - curve @ curve.T)


def gap_at_point(samples: Samples, bars: Levels, reach: int) -> float:
    """Half the jump of the slope at the point, where there is one beyond doubt."""
    limit = extrapolated(samples.halves, bars, ONE_SIDED, reach)
    return abs(limit.value) + limit.error if abs(limit.value) > 3 * limit.error else 0.0


def contradicted(quotients: Levels, bars: Levels) -> Conflict | None:
    """The finest level that the levels below it contradict, or None."""
    low, high = -math.inf, math.inf
    for level, (least, most) in _from_finest(quotients, _richardson(quotients, SMOOTH[0]), bars):
        if least > high or most < low:
            distance = max(least - high, low - most) + (most - least) / 2
            resolved = [bar for bar in bars[level + 1 :] if bar <= distance / 4]
            return Conflict(level, distance, len(resolved))
        low, high = max(low, least), min(high, most)
    return None


def extrapolated(quotients: Levels, bars: Levels, powers: tuple[int, ...], reach: int) -> Limit:
    """The best extrapolation to step 0 that uses no level before `reach` and that no finer level contradicts."""
    columns = [quotients]
    for power in powers:
        columns.append(_richardson(columns[-1], power))
    last = len(quotients) - 1
    value, error, first = quotients[last], math.inf, last
    low, high = -math.inf, math.inf
    for level, (least, most) in _from_finest(quotients, columns[1], bars):
        bar = bars[level]
        if bar < error:
            for order, column in enumerate(columns[: max(0, level - max(1, reach) + 1)]):
                found = column[level]
                off = (1.5 * bar if order else bar) + SLOWEST * abs(found - column[level - 1])
                if off < error and found - off <= high and found + off >= low:
                    value, error, first, last = found, off, level - order, level
        if least <= high and most >= low:
            low, high = max(low, least), min(high, most)
    return Limit(value, error, first, last)


def _from_finest(quotients: Levels, better: Levels, bars: Levels) -> Iterator[tuple[int, tuple[float, float]]]:
    """Each level but the coarsest, and the limits that it allows by the first extrapolation `better`."""
    for level in range(len(quotients) - 1, 0, -1):
        column = better if level > 1 else quotients
        middle = column[level]
        width = 1.1 * bars[level] + abs(middle - column[level - 1])
        yield level, (middle - width, middle + width) if width < math.inf else (-math.inf, math.inf)


def _richardson(column: Levels, power: int) -> Levels:
    """The next column of Richardson's table: a power of the step removed; NaN where there is no entry."""
    factor = 1 / (RATIO**power - 1)
    return [math.nan, *(fine + (fine - coarse) * factor for coarse, fine in itertools.pairwise(column))]
