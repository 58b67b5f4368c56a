"""The slope of a function along a direction, from its values alone, with an error that can be believed.

Central quotients over steps from a fifth of x down to 1e-10 of it are extrapolated to step 0; each candidate's error is
its rounding plus its change since the step before, and what the finer steps contradict does not count. What is
measured is the difference from a claimed gradient, so that the rounding of x + h costs nothing. Judges nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy

from grader.engine.probing import ROWS, Floats, Probe

RATIO = 5.0
FIRST = 0.2
LEVELS = 14
HALVINGS = 26
FINEST = 1e-13
"""Below this step, relative to x, x + h is not distinct enough from x."""
MORE_LEVELS = 3
NEAR = 2.0**-40
"""The step between points whose values differ by noise only."""
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
    def excess(self) -> float:
        """How far the claim is outside what is allowed at a kink; 0 or more only."""
        return max(0.0, abs(self.difference) - self.gap)


@dataclass(frozen=True)
class Limit:
    """The limit of quotients as the step goes to 0; `first` and `last` are the levels it was made of."""

    value: float
    error: float
    first: int
    last: int


@dataclass(frozen=True)
class Conflict:
    """A level whose quotients the finer ones contradict, by `distance`; `levels` of those agree on `plateau`."""

    level: int
    distance: float
    plateau: float
    levels: int


class Line:
    """Measures slopes of one function at one point; what it learns about the noise of f holds for all directions."""

    def __init__(self, probe: Probe, gradient: Floats) -> None:
        self.probe = probe
        self.gradient = gradient
        self.noise = max(EPS, probe.precision) * abs(probe.value)
        self.jumps: bool | None = None
        """Whether f was seen to jump, as rounding to few digits does; None before anybody looked."""

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
        spread = self.residuals(direction, [k * NEAR for k in (-3, -2, -1, 1, 2, 3)])
        table = numpy.array([*spread[:3], 0.0, *spread[3:]])
        table = numpy.diff(table[numpy.isfinite(table)])
        for growth in (6, 20):  # of the variance, by differences of order 2 and 3
            table = numpy.diff(table)
            if table.size:
                self.noise = max(self.noise, 4 * math.sqrt(float(table @ table) / table.size / growth))

    def slope(self, direction: Floats, steps: Levels | None = None) -> Slope | None:
        """The slope along a direction; None where f has no finite values on either side."""
        fixed = steps is not None
        steps = steps or [FIRST / RATIO**k for k in range(LEVELS)]
        ahead, behind = self._both(direction, steps)
        while not fixed and steps[-1] > FINEST and self._unsettled(steps, ahead, behind):
            finer = [steps[-1] / RATIO**k for k in range(1, MORE_LEVELS + 1)]
            more = self._both(direction, finer)
            steps, ahead, behind = steps + finer, ahead + more[0], behind + more[1]
        return self._slope(direction, steps, ahead, behind)

    def _both(self, direction: Floats, steps: Levels) -> tuple[Levels, Levels]:
        found = self.residuals(direction, steps + [-h for h in steps])
        return found[: len(steps)], found[len(steps) :]

    def _unsettled(self, steps: Levels, ahead: Levels, behind: Levels) -> bool:
        """Whether the quotients still move by more than noise where the steps end."""
        if not (_finite(ahead) or _finite(behind)):
            return True
        end = _central(steps, ahead, behind)[-3:]
        bars = self._bars(steps, ahead, behind)[-3:]
        return all(
            abs(end[k] - end[k - 1]) > 3 * (bars[k] + bars[k - 1]) + 1e-4 * abs(end[k]) for k in range(1, len(end))
        )

    def _bars(self, steps: Levels, ahead: Levels, behind: Levels) -> Levels:
        """How much noise can move each quotient."""
        unit = max(EPS, self.probe.precision)
        return [(self.noise + unit * max(abs(a), abs(b))) / h for h, a, b in zip(steps, ahead, behind, strict=True)]

    def _slope(self, direction: Floats, steps: Levels, ahead: Levels, behind: Levels) -> Slope | None:
        products = self.gradient * direction
        claimed = float(products.sum())
        gap = 0.0
        if _finite(ahead) and _finite(behind):
            quotients = _central(steps, ahead, behind)
            limit = self._limit(direction, steps, quotients, ahead, behind)
            gap = self._gap(steps, ahead, behind, limit.first)
        elif _finite(ahead) or _finite(behind):
            side, sign = (ahead, 1) if _finite(ahead) else (behind, -1)
            quotients = [sign * a / h for h, a in zip(steps, side, strict=True)]
            bars = [2 * bar for bar in self._bars(steps, side, side)]
            limit = extrapolated(quotients, bars, ONE_SIDED, 0)
        else:
            return None
        used = slice(limit.first, limit.last + 1)
        moves = [abs(q + claimed) for q in quotients[used]]
        moves += [abs(a / h + claimed) for h, a in zip(steps[used], ahead[used], strict=True)]
        return Slope(
            direction,
            claimed,
            limit.value,
            limit.error + 4 * EPS * float(numpy.abs(products).sum()),
            gap,
            max(m for m in moves if not math.isnan(m)),
            math.sqrt(float(products @ products)),
            steps,
            quotients,
            limit.first,
            limit.last,
        )

    def _gap(self, steps: Levels, ahead: Levels, behind: Levels, reach: int) -> float:
        """Half the jump of the slope at the point, where there is one beyond doubt."""
        quotients = [(a + b) / (2 * h) for h, a, b in zip(steps, ahead, behind, strict=True)]
        limit = extrapolated(quotients, self._bars(steps, ahead, behind), ONE_SIDED, reach)
        return abs(limit.value) + limit.error if abs(limit.value) > 3 * limit.error else 0.0

    def _limit(self, direction: Floats, steps: Levels, quotients: Levels, ahead: Levels, behind: Levels) -> Limit:
        """The central limit; where fine and coarse steps disagree, it is found out whether that is noise."""
        while True:
            bars = self._bars(steps, ahead, behind)
            conflict = contradicted(quotients, bars)
            if conflict is None:
                return extrapolated(quotients, bars, SMOOTH, 0)
            if conflict.levels >= 2 and not self._jumps(direction, steps, quotients, conflict):
                return extrapolated(quotients, bars, SMOOTH, conflict.level + 1)
            self.noise = max(4 * self.noise, conflict.distance * steps[conflict.level] / 4)

    def _jumps(self, direction: Floats, steps: Levels, quotients: Levels, conflict: Conflict) -> bool:
        """Whether f jumps where it leaves the plateau of the finest steps; a kink or a wave does not."""
        if self.jumps is None:
            low, high = steps[-1], steps[conflict.level]
            left = high * (quotients[conflict.level] - conflict.plateau)
            at_low, at_high = 0.0, left
            for _ in range(HALVINGS):
                middle = (low + high) / 2
                ahead, behind = self.residuals(direction, [middle, -middle])
                found = (ahead - behind) / 2 - middle * conflict.plateau
                if not abs(found) <= abs(left) / 2:
                    high, at_high = middle, found
                else:
                    low, at_low = middle, found
            jump = abs(at_high - at_low)
            self.jumps = not jump <= 0.02 * abs(left) + 2 * self.noise
            if self.jumps and math.isfinite(jump):
                self.noise = max(self.noise, jump)
        return self.jumps


def contradicted(quotients: Levels, bars: Levels) -> Conflict | None:
    """The finest level that the levels below it contradict, or None."""
    better = _richardson(quotients, SMOOTH[0])
    low, high = -math.inf, math.inf
    for level in range(len(quotients) - 1, 1, -1):
        width = 1.1 * bars[level] + abs(better[level] - better[level - 1])
        if math.isnan(width):
            continue
        least, most = better[level] - width, better[level] + width
        if least > high or most < low:
            distance = max(least - high, low - most) + width
            resolved = [bar for bar in bars[level + 1 :] if bar <= distance / 4]
            return Conflict(level, distance, (low + high) / 2, len(resolved))
        low, high = max(low, least), min(high, most)
    return None


def extrapolated(quotients: Levels, bars: Levels, powers: tuple[int, ...], reach: int) -> Limit:
    """The best extrapolation to step 0 that uses no level before `reach`."""
    last = len(quotients) - 1
    best = Limit(quotients[last], math.inf, last, last)
    column = quotients
    for order in range(len(powers) + 1):
        amplified = 1.5 if order else 1.0
        for level in range(max(1, reach + order), len(column)):
            error = amplified * bars[level] + abs(column[level] - column[level - 1])
            if error < best.error:
                best = Limit(column[level], error, level - order, level)
        if order < len(powers):
            column = _richardson(column, powers[order])
    return best


def _richardson(column: Levels, power: int) -> Levels:
    """The next column of Richardson's table: a power of the step removed; NaN where there is no entry."""
    factor = 1 / (RATIO**power - 1)
    finer = [column[k] + (column[k] - column[k - 1]) * factor for k in range(1, len(column))]
    return [math.nan, *finer]


def _central(steps: Levels, ahead: Levels, behind: Levels) -> Levels:
    return [(a - b) / (2 * h) for h, a, b in zip(steps, ahead, behind, strict=True)]


def _finite(side: Levels) -> bool:
    """Whether f has values on this side where it matters: at the finest steps."""
    return all(map(math.isfinite, side[-3:]))
