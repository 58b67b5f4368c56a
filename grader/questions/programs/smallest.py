"""The simplest point at which a program is wrong: small whole numbers, few of them not 0, at the smallest size.

Simple points are tried first, then the best of them is made simpler entry by entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy

from grader.questions.programs.judging import Found
from grader.questions.programs.points import Point, Points, Sized
from grader.spec.draw import generator
from grader.spec.inputs import Input

Array = Any
TRIED = 24
ROUNDS = 10
MOST_SIMPLER = 48


@dataclass(frozen=True, eq=False)
class Example:
    """A point at which items are wrong."""

    point: Point
    wrong: Mapping[str, Found]

    @property
    def cost(self) -> tuple[int, int, float]:
        """What makes a point hard to read: its size, entries that are not 0, and how large they are."""
        return _cost(self.point)


Judge = Callable[[Sequence[Point]], Iterable[dict[str, Found]]]
"""What is wrong at each of some points, by item, found when it is asked for; shorter where the program stops.

At points that are not plain nothing counts as wrong.
"""


def smallest(points: Points, wrong_at: Sequence[Sized], judge: Judge) -> Example | None:
    """The simplest point that can be found at the smallest size, or at one where the program is known to be wrong."""
    sizes = sorted({id(s): s for s in (min(points.sizes, key=lambda s: s.entries), *wrong_at)}.values(), key=_entries)
    for sized in sizes[:2]:
        best = _best(judge, _simple(points, sized))
        if best is not None:
            return _simplified(judge, best)
    return None


def _entries(sized: Sized) -> int:
    return sized.entries


def _best(judge: Judge, points: Sequence[Point]) -> Example | None:
    found = [Example(p, w) for p, w in zip(points, judge(points), strict=False) if w]
    if not found:
        return None
    most = max(len(e.wrong) for e in found)
    return min((e for e in found if len(e.wrong) == most), key=lambda e: e.cost)


def _cost(point: Point) -> tuple[int, int, float]:
    values = [numpy.asarray(v, dtype=float) for v in point.values.values()]
    return (
        point.sized.entries,
        int(sum(numpy.count_nonzero(v) for v in values)),
        float(sum(numpy.sum(numpy.abs(v)) for v in values)),
    )


def _simple(points: Points, sized: Sized) -> list[Point]:
    """The same points for every student, found once."""
    known = _SIMPLE.setdefault(points, {})
    if sized not in known:
        known[sized] = _whole(points, sized)
    return known[sized]


_SIMPLE: WeakKeyDictionary[Points, dict[Sized, list[Point]]] = WeakKeyDictionary()


def _whole(points: Points, sized: Sized) -> list[Point]:
    rng = generator(points.seed, "small points")
    found = []
    for n in range(TRIED):
        values = {name: _small(one, sized.graph.shape(name), rng, n) for name, one in sized.inputs.items()}
        found.append(Point(values, sized))
    return [p for p in found if points.is_plain(p)]


def _small(one: Input, shape: tuple[int, ...], rng: numpy.random.Generator, n: int) -> Array:
    """Small whole numbers like those that an input is drawn as; the first points have most entries 0."""
    if one.fixed or one.classes is not None:
        return one.draw(rng, shape)
    values = rng.integers(1, 3 + n // 8, size=shape).astype(float)
    if _is_positive(one):
        return values
    signs = rng.choice([-1.0, 1.0], size=shape)
    kept = rng.random(shape) < (0.4 + n / TRIED)
    return numpy.asarray(values * signs * kept) + 0.0  # no -0


def _is_positive(one: Input) -> bool:
    return bool(numpy.all(one.draw(numpy.random.default_rng(0), (16,)) > 0))


def _simplified(judge: Judge, best: Example) -> Example:
    """Entries made 0, or 1, one after the other, while as many items stay wrong."""
    for _ in range(ROUNDS):
        simpler = _simpler(best.point)
        tried = zip(simpler, judge(simpler), strict=False) if simpler else ()
        better = next((Example(p, w) for p, w in tried if set(w) >= set(best.wrong)), None)
        if better is None:
            return best
        best = better
    return best


def _simpler(point: Point) -> list[Point]:
    """The point with one value, or one entry of it, made simpler."""
    inputs = point.sized.inputs
    found: list[Point] = []
    for name, value in point.values.items():
        if inputs[name].fixed:
            continue
        array = numpy.asarray(value)
        least = 1.0 if inputs[name].classes is None and _is_positive(inputs[name]) else 0.0
        changed = [numpy.where(array != least, least, array)] if array.ndim else []
        for index in numpy.argwhere(array != least):
            for to in (least, 1.0):
                one = numpy.array(array)
                one[tuple(index)] = to
                changed.append(one)
        for one in changed:
            new = replace(point, values={**point.values, name: one.astype(array.dtype)}, printed=False, _known={})
            if _cost(new) < _cost(point):
                found.append(new)
    return sorted(found, key=_cost)[:MOST_SIMPLER]
