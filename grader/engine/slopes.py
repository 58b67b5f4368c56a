"""The slope of a function along a direction, from its values alone, with an error that can be believed.

Central quotients over steps from a fifth of x down to 1e-10 of it are extrapolated to step 0; each candidate's error is
its rounding plus its change since the step before, and what the finer steps contradict does not count. What is
measured is the difference from a claimed gradient, so that the rounding of x + h costs nothing. Judges nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy

from grader.engine.probing import ROWS, Floats, Probe

RATIO = 5.0
FIRST = 0.2
LEVELS = 14
HALVINGS = 26
STAIR = 1e-3
"""After so many halvings, what is left of a change that is a larger share of it is a jump."""
FINEST = 1e-13
"""Below this step, relative to x, x + h is not distinct enough from x."""
MORE = 3
NEAR = (-7.1e-12, -4.3e-12, -1.7e-12, 2.9e-12, 5.3e-12, 8.9e-12)
"""Steps to points whose values differ by a line and noise only; irregular, because multiples round alike."""
CONFIRMING = (9, 12)
PLAIN = 1e-6
"""Slopes with a smaller share of error need two confirming levels only."""
UNSETTLED = 1e-4
"""Quotients that change by a larger share between the finest steps are followed to finer ones."""
NEGLIGIBLE = 1e-7
"""Fine and coarse steps that disagree by a smaller share of the slope are told apart by noise, whatever its shape."""
Levels = list[float]
"""One number for each step, from the coarsest to the finest; NaN where f has no value."""
EPS = float(numpy.finfo(float).eps)
SMOOTH, ONE_SIDED = (2, 4, 6), (1, 2, 3)
"""The powers of the step in which a central and a one-sided quotient err."""


@dataclass(frozen=True, eq=False)
class Slope:
    """How fast f moves along `direction`, beside what the claimed gradient says: claimed + difference ± error.

    `gap` is half the jump of the slope where f has a kink at the point: any claim within it agrees. `variation` is how
    much f moves at all. `weights` times the quotients at `steps` give the difference; `quotients` are central, or
    one-sided where f has values on one side only.
    """

    direction: Floats
    claimed: float
    difference: float
    error: float
    gap: float
    variation: float
    size: float
    steps: list[float]
    quotients: list[float]
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
        """The steps that gave the difference, and one more to see it change."""
        return self.steps[max(0, self.first - 1) : self.last + 1]

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
        near = numpy.array(NEAR)
        spread = numpy.array(self.residuals(direction, list(NEAR)))
        near, spread = near[numpy.isfinite(spread)] / NEAR[-1], spread[numpy.isfinite(spread)]
        if spread.size > 2:
            curve = numpy.column_stack([near, near * near])
            rest = spread - curve @ numpy.linalg.lstsq(curve, spread, rcond=None)[0]
            self.noise = max(self.noise, 4 * math.sqrt(float(rest @ rest) / (rest.size - 2)))

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
        found = self.slope_by(direction, other.close_steps)
        if found is not None and found.gap == 0 and found.excess <= 2 * found.error and found.share <= PLAIN:
            fine = self._samples(direction, [FIRST / RATIO**k for k in CONFIRMING])
            offs = [abs(q - found.difference) for q in fine.quotients]
            if all(off <= bar + found.error for off, bar in zip(offs, self._bars(fine), strict=True)):
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
        *_, before, last = samples.quotients
        *_, bar_before, bar_last = self._bars(samples)
        return abs(last - before) > 3 * (bar_last + bar_before) + UNSETTLED * abs(last)

    def _slope(self, samples: Samples, reach: int) -> Slope:
        two_sided = len(samples.sides) == 2
        limit = extrapolated(samples.quotients, self._bars(samples), SMOOTH if two_sided else ONE_SIDED, reach)
        products = self.gradient * samples.direction
        claimed = float(products.sum())
        used = slice(limit.first, limit.last + 1)
        rates = [abs(a / h + claimed) for h, a in zip(samples.steps[used], samples.sides[0][used], strict=True)]
        return Slope(
            samples.direction,
            claimed,
            limit.value,
            limit.error + 4 * EPS * float(numpy.abs(products).sum()),
            self._gap(samples, limit.first) if two_sided else 0.0,
            max([0.0, *(rate for rate in rates if rate < math.inf)]),
            math.sqrt(float(products @ products)),
            samples.steps,
            samples.quotients,
            limit.first,
            limit.last,
        )

    def _gap(self, samples: Samples, reach: int) -> float:
        """Half the jump of the slope at the point, where there is one beyond doubt."""
        limit = extrapolated(samples.halves, self._bars(samples), ONE_SIDED, reach)
        return abs(limit.value) + limit.error if abs(limit.value) > 3 * limit.error else 0.0

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


def contradicted(quotients: Levels, bars: Levels) -> Conflict | None:
    """The finest level that the levels below it contradict, or None."""
    low, high = -math.inf, math.inf
    for level, (least, most) in _from_finest(quotients, bars, SMOOTH[0]):
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
    best = Limit(quotients[last], math.inf, last, last)
    low, high = -math.inf, math.inf
    for level, (least, most) in _from_finest(quotients, bars, powers[0]):
        for order in range(min(len(powers), level - max(1, reach)) + 1):
            value, before = columns[order][level], columns[order][level - 1]
            error = (1.5 if order else 1.0) * bars[level] + abs(value - before)
            if error < best.error and value - error <= high and value + error >= low:
                best = Limit(value, error, level - order, level)
        if least <= high and most >= low:
            low, high = max(low, least), min(high, most)
    return best


def _from_finest(quotients: Levels, bars: Levels, power: int) -> Iterator[tuple[int, tuple[float, float]]]:
    """Each level but the coarsest, and the limits that it allows."""
    better = _richardson(quotients, power)
    for level in range(len(quotients) - 1, 0, -1):
        column = better if level > 1 else quotients
        width = 1.1 * bars[level] + abs(column[level] - column[level - 1])
        if width < math.inf:
            yield level, (column[level] - width, column[level] + width)
        else:
            yield level, (-math.inf, math.inf)


def _richardson(column: Levels, power: int) -> Levels:
    """The next column of Richardson's table: a power of the step removed; NaN where there is no entry."""
    factor = 1 / (RATIO**power - 1)
    finer = [column[k] + (column[k] - column[k - 1]) * factor for k in range(1, len(column))]
    return [math.nan, *finer]
