"""The same computation for many values at once: a leading axis added to some inputs, as a function of graphs.

What does not depend on them stays as it is and is computed once. Jacobians are one sweep over a batch of seeds,
variants and hidden points one run over a batch of points.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from grader.engine.node import Node, Shape, apply, topological
from grader.engine.rules import broadcast, reshaped, transposed

Rule = Callable[[Node, list[Node], list[bool], int], Node]


class Length(int):
    """A number of examples that is known at run time only; compiled source calls it n."""

    def __repr__(self) -> str:
        return "n"


UNKNOWN = Length(2**31 - 1)


def batched(outputs: Sequence[Node], with_axis: Mapping[Node, Node], length: int) -> list[Node]:
    """The outputs with a leading axis of `length`, where each key of `with_axis` has it too, as its value.

    An output that depends on none of them is repeated.
    """
    new: dict[Node, Node] = dict(with_axis)
    for node in topological(outputs, frozenset(with_axis)):
        if node not in new and any(a in new for a in node.args):
            args = [new.get(a, a) for a in node.args]
            new[node] = RULES.get(node.op.name, _as_it_is)(node, args, [a in new for a in node.args], length)
    return [new[o] if o in new else broadcast(o, (length, *o.shape)) for o in outputs]


def _rebuilt(node: Node, args: Sequence[Node], shape: Shape, /, **params: Any) -> Node:
    return Node(node.op, tuple(args), {**node.params, **params}, shape)


def _as_it_is(node: Node, args: list[Node], mapped: list[bool], length: int) -> Node:
    """Operations whose axes are counted from the end, and elementwise ones once the axes stand below each other."""
    if node.op.elementwise:
        args = [
            _padded(new, old.shape, len(node.shape), length) if m else new
            for new, old, m in zip(args, node.args, mapped, strict=True)
        ]
    return _rebuilt(node, args, (length, *node.shape))


def _padded(x: Node, shape: Shape, ndim: int, length: int) -> Node:
    """`x` with axes of one entry behind the leading one, so that it broadcasts as it did without."""
    return reshaped(x, (length, *(1 for _ in range(ndim - len(shape))), *shape))


def _reshape(node: Node, args: list[Node], mapped: list[bool], length: int) -> Node:
    return reshaped(args[0], (length, *node.shape))


def _broadcast(node: Node, args: list[Node], mapped: list[bool], length: int) -> Node:
    return broadcast(_padded(args[0], node.args[0].shape, len(node.shape), length), (length, *node.shape))


def _sum_to(node: Node, args: list[Node], mapped: list[bool], length: int) -> Node:
    given, wanted = node.args[0].shape, node.shape
    lead = len(given) - len(wanted)
    axes = tuple(i - len(given) for i, n in enumerate(given) if i < lead or n != wanted[i - lead])
    return reshaped(apply("sum", args[0], axis=axes, keepdims=False), (length, *wanted))


def _transpose(node: Node, args: list[Node], mapped: list[bool], length: int) -> Node:
    axes = (0, *(a + 1 for a in node.params["axes"]))
    return apply("transpose", args[0], axes=axes)


def _index(node: Node, args: list[Node], mapped: list[bool], length: int) -> Node:
    return _rebuilt(node, args, (length, *node.shape), key=(slice(None), *node.params["key"]))


def _put(node: Node, args: list[Node], mapped: list[bool], length: int) -> Node:
    shape = (length, *node.shape)
    return _rebuilt(node, args, shape, key=(slice(None), *node.params["key"]), shape=shape)


def _concat(node: Node, args: list[Node], mapped: list[bool], length: int) -> Node:
    parts = [a if m else broadcast(a, (length, *a.shape)) for a, m in zip(args, mapped, strict=True)]
    return _rebuilt(node, parts, (length, *node.shape))


def _matmul(node: Node, args: list[Node], mapped: list[bool], length: int) -> Node:
    """One product of matrices wherever only one side has the axis and the other is a vector or a matrix."""
    a, b = args
    left, right = (len(x.shape) for x in node.args)
    shape = (length, *node.shape)
    if left == right == 1:
        if all(mapped):
            return apply("sum", a * b, axis=(-1,), keepdims=False)
        return a @ b if mapped[0] else b @ a
    if right == 1:
        if mapped == [False, True] and left == 2:
            return b @ transposed(a)
        if not mapped[1]:
            return a @ b
        return reshaped(a @ reshaped(b, (length, *(1 for _ in range(left - 2)), b.shape[-1], 1)), shape)
    if left == 1:
        if mapped == [True, False] and right == 2:
            return a @ b
        row = reshaped(a, (length, *(1 for _ in range(right - 1)), a.shape[-1])) if mapped[0] else a
        return reshaped(row @ b, shape)
    args = [
        _padded(x, old.shape, max(left, right), length) if m else x
        for x, old, m in zip(args, node.args, mapped, strict=True)
    ]
    return args[0] @ args[1]


def _solve(node: Node, args: list[Node], mapped: list[bool], length: int) -> Node:
    a, b = args
    if len(node.args[1].shape) == 1:
        b = reshaped(b, (*b.shape, 1))
    return reshaped(_rebuilt(node, (a, b), (length, *b.shape[-2:])), (length, *node.shape))


def _pick(node: Node, args: list[Node], mapped: list[bool], length: int) -> Node:
    q, y = args
    hot = apply("onehot", y, classes=node.args[0].shape[-1])
    return apply("sum", apply("gate", hot, q), axis=(-1,), keepdims=False)


RULES: dict[str, Rule] = {
    "reshape": _reshape,
    "broadcast": _broadcast,
    "sum_to": _sum_to,
    "transpose": _transpose,
    "index": _index,
    "put": _put,
    "concat": _concat,
    "matmul": _matmul,
    "solve": _solve,
    "pick": _pick,
}
"""What is not just applied to the longer array; every other operation counts its axes from the end."""
