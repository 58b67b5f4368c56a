"""`check_gradient`: is this the gradient of that function? Passed, failed or undecided, and how sure.

Slopes along a few random directions are measured first (`slopes`); only where one disagrees, or shows a kink at the
point, are the entries behind it looked for, by halves. Works for any function of NumPy arrays (`probing` calls it) and
knows no graph. Prints nothing and raises only for arguments that are no point at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy

from grader.engine.probing import Floats, Probe, Unusable, claimed_gradient
from grader.engine.slopes import EPS, FIRST, Line, Slope

Verdict = Literal["passed", "failed", "undecided"]
DIRECTIONS = 3
SURE = 3.0
"""A difference of so many errors is one."""
RESOLVED = 0.05
"""A slope whose error is a larger share of the gradient's length decides nothing."""
ROUNDING = 64.0
"""Units of rounding, relative to the largest entry, that a right gradient may be off by."""
VISITS = 200
"""How many groups of entries are looked at for the one that disagrees, before the rest is left (and n/10 more)."""
REPEATS = 20


@dataclass(frozen=True, eq=False)
class GradientCheck:
    """The verdict on a gradient, and what it rests on.

    `error` is the largest difference between claimed and measured, relative to the larger of both, at the entry
    `worst` (an index into x) or, where `worst` is None, along a direction; it is known to within `estimate`.
    `curve` holds pairs of a step, relative to the size of x, and the relative error of the plain difference quotient
    with that step: falling by truncation, then rising by rounding. `noise` is the noise of a value of f.
    `reason` is a sentence for a person. `evaluations` counts values of f.
    """

    verdict: Verdict
    reason: str
    error: float = math.nan
    estimate: float = math.nan
    worst: tuple[int, ...] | None = None
    claimed: float = math.nan
    measured: float = math.nan
    curve: tuple[tuple[float, float], ...] = ()
    noise: float = math.nan
    evaluations: int = 0

    @property
    def passed(self) -> bool | None:
        """True, False, or None where nothing could be decided."""
        return {"passed": True, "failed": False, "undecided": None}[self.verdict]


def check_gradient(
    f: Callable[[Any], Any],
    gradient: Any,
    x: Any,
    directions: int | None = None,
    vectorized: bool = False,
    *,
    tolerance: float = 1e-6,
    seed: int = 0,
) -> GradientCheck:
    """Check that `gradient` is the gradient of `f` at `x`, from values of f alone.

    `f` maps an array of the shape of `x` to a number; with `vectorized`, an array (k, *shape) to (k,). `gradient` is an
    array of the shape of `x`, or a function that returns one. Both get copies. An entry may be off by a relative
    `tolerance`, and by what the noise of f hides. `directions` is the number of random directions (3); where x has no
    more entries than that, each is looked at by itself. Equal arguments and `seed` give an equal result.

    Raises TypeError or ValueError where x is no array of finite real numbers. What is odd about f or the gradient is
    no exception but a verdict with its reason: failed where nothing can be the gradient (a NaN, a shape that does not
    fit), undecided where f raises, returns whole numbers, or hides its slope in noise.

    The method is Ridders' extrapolation (Advances in Engineering Software 4, 1982), with the noise of f measured at
    nearly equal points (as by Moré and Wild, SIAM Journal on Scientific Computing 33, 2011) and Lepski's choice of the
    coarsest steps that no finer one contradicts (Theory of Probability and its Applications 35, 1991).
    """
    if directions is not None and directions < 1:
        raise ValueError(f"directions is {directions}, and at least one is needed")
    point, shape = _point(x)
    probe = Probe(f, point, shape, vectorized)
    with numpy.errstate(all="ignore"):  # steps leave the domain of f, and that is no news to anybody
        try:
            claimed, unit = claimed_gradient(gradient, point, shape)
            probe.begin()
        except Unusable as found:
            verdict: Verdict = "undecided" if found.raised else "failed"
            return GradientCheck(verdict, _sentence(found.reason), evaluations=probe.evaluations)
        if not math.isfinite(probe.value):
            reason = f"f is {probe.value} at x, so it has no gradient there"
            return GradientCheck("failed", _sentence(reason), evaluations=probe.evaluations)
        if not numpy.isfinite(claimed).all():
            return _not_finite(claimed, shape, probe)
        return _Check(probe, claimed, unit, directions or DIRECTIONS, tolerance, seed).result()


