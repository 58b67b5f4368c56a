"""What the rules of the table are written with, and those rules that are longer than a line.

Everything here makes nodes of nodes. `p` is the adjoint of a value `y`, `t` the tangent of an argument.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy

from grader.engine.node import NO_PARAMS, Node, Number, Shape, apply, constant, is_constant
from grader.engine.shapes import broadcast_shape, reduced_shape

MOST_JOINED = 64
"""The most arrays that are joined to one."""


def gated(mask: Node, x: Node) -> Node:
    """`x` where the mask (0 or more) is not 0, and 0 elsewhere, also where x is not finite there."""
    if x.op.name == "gate":
        mask, x = mask * x.args[0], x.args[1]
    return apply("gate", broadcast(mask, broadcast_shape((mask.shape, x.shape), NO_PARAMS)), x)


def power_slope(y: Node, a: Node, b: Node) -> Number:
    """b a^(b - 1), without a needless power, which would be 0 times infinity at a = 0."""
    exponent = _known_number(b)
    if exponent is None:
        return apply("power_slope", a, b, order=1)
    if exponent in (0.0, 1.0):
        return exponent
    return 2 * a if exponent == 2 else exponent * a ** (exponent - 1)


def _known_number(node: Node) -> float | None:
    """The number that a constant is, or the opposite of a constant: -1 is read as the latter."""
    if node.op.name == "neg":
        inner = _known_number(node.args[0])
        return None if inner is None else -inner
    return float(node.params["value"]) if is_constant(node) and node.shape == () else None


def power_slope_by_exponent(y: Node, a: Node, b: Node) -> Node:
    """By the product rule on b (b - 1) … (b - order + 1) a^(b - order)."""
    order: int = y.params["order"]
    product, slope = constant(1.0), constant(0.0)
    for k in range(order):
        product, slope = product * (b - k), slope * (b - k) + product
    return slope * a ** (b - order) + y * log_of_base(a)


def log_of_base(a: Node) -> Node:
    """The logarithm in the derivative of a power by its exponent; 0 for the base 0, whose powers stay 0."""
    return apply("log", apply("nonzero_or_1", a))


def other_leg(x: Node) -> Node:
    """sqrt(1 - x²), without cancellation near 1."""
    return apply("sqrt", (1 - x) * (1 + x))


def normal_density(x: Node) -> Node:
    """The density of the standard normal distribution."""
    return 1 / math.sqrt(2 * math.pi) * apply("exp", -0.5 * (x * x))


def reshaped(x: Node, shape: Shape) -> Node:
    """`x` by rows in another shape of the same size."""
    return x if x.shape == shape else apply("reshape", x, shape=shape)


def broadcast(x: Node, shape: Shape) -> Node:
    """`x` repeated to `shape` by NumPy's rules."""
    return x if x.shape == shape else apply("broadcast", x, shape=shape)


def sum_to(x: Node, shape: Shape) -> Node:
    """`x` summed over the axes along which `shape` was repeated: the transpose of `broadcast`."""
    return x if x.shape == shape else apply("sum_to", x, shape=shape)


def sum_to_source(args: list[str], node: Node) -> str:
    """NumPy source of `sum_to`."""
    given, wanted = node.args[0].shape, node.shape
    lead = len(given) - len(wanted)
    axes = tuple(range(lead)) + tuple(
        lead + i for i, (a, b) in enumerate(zip(given[lead:], wanted, strict=True)) if a != b
    )
    return f"numpy.sum({args[0]}, axis={axes}).reshape({wanted})"


def transposed(x: Node) -> Node:
    """The transpose of a matrix (of the last two axes of a stack); a vector or a number is its own."""
    ndim = len(x.shape)
    return x if ndim < 2 else apply("transpose", x, axes=(*range(ndim - 2), ndim - 1, ndim - 2))


def spread(p: Node, y: Node, x: Node) -> Node:
    """What has the shape of the reduction `y`, repeated to the shape of its argument `x`."""
    kept = reduced_shape(x.shape, {"axis": y.params["axis"], "keepdims": True})
    return broadcast(reshaped(p, kept), x.shape)


def _whole(ndim: int) -> tuple[int, ...]:
    return tuple(range(-ndim, 0))


def summed(x: Node, like: Node, keepdims: bool = True) -> Node:
    """`x` summed over the axes of the reduction `like`."""
    return apply("sum", x, axis=like.params["axis"], keepdims=keepdims)


def log_sum_weights(y: Node, x: Node) -> Node:
    """The derivative of a logsumexp `y` of `x`: a softmax."""
    return apply("exp", x - spread(y, y, x))


def norm(x: Node) -> Node:
    """The Euclidean norm of all entries."""
    return apply("norm", x, axis=_whole(len(x.shape))) if x.shape else apply("abs", x)


