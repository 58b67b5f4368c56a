"""Where mathematics has no single derivative: the active kinks of a graph at a point, and what may be chosen there.

At a kink every slope between the one-sided ones is right, at a tie of max every share that adds up to 1, at the
zero of a norm every vector of the unit ball. A choice belongs to the place in the graph, so one choice holds for
everything that is computed from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy

from grader.engine.compile import compile_nodes
from grader.engine.node import Node, apply, is_constant, topological
from grader.engine.rounding import Analysis
from grader.engine.rules import broadcast, reshaped
from grader.engine.shapes import reduced_shape

Array = Any
Key = tuple[Any, ...]
Subgradient = Literal["zero", "left", "right"]
MOST_FREE = 200
STEPS = 400
ROUNDS = 6


@dataclass(frozen=True, eq=False)
class Kink:
    """A slope that is free at some entries: where (`free`), between which values, and of which set as a whole."""

    key: Key
    slope: Node
    default: Array
    free: Array
    lowest: Array
    highest: Array
    left: Array
    right: Array
    whole: Literal["box", "simplex", "ball"]

    def project(self, slope: Array) -> Array:
        """The nearest slope that is right."""
        if self.whole == "box":
            return numpy.where(self.free, numpy.clip(slope, self.lowest, self.highest), self.default)
        if self.whole == "ball":
            length = float(numpy.sqrt(numpy.sum(numpy.square(slope))))
            return slope if length <= 1 else slope / length
        return _onto_simplex(slope, self.free, self.default, self.slope.params["axis"])

    def fixed(self, how: Subgradient) -> Array:
        """The slope that an author asks for at the kink."""
        if self.whole != "box":
            return self.default
        if how == "zero":
            inside = (self.lowest <= 0) & (self.highest >= 0)
            zero = numpy.where(inside, 0.0, self.left)
            if self.slope.op.name.endswith("first_share"):
                first, second = self.slope.args
                zero = numpy.full_like(zero, 1.0 if is_constant(first) else 0.0 if is_constant(second) else 0.5)
            return numpy.where(self.free, zero, self.default)
        return numpy.where(self.free, self.left if how == "left" else self.right, self.default)


def key_of(slope: Node) -> Key:
    """What a choice belongs to: the slope's operation and the very nodes that it looks at."""
    return (slope.op.name, *(id(a) for a in slope.args), str(slope.params.get("axis")))


class Kinks:
    """The slopes of some outputs that may be free, found once; `active` looks at a point."""

    def __init__(self, outputs: Sequence[Node], inputs: Sequence[Node]) -> None:
        self.outputs, self.inputs = tuple(outputs), tuple(inputs)
        order = topological(outputs, frozenset(inputs))
        self.slopes = [n for n in order if n.op.kink is not None and n not in set(inputs)]
        self._parts: list[tuple[Node, Any]] = [(s, _watched(s)) for s in self.slopes]
        watched = [n for _, parts in self._parts for n in parts if isinstance(n, Node)]
        self._watched = list(dict.fromkeys([*watched, *self.slopes]))
        self._analysis: Analysis | None = None
        self._with_slopes: Callable[..., tuple[Array, ...]] | None = None

    def active(self, values: Sequence[Array]) -> list[Kink]:
        """The kinks that lie at this point, within rounding."""
        if not self.slopes:
            return []
        if self._analysis is None:
            self._analysis = Analysis(self._watched, self.inputs)
        seen = dict(zip(self._watched, self._analysis.at(values), strict=True))
        found: dict[Key, Kink] = {}
        for slope, parts in self._parts:
            default = numpy.asarray(seen[slope].value, dtype=float)
            gap = seen[parts[0]]
            near = numpy.abs(gap.value) <= 2 * gap.error
            ends = [numpy.asarray(seen[p].value if isinstance(p, Node) else p, dtype=float) for p in parts[1:3]]
            kink = _kink(slope, default, near, ends)
            if kink is not None and kink.free.sum() <= MOST_FREE:
                found.setdefault(kink.key, kink)
        return list(found.values())

    def evaluate(self, values: Sequence[Array], chosen: Mapping[Key, Array]) -> tuple[Array, ...]:
        """The outputs where some slopes are replaced by what was chosen for them."""
        if self._with_slopes is None:
            self._with_slopes = compile_nodes(self.outputs, [*self.inputs, *self.slopes])
            self._plain = compile_nodes(self.slopes, self.inputs)
        slopes = self._plain(*values)
        given = [chosen.get(key_of(s), own) for s, own in zip(self.slopes, slopes, strict=True)]
        return self._with_slopes(*values, *given)


def _watched(slope: Node) -> tuple[Any, ...]:
    """The node that is 0 at the kink, and the slopes at its left and right."""
    assert slope.op.kink is not None  # noqa: S101 - only such slopes are asked
    found = slope.op.kink(*slope.args)
    if found == "ball":
        return (apply("norm", slope.args[0], **slope.params), -1.0, 1.0)
    if found == "simplex":
        x, axis = slope.args[0], slope.params["axis"]
        top = apply("max", x, axis=axis, keepdims=False)
        kept = reduced_shape(x.shape, {"axis": axis, "keepdims": True})
        return (broadcast(reshaped(top, kept), x.shape) - x, 0.0, 1.0)
    return tuple(found)


