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

from grader.engine.compile import compile_nodes, prepared
from grader.engine.formula import parse
from grader.engine.graph import Graph
from grader.engine.kinks import Kinks
from grader.engine.node import Node, constant
from grader.engine.ops import reshaped, total
from grader.engine.transform import substitute

Array = Any
STEPS = 5
FIRST_STEP = 2.0**-7
AGREES = 1e-6
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
    found = []
    for claim in claims:
        for point in points:
            wrong = _disagreement(graph, claim, point)
            if wrong is not None:
                found.append(wrong)
                break
    return found


def _disagreement(graph: Graph, claim: Claim, point: Mapping[str, Array]) -> Disagreement | None:
    leaves = [graph.by_name[n] for n in graph.leaves]
    values = [prepared(point[n]) for n in graph.leaves]
    moving = list(claim.moves)
    kept = [n for n in claim.leaves if n not in claim.moves]
    base = compile_nodes([claim.slope, *moving, *kept], leaves)(*values)
    claimed = numpy.asarray(base[0], dtype=float)
    starts, fixed = base[1 : 1 + len(moving)], base[1 + len(moving) :]
    inputs = list(dict.fromkeys([*moving, *kept, *leaves]))
    given = dict(zip([*kept, *leaves], [*fixed, *values], strict=True))
    run = compile_nodes([claim.output], inputs)
    scale = max((float(numpy.max(numpy.abs(s), initial=0.0)) for s in starts), default=0.0) or 1.0

    def moved(step: float) -> Array:
        at = {n: s + step * scale * claim.moves[n] for n, s in zip(moving, starts, strict=True)}
        return numpy.asarray(run(*(prepared(at[n] if n in at else given[n]) for n in inputs))[0], dtype=float)

    wrong = _wrong_entry(claimed * scale, moved)
    if wrong is None or _several_kinks(claim, leaves, values):
        return None
    return Disagreement(claim.text, float(claimed.reshape(-1)[wrong[0]]), wrong[1] / scale, dict(point))


def _several_kinks(claim: Claim, leaves: Sequence[Node], values: Sequence[Array]) -> bool:
    """Whether several kinks meet at the point: then the slope may lie outside those from the left and the right."""
    return sum(int(numpy.sum(k.free)) for k in Kinks([claim.slope], leaves).active(values)) > 1


def _wrong_entry(claimed: Array, moved: Any) -> tuple[int, float] | None:
    """The entry that fits least, with its measured slope; None where all fit or nothing can be decided."""
    middle = moved(0.0)
    steps = [FIRST_STEP / 4**k for k in range(STEPS)]
    ahead = numpy.array([(moved(h) - middle).reshape(-1) / h for h in steps])
    behind = numpy.array([(middle - moved(-h)).reshape(-1) / h for h in steps])
    claimed = claimed.reshape(-1)
    with numpy.errstate(all="ignore"):
        central, error = extrapolated((ahead + behind) / 2, 16.0)
        scale = 1 + numpy.abs(central) + numpy.abs(middle).reshape(-1)
        off = numpy.abs(claimed - central)
        wrong = (off > AGREES * scale + 20 * error) & (error < 1e-3 * scale)
        right_side, right_error = extrapolated(ahead, 4.0)
        left_side, left_error = extrapolated(behind, 4.0)
        slack = AGREES * scale + 20 * (right_error + left_error) + 1e-4 * numpy.abs(right_side - left_side)
        low, high = numpy.minimum(left_side, right_side) - slack, numpy.maximum(left_side, right_side) + slack
        kink = numpy.abs(right_side - left_side) > 100 * (right_error + left_error) + 1e-4 * scale
        wrong &= ~(kink & (claimed >= low) & (claimed <= high))
    if not numpy.any(wrong):
        return None
    worst = int(numpy.argmax(numpy.where(wrong, off, -1)))
    return worst, float(central[worst])


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
