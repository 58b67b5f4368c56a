"""From a graph to straight-line NumPy source, and from that to one plain function.

Common subexpressions are computed once, what no output needs is left out, buffers that nobody reads any more are
written over, and nothing of the graph is left at run time. Graphs of numbers become plain Python arithmetic.
Evaluation never touches text that a user wrote: the source is made of our own templates alone.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from keyword import iskeyword
from typing import Any

import numpy

from grader.engine import numeric, scalars
from grader.engine.node import Node, topological
from grader.engine.simplify import simplified

Array = Any


@dataclass(frozen=True)
class Compiled:
    """A compiled computation: call it with the inputs in order; `source` is what runs.

    Arrays in, a tuple of arrays (numpy.float64 for numbers) out. Domain errors give nan or inf without a warning.
    """

    source: str
    function: Callable[..., tuple[Array, ...]]

    def __call__(self, *values: Array) -> tuple[Array, ...]:
        """Run it on the inputs, in order."""
        with numpy.errstate(all="ignore"):
            return self.function(*values)


def prepared(value: Array) -> Array:
    """A value as compiled code takes it: float64, a number as numpy.float64 (so that 1/0 is inf, not an error)."""
    return numpy.asarray(value, dtype=float)[()]


def compile_nodes(outputs: Sequence[Node], inputs: Sequence[Node]) -> Compiled:
    """Compile `outputs` as a function of `inputs`, any nodes that are given at run time."""
    return _in_order(outputs, inputs, [f"x{i}" for i in range(len(inputs))])


def _in_order(outputs: Sequence[Node], inputs: Sequence[Node], names: Sequence[str]) -> Compiled:
    source, scope = _Writer(outputs, inputs, names).written()
    return Compiled(source, _function(source, scope))


def compile_function(outputs: Sequence[Node], inputs: Sequence[Node], names: Sequence[str]) -> Callable[..., Any]:
    """One plain function of arguments with these names, its text as the attribute `source`.

    Several outputs come as a tuple, one alone. Where everything is a number it computes with Python floats, and what
    Python refuses (1/0, log(0)) is done again with NumPy, whose value it gives.
    """
    outputs = simplified(outputs, frozenset(inputs))
    names = [_argument(name) for name in names]
    single = len(outputs) == 1
    plain = scalars.source(outputs, inputs, names, single)
    if plain is None:
        source, scope = _Writer(outputs, inputs, names).written_for_anyone(single)
    else:
        source, scope = plain, {"in_numpy": _in_numpy(outputs, inputs, names), **scalars.SCOPE}
    run = _function(source, scope)
    run.source = source  # type: ignore[attr-defined]
    return run


def _argument(name: str) -> str:
    """The name of an argument, with _ behind it where the source has another use for that name."""
    taken = name in SCOPE or name in scalars.SCOPE or name in OTHER_NAMES or iskeyword(name) or name.endswith("_")
    return f"{name}_" if taken or re.fullmatch(r"[vcser]\d+", name) else name


def _function(source: str, scope: dict[str, Any]) -> Callable[..., Any]:
    exec(compile(source, "<compiled graph>", "exec"), scope)  # noqa: S102 - made of our own templates only
    made: Callable[..., Any] = scope["run"]
    return made


def _in_numpy(outputs: Sequence[Node], inputs: Sequence[Node], names: Sequence[str]) -> Callable[..., Any]:
    """The same function in NumPy, compiled when it is called for the first time, which mostly is never."""
    compiled = cache(partial(_in_order, outputs, inputs, names))

    def again(*values: float) -> Any:
        found = tuple(float(v) for v in compiled()(*(numpy.float64(v) for v in values)))
        return found[0] if len(found) == 1 else found

    return again


# ---- writing --------------------------------------------------------------------------------------------------------

FUNCTIONS = ("exp", "log", "sqrt", "sin", "cos", "tanh")
IN_PLACE = {"add": "{0} += {1}", "sub": "{0} -= {1}", "mul": "{0} *= {1}", "div": "{0} /= {1}"}
IN_PLACE |= {"neg": "negative({0}, {0})", "square": "{0} *= {0}"}
IN_PLACE |= {name: f"{name}({{0}}, {{0}})" for name in FUNCTIONS}
COMMUTE = ("add", "mul")
VIEWS = ("reshape", "transpose", "index", "broadcast", "diag", "windows")
READ_ONLY = ("broadcast", "diag", "windows")
SCOPE = {"numpy": numpy, "numeric": numeric, "negative": numpy.negative, "log_of_number": math.log}
SCOPE |= {"floats": numpy.dtype(float), "float64": numpy.float64}
SCOPE |= {"as_floats": lambda *arrays: [numpy.asarray(a, dtype=float) for a in arrays]}
SCOPE |= {"add_reduce": numpy.add.reduce, "maximum_reduce": numpy.maximum.reduce}
SCOPE |= {name: getattr(numpy, name) for name in FUNCTIONS}
OTHER_NAMES = {"run", "in_numpy", "n", "abs", "float", "len"}


class _Writer:
    """Writes the lines of one function, a node at a time."""

    def __init__(self, outputs: Sequence[Node], inputs: Sequence[Node], names: Sequence[str]) -> None:
        self.outputs, self.inputs = outputs, inputs
        self.names: dict[Node, str] = dict(zip(inputs, names, strict=True))
        self.arguments = list(names)
        self.scope: dict[str, Any] = dict(SCOPE)
        self.known: dict[Any, Node] = {}
        self.lines: list[str] = []
        self.count = 0
        self.same: dict[Node, Node] = {}
        self.owner: dict[Node, Node | None] = {}
        self.reads: Counter[Node | None] = Counter()

    def written_for_anyone(self, single: bool) -> tuple[str, dict[str, Any]]:
        """As `written`, for arguments of any type of numbers, and (`single`) for one result alone."""
        used = topological(self.outputs, frozenset(self.inputs))
        arrays = [self.names[n] for n in self.inputs if n.shape and n in used]
        for number in (self.names[n] for n in self.inputs if not n.shape and n in used):
            self.lines.append(f"    {number} = float64({number})")
        if arrays:
            given = ", ".join(arrays)
            self.lines.append(f"    if not ({' is '.join(f'{a}.dtype' for a in arrays)} is floats):")
            self.lines.append(f"        {given}{',' * (len(arrays) == 1)} = as_floats({given})")
        return self.written(single)

    def written(self, single: bool = False) -> tuple[str, dict[str, Any]]:
        """The source, and what its names stand for."""
        order, first = self._order(), len(self.lines)
        self._count_reads(order)
        for node in order:
            self._write(node)
        if any("(n, " in line or "(n,)" in line for line in self.lines[first:]):
            self.lines.insert(first, f"    n = len({self._batched()})")
        returned = ", ".join(self._returned(self._first(o)) for o in self.outputs)
        returned = returned if single else f"({returned}{',' if len(self.outputs) == 1 else ''})"
        head = f"def run({', '.join(self.arguments)}):"
        return "\n".join([head, *self.lines, f"    return {returned}"]) + "\n", self.scope

    def _first(self, node: Node) -> Node:
        """The first node that computes the same."""
        return self.same.get(node, node)

    def _order(self) -> list[Node]:
        """Every node to be written, once; equal ones and names of others are looked through."""
        order = []
        for node in topological(self.outputs, frozenset(self.inputs)):
            if node in self.names:
                continue
            if node.op.name == "leaf":
                raise KeyError(node.params["name"])
            if node.op.name == "named":
                self.same[node] = self._first(node.args[0])
                continue
            first = self.known.setdefault(self._key(node), node)
            if first is node:
                order.append(node)
            else:
                self.same[node] = first
        return order

    def _key(self, node: Node) -> Any:
        if node.op.name == "constant":
            value = node.params["value"]
            return "constant", value.shape, value.tobytes()
        args = tuple([self.same.get(a, a) for a in node.args])
        return (node.op.name, args, str(node.params), node.shape) if node.params else (node.op.name, args)

    def _count_reads(self, order: list[Node]) -> None:
        """How often each buffer is read, views of it included; a returned one is never free."""
        for node in order:
            if node.op.name in VIEWS:
                self.owner[node] = self.owner.get(self._first(node.args[0]))
                continue
            self.owner[node] = None if node.op.name == "constant" else node
            for buffer in self._buffers(node):
                self.reads[buffer] += 1
        self.reads.update(self.owner.get(self._first(o)) for o in self.outputs)

    def _buffers(self, node: Node) -> set[Node | None]:
        """The buffers that a node reads; None for what is not ours."""
        return {self.owner.get(self.same.get(a, a)) for a in node.args}

    def _write(self, node: Node) -> None:
        if node.op.name == "constant":
            self._write_constant(node)
            return
        args = [self.same.get(a, a) for a in node.args]
        reusable = self._reusable(node, args)
        if node.op.name in COMMUTE and not reusable:
            args.reverse()
            reusable = self._reusable(node, args)
        names = [self.names[a] for a in args]
        if args and args[0].op.name == "constant" and all(a.op.name == "constant" for a in args):
            names[0] = f"numpy.float64({names[0]})"  # 0.0 / 0.0 is for NumPy, not for Python
        if reusable:
            self.lines.append("    " + IN_PLACE[node.op.name].format(*names))
            self.names[node] = names[0]
        else:
            self.count += 1
            self.names[node] = name = f"v{self.count}"
            self.lines.append(f"    {name} = {self._expression(node, names)}")
        if node.op.name not in VIEWS:
            for buffer in self._buffers(node):
                self.reads[buffer] -= 1

    def _reusable(self, node: Node, args: list[Node]) -> bool:
        """Whether the first argument's buffer is our own, whole, and read here for the last time."""
        if not node.shape or node.op.name not in IN_PLACE or args[0].shape != node.shape:
            return False
        first = args[0]
        if self.owner.get(first) is not first or first.op.name in VALUES_ARE_TRUTHS:
            return False
        return self.reads[first] == 1 and not any(self.owner.get(a) is first for a in args[1:])

    def _write_constant(self, node: Node) -> None:
        value = node.params["value"]
        if value.shape == () and numpy.isfinite(value):
            number = repr(float(value))
            self.names[node] = f"({number})" if number.startswith("-") else number
            return
        self.names[node] = name = f"c{len(self.scope) - len(SCOPE)}"
        self.scope[name] = value[()]

    def _expression(self, node: Node, names: list[str]) -> str:
        write = SHORTER.get(node.op.name)
        short = write(node, names) if write is not None else None
        return short if short is not None else node.op.emit(names, node)

    def _returned(self, node: Node) -> str:
        name = self.names[node]
        if node.op.name == "constant":
            return f"numpy.float64({name})" if not node.shape else f"{name}.copy()"
        if node in self.inputs:
            return f"+{name}"
        view = self.owner.get(node) is not node
        if not node.shape:
            return f"{name}[()]" if view or node.op.name in ZERO_DIMENSIONAL else name
        return f"{name}.copy()" if view and (self.owner.get(node) is None or self._read_only(node)) else name

    def _read_only(self, node: Node) -> bool:
        """Whether a view of a buffer is one that NumPy lets nobody write to."""
        while node.op.name in VIEWS:
            if node.op.name in READ_ONLY:
                return True
            node = self._first(node.args[0])
        return False

    def _batched(self) -> str:
        found = next(node for node in self.inputs if node.shape and repr(node.shape[0]) == "n")
        return self.names[found]