def _kink(slope: Node, default: Array, near: Array, ends: list[Array]) -> Kink | None:
    kind = slope.op.kink(*slope.args) if slope.op.kink is not None else None
    whole: Literal["box", "simplex", "ball"] = kind if kind in ("ball", "simplex") else "box"
    free = numpy.broadcast_to(near, default.shape)
    if whole == "simplex":
        axis = slope.params["axis"]
        free = free & (numpy.sum(free, axis=axis, keepdims=True) > 1)
        share = free / numpy.maximum(numpy.sum(free, axis=axis, keepdims=True), 1)
        default = numpy.where(numpy.any(free, axis=axis, keepdims=True), share, default)
    if not numpy.any(free):
        return None
    left, right = (numpy.broadcast_to(e, default.shape) for e in ends)
    if whole == "box":
        middle = numpy.where((left + right == 1) & slope.op.name.endswith("first_share"), 0.5, default)
        default = numpy.where(free, numpy.clip(middle, numpy.minimum(left, right), numpy.maximum(left, right)), default)
    return Kink(
        key_of(slope), slope, default, free, numpy.minimum(left, right), numpy.maximum(left, right), left, right, whole
    )


def _onto_simplex(slope: Array, free: Array, default: Array, axis: tuple[int, ...]) -> Array:
    """Shares that are at least 0 and add up to 1 over the tied entries; by bisection of the shift."""
    low = numpy.min(numpy.where(free, slope, numpy.inf), axis=axis, keepdims=True) - 1
    high = numpy.max(numpy.where(free, slope, -numpy.inf), axis=axis, keepdims=True)
    low, high = numpy.nan_to_num(low, posinf=0.0, neginf=0.0), numpy.nan_to_num(high, posinf=0.0, neginf=0.0)
    for _ in range(60):
        middle = (low + high) / 2
        over = numpy.sum(numpy.where(free, numpy.maximum(slope - middle, 0), 0), axis=axis, keepdims=True) > 1
        low, high = numpy.where(over, middle, low), numpy.where(over, high, middle)
    return numpy.where(free, numpy.maximum(slope - (low + high) / 2, 0), default)


def fit(
    kinks: Sequence[Kink],
    evaluate: Callable[[Mapping[Key, Array]], Array],
    target: Array,
    width: Array,
    start: Mapping[Key, Array] | None = None,
) -> dict[Key, Array]:
    """The choice at the kinks whose value comes nearest to `target`, measured entry by entry in units of `width`.

    The value is linear in each entry of a slope, so least squares within the sets of right slopes finds it; a few
    rounds serve graphs where one kink feeds another.
    """
    choice = {k.key: (start or {}).get(k.key, k.default) for k in kinks}
    weight = 1 / width.reshape(-1)
    for _ in range(ROUNDS):
        base = _flat(evaluate(choice))
        columns = _columns(kinks, evaluate, choice, base) * weight[:, None]
        goal = (target.reshape(-1) - base) * weight
        step = _descend(kinks, choice, columns, goal)
        done = max((float(numpy.max(numpy.abs(step[k.key] - choice[k.key]), initial=0)) for k in kinks), default=0)
        choice = step
        if done < 1e-12:
            break
    return choice


def _flat(value: Array) -> Array:
    return numpy.asarray(value, dtype=float).reshape(-1)


def _columns(
    kinks: Sequence[Kink], evaluate: Callable[[Mapping[Key, Array]], Array], choice: dict[Key, Array], base: Array
) -> Array:
    columns = []
    for kink in kinks:
        for index in numpy.argwhere(kink.free):
            moved = numpy.array(choice[kink.key], dtype=float)
            moved[tuple(index)] += 1
            columns.append(_flat(evaluate({**choice, kink.key: moved})) - base)
    return numpy.nan_to_num(numpy.array(columns).T)


def _descend(kinks: Sequence[Kink], choice: dict[Key, Array], columns: Array, goal: Array) -> dict[Key, Array]:
    """Accelerated projected gradient descent on the linear model round `choice`."""
    size = float(numpy.linalg.norm(columns, 2)) ** 2
    if not size > 0 or not numpy.isfinite(size):
        return choice
    start = numpy.concatenate([numpy.asarray(choice[k.key])[k.free] for k in kinks])
    point, previous = start, start
    for n in range(STEPS):
        ahead = point + n / (n + 3) * (point - previous)
        slope = columns.T @ (columns @ (ahead - start) - goal)
        previous, point = point, _projected(kinks, choice, ahead - slope / size)
        if n > 3 and float(numpy.max(numpy.abs(point - previous))) < 1e-15:
            break
    return _placed(kinks, choice, point)


def _placed(kinks: Sequence[Kink], choice: dict[Key, Array], point: Array) -> dict[Key, Array]:
    out, at = {}, 0
    for kink in kinks:
        count = int(kink.free.sum())
        slope = numpy.array(choice[kink.key], dtype=float)
        slope[kink.free] = point[at : at + count]
        out[kink.key] = kink.project(slope)
        at += count
    return out


def _projected(kinks: Sequence[Kink], choice: dict[Key, Array], point: Array) -> Array:
    placed = _placed(kinks, choice, point)
    return numpy.concatenate([placed[k.key][k.free] for k in kinks])
