"""How far floating point can be off: a running error analysis beside the values of a graph.

For every entry it gives the value, a bound of the rounding error that its own computation must cause, and the
largest term that cancels in it (0 where nothing cancels; later factors make it smaller but never larger: the 1.25 of
(1.25 - 1.25) / 0.0001 is no 12500). First order; Higham, Accuracy and Stability of Numerical Algorithms (2002), ch. 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy

from grader.engine.compile import compile_nodes
from grader.engine.node import Node, topological
from grader.engine.transform import jacobian

UNIT = float(numpy.finfo(float).eps)
LARGEST_JACOBIAN = 250_000
Array = Any


@dataclass(frozen=True)
class Rounded:
    """A value, its rounding error (a bound, entry by entry), and the largest term that cancels in each entry."""

    value: Array
    error: Array
    cancelling: Array


class Analysis:
    """The analysis of some nodes as functions of others, compiled once and run at many points."""

    def __init__(self, outputs: Sequence[Node], inputs: Sequence[Node]) -> None:
        self.outputs = tuple(outputs)
        self.inputs = tuple(inputs)
        self.order = topological(outputs, frozenset(inputs))
        self.derivatives = {node: _derivatives(node) for node in self.order if node not in set(inputs)}
        wanted = list(self.order)
        for found in self.derivatives.values():
            wanted += [d for d in found if isinstance(d, Node)]
        self.wanted = list(dict.fromkeys(wanted))
        self.compiled = compile_nodes(self.wanted, inputs)

    def at(self, values: Sequence[Array]) -> tuple[Rounded, ...]:
        """The analysis of the outputs where the inputs have these values."""
        value = dict(zip(self.wanted, self.compiled(*values), strict=True))
        known: dict[Node, Rounded] = {}
        with numpy.errstate(all="ignore"):
            for node in self.order:
                x = numpy.asarray(value[node], dtype=float)
                if node not in self.derivatives or not node.args:
                    known[node] = Rounded(x, UNIT * numpy.abs(x), numpy.zeros_like(x))
                else:
                    slopes = [value[d] if isinstance(d, Node) else d for d in self.derivatives[node]]
                    known[node] = _step(node, x, [known[a] for a in node.args], slopes)
        return tuple(known[o] for o in self.outputs)


def snapped(outputs: Sequence[Node], inputs: Sequence[Node], values: Sequence[Array]) -> tuple[Array, ...]:
    """The values of the outputs, with 0 for what is 0 but for rounding; only tiny entries are looked at."""
    found = tuple(numpy.asarray(v, dtype=float) for v in compile_nodes(outputs, inputs)(*values))
    if not any(numpy.any((v != 0) & (numpy.abs(v) < 1e-9)) for v in found):
        return found
    analysed = Analysis(outputs, inputs).at(values)
    return tuple(numpy.where(numpy.abs(r.value) <= r.error, 0.0, r.value) for r in analysed)


def _derivatives(node: Node) -> list[Node | float | None]:
    """What the step through a node needs: slopes, or Jacobians where a node is neither elementwise nor linear."""
    if node.op.elementwise:
        return [None if s is None else s(node, *node.args) for s in node.op.slopes]
    if node.op.linear or node.op.name in ("matmul", "concat", "named"):
        return []
    if any(node.size * a.size > LARGEST_JACOBIAN for a in node.args):
        return [None for _ in node.args]
    leaves = frozenset(node.args)
    return [
        jacobian(node, a, leaves) if rule is not None else None for rule, a in zip(node.op.jvp, node.args, strict=True)
    ]


def _step(node: Node, y: Array, args: list[Rounded], slopes: list[Any]) -> Rounded:
    if node.op.name == "named":
        return args[0]
    if node.op.elementwise:
        return _elementwise(node, y, args, slopes)
    if node.op.name == "matmul":
        return _matmul(y, *args)
    if node.op.name == "concat":
        axis = node.params["axis"]
        return Rounded(
            y,
            numpy.concatenate([a.error for a in args], axis=axis),
            numpy.concatenate([a.cancelling for a in args], axis=axis),
        )
    if node.op.linear:
        return _linear(node, y, args[0])
    return _through_jacobians(y, args, slopes)


def _finite(x: Array) -> Array:
    return numpy.nan_to_num(x, nan=0.0, posinf=0.0, neginf=0.0)


def _elementwise(node: Node, y: Array, args: list[Rounded], slopes: list[Any]) -> Rounded:
    error = UNIT * numpy.abs(_finite(y))
    cancelling = numpy.zeros_like(y)
    for a, slope in zip(args, slopes, strict=True):
        if slope is not None:
            size = numpy.abs(_finite(slope))
            error = error + size * a.error
            cancelling = numpy.maximum(cancelling, numpy.minimum(size, 1.0) * a.cancelling)
    if node.op.name in ("add", "sub"):
        left, right = args[0].value, args[1].value * (1 if node.op.name == "add" else -1)
        opposite = left * right < 0
        terms = numpy.maximum(numpy.abs(left), numpy.abs(right))
        cancelling = numpy.where(opposite, numpy.maximum(cancelling, terms), cancelling)
    return Rounded(y, error, cancelling)


def _matmul(y: Array, a: Rounded, b: Rounded) -> Rounded:
    left, right = numpy.abs(a.value), numpy.abs(b.value)
    terms = left @ right
    inner = a.value.shape[-1]
    error = left @ b.error + a.error @ right + UNIT * inner * terms
    passed = _at_most(numpy.maximum(left @ b.cancelling, a.cancelling @ right), a, b)
    return Rounded(y, error, numpy.where(numpy.abs(y) < terms, numpy.maximum(passed, _largest_term(a, b)), passed))


def _at_most(passed: Array, *args: Rounded) -> Array:
    return numpy.minimum(passed, max(float(numpy.max(a.cancelling, initial=0.0)) for a in args))


def _largest_term(a: Rounded, b: Rounded) -> Array:
    left, right = numpy.abs(a.value), numpy.abs(b.value)
    if left.ndim == right.ndim == 1:
        return numpy.max(left * right, initial=0.0)
    if left.ndim > 2 or right.ndim > 2 or left.size * right.shape[-1] > LARGEST_JACOBIAN:
        return left @ right
    rows = left if left.ndim == 2 else left[None, :]
    columns = right if right.ndim == 2 else right[:, None]
    found = numpy.max(rows[:, :, None] * columns[None, :, :], axis=1, initial=0.0)
    return found.reshape((left @ right).shape)


def _linear(node: Node, y: Array, a: Rounded) -> Rounded:
    run = compile_nodes([node], list(node.args))
    error = run(a.error)[0]
    passed = _at_most(run(a.cancelling)[0], a)
    if node.op.name not in ("sum", "mean", "sum_to", "cumsum", "reverse_cumsum", "overlapped"):
        return Rounded(y, error, passed)
    terms = run(numpy.abs(a.value))[0]
    error = error + UNIT * numpy.log2(2 + a.value.size) * terms
    cancels = numpy.abs(y) < terms * (1 - 4 * UNIT)
    largest = numpy.max(numpy.abs(a.value), initial=0.0) * (terms != 0)
    if node.op.name == "mean":
        largest = largest * y.size / max(a.value.size, 1)
    return Rounded(y, error, numpy.where(cancels, numpy.maximum(passed, numpy.minimum(largest, terms)), passed))


def _through_jacobians(y: Array, args: list[Rounded], jacobians: list[Any]) -> Rounded:
    error = 4 * UNIT * numpy.abs(_finite(y))
    cancelling = numpy.zeros_like(y)
    for a, matrix in zip(args, jacobians, strict=True):
        if matrix is None:
            error = error + 4 * UNIT * numpy.max(numpy.abs(_finite(a.value)), initial=0.0)
            continue
        size = numpy.abs(_finite(matrix))
        error = error + (size @ (a.error + UNIT * numpy.abs(a.value)).reshape(-1)).reshape(y.shape)
        if size.size:
            passed = numpy.max(numpy.minimum(size, 1.0) * a.cancelling.reshape(-1), axis=1)
            cancelling = numpy.maximum(cancelling, passed.reshape(y.shape))
    return Rounded(y, error, cancelling)
