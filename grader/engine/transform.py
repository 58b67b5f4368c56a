"""Reverse and forward mode, as functions from graph to graph, and substitution.

A derivative is a graph of the same operations as what was differentiated, so it can be differentiated, compiled and
printed again. No function here recurses over the graph or evaluates anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy

from grader.engine.node import Node, apply, constant, topological
from grader.engine.ops import broadcast, reshaped, sum_to, zeros

NOWHERE: frozenset[Node] = frozenset()


def reverse(output: Node, wrt: Sequence[Node], seed: Node, leaves: frozenset[Node] = NOWHERE) -> list[Node]:
    """Reverse mode: the vector-Jacobian products of `output` with the adjoint `seed`, one for each node of `wrt`.

    `seed` has the shape of `output`, each result the shape of its node; 0 where no path leads. Nothing below
    `leaves` counts.
    """
    order = topological([output], leaves)
    on_path = _depending(order, set(wrt), leaves)
    contributions: dict[Node, list[Node]] = {output: [seed]}
    adjoint: dict[Node, Node] = {}
    for node in reversed(order):
        if node not in contributions or node not in on_path:
            continue
        adjoint[node] = p = _sum(contributions.pop(node))
        if node in leaves:
            continue
        for rule, arg in zip(node.op.vjp, node.args, strict=False):
            if rule is not None and arg in on_path:
                contributions.setdefault(arg, []).append(sum_to(rule(p, node, *node.args), arg.shape))
    return [adjoint.get(node, zeros(node.shape)) for node in wrt]


def forward(output: Node, tangents: Mapping[Node, Node], leaves: frozenset[Node] = NOWHERE) -> Node:
    """Forward mode: the tangent of `output` where each key of `tangents` moves with its value (of the same shape)."""
    tangent: dict[Node, Node] = dict(tangents)
    for node in topological([output], leaves):
        if node in tangent or node in leaves:
            continue
        parts = [
            broadcast(rule(tangent[arg], node, *node.args), node.shape)
            for rule, arg in zip(node.op.jvp, node.args, strict=False)
            if rule is not None and arg in tangent
        ]
        if parts:
            tangent[node] = _sum(parts)
    return tangent.get(output, zeros(output.shape))


def jacobian(output: Node, wrt: Node, leaves: frozenset[Node] = NOWHERE) -> Node:
    """The Jacobian, size(output) × size(wrt), both flattened by rows; a sweep for each row or column, the fewer."""
    if output.size <= wrt.size:
        rows = [reverse(output, [wrt], unit, leaves)[0] for unit in _units(output)]
        return _stacked([reshaped(row, (1, wrt.size)) for row in rows], -2, (0, wrt.size))
    columns = [forward(output, {wrt: unit}, leaves) for unit in _units(wrt)]
    return _stacked([reshaped(column, (output.size, 1)) for column in columns], -1, (output.size, 0))


def substitute(outputs: Iterable[Node], new: Mapping[Node, Node]) -> list[Node]:
    """The same computations with some nodes put in place of others (of the same shapes)."""
    outputs = list(outputs)
    done: dict[Node, Node] = dict(new)
    for node in topological(outputs, frozenset(new)):
        if node not in done:
            args = tuple(done[a] for a in node.args)
            same = all(a is b for a, b in zip(args, node.args, strict=True))
            done[node] = node if same else Node(node.op, args, node.params, node.shape)
    return [done[o] for o in outputs]


def quotients(output: Node, wrt: Node, quotient: Callable[[Callable[[Node], Node]], Node]) -> Node:
    """Difference quotients of `output` by each entry of `wrt`: `quotient(moved)` combines `moved(step)`, the outputs.

    A scalar output gives the shape of `wrt`; otherwise the result is size(output) × size(wrt).
    """

    def column(unit: Node) -> Node:
        return quotient(lambda step: substitute([output], {wrt: wrt + step * unit})[0])

    if output.size == 1 and output.shape == ():
        parts = [reshaped(column(unit), (1,)) for unit in _units(wrt)]
        return reshaped(_stacked(parts, -1, (0,)), wrt.shape)
    return _stacked([reshaped(column(u), (output.size, 1)) for u in _units(wrt)], -1, (output.size, 0))


def _depending(order: list[Node], wrt: set[Node], leaves: frozenset[Node]) -> set[Node]:
    found: set[Node] = set()
    for node in order:
        if node in wrt or (node not in leaves and any(a in found for a in node.args)):
            found.add(node)
    return found


def _sum(parts: Sequence[Node]) -> Node:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _units(node: Node) -> list[Node]:
    return [constant(row.reshape(node.shape)) for row in numpy.eye(node.size)]


MOST_AT_ONCE = 64


def _stacked(parts: list[Node], axis: int, empty: tuple[int, ...]) -> Node:
    while len(parts) > 1:
        parts = [
            parts[i] if i + 1 == len(parts) else apply("concat", *parts[i : i + MOST_AT_ONCE], axis=axis)
            for i in range(0, len(parts), MOST_AT_ONCE)
        ]
    return parts[0] if parts else zeros(empty)
