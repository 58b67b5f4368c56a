"""The key certifies itself: derivatives that the engine worked out against numerical ones, from values alone.

A claim says how fast an output moves when some nodes move along given directions. It is held against extrapolated
central quotients of the compiled output; at a kink any slope between the one-sided quotients agrees. What numbers
cannot decide is not called a disagreement.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy

from grader.engine.batching import UNKNOWN, batched
from grader.engine.compile import compile_nodes, prepared
from grader.engine.formula import parse
from grader.engine.graph import Graph
from grader.engine.kinks import Kinks
from grader.engine.node import Node, apply, constant, leaf, topological
from grader.engine.rules import reshaped, total
from grader.engine.transform import substitute

Array = Any
LEVELS = 5
AHEAD = 2.0**-7 / 4.0 ** numpy.arange(LEVELS)
STEPS = numpy.concatenate([[0.0], AHEAD, -AHEAD])
AGREES = 1e-6
LARGEST_BLOCK = 2_000_000
"""The most entries that are worked out in one go."""
DERIVATIVES = ("grad", "adjoint", "jac", "edge", "tangent", "jvp", "vjp", "hess", "hvp")


@dataclass(frozen=True, eq=False)
class Claim:
    """`slope` is how fast `output` moves when each node of `moves` moves along its direction, nothing below it."""

    text: str
    output: Node
    moves: Mapping[Node, Array]
    slope: Node
    leaves: frozenset[Node] = frozenset()


@dataclass(frozen=True)
class Disagreement:
    """A derivative that does not fit the values: the quantity, both slopes along the direction, and the point."""

    text: str
    claimed: float
    measured: float
    point: Mapping[str, Array]


def direction(shape: tuple[int, ...]) -> Array:
    """A fixed direction in which no entry is 0 and no two are alike."""
    entries = numpy.arange(1, int(numpy.prod(shape, dtype=int)) + 1)
    sizes = 0.75 + 0.5 * numpy.sin(7.0 * entries)
    return (sizes * numpy.where(entries % 3, 1.0, -1.0)).reshape(shape)


def gradient_claim(text: str, output: Node, wrt: Node, gradient: Node, leaves: frozenset[Node] = frozenset()) -> Claim:
    """The claim that `gradient` is that of the number `output` by `wrt`."""
    way = direction(wrt.shape)
    return Claim(text, output, {wrt: way}, total(gradient * constant(way)), leaves)


def jacobian_claim(text: str, output: Node, wrt: Node, matrix: Node, leaves: frozenset[Node] = frozenset()) -> Claim:
    """The claim that `matrix` is the Jacobian, both sides flattened by rows; of two numbers it may be a number."""
    way = direction(wrt.shape)
    flat = reshaped(matrix, (output.size, wrt.size)) @ constant(way.reshape(-1))
    return Claim(text, output, {wrt: way}, reshaped(flat, output.shape), leaves)


def claims_in(graph: Graph, quantity: str) -> list[Claim]:
    """The claims behind every derivative that a quantity calls, nested ones too."""
    tree, _ = parse(quantity)
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    return [_claim(graph, call) for call in calls if call.func.id in DERIVATIVES]  # type: ignore[attr-defined]


def _claim(graph: Graph, call: ast.Call) -> Claim:
    name = call.func.id  # type: ignore[attr-defined]
    texts = [ast.unparse(a) for a in call.args]
    text = ast.unparse(call)
    found = graph.quantity(text)
    if name == "adjoint":
        assert graph.output is not None  # noqa: S101 - the quantity could not be read without
        return gradient_claim(text, graph.by_name[graph.output], graph.by_name[texts[0]], found)
    if name == "edge":
        j, i = texts
        return jacobian_claim(text, graph.by_name[i], graph.by_name[j], found, graph.local_leaves(i))
    output, wrt = graph.quantity(texts[0]), graph.by_name[texts[1]]
    if name == "grad":
        return gradient_claim(text, output, wrt, found)
    if name == "jac":
        return jacobian_claim(text, output, wrt, found)
    if name == "vjp":
        seed = graph.quantity(texts[2])
        return gradient_claim(text, total(output * seed), wrt, found, frozenset([seed]))
    if name == "hess":
        return jacobian_claim(text, graph.quantity(f"grad({texts[0]}, {texts[1]})"), wrt, found)
    moved = graph.quantity(f"grad({texts[0]}, {texts[1]})") if name == "hvp" else output
    if name == "tangent":
        return Claim(text, moved, {wrt: numpy.ones(())}, found)
    return _along(text, moved, wrt, graph.quantity(texts[2]), found)


def _along(text: str, moved: Node, wrt: Node, way: Node, found: Node) -> Claim:
    """The claim of a product with a direction that is itself a quantity: a number moves along it."""
    step = constant(0.0)
    return Claim(text, substitute([moved], {wrt: wrt + step * way})[0], {step: numpy.ones(())}, found)


def disagreements(graph: Graph, claims: Sequence[Claim], points: Sequence[Mapping[str, Array]]) -> list[Disagreement]:
    """The claims that do not fit, at most one for each; points where values are not finite decide nothing."""
    if not claims:
        return []
    different = {(c.text, c.output, frozenset(c.moves), c.leaves): c for c in claims}
    trial = _Trial(graph, tuple(different.values()))
    found: dict[Claim, Disagreement] = {}
    for point in points:
        for claim, claimed, measured in trial.wrong(point):
            if claim not in found and not trial.meets_several_kinks(claim, point):
                found[claim] = Disagreement(claim.text, claimed, measured, dict(point))
    return [found[claim] for claim in trial.claims if claim in found]


class _Trial:
    """All claims at once: their slopes as one compiled function, and their outputs after any steps as another.

    `moved` takes rows of steps, one for each claim; each of its outputs looks at a few of them, so that claims about
    different outputs share rows, and what is fixed is worked out once.
    """

    def __init__(self, graph: Graph, claims: Sequence[Claim]) -> None:
        self.claims = claims
        self.names = graph.leaves
        self.leaves = [graph.by_name[n] for n in graph.leaves]
        together: dict[Any, list[int]] = {}
        for k, claim in enumerate(claims):
            together.setdefault((claim.output, claim.leaves), []).append(k)
        self.groups = list(together.values())
        starts = [node for claim in claims for node in claim.moves]
        self.slopes = compile_nodes([*(claim.slope for claim in claims), *starts], self.leaves)
        steps, rows = leaf("steps", (len(claims),)), leaf("steps", (UNKNOWN, len(claims)))
        outputs = batched([_moved(claims, group, steps) for group in self.groups], {steps: rows}, UNKNOWN)
        self.moved = compile_nodes(outputs, [*self.leaves, rows])
        sizes = (node.size // UNKNOWN if node.shape[:1] == (UNKNOWN,) else node.size for node in topological(outputs))
        self.block = max(1, LARGEST_BLOCK // (sum(sizes) or 1))

    def wrong(self, point: Mapping[str, Array]) -> list[tuple[Claim, float, float]]:
        """The claims that do not fit at a point, with the claimed and the measured slope of their worst entry."""
        values = [prepared(point[n]) for n in self.names]
        found = self.slopes(*values)
        slopes = [numpy.reshape(slope, -1) for slope in found[: len(self.claims)]]
        scale = self._scales(found[len(self.claims) :])
        size = numpy.repeat(scale, [slope.size for slope in slopes])
        claimed = numpy.concatenate(slopes)
        wrong, measured = _disagreeing(claimed * size, self._after_steps(values, scale))
        ends = numpy.cumsum([slope.size for slope in slopes])
        out = []
        for claim, first, end in zip(self.claims, [0, *ends[:-1]], ends, strict=True):
            if numpy.any(wrong[first:end] > 0):
                worst = first + int(numpy.argmax(wrong[first:end]))
                out.append((claim, float(claimed[worst]), float(measured[worst] / size[worst])))
        return out

    def _scales(self, starts: Sequence[Array]) -> Array:
        """How large what moves is, for each claim; 1 where it is 0."""
        rest = iter(starts)
        largest = [max(float(numpy.max(numpy.abs(next(rest)), initial=0.0)) for _ in c.moves) for c in self.claims]
        return numpy.array([size or 1.0 for size in largest])

    def _after_steps(self, values: Sequence[Array], scale: Array) -> Array:
        """All entries of all outputs, in the order of the claims, after each of `STEPS` (the rows)."""
        slots = max(map(len, self.groups))
        steps = numpy.zeros((slots, len(STEPS), len(self.claims)))
        for group in self.groups:
            for slot, k in enumerate(group):
                steps[slot, :, k] = STEPS * scale[k]
        rows = steps.reshape(-1, len(self.claims))
        parts = [self.moved(*values, rows[at : at + self.block]) for at in range(0, len(rows), self.block)]
        outputs = [numpy.concatenate(found).reshape(slots, len(STEPS), -1) for found in zip(*parts, strict=True)]
        after: dict[int, Array] = {}
        for group, found in zip(self.groups, outputs, strict=True):
            after.update(zip(group, found, strict=False))
        return numpy.concatenate([after[k] for k in range(len(self.claims))], axis=1)

    def meets_several_kinks(self, claim: Claim, point: Mapping[str, Array]) -> bool:
        """Whether several kinks meet at the point: then the slope may lie outside those from the left and the right."""
        active = Kinks([claim.slope], self.leaves).active([prepared(point[n]) for n in self.names])
        return sum(int(numpy.sum(k.free)) for k in active) > 1


def _moved(claims: Sequence[Claim], group: Sequence[int], steps: Node) -> Node:
    """The one output of a group of claims, where all that they move has made its step from where it is."""
    output, leaves = claims[group[0]].output, claims[group[0]].leaves
    ways: dict[Node, list[Node]] = {}
    for k in group:
        for node, way in claims[k].moves.items():
            ways.setdefault(node, []).append(apply("index", steps, key=(k,)) * constant(way))
    done: dict[Node, Node] = {}
    for node in topological([output], leaves):
        args = tuple(done.get(a, a) for a in node.args)
        moved = node if node in leaves or args == node.args else Node(node.op, args, node.params, node.shape)
        for way in ways.get(node, ()):
            moved = moved + way
        done[node] = moved
    return done[output]


def _disagreeing(claimed: Array, after: Array) -> tuple[Array, Array]:
    """For each entry how far it is off (-1 where it fits or nothing can be decided), and its measured slope.

    `after` are the values after each of STEPS: none, then ahead, then behind.
    """
    middle, ahead, behind = after[0], after[1 : 1 + LEVELS], after[1 + LEVELS :]
    steps = STEPS[1 : 1 + LEVELS, None]
    with numpy.errstate(all="ignore"):
        ahead, behind = (ahead - middle) / steps, (middle - behind) / steps
        central, error = extrapolated((ahead + behind) / 2, 16.0)
        scale = 1 + numpy.abs(central) + numpy.abs(middle)
        off = numpy.abs(claimed - central)
        wrong = (off > AGREES * scale + 20 * error) & (error < 1e-3 * scale)
        right_side, right_error = extrapolated(ahead, 4.0)
        left_side, left_error = extrapolated(behind, 4.0)
        slack = AGREES * scale + 20 * (right_error + left_error) + 1e-4 * numpy.abs(right_side - left_side)
        low, high = numpy.minimum(left_side, right_side) - slack, numpy.maximum(left_side, right_side) + slack
        kink = numpy.abs(right_side - left_side) > 100 * (right_error + left_error) + 1e-4 * scale
        wrong &= ~(kink & (claimed >= low) & (claimed <= high))
    return numpy.where(wrong, off, -1.0), central


def extrapolated(quotients: Array, ratio: float) -> tuple[Array, Array]:
    """Richardson's table of quotients whose step shrinks by 4: the entry that changes least, and by how much."""
    best, error = quotients[0], numpy.full(quotients[0].shape, numpy.inf)
    column = list(quotients)
    for order in range(1, len(quotients)):
        factor = ratio**order
        finer = [fine + (fine - coarse) / (factor - 1) for coarse, fine in itertools.pairwise(column)]
        for before, after in zip(column[1:], finer, strict=True):
            change = numpy.abs(after - before)
            best, error = numpy.where(change < error, after, best), numpy.where(change < error, change, error)
        column = finer
    return best, error
