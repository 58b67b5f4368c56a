"""Reverse and forward mode, as functions from graph to graph, and substitution.

A derivative is a graph of the same operations as what was differentiated, so it can be differentiated, compiled and
printed again. No function here recurses over the graph or evaluates anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy

from grader.engine import numeric
from grader.engine.batching import batched
from grader.engine.node import Node, Shape, constant, is_constant, leaf, topological
from grader.engine.rules import broadcast, gated, ones, reshaped, sum_to, total, transposed, zeros

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
        adjoint[node] = p = _added(contributions.pop(node))
        if node in leaves:
            continue
        for rule, arg in zip(node.op.vjp, node.args, strict=False):
            if rule is not None and arg in on_path:
                contributions.setdefault(arg, []).append(_back(rule, p, node, arg))
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
    """The Jacobian, size(output) × size(wrt), both flattened by rows.

    One sweep over a batch of unit seeds, reverse or forward, whichever needs fewer; a single seed needs no batch.
    """
    if output.size == 1:
        return reshaped(reverse(output, [wrt], ones(output.shape), leaves)[0], (1, wrt.size))
    if wrt.size == 1:
        return reshaped(forward(output, {wrt: ones(wrt.shape)}, leaves), (output.size, 1))
    if output.size <= wrt.size:
        seed = leaf("seed", output.shape)
        row = reverse(output, [wrt], seed, leaves)[0]
        return reshaped(batched([row], {seed: _units(output)}, output.size)[0], (output.size, wrt.size))
    seed = leaf("seed", wrt.shape)
    column = forward(output, {wrt: seed}, leaves)
    columns = batched([column], {seed: _units(wrt)}, wrt.size)[0]
    return transposed(reshaped(columns, (wrt.size, output.size)))


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

    unit = leaf("unit", wrt.shape)
    column = quotient(lambda step: substitute([output], {wrt: wrt + step * unit})[0])
    columns = batched([column], {unit: _units(wrt)}, wrt.size)[0]
    if output.shape == ():
        return reshaped(columns, wrt.shape)
    return transposed(reshaped(columns, (wrt.size, output.size)))


def _back(rule: Callable[..., Node], p: Node, node: Node, arg: Node) -> Node:
    """What comes back to `arg`: the rule, summed to the shape of `arg`.

    An adjoint that is 0 as nothing is looked at there (it comes as `gate` or `put`) stays 0 beside infinite slopes.
    """
    back = rule(p, node, *node.args)
    mask = _mask(p)
    if mask is None or back is p:
        return sum_to(back, arg.shape)
    if node.op.elementwise:
        inside = rule(p.args[1], node, *node.args) if p.op.name == "gate" else back
        return _sum_gated(mask, inside, arg.shape)
    if node.op.linear:
        return _sum_gated(rule(mask, node, *node.args), back, arg.shape)
    return sum_to(back if is_constant(mask) else gated(total(mask), back), arg.shape)


def _added(parts: Sequence[Node]) -> Node:
    """The sum of contributions, which is 0 for certain where all of them are."""
    if len(parts) == 1:
        return parts[0]
    masks = [_mask(p) for p in parts]
    known = [m for m in masks if m is not None]
    if len(known) < len(parts):
        return _sum(parts)
    if all(p.op.name == "gate" and p.args[0] is masks[0] for p in parts):
        return gated(known[0], _sum([p.args[1] for p in parts]))
    return gated(_sum(known), _sum(parts))


def _mask(p: Node) -> Node | None:
    """Where an adjoint may be other than 0, if it is known for more than its value."""
    if p.op.name == "gate":
        return p.args[0]
    if p.op.name == "put":
        return constant(numeric.put(1.0, p.params["key"], p.shape))
    return None


def _sum_gated(mask: Node, x: Node, shape: Shape) -> Node:
    """`x` where the mask is not 0, summed to a shape, with the mask of that."""
    if x.shape == shape:
        return gated(mask, x)
    return gated(sum_to(broadcast(mask, x.shape), shape), sum_to(gated(mask, x), shape))


def _depending(order: list[Node], wrt: set[Node], leaves: frozenset[Node]) -> set[Node]:
    found: set[Node] = set()
    for node in order:
        if node in wrt or (node not in leaves and not found.isdisjoint(node.args)):
            found.add(node)
    return found


def _sum(parts: Sequence[Node]) -> Node:
    added = parts[0]
    for part in parts[1:]:
        added = added + part
    return added


def _units(node: Node) -> Node:
    """A batch of arrays like the node, each 1 at one entry."""
    return constant(numpy.eye(node.size).reshape(node.size, *node.shape))