def total(x: Node) -> Node:
    """The sum of all entries."""
    return x if x.shape == () else apply("sum", x, axis=_whole(len(x.shape)), keepdims=False)


def _as_row(x: Node) -> Node:
    return reshaped(x, (1, x.shape[0])) if len(x.shape) == 1 else x


def _as_column(x: Node) -> Node:
    return reshaped(x, (x.shape[0], 1)) if len(x.shape) == 1 else x


def _full_adjoint(p: Node, a: Node, b: Node) -> Node:
    """The adjoint of a product with the axes that NumPy drops of vectors put back."""
    stack = p.shape[: len(p.shape) - (len(a.shape) > 1) - (len(b.shape) > 1)]
    rows = a.shape[-2] if len(a.shape) > 1 else 1
    columns = b.shape[-1] if len(b.shape) > 1 else 1
    return reshaped(p, (*stack, rows, columns))


def outer(a: Node, b: Node) -> Node:
    """The outer product of vectors; of matrices the product with the transpose."""
    if len(a.shape) == len(b.shape) == 1:
        return reshaped(a, (a.size, 1)) * reshaped(b, (1, b.size))
    return _as_column(a) @ transposed(_as_column(b))


def matmul_left(p: Node, y: Node, a: Node, b: Node) -> Node:
    """What comes back to the left factor of a product."""
    if len(b.shape) == 1 and len(a.shape) <= 2:
        return outer(p, b) if len(a.shape) == 2 else p * b
    if len(a.shape) == 1 and len(b.shape) == 2:
        return b @ p
    back = _full_adjoint(p, a, b) @ transposed(_as_column(b))
    return reshaped(sum_to(back, _as_row(a).shape), a.shape)


def matmul_right(p: Node, y: Node, a: Node, b: Node) -> Node:
    """What comes back to the right factor of a product."""
    if len(a.shape) == 1 and len(b.shape) <= 2:
        return outer(a, p) if len(b.shape) == 2 else p * a
    if len(b.shape) == 1 and len(a.shape) == 2:
        return p @ a
    back = transposed(_as_row(a)) @ _full_adjoint(p, a, b)
    return reshaped(sum_to(back, _as_column(b).shape), b.shape)


def cofactors_forward(t: Node, y: Node, a: Node) -> Node:
    """The tangent of the cofactors `y` of `a`."""
    back = transposed(apply("inv", a))
    return total(y * t) * back - y @ transposed(t) @ back


def concat_part(k: int) -> Callable[..., Node]:
    """What comes back to the k-th of several parts."""

    def back(p: Node, y: Node, *parts: Node) -> Node:
        return apply("index", p, key=_part_key(y, parts, k))

    return back


def concat_forward(k: int) -> Callable[..., Node]:
    """What the tangent of the k-th of several parts adds."""

    def forth(t: Node, y: Node, *parts: Node) -> Node:
        return apply("put", t, key=_part_key(y, parts, k), shape=y.shape)

    return forth


def _part_key(y: Node, parts: tuple[Node, ...], k: int) -> tuple[slice, ...]:
    at = y.params["axis"] % len(y.shape)
    start = sum(x.shape[at] for x in parts[:k])
    return (*(slice(None) for _ in range(at)), slice(start, start + parts[k].shape[at]))


def product(x: Node, axis: tuple[int, ...], keepdims: bool) -> Node:
    """The product of entries, folded in halves: its derivative needs no division, so zeros do no harm."""
    kept = reduced_shape(x.shape, {"axis": axis, "keepdims": True})
    if any(x.shape[a] == 0 for a in axis):
        return ones(kept if keepdims else reduced_shape(x.shape, {"axis": axis, "keepdims": False}))
    for a in axis:
        while x.shape[a] > 1:
            half = x.shape[a] // 2
            left, right, rest = (_cut(x, a, *ends) for ends in ((0, half), (half, 2 * half), (2 * half, None)))
            x = left * right
            if rest.shape[a]:
                x = x * rest if x.shape[a] == 1 else apply("concat", x, rest, axis=a)
    return reshaped(x, kept) if keepdims else reshaped(x, reduced_shape(kept, {"axis": axis, "keepdims": False}))


def _cut(x: Node, axis: int, start: int, stop: int | None) -> Node:
    at = axis % len(x.shape)
    return apply("index", x, key=(*(slice(None) for _ in range(at)), slice(start, stop)))


def ones(shape: Shape) -> Node:
    """A constant array of ones."""
    return constant(numpy.ones(shape))


def zeros(shape: Shape) -> Node:
    """A constant array of zeros."""
    return constant(numpy.zeros(shape))