def _point(x: Any) -> tuple[Floats, tuple[int, ...]]:
    found = numpy.asarray(x)
    if found.dtype.kind not in "iubf":
        raise TypeError(f"x is an array of {found.dtype}, and gradients are checked at real numbers")
    if not numpy.isfinite(found).all():
        raise ValueError("x has entries that are not finite, and there is no gradient there")
    return found.reshape(-1).astype(float), found.shape


def _not_finite(claimed: Floats, shape: tuple[int, ...], probe: Probe) -> GradientCheck:
    entry = int(numpy.flatnonzero(~numpy.isfinite(claimed))[0])
    number = float(claimed[entry])
    reason = _sentence(f"entry {_index(entry, shape)} of the gradient is {number}")
    worst = _place(entry, shape)
    return GradientCheck("failed", reason, math.inf, 0.0, worst, number, evaluations=probe.evaluations)


class _Check:
    """One check on its way: the slopes measured so far, and what is left to look at."""

    def __init__(
        self, probe: Probe, claimed: Floats, unit: float, directions: int, tolerance: float, seed: int
    ) -> None:
        self.probe = probe
        self.claimed = claimed
        self.tolerance = tolerance
        self.unit = unit
        self.random = numpy.random.default_rng(seed)
        self.line = Line(probe, claimed)
        self.sizes = _sizes(probe.x)
        self.directions = directions
        self.spread = 0.0
        self.floor = 0.0

    def result(self) -> GradientCheck:
        """Measure, look closer where that is needed, and judge."""
        if not self.claimed.size:
            return self._finish("passed", "x has no entries, so there is nothing to check", None)
        ways = self._directions()
        self._learn_noise(ways[0])
        self.floor = self._floor()
        slopes = self._slopes(ways) or self._from_one_side()
        if not slopes:
            return self._finish("undecided", "f has no finite values beside x", None)
        if not self._repeats():
            self._measure_spread()
            slopes = self._slopes(ways) or slopes
        if self.probe.whole:
            return self._whole(slopes)
        wrong = self._wrong(slopes)
        if wrong is not None:
            return self._failed(wrong)
        best = min(slopes, key=lambda s: s.share)
        if not best.share <= RESOLVED:
            return self._finish("undecided", self._hidden(best), best)
        worst = max(slopes, key=lambda s: s.excess / (s.scale or 1))
        return replace(self._finish("passed", self._agreement(slopes), worst), curve=_curve(slopes[0]))

    # -- what is measured

    def _directions(self) -> list[Floats]:
        """Unit directions where they are no more than asked for; else random ones, by two ideas of how large x is."""
        n = self.claimed.size
        if n <= self.directions:
            return [self._alone(i) for i in range(n)]
        ways = []
        for k in range(self.directions):
            drawn = self.random.uniform(-0.5, 0.5, n)
            ways.append((drawn + numpy.copysign(0.5, drawn)) * self.sizes[k % 2])
        return ways

    def _slopes(self, ways: list[Floats]) -> list[Slope]:
        """Those that there are; what the first teaches about steps makes the others cheaper."""
        first = self.line.slope(ways[0])
        rest = (self.line.slope(way) if first is None else self.line.slope_like(way, first) for way in ways[1:])
        return [slope for slope in (first, *rest) if slope is not None]

    def _alone(self, entry: int) -> Floats:
        way = numpy.zeros(self.claimed.size)
        way[entry] = self.sizes[0][entry]
        return way

    def _from_one_side(self) -> list[Slope]:
        """The slopes at a corner of the domain of f: into it, where random directions all leave it."""
        ways = [self.sizes[0] * self.random.uniform(0.5, 1.0, self.claimed.size) for _ in range(2)]
        return [s for s in map(self.line.slope, ways) if s is not None]

    def _learn_noise(self, way: Floats) -> None:
        self.probe.again(2)
        if self.probe.varies:
            self._measure_spread()
        else:
            self.line.sample_noise(way)
        if self.probe.whole:
            self.line.noise = max(self.line.noise, 1.0)

    def _repeats(self) -> bool:
        """Whether f still has the value at x that it had at first; where it is known not to, there is nothing new."""
        return self.spread > 0 or bool((self.probe.again(1) == self.probe.value).all())

    def _measure_spread(self) -> None:
        values = self.probe.again(REPEATS)
        values = numpy.append(values[numpy.isfinite(values)], self.probe.value)
        self.spread = max(float(numpy.ptp(values)), math.ulp(self.probe.value))
        self.line.noise = max(self.line.noise, self.spread)
        self.line.rough = math.inf

    def _floor(self) -> float:
        """What rounding may have done to an entry of a right gradient, in units of a step's change of f."""
        unit = max(EPS, self.unit, self.probe.precision)
        return ROUNDING * unit * float(numpy.max(numpy.abs(self.claimed * self.sizes[0])))

    # -- who is wrong

    def _wrong(self, slopes: list[Slope]) -> Slope | None:
        """A slope that the claim does not fit: of one entry where one can be found, else of a whole direction."""
        kinked = any(s.gap > 0 for s in slopes)
        suspects = sorted((s for s in slopes if s.gap > 0 or s.excess > 2 * s.error), key=lambda s: -s.excess)
        for suspect in suspects:
            found = self._search(suspect)
            if found is not None:
                return found
        for slope in slopes:
            allowed = self.tolerance * float(numpy.abs(self.claimed * slope.direction).sum()) if not kinked else 0.0
            if slope.excess > SURE * slope.error + allowed + self.floor * math.sqrt(slope.direction.size):
                again = self.line.slope(slope.direction)
                if again is not None and again.excess > SURE * again.error:
                    return again
        return None

    def _search(self, whole: Slope) -> Slope | None:
        """The entry that disagrees: groups of entries are halved, the half with the larger difference first."""
        groups = [numpy.flatnonzero(whole.direction)]
        visits = VISITS + groups[0].size // 10
        while groups and visits > 0:
            group = groups.pop()
            if group.size == 1:
                found = self._confirmed(int(group[0]), whole)
                if found is not None:
                    return found
                continue
            halves = []
            for half in numpy.array_split(group, 2):
                way = numpy.zeros(self.claimed.size)
                way[half] = whole.direction[half]
                slope = self.line.slope_by(way, whole.close_steps)
                visits -= slope is None or slope.gap == 0
                if slope is None or slope.gap > 0 or slope.excess > 2 * slope.error:
                    halves.append((slope.excess if slope else 0.0, half))
            groups += [half for _, half in sorted(halves, key=lambda pair: pair[0])]
        return None

    def _confirmed(self, entry: int, whole: Slope) -> Slope | None:
        """The slope of one entry, measured anew by its own steps, where the claim does not fit it."""
        way = numpy.zeros(self.claimed.size)
        way[entry] = abs(whole.direction[entry])
        for _ in range(2):
            slope = self.line.slope(way)
            if slope is None or not self._misfits(slope):
                return None
        return slope

    def _misfits(self, slope: Slope) -> bool:
        allowed = SURE * slope.error + self.tolerance * max(abs(slope.claimed), abs(slope.measured)) + self.floor
        return slope.excess > allowed

    # -- what is said

    def _failed(self, slope: Slope) -> GradientCheck:
        if not self._repeats():
            self._measure_spread()
            if slope.excess * FIRST <= SURE * self.line.noise:
                return self._finish("undecided", self._hidden(slope), slope)
        entries = numpy.flatnonzero(slope.direction)
        if entries.size > 1:
            reason = (
                f"along a direction of all entries f changes at the rate {_between(slope, 1.0)}, and the gradient "
                f"makes that {_digits(slope.claimed)}, though each entry alone may fit"
            )
            return self._finish("failed", reason, slope)
        entry = int(entries[0])
        size = float(slope.direction[entry])
        reason = (
            f"entry {_index(entry, self.probe.shape)} of the gradient is {_digits(self.claimed[entry])}, "
            f"and the values of f give {_between(slope, size)}{_pattern(slope)}"
        )
        return self._finish("failed", reason, slope)

    def _whole(self, slopes: list[Slope]) -> GradientCheck:
        kind = "f returns whole numbers"
        if not self.probe.varies:
            alone = self.line.slope(self._alone(int(numpy.argmax(numpy.abs(self.claimed)))))
            if not self.claimed.any():
                return self._finish("passed", f"{kind}, and is constant around x; the gradient is 0", alone)
            reason = f"{kind}, and is constant around x: its gradient is 0 there, and this one is not. Return a float"
            return self._finish("failed", reason, alone)
        wrong = self._wrong(slopes) if self.claimed.any() else None
        if wrong is not None:
            return self._failed(wrong)
        reason = f"{kind}, and between them there is no slope to compare with. Return a float that is not rounded"
        return self._finish("undecided", reason, min(slopes, key=lambda s: s.share))

    def _hidden(self, slope: Slope) -> str:
        noisy = 2 * self.line.noise >= slope.error * slope.steps[slope.last]
        what = "the noise of f hides its slope" if noisy else "the slope of f does not settle as the step shrinks"
        return what if slope.share >= 1 else f"{what}: it is known to {_brief(slope.share)} of its size only"

    def _agreement(self, slopes: list[Slope]) -> str:
        kinks = " at a kink, between the slopes of both sides," if any(s.gap > 0 for s in slopes) else ""
        where = "each entry" if self.claimed.size <= self.directions else f"{len(slopes)} random directions"
        finest = min(s.share for s in slopes)
        return f"the gradient fits the values of f in {where},{kinks} to {_brief(finest)} of its size"

    def _notes(self) -> str:
        notes = []
        if self.probe.changes_input:
            notes.append("f changes its input; it was given copies.")
        if self.spread > (ROUNDING * EPS * abs(self.probe.value) if self.probe.vectorized else 0.0):
            notes.append(f"f is not repeatable: its values at the same x differ by up to {_brief(self.spread)}.")
        elif self.probe.precision > EPS or (1e-10 < self._relative_noise() < 1e-4 and not self.probe.whole):
            digits = max(1, round(-math.log10(max(self.probe.precision, self._relative_noise()))))
            like = ", as with float32 inside" if 5 <= digits <= 8 else ""
            notes.append(f"f computes with about {digits} digits{like}, and the gradient was judged by that.")
        return "".join(f" {note}" for note in notes)

    def _relative_noise(self) -> float:
        value = abs(self.probe.value)
        return self.line.noise / value if value else 0.0

    def _finish(self, verdict: Verdict, reason: str, slope: Slope | None) -> GradientCheck:
        text = _sentence(reason) + self._notes()
        if slope is None:
            return GradientCheck(verdict, text, noise=self.line.noise, evaluations=self.probe.evaluations)
        entries = numpy.flatnonzero(slope.direction)
        alone = entries.size == 1
        size = float(slope.direction[entries[0]]) if alone else 1.0
        scale = _reference(slope)
        return GradientCheck(
            verdict,
            text,
            abs(slope.difference) / scale,
            slope.error / scale,
            _place(int(entries[0]), self.probe.shape) if alone else None,
            slope.claimed / size,
            slope.measured / size,
            _curve(slope),
            self.line.noise,
            self.probe.evaluations,
        )


