"""Nodes and operations: the one representation of a computation, immutable and shaped.

A node is an operation applied to nodes. Derivatives, quantities and whole problems are made of nothing else. What
the operations are stands in `ops`; what can be done with a graph of nodes stands in `transform` and `compile`.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Union

import numpy

Shape = tuple[int, ...]
Number = Union["Node", float, int]
Params = Mapping[str, Any]
NO_PARAMS: Params = MappingProxyType({})


class ShapeError(Exception):
    """Shapes that do not fit; the message says which, in words, without the names that a formula has for them."""


@dataclass(frozen=True, eq=False)
class Op:
    """One operation, a row of the table in `ops`.

    `emit(args, node)` writes its value as a NumPy expression; `shape(shapes, params)` infers the shape or raises
    ShapeError. `vjp[k](p, y, *args)` is what comes back to argument k for the adjoint p of the value y;
    `jvp[k](t, y, *args)` is what argument k's tangent t adds to the tangent of y; None where no derivative leads.
    `slopes[k](y, *args)`, of elementwise operations, is the derivative itself. `at` are points to check the row at:
    each a tuple of arguments. `kink` marks a slope that is not determined everywhere (see `kinks`).
    """

    name: str
    emit: Callable[[list[str], Node], str]
    shape: Callable[[tuple[Shape, ...], Params], Shape]
    vjp: tuple[Callable[..., Node] | None, ...]
    jvp: tuple[Callable[..., Node] | None, ...]
    latex: str = ""
    at: tuple[tuple[Any, ...], ...] = ()
    params: Params = field(default_factory=lambda: NO_PARAMS)
    elementwise: bool = False
    linear: bool = False
    slopes: tuple[Callable[..., Number] | None, ...] = ()
    kink: Callable[..., Any] | None = None

    def __repr__(self) -> str:
        return f"<operation {self.name}>"


OPS: dict[str, Op] = {}
"""The table: every operation by its name. `ops` fills it."""


class Node:
    """An operation applied to nodes: `op`, `args`, `params` (axes, keys, names) and the inferred `shape`.

    Nodes are compared by identity and never change. Arithmetic on nodes makes nodes.
    """

    __slots__ = ("args", "op", "params", "shape")

    def __init__(self, op: Op, args: tuple[Node, ...], params: Params, shape: Shape) -> None:
        self.op = op
        self.args = args
        self.params = params
        self.shape = shape

    @property
    def size(self) -> int:
        """The number of entries."""
        return math.prod(self.shape)

    def __repr__(self) -> str:
        return f"<{self.op.name} {self.params.get('name', '')}{list(self.shape)}>"

    def __add__(self, other: Number) -> Node:
        return apply("add", self, other)

    def __radd__(self, other: Number) -> Node:
        return apply("add", other, self)

    def __sub__(self, other: Number) -> Node:
        return apply("sub", self, other)

    def __rsub__(self, other: Number) -> Node:
        return apply("sub", other, self)

    def __mul__(self, other: Number) -> Node:
        return apply("mul", self, other)

    def __rmul__(self, other: Number) -> Node:
        return apply("mul", other, self)

    def __truediv__(self, other: Number) -> Node:
        return apply("div", self, other)

    def __rtruediv__(self, other: Number) -> Node:
        return apply("div", other, self)

    def __pow__(self, other: Number) -> Node:
        return apply("pow", self, other)

    def __matmul__(self, other: Number) -> Node:
        return apply("matmul", self, other)

    def __neg__(self) -> Node:
        return apply("neg", self)


def apply(name: str, /, *args: Number, **params: Any) -> Node:
    """Apply the operation `name`; plain numbers become constants. Raises ShapeError where the shapes do not fit."""
    op = OPS[name]
    nodes = tuple([a if isinstance(a, Node) else COMMON.get(a) or constant(a) for a in args])
    return Node(op, nodes, params or NO_PARAMS, op.shape(tuple([a.shape for a in nodes]), params))


def constant(value: Any) -> Node:
    """A node that holds a number or an array."""
    array = numpy.asarray(value, dtype=float)
    return Node(OPS["constant"], (), {"value": array}, array.shape)


COMMON: dict[float, Node] = {}
"""The numbers that rules are full of, each made once. `ops` fills it."""


def leaf(name: str, shape: Shape) -> Node:
    """A node whose value is given at run time."""
    return Node(OPS["leaf"], (), {"name": name}, shape)


def is_constant(node: Node, value: float | None = None) -> bool:
    """Whether `node` is a constant, and (where asked) a number of this value."""
    if node.op.name != "constant":
        return False
    return value is None or (node.shape == () and float(node.params["value"]) == value)


@contextmanager
def no_collection() -> Iterator[None]:
    """While a large graph is built: nothing of it is garbage, and looking for some would take a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def topological(outputs: Iterable[Node], leaves: frozenset[Node] | set[Node] = frozenset()) -> list[Node]:
    """All nodes that the outputs need, arguments first, without recursion; nothing below `leaves` is visited."""
    order: list[Node] = []
    done: set[Node] = set()
    for output in outputs:
        if output in done:
            continue
        stack: list[tuple[Node, Iterator[Node]]] = [(output, iter(() if output in leaves else output.args))]
        done.add(output)
        while stack:
            node, rest = stack[-1]
            for arg in rest:
                if arg not in done:
                    done.add(arg)
                    stack.append((arg, iter(() if arg in leaves else arg.args)))
                    break
            else:
                order.append(node)
                stack.pop()
    return order
