"""A returned gradient against differences of the program's own returned value, along one direction at a time.

Uses values that the program returned beside a point; says nothing of whether the value is the one asked for.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy

from grader.engine.certify import direction, extrapolated
from grader.questions.evidence import Check
from grader.questions.programs.interface import Interface
from grader.questions.programs.judging import Item
from grader.questions.programs.points import Point
from grader.sandbox import Argument, Call, CallOutcome, Unusable

Array = Any
STEPS = tuple(4.0**-k for k in range(2, 9))
SHOWN = tuple(4.0**-k for k in (10, 12, 14))
"""Smaller steps, at the printed point, decide nothing: a plot shows with them where rounding begins."""
NAME = "finite differences"


@dataclass(frozen=True)
class Pair:
    """An item that is a derivative of another returned item: by what, and with which quantity from above."""

    item: str
    value: str
    wrt: str
    seed: str | None
    jacobian: bool = False


@dataclass(frozen=True, eq=False)
class Slope:
    """What was measured at one point: the claimed slope, the measured one, whether they agree, and each step.

    `curve` has for each step its size, the relative difference of the claimed slope from the quotient, and that of
    the measured one.
    """

    claimed: float
    measured: float
    passed: bool | None
    reason: str = ""
    curve: tuple[tuple[float, float, float], ...] = ()


def pairs(alternative: Mapping[str, str], output: str | None) -> Iterator[Pair]:
    """Each item that is the derivative of another item by an argument of the function."""
    by_quantity = {_plain(q): n for n, q in alternative.items()}
    for item, quantity in alternative.items():
        call = _call(quantity)
        if call is None:
            continue
        name, texts = call
        of, wrt, *rest = (output or "", *texts) if name == "adjoint" else texts
        value = by_quantity.get(_plain(of))
        if value is not None and value != item:
            yield Pair(item, value, wrt, rest[0] if rest else None, name == "jac")


@cache
def _plain(quantity: str) -> str:
    try:
        return ast.unparse(ast.parse(quantity.strip(), mode="eval"))
    except (SyntaxError, ValueError):
        return quantity.strip()


def _call(quantity: str) -> tuple[str, list[str]] | None:
    """The name and arguments of a derivative that stands alone."""
    try:
        tree = ast.parse(quantity.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return None
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name):
        wanted = {"grad": 2, "adjoint": 1, "vjp": 3, "jac": 2}.get(tree.func.id)
        if wanted == len(tree.args):
            return tree.func.id, [ast.unparse(a) for a in tree.args]
    return None


def steps_at(point: Point) -> tuple[float, ...]:
    """The steps taken at a point."""
    return STEPS + SHOWN if point.printed else STEPS


def moved(interface: Interface, point: Point, wrt: str) -> list[Call]:
    """The calls beside a point: for each step one ahead and one behind."""
    start = numpy.asarray(point.values[wrt], dtype=float)
    way = _way(start)
    given = interface.given(point)
    return [
        Call({**given, wrt: _argument(start + sign * step * way)}) for step in steps_at(point) for sign in (1.0, -1.0)
    ]


def can_move(interface: Interface, point: Point, wrt: str) -> bool:
    """Whether the program is given what the derivative is by, and that is no label."""
    return wrt in interface.given(point) and wrt not in point.sized.graph.labels and numpy.size(point.values[wrt]) > 0


def _argument(value: Array) -> Argument:
    return float(value) if value.shape == () else value


def _way(start: Array) -> Array:
    """A direction in which every entry moves, by about its own size."""
    size = float(numpy.max(numpy.abs(start), initial=0.0)) or 1.0
    return numpy.asarray(direction(start.shape) * size / 2)


def measured(
    pair: Pair,
    interface: Interface,
    point: Point,
    items: Mapping[str, Item],
    middle: CallOutcome,
    calls: Sequence[CallOutcome],
) -> Slope:
    """The slope that is claimed at a point and the one that the values beside it have."""
    item, value = items[pair.item], items[pair.value]
    shapes = {n: point.expected(i.quantity).computation.shape for n, i in items.items()}
    here = interface.values(middle, shapes)
    claimed, height = here[pair.item], here[pair.value]
    if isinstance(claimed, Unusable) or isinstance(height, Unusable):
        return Slope(0, 0, None, "there are no numbers to compare")
    heights = [interface.values(c, shapes)[pair.value] for c in calls if c.values is not None]
    if len(heights) != 2 * len(steps_at(point)):
        return Slope(0, 0, None, "the function could not be run beside the point")
    arrays = [numpy.asarray(h, dtype=float) for h in heights if not isinstance(h, Unusable)]
    if len(arrays) != len(heights) or any(a.shape != height.shape for a in arrays):
        return Slope(0, 0, None, "the value beside the point is of another shape")
    way = _way(numpy.asarray(point.values[pair.wrt], dtype=float))
    seed = _seed(pair, point, height)
    if seed is None or claimed.size != (height.size if pair.jacobian else 1) * way.size:
        return Slope(0, 0, None, "the shapes do not fit together")
    with numpy.errstate(all="ignore"):
        numbers = numpy.array([float(numpy.sum(seed * a)) for a in arrays]).reshape(-1, 2)
        flat = numpy.asarray(claimed, dtype=float).reshape(-1)
        if pair.jacobian:
            flat = seed.reshape(-1) @ flat.reshape(height.size, way.size)
        slope = float(numpy.sum(flat * way.reshape(-1)))
        return _compared(slope, float(numpy.sum(seed * numpy.asarray(height, dtype=float))), numbers, value, item)


def _seed(pair: Pair, point: Point, height: Array) -> Array | None:
    """What each entry of the value counts: 1 for a number, the upstream for a VJP, anything for a Jacobian."""
    if pair.seed is not None:
        seed = point.expected(pair.seed).value
    else:
        seed = direction(height.shape) if pair.jacobian else numpy.ones(height.shape)
        if not pair.jacobian and height.size != 1:
            return None
    return seed if seed.shape == height.shape else None


def _compared(claimed: float, middle: float, numbers: Array, value: Item, item: Item) -> Slope:
    steps = numpy.array((STEPS + SHOWN)[: len(numbers)])
    ahead, behind = (numbers[:, 0] - middle) / steps, (middle - numbers[:, 1]) / steps
    quotients = (ahead + behind) / 2
    used = len(STEPS)
    slope, error = _extrapolated(quotients[:used], 16.0)
    if not numpy.isfinite([slope, error, claimed]).all():
        return Slope(claimed, slope, None, "the values beside the point are not finite")
    noise = (1e-6 if value.narrow else 1e-14) * float(numpy.max(numpy.abs(numbers)))
    scale = abs(slope) + abs(claimed) + noise
    plotted = tuple(
        (float(h), float(abs(claimed - q) / scale), float(abs(slope - q) / scale))
        for h, q in zip(steps, quotients, strict=True)
    )
    room = 20 * error + (1e-3 if item.narrow or value.narrow else 1e-6) * scale
    if item.narrow or value.narrow:
        if room > 1e-2 * scale:
            return Slope(claimed, slope, None, "float32 is too coarse for differences", plotted)
        return Slope(claimed, slope, abs(claimed - slope) <= room, "", plotted)
    (right, right_error), (left, left_error) = _extrapolated(ahead[:used], 4.0), _extrapolated(behind[:used], 4.0)
    if abs(right - left) > 100 * (right_error + left_error) + 1e-4 * scale:
        between = min(left, right) - room <= claimed <= max(left, right) + room
        return Slope(claimed, slope, True if between else None, "there is a kink at the point", plotted)
    if error > 1e-3 * scale:
        return Slope(claimed, slope, None, "the function is not smooth enough beside the point", plotted)
    return Slope(claimed, slope, abs(claimed - slope) <= room, "", plotted)


def _extrapolated(quotients: Array, ratio: float) -> tuple[float, float]:
    best, error = extrapolated(quotients[:, None], ratio)
    return float(best[0]), float(error[0])


def check(slopes: Sequence[Slope]) -> Check | None:
    """The evidence of all points at which a derivative was measured; the first is the printed one."""
    if not slopes:
        return None
    told = next((s for s in slopes if s.passed is False), slopes[0])
    passed = False if told.passed is False else None if any(s.passed is None for s in slopes) else True
    if told.passed is None or (passed is None and told.passed):
        told = next(s for s in slopes if s.passed is None)
        return Check(NAME, None, told.reason, told.curve)
    words = f"along one direction it claims {told.claimed:.6g}, and differences of your own value give "
    return Check(NAME, passed, f"{words}{told.measured:.6g}", told.curve)