def _sizes(x: Floats) -> tuple[Floats, Floats]:
    """How large a step each entry can take: by its own size, and by no less than the usual size of an entry."""
    own = numpy.abs(x)
    some = own[own > 0]
    usual = float(numpy.partition(some, some.size // 2)[some.size // 2]) if some.size else 1.0
    return numpy.where(own > 0, own, usual), numpy.maximum(own, usual)


def _reference(slope: Slope) -> float:
    """What its errors are given relative to: of one entry the larger of claimed and measured."""
    alone = numpy.count_nonzero(slope.direction) == 1
    return (max(abs(slope.claimed), abs(slope.measured)) if alone else slope.scale) or 1.0


def _curve(slope: Slope) -> tuple[tuple[float, float], ...]:
    """The relative error of the plain quotients over their steps."""
    scale = _reference(slope)
    points = zip(slope.steps, (abs(q) / scale for q in slope.quotients), strict=True)
    return tuple(point for point in points if math.isfinite(point[1]))


def _between(slope: Slope, size: float) -> str:
    """What was measured, in units of the gradient."""
    if slope.gap > 0:
        sides = sorted(((slope.measured - slope.gap) / size, (slope.measured + slope.gap) / size))
        return f"{_digits(sides[0])} to {_digits(sides[1])}, at a kink"
    return f"{_digits(slope.measured / size)} ± {slope.error / abs(size):.1g}"


def _pattern(slope: Slope) -> str:
    """What a wrong entry looks like, where that is plain."""
    if slope.gap > 0 or not slope.measured or abs(slope.measured) < SURE * slope.error:
        return ""
    factor = slope.claimed / slope.measured
    near = 2 * slope.error / abs(slope.measured) + 1e-3
    for number, words in ((-1.0, "the sign is the other one"), (2.0, "that is twice as much"), (0.5, "that is half")):
        if abs(factor - number) <= near:
            return f": {words}"
    return ""


def _digits(number: float) -> str:
    return f"{number:.6g}" if number and abs(number) >= 1e-3 else f"{number:.3g}"


def _brief(number: float) -> str:
    return f"{number:.2g}"


def _index(entry: int, shape: tuple[int, ...]) -> str:
    return "[" + ", ".join(map(str, _place(entry, shape))) + "]"


def _place(entry: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The index of a flattened entry."""
    return tuple(int(i) for i in numpy.unravel_index(entry, shape))


def _sentence(reason: str) -> str:
    return f"{reason[0].upper() if not reason.startswith('f ') else 'f'}{reason[1:]}."