VALUES_ARE_TRUTHS = ("lt", "le", "gt", "ge", "eq")
ZERO_DIMENSIONAL = ("put", "sum_to", "reshape", "gate", "where", "where_share", "max_share", "direction", "erf", "diag")


def _short_reshape(node: Node, names: list[str]) -> str | None:
    """Axes of one entry are set by an index, which costs less than a call."""
    given, wanted = list(node.args[0].shape), node.shape
    if not given:
        return None
    key = []
    for size in wanted:
        if given and size == given[0]:
            key.append(":")
            given.pop(0)
        elif size == 1:
            key.append("None")
        else:
            return f"{names[0]}.reshape({wanted})"
    return f"{names[0]}[{', '.join(key)}]" if not given else f"{names[0]}.reshape({wanted})"


def _short_reduction(node: Node, names: list[str]) -> str | None:
    axes = node.params["axis"]
    if len(axes) != 1:
        return None
    reduce = {"sum": "add_reduce", "max": "maximum_reduce"}[node.op.name]
    return f"{reduce}({names[0]}, {axes[0]}{', None, None, True' if node.params['keepdims'] else ''})"


def _short_log(node: Node, names: list[str]) -> str:
    """Of a number that cannot be 0 or less, Python's own logarithm."""
    return f"log_of_number({names[0]})" if not node.shape and "at_least" in node.params else f"log({names[0]})"


def _short_transpose(node: Node, names: list[str]) -> str | None:
    return f"{names[0]}.T" if node.params["axes"] == (1, 0) else None


SHORTER: dict[str, Callable[[Node, list[str]], str | None]] = {
    "reshape": _short_reshape,
    "sum": _short_reduction,
    "max": _short_reduction,
    "transpose": _short_transpose,
    "square": lambda node, names: f"{names[0]} * {names[0]}",
    **{n: (lambda node, names: f"{node.op.name}({names[0]})") for n in FUNCTIONS},
    "log": _short_log,
}
"""Source that says the same as the table's and costs less."""
