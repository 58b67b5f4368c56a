"""What a person would strike out before writing code: a graph rewritten to an equal one that costs less.

Equal parts become one node, constants are folded, and steps that only move numbers about (reshape, broadcast, factors
of 1, transposes of vectors) leave. Every rule keeps the value to the last bit or to its rounding; none evaluates an
input. Compiling does this, derivations that people read do it too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy

from grader.engine import numeric
from grader.engine.node import Node, apply, constant, topological
from grader.engine.rules import broadcast, reshaped

LARGEST_FOLDED = 100_000
MOST_REWRITES = 20
COMMUTE = ("add", "mul")
Rule = Callable[[Node], Node | None]


def simplified(outputs: Sequence[Node], leaves: frozenset[Node] = frozenset()) -> list[Node]:
    """Equal outputs, with what can be struck out struck out; nothing below `leaves` is looked at."""
    known: dict[Any, Node] = {key_of(leaf): leaf for leaf in leaves}
    done: dict[Node, Node] = {}
    for node in topological(outputs, leaves):
        if node in leaves:
            done[node] = node
        elif node.op.name == "named":
            done[node] = done[node.args[0]]
        else:
            done[node] = _settled(_with_args(node, tuple([done[a] for a in node.args])), known)
    return [done[o] for o in outputs]


def _settled(node: Node, known: dict[Any, Node]) -> Node:
    """Apply rules until none fits; nodes that a rule makes are settled in their turn. `known` has what came of each."""
    keys = []
    for _ in range(MOST_REWRITES):
        key = key_of(node)
        if key in known:
            node = known[key]
            break
        keys.append(key)
        known[key] = node
        better = _folded(node) if node.args and node.args[0].op.name == "constant" else None
        if better is None:
            rule = RULES.get(node.op.name)
            better = rule(node) if rule is not None else None
        if better is None:
            break
        node = _with_args(better, tuple([_settled(a, known) for a in better.args]))
    for key in keys:
        known[key] = node
    return node


def key_of(node: Node) -> Any:
    """What makes two nodes equal: operation, options and arguments, which the key keeps alive."""
    name = node.op.name
    if name == "leaf":
        return node
    if name == "constant":
        value = node.params["value"]
        return value.shape, value.tobytes()
    args = node.args
    if name in COMMUTE and id(args[0]) > id(args[1]):
        args = args[::-1]
    return (name, args, str(node.params)) if node.params else (name, args)


def _with_args(node: Node, args: tuple[Node, ...]) -> Node:
    return node if args == node.args else Node(node.op, args, node.params, node.shape)


def _folded(node: Node) -> Node | None:
    """A node of constants alone as the constant that it is."""
    if node.size > LARGEST_FOLDED or any(a.op.name != "constant" for a in node.args):
        return None
    names = [f"a{i}" for i in range(len(node.args))]
    scope = {n: a.params["value"][()] for n, a in zip(names, node.args, strict=True)}
    with numpy.errstate(all="ignore"):
        value = eval(node.op.emit(names, node), {"numpy": numpy, "numeric": numeric, **scope})  # noqa: S307 - our own
    return constant(value)


# ---- rules: an equal node, or None ----------------------------------------------------------------------------------


def _named(node: Node) -> Node | None:
    return node.args[0]


def _number(node: Node) -> float | None:
    """The one number that a constant consists of."""
    if node.op.name != "constant":
        return None
    value = node.params["value"]
    if not value.shape:
        return float(value)
    return float(value.flat[0]) if value.size and numpy.all(value == value.flat[0]) else None


def _unbroadcast(node: Node) -> Node | None:
    """An operation of entries repeats its arguments itself."""
    if not node.shape:
        return None
    for k, arg in enumerate(node.args):
        inner = arg.args[0] if arg.op.name == "broadcast" or _only_leads(arg) else _as_number(arg, node)
        if inner is None:
            continue
        shapes = [a.shape for i, a in enumerate(node.args) if i != k]
        if numpy.broadcast_shapes(inner.shape, *shapes) == node.shape:
            return _with_args(node, (*node.args[:k], inner, *node.args[k + 1 :]))
    return None


def _only_leads(arg: Node) -> bool:
    """Whether a reshape only sets axes of one entry in front."""
    if arg.op.name != "reshape":
        return False
    given = arg.args[0].shape
    return arg.shape == (*(1 for _ in range(len(arg.shape) - len(given))), *given)


def _as_number(arg: Node, node: Node) -> Node | None:
    """A constant array of one number as that number."""
    number = _number(arg) if arg.shape and len(node.args) > 1 else None
    return None if number is None else constant(number)


def _mul(node: Node) -> Node | None:
    for one, other in (node.args, node.args[::-1]):
        if one.op.name == "constant":
            number = _number(one)
            if number == 1.0:
                return broadcast(other, node.shape)
            if number == -1.0:
                return apply("neg", broadcast(other, node.shape))
            if _is_eye(one) and other.shape in ((1, one.shape[0]), (one.shape[0],)):
                return apply("diag", reshaped(other, (one.shape[0],)))
        elif one.op.name == "neg" and other.op.name != "constant":
            return apply("neg", apply("mul", one.args[0], other)) if one.shape == node.shape else None
    return apply("square", node.args[0]) if node.args[0] is node.args[1] else _unbroadcast(node)


def _is_eye(node: Node) -> bool:
    if node.op.name != "constant" or len(node.shape) != 2 or node.shape[0] != node.shape[1] or node.shape[0] < 2:
        return False
    return bool(numpy.array_equal(node.params["value"], numpy.eye(node.shape[0])))


def _add(node: Node) -> Node | None:
    for one, other in (node.args, node.args[::-1]):
        if _number(one) == 0.0:
            return broadcast(other, node.shape)
        if one.op.name == "neg":
            return apply("sub", other, one.args[0])
    if node.args[0] is node.args[1]:
        return apply("mul", 2.0, node.args[0])
    return _unbroadcast(node)


def _sub(node: Node) -> Node | None:
    left, right = node.args
    if _number(right) == 0.0:
        return broadcast(left, node.shape)
    if right.op.name == "neg":
        return apply("add", left, right.args[0])
    if _number(left) == 0.0:
        return apply("neg", broadcast(right, node.shape))
    if left.op.name == "neg" and left.args[0] is right:
        return apply("mul", -2.0, right)
    return _unbroadcast(node)


def _div(node: Node) -> Node | None:
    if _number(node.args[1]) == 1.0:
        return broadcast(node.args[0], node.shape)
    return _unbroadcast(node)


def _neg(node: Node) -> Node | None:
    inner = node.args[0]
    if inner.op.name == "neg":
        return inner.args[0]
    return apply("sub", *inner.args[::-1]) if inner.op.name == "sub" else None


def _pow(node: Node) -> Node | None:
    base, exponent = node.args
    power = _number(exponent)
    if power == 1.0:
        return broadcast(base, node.shape)
    if power == 2.0 and base.shape == node.shape:
        return apply("square", base)
    return _unbroadcast(node)


def _reshape(node: Node) -> Node | None:
    inner = node.args[0]
    if inner.shape == node.shape:
        return inner
    if inner.op.name == "matmul" and len(node.shape) == 1:
        return _product_with_vector(inner)
    return reshaped(inner.args[0], node.shape) if inner.op.name == "reshape" else None


def _product_with_vector(product: Node) -> Node | None:
    """A matrix times a column, or a row times a matrix, as the vector that it is."""
    a, b = product.args
    if b.op.name == "reshape" and len(b.args[0].shape) == 1 and b.shape[1:] == (1,) and len(a.shape) == 2:
        return apply("matmul", a, b.args[0])
    if a.op.name == "reshape" and len(a.args[0].shape) == 1 and a.shape[:1] == (1,) and len(b.shape) == 2:
        return apply("matmul", a.args[0], b)
    return None


def _broadcast(node: Node) -> Node | None:
    inner = node.args[0]
    if inner.shape == node.shape:
        return inner
    return broadcast(inner.args[0], node.shape) if inner.op.name == "broadcast" else None


def _sum_to(node: Node) -> Node | None:
    return node.args[0] if node.args[0].shape == node.shape else None


def _transpose(node: Node) -> Node | None:
    inner, axes = node.args[0], node.params["axes"]
    if axes == tuple(range(len(axes))):
        return inner
    if inner.op.name == "transpose":
        both = tuple(inner.params["axes"][a] for a in axes)
        return inner.args[0] if both == tuple(range(len(both))) else apply("transpose", inner.args[0], axes=both)
    return reshaped(inner, node.shape) if len(axes) == 2 and 1 in inner.shape else None


def _matmul(node: Node) -> Node | None:
    a, b = node.args
    if _is_eye(a):
        return b
    if _is_eye(b):
        return a
    if a.op.name == "diag" and len(a.args[0].shape) == 1:
        scale = a.args[0]
        return apply("mul", reshaped(scale, (scale.size, *(1 for _ in b.shape[1:]))), b)
    if b.op.name == "diag" and len(b.args[0].shape) == 1:
        return apply("mul", a, b.args[0])
    if len(b.shape) == 1 and _turned(a):
        return apply("matmul", b, a.args[0])
    if len(a.shape) == 1 and _turned(b):
        return apply("matmul", b.args[0], a)
    if len(a.shape) == len(b.shape) == 2 and a.shape[1] == b.shape[0] == 1:
        return apply("mul", a, b)
    return None


def _turned(node: Node) -> bool:
    return node.op.name == "transpose" and node.params["axes"] == (1, 0)


def _shifted(node: Node) -> Node:
    """The exponents of a softmax, the largest of them 0."""
    x = node.args[0]
    return x - apply("max", x, axis=node.params["axis"], keepdims=len(x.shape) > 1)


def _softmax(node: Node) -> Node | None:
    """In steps, so that the parts are shared with a log-softmax of the same."""
    powers = apply("exp", _shifted(node))
    return powers / apply("sum", powers, axis=node.params["axis"], keepdims=len(powers.shape) > 1)


def _log_softmax(node: Node) -> Node | None:
    shifted = _shifted(node)
    total = apply("sum", apply("exp", shifted), axis=node.params["axis"], keepdims=len(shifted.shape) > 1)
    return shifted - apply("log", total, at_least=1.0)


def _put(node: Node) -> Node | None:
    return reshaped(node.args[0], node.shape) if _only_new_axes(node) else None


def _only_new_axes(node: Node) -> bool:
    return all(part is None or part == slice(None) for part in node.params["key"])


def _index(node: Node) -> Node | None:
    """The entry of a difference as the difference of entries, where a whole array would be made for one of them."""
    inner = node.args[0]
    if _only_new_axes(node):
        return reshaped(inner, node.shape)
    if inner.op.name == "neg":
        return apply("neg", apply("index", inner.args[0], **node.params))
    if inner.op.name != "sub" or len(inner.shape) != 1 or node.shape:
        return None
    left, right = inner.args
    if left.shape != inner.shape or right.shape not in ((), (1,)):
        return None
    return apply("index", left, **node.params) - reshaped(right, ())


RULES: dict[str, Rule] = {
    "named": _named,
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "index": _index,
    "put": _put,
    "mul": _mul,
    "add": _add,
    "sub": _sub,
    "div": _div,
    "neg": _neg,
    "pow": _pow,
    "reshape": _reshape,
    "broadcast": _broadcast,
    "sum_to": _sum_to,
    "transpose": _transpose,
    "matmul": _matmul,
}

__all__ = ["key_of", "simplified"]
