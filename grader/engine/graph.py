"""A graph of named nodes: a problem's formulas as one shaped computation, and the quantities asked of it.

Every named node is the operation `named` over the small graph of its formula; edges, Jacobians and adjoints that
people see are those of the named nodes. Immutable; knows nothing of problems, students or files.
"""

from __future__ import annotations

import ast
import itertools
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from grader.engine import formula as formulas
from grader.engine.batching import UNKNOWN, batched
from grader.engine.compile import Compiled, compile_function, compile_nodes, prepared
from grader.engine.formula import (
    FUNCTIONS,
    LARGEST,
    MOST_ENTRIES,
    ONE_CALL,
    FormulaError,
    Parsed,
    Reader,
    Scope,
    Unfit,
    names_in,
    parse,
    read_formula,
)
from grader.engine.node import Node, Shape, ShapeError, constant, leaf, no_collection, topological
from grader.engine.node import apply as apply_op
from grader.engine.rounding import snapped
from grader.engine.rules import broadcast, ones, reshaped
from grader.engine.shapes import describe
from grader.engine.simplify import simplified
from grader.engine.transform import forward, jacobian, quotients, reverse

Where = tuple[str, ...]
MOST_CIRCLES = 20


class GraphErrors(Exception):
    """All that is wrong with the formulas of a graph: pairs of a place (("nodes", name), …) and a FormulaError."""

    def __init__(self, errors: list[tuple[Where, FormulaError]]) -> None:
        super().__init__("; ".join(f"{'.'.join(where)}: {error.message}" for where, error in errors))
        self.errors = errors


@dataclass(frozen=True)
class Leaf:
    """An input: its shape, and for a label its number of classes (its values then count from 0)."""

    shape: Shape
    label_classes: int | None = None


class Graph:
    """Named nodes in order of evaluation; everything here is read-only.

    `Graph(nodes, **shapes)` takes formulas by name and the shapes of the inputs: `Graph({"z": "W @ x"}, W=(4, 3),
    x=(3,))`. Raises GraphErrors with all that is wrong. Labels, constants and functions need `Graph.build`.
    """

    inputs: tuple[str, ...]
    constants: tuple[str, ...]
    labels: tuple[str, ...]
    nodes: tuple[str, ...]
    formulas: Mapping[str, str]
    parents_of: Mapping[str, tuple[str, ...]]
    by_name: Mapping[str, Node]
    functions: Mapping[str, Callable[[Node], Node]]
    unspecified: frozenset[str]
    classes: Mapping[str, int]
    output: str | None

    def __init__(self, nodes: Mapping[str, str], /, **shapes: Shape) -> None:
        leaves = {name: Leaf(tuple(shape)) for name, shape in shapes.items()}
        self._take(_Builder(leaves, nodes, {}, frozenset(), None))

    @no_collection()
    def _take(self, builder: _Builder) -> None:
        self.__dict__.update(builder.build())
        self._cache: dict[Any, Any] = {}

    @classmethod
    def build(
        cls,
        inputs: Mapping[str, Leaf],
        nodes: Mapping[str, str],
        functions: Mapping[str, str] | None = None,
        constants: frozenset[str] = frozenset(),
        output: str | None = None,
    ) -> Graph:
        """Read all formulas; raises GraphErrors with everything that is wrong, each with its place."""
        graph = cls.__new__(cls)
        graph._take(_Builder(inputs, nodes, functions or {}, constants, output))
        return graph

    def replaced(self, by_name: Mapping[str, Node], functions: Mapping[str, Callable[[Node], Node]]) -> Graph:
        """The same graph with other nodes behind its names, and other functions."""
        graph = type(self).__new__(type(self))
        graph.__dict__.update(self.__dict__, by_name=by_name, functions=functions, _cache={})
        for name in ("scope", "markers"):
            graph.__dict__.pop(name, None)
        return graph

    @no_collection()
    def compile(self, *quantities: str, batch: Sequence[str] = ()) -> Callable[..., Any]:
        """One plain function of the inputs, in the order in which they were given, that returns the quantities.

        Several come as a tuple, one alone; `run.source` is its text. Arrays are in the inputs' shapes and float64
        (others are converted); a graph of numbers takes and gives floats. Inputs named in `batch` have a
        leading axis more (of any one length), and so has every result. Arguments are never changed, results never
        shared between calls. Domain errors give NumPy's values. Raises FormulaError for a quantity that cannot be read.
        """
        outputs = [self.quantity(q) for q in quantities]
        leaves = [self.by_name[n] for n in self.leaves]
        if batch:
            outputs = simplified(outputs)
            longer = {self.by_name[n]: leaf(n, (UNKNOWN, *self.shape(n))) for n in batch}
            outputs = batched(outputs, longer, UNKNOWN)
            leaves = [longer.get(node, node) for node in leaves]
        return compile_function(outputs, leaves, self.leaves)

    @property
    def names(self) -> tuple[str, ...]:
        """Inputs, constants and nodes, each after what it reads."""
        return (*self.inputs, *self.constants, *self.nodes)

    @cached_property
    def leaves(self) -> tuple[str, ...]:
        """Inputs (labels among them) and constants."""
        return (*self.inputs, *self.constants)

    def parents(self, name: str) -> tuple[str, ...]:
        """What the formula of `name` reads, in order of appearance; nothing for a leaf."""
        return self.parents_of.get(name, ())

    @cached_property
    def _readers(self) -> Mapping[str, tuple[str, ...]]:
        readers: dict[str, list[str]] = {name: [] for name in self.names}
        for node in self.nodes:
            for parent in self.parents(node):
                readers[parent].append(node)
        return {name: tuple(r) for name, r in readers.items()}

    def readers(self, name: str) -> tuple[str, ...]:
        """The nodes whose formulas read `name`, in order of evaluation."""
        return self._readers[name]

    @cached_property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """All pairs (j, i) where node i reads j, by i in order of evaluation."""
        return tuple((j, i) for i in self.nodes for j in self.parents(i))

    def shape(self, name: str) -> Shape:
        """The shape of a name's value."""
        return self.by_name[name].shape

    def formula(self, name: str) -> str:
        """The formula of a node, as its author wrote it."""
        return self.formulas[name]

    @cached_property
    def scope(self) -> Scope:
        """What a quantity may use."""
        return Scope(self.by_name, self.functions, self.classes, {q: partial_quantity(self, q) for q in QUANTITIES})

    def quantity(self, text: str) -> Node:
        """The graph of a quantity (format.md 1.3). Raises FormulaError with columns into `text`."""
        return read_formula(text, self.scope)

    def compiled(self, *outputs: Node) -> Compiled:
        """Nodes as a function of all leaves, in the order of `leaves`; kept for the next call."""
        if outputs not in self._cache:
            self._cache[outputs] = compile_nodes(outputs, [self.by_name[n] for n in self.leaves])
        found: Compiled = self._cache[outputs]
        return found

    def evaluate(self, point: Mapping[str, Any], *outputs: Node) -> tuple[Any, ...]:
        """The values of nodes at a point: a value for each input and constant."""
        return self.compiled(*outputs)(*(prepared(point[n]) for n in self.leaves))

    def values(self, point: Mapping[str, Any]) -> dict[str, Any]:
        """The forward pass: the value of every name; what is 0 but for rounding is 0."""
        return dict(zip(self.names, self.snapped(point, *(self.by_name[n] for n in self.names)), strict=True))

    def snapped(self, point: Mapping[str, Any], *outputs: Node) -> tuple[Any, ...]:
        """As `evaluate`, with 0 for what is 0 but for rounding."""
        inputs = [self.by_name[n] for n in self.leaves]
        return snapped(outputs, inputs, [prepared(point[n]) for n in self.leaves])

    def local_leaves(self, name: str) -> frozenset[Node]:
        """What the local function of `name` takes as given: the named nodes that its formula reads."""
        return frozenset(self.by_name[p] for p in self.parents(name))

    def edge(self, j: str, i: str) -> Node:
        """The local Jacobian of i's own function by j, other parents held fixed; of scalars a number."""
        node = jacobian(self.by_name[i], self.by_name[j], self.local_leaves(i))
        return reshaped(node, ()) if node.size == 1 and not self.shape(i) and not self.shape(j) else node


# ---- building -----------------------------------------------------------------------------------------------------


class _Builder:
    """Reads the formulas of a graph, collecting every error before it gives up."""

    def __init__(
        self,
        inputs: Mapping[str, Leaf],
        nodes: Mapping[str, str],
        functions: Mapping[str, str],
        constants: frozenset[str],
        output: str | None,
    ) -> None:
        self.inputs, self.nodes, self.constants, self.output = inputs, nodes, constants, output
        self.function_texts = functions
        self.errors: list[tuple[Where, FormulaError]] = []
        self.parsed: dict[str, Parsed] = {}
        self.by_name: dict[str, Node] = {}
        self.functions: dict[str, Callable[[Node], Node]] = {}
        self.broken_functions: set[str] = set()
        self.classes = {n: leaf.label_classes for n, leaf in inputs.items() if leaf.label_classes is not None}

    def build(self) -> dict[str, Any]:
        self._read_functions()
        parents = self._read_parents()
        order = self._ordered(parents)
        self._read_nodes(order, parents)
        output = self._find_output(order, parents)
        if self.errors:
            raise GraphErrors(self.errors)
        return {
            "inputs": tuple(n for n in self.inputs if n not in self.constants),
            "constants": tuple(n for n in self.inputs if n in self.constants),
            "labels": tuple(n for n, given in self.inputs.items() if given.label_classes is not None),
            "nodes": tuple(order),
            "formulas": dict(self.nodes),
            "parents_of": parents,
            "by_name": {n: self.by_name[n] for n in (*self.inputs, *order)},
            "functions": self.functions,
            "unspecified": frozenset(n for n, text in self.function_texts.items() if text.strip() == "any"),
            "classes": self.classes,
            "output": output,
        }

    def _read_functions(self) -> None:
        numbers = {name: k for k, name in enumerate(self.function_texts)}
        words = {name: set(re.findall(r"\w+", text)) - {name} for name, text in self.function_texts.items()}
        while numbers:
            ready = [name for name in numbers if words[name].isdisjoint(numbers)] or list(numbers)
            for name in ready:
                try:
                    self.functions[name] = local_function(self.function_texts[name], numbers[name], self.functions)
                except FormulaError as error:
                    if words[name].isdisjoint(self.broken_functions):
                        self.errors.append((("functions", name), error))
                    self.broken_functions.add(name)
            numbers = {name: k for name, k in numbers.items() if name not in ready}

    def _read_parents(self) -> dict[str, tuple[str, ...]]:
        parents: dict[str, tuple[str, ...]] = {}
        known = {*self.inputs, *self.nodes}
        for name, text in self.nodes.items():
            call = ONE_CALL.fullmatch(text)
            if call is not None and call[2] in known:
                parents[name] = (call[2],)
                continue
            try:
                self.parsed[name] = parse(text)
                parents[name] = tuple(n for n in names_in(self.parsed[name][0]) if n in known)
            except FormulaError as error:
                self.errors.append((("nodes", name), error))
        return parents

    def _ordered(self, parents: Mapping[str, tuple[str, ...]]) -> list[str]:
        """The nodes in order of evaluation, as near to the order of the file as can be."""
        waiting = {n: [p for p in ps if p in self.nodes] for n, ps in parents.items()}
        order: list[str] = []
        state: dict[str, int] = {}
        circles: list[str] = []
        for start in self.nodes:
            if start not in waiting or start in state:
                continue
            stack = [start]
            while stack:
                name = stack[-1]
                state.setdefault(name, 1)
                open_parent = next((p for p in waiting[name] if p in waiting and p not in state), None)
                if open_parent is not None:
                    stack.append(open_parent)
                    continue
                circle = next((p for p in waiting[name] if state.get(p) == 1), None)
                if circle is not None and len(circles) < MOST_CIRCLES:
                    circles.append(circle)
                    self._report_circle(stack[stack.index(circle) :])
                state[name] = 2
                order.append(stack.pop())
        return order

    def _report_circle(self, names: list[str]) -> None:
        way = " -> ".join([*names[:MOST_CIRCLES], *["…"][: len(names) > MOST_CIRCLES], names[0]])
        message = f"{names[0]} reads itself" if len(names) == 1 else f"these nodes read each other in a circle: {way}"
        text = self.nodes[names[-1]]
        found = re.search(rf"\b{re.escape(names[0])}\b", text)
        start, end = found.span() if found else (0, len(text))
        hint = "A value can only be computed from values that are there before."
        self.errors.append((("nodes", names[-1]), FormulaError(message, start, end, hint)))

    def _read_nodes(self, order: list[str], parents: Mapping[str, tuple[str, ...]]) -> None:
        for name, given in self.inputs.items():
            self.by_name[name] = leaf(name, given.shape)
        broken = {where[1] for where, _ in self.errors if where[0] == "nodes"}
        scope = Scope(self.by_name, self.functions, self.classes)
        entries = sum(math.prod(given.shape) for given in self.inputs.values())
        for name in order:
            if name in broken:
                continue
            try:
                value = read_formula(self.nodes[name], scope, parsed=self.parsed.get(name))
            except formulas.UnknownName as error:
                if self._mentioned(name).isdisjoint(broken | self.broken_functions):
                    self.errors.append((("nodes", name), error))
                broken.add(name)
            except FormulaError as error:
                self.errors.append((("nodes", name), error))
                broken.add(name)
            else:
                entries += _entries(value)
                if entries > MOST_ENTRIES:
                    message = f"up to here, the graph has more than {MOST_ENTRIES} entries to be worked out"
                    self.errors.append((("nodes", name), FormulaError(message, 0, len(self.nodes[name]))))
                    return
                self.by_name[name] = apply_op("named", value, name=name)

    def _mentioned(self, name: str) -> set[str]:
        return set(re.findall(r"\w+", self.nodes[name]))

    def _find_output(self, order: list[str], parents: Mapping[str, tuple[str, ...]]) -> str | None:
        if self.output is not None:
            if self.output not in self.nodes and self.output not in self.inputs:
                message = f"the output {self.output} is no node and no input"
                self.errors.append((("output",), FormulaError(message, 0, len(self.output))))
            return self.output
        read = {p for ps in parents.values() for p in ps}
        ends = [n for n in order if n not in read]
        return ends[0] if len(ends) == 1 else None


def _entries(value: Node) -> int:
    """How many entries are worked out for a node, its parents not counted."""
    count, waiting, seen = 0, [value], {value}
    while waiting:
        node = waiting.pop()
        if node.op.name not in ("named", "leaf"):
            count += node.size if node.shape else 1
            fresh = set(node.args) - seen
            waiting += fresh
            seen |= fresh
    return count


def local_function(text: str, number: int, others: Mapping[str, Callable[[Node], Node]]) -> Callable[[Node], Node]:
    """A function of `functions`: the name of a known one, a formula `z -> …`, or `any`, for which one is drawn."""
    text = text.strip()
    if text == "any":
        return _unspecified(number)
    arrow = re.fullmatch(r"([A-Za-z]\w*)\s*->\s*(.*)", text, re.DOTALL)
    if arrow:
        return _from_arrow(arrow.group(1), arrow.group(2), arrow.start(2), others)
    if text in formulas.UNARY_FUNCTIONS:
        return lambda x: apply_op(text, x)
    if text in others:
        return others[text]
    hint = "Write the name of a function such as tanh, a formula such as z -> z / (1 + abs(z)), or any."
    raise FormulaError(f"{text} is no function of one number", 0, len(text), hint)


def _from_arrow(
    name: str, body: str, shift: int, others: Mapping[str, Callable[[Node], Node]]
) -> Callable[[Node], Node]:
    def function(x: Node) -> Node:
        node = read_formula(body, Scope({name: x}, others))
        if x not in topological([node], {x}):
            node = broadcast(node, x.shape)
        if node.shape != x.shape:
            raise Unfit(f"{body.strip()} gives {describe(node.shape)} for {describe(x.shape)}", 0, len(body))
        return node

    def applied(x: Node) -> Node:
        try:
            return function(x)
        except FormulaError as error:
            raise ShapeError(error.message) from None

    try:
        function(leaf(name, ()))
    except FormulaError as error:
        raise type(error)(error.message, error.start + shift, error.end + shift, error.hint) from None
    return applied


def _unspecified(number: int) -> Callable[[Node], Node]:
    """A smooth function with no special values, different for each number: what is right for any is right for it."""
    a, b, c, d = (0.6 + 0.17 * ((7 * number + 3 * k) % 5) for k in range(4))

    def function(x: Node) -> Node:
        wave = apply_op("sin", c * x + 0.5)
        return a * apply_op("tanh", b * x + 0.3 * c) + 0.4 * d * wave + 0.15 * apply_op("square", x)

    return function


# ---- quantities (format.md 1.3) -----------------------------------------------------------------------------------

MOST_NODES = 100_000
Quantity = Callable[[Graph, Reader, ast.Call], Node]
QUANTITIES: dict[str, Quantity] = {}


def partial_quantity(graph: Graph, name: str) -> Callable[[Reader, ast.Call], Node]:
    """A quantity of this graph, as a scope takes it."""
    return lambda reader, call: QUANTITIES[name](graph, reader, call)


def _quantity(least: int, most: int) -> Callable[[Quantity], Quantity]:
    def keep(read: Quantity) -> Quantity:
        def checked(graph: Graph, reader: Reader, call: ast.Call) -> Node:
            reader.check_count(call, least, most)
            if call.keywords:
                raise reader.error(call, f"{reader.source(call.func)} has no options")
            node = read(graph, reader, call)
            if len(topological([node])) > MOST_NODES + 20 * len(graph.nodes):
                raise reader.error(call, "this derivative comes to too many operations")
            return node

        QUANTITIES[read.__name__.lstrip("_")] = checked
        return checked

    return keep


def _check_matrix(reader: Reader, call: ast.Call, output: Node, wrt: Node) -> None:
    """Refuse a Jacobian, or a matrix of quotients, before it takes too long or too much memory."""
    sweeps = min(output.size, wrt.size)
    if output.size * wrt.size > LARGEST or max(sweeps, wrt.size) ** 2 > LARGEST:
        message = f"this would be {output.size} × {wrt.size} entries; at most {LARGEST} are worked with"
        raise reader.error(call, message)
    if sweeps * len(topological([output])) > 10 * MOST_NODES:
        raise reader.error(call, "this derivative comes to too many operations")


def _named(graph: Graph, reader: Reader, tree: ast.expr, derivable: bool = True) -> str:
    if not isinstance(tree, ast.Name):
        raise reader.error(tree, f"a name of the graph is needed here, and this is {reader.source(tree)}")
    if tree.id not in graph.by_name:
        raise reader.unknown(tree, tree.id)
    if derivable and tree.id in graph.labels:
        raise reader.error(tree, f"{tree.id} is a label, and no derivative by a label exists", kind=Unfit)
    return tree.id


def _scalar(reader: Reader, tree: ast.expr, what: str) -> Node:
    node = reader.read(tree)
    if node.shape != ():
        message = f"{what} needs a number, and {reader.source(tree)} is {describe(node.shape)}"
        raise reader.error(tree, message, "jac(z, x) is the Jacobian of an array.", kind=Unfit)
    return node


def _like(reader: Reader, tree: ast.expr, shape: Shape, what: str) -> Node:
    node = reader.read(tree)
    if node.shape != shape:
        raise reader.error(tree, f"{what} is {describe(shape)}, and this is {describe(node.shape)}", kind=Unfit)
    return node


@_quantity(2, 2)
def _grad(graph: Graph, reader: Reader, call: ast.Call) -> Node:
    output = _scalar(reader, call.args[0], "grad(o, x)")
    wrt = graph.by_name[_named(graph, reader, call.args[1])]
    return reverse(output, [wrt], constant(1.0))[0]


@_quantity(1, 1)
def _adjoint(graph: Graph, reader: Reader, call: ast.Call) -> Node:
    name = _named(graph, reader, call.args[0])
    if graph.output is None:
        message = "adjoint(u) needs the output, and more than one node is read by nothing"
        raise reader.error(call, message, "Name one: output: o, beside nodes.")
    output = graph.by_name[graph.output]
    if output.shape != ():
        message = f"adjoint(u) needs an output that is a number, and {graph.output} is {describe(output.shape)}"
        raise reader.error(call, message, kind=Unfit)
    return reverse(output, [graph.by_name[name]], constant(1.0))[0]


@_quantity(2, 2)
def _jac(graph: Graph, reader: Reader, call: ast.Call) -> Node:
    output, wrt = reader.read(call.args[0]), graph.by_name[_named(graph, reader, call.args[1])]
    _check_matrix(reader, call, output, wrt)
    return jacobian(output, wrt)


@_quantity(2, 2)
def _edge(graph: Graph, reader: Reader, call: ast.Call) -> Node:
    j, i = (_named(graph, reader, a) for a in call.args)
    return _edge_node(graph, reader, call, j, i)


def _edge_node(graph: Graph, reader: Reader, call: ast.Call, j: str, i: str) -> Node:
    if j not in graph.parents(i):
        read = f"{i} reads {', '.join(graph.parents(i))}" if graph.parents(i) else f"{i} is an input"
        raise reader.error(call, f"there is no edge from {j} to {i}: {read}")
    _check_matrix(reader, call, graph.by_name[i], graph.by_name[j])
    return graph.edge(j, i)


@_quantity(2, 50)
def _path(graph: Graph, reader: Reader, call: ast.Call) -> Node:
    names = [_named(graph, reader, a) for a in call.args]
    product: Node | None = None
    for j, i in itertools.pairwise(names):
        edge = _edge_node(graph, reader, call, j, i)
        edge = reshaped(edge, (graph.by_name[i].size, graph.by_name[j].size))
        product = edge if product is None else edge @ product
    assert product is not None  # noqa: S101 - two names at least
    return reshaped(product, ()) if not graph.shape(names[0]) and not graph.shape(names[-1]) else product


@_quantity(2, 2)
def _tangent(graph: Graph, reader: Reader, call: ast.Call) -> Node:
    wrt = graph.by_name[_named(graph, reader, call.args[1])]
    if wrt.shape != ():
        message = f"tangent(u, x) moves a number, and {reader.source(call.args[1])} is {describe(wrt.shape)}"
        raise reader.error(call, message, "jvp(u, x, v) moves an array along v.", kind=Unfit)
    return forward(reader.read(call.args[0]), {wrt: ones(())})


@_quantity(3, 3)
def _jvp(graph: Graph, reader: Reader, call: ast.Call) -> Node:
    wrt = graph.by_name[_named(graph, reader, call.args[1])]
    direction = _like(reader, call.args[2], wrt.shape, reader.source(call.args[1]))
    return forward(reader.read(call.args[0]), {wrt: direction})


@_quantity(3, 3)
def _vjp(graph: Graph, reader: Reader, call: ast.Call) -> Node:
    output = reader.read(call.args[0])
    wrt = graph.by_name[_named(graph, reader, call.args[1])]
    return reverse(output, [wrt], _like(reader, call.args[2], output.shape, reader.source(call.args[0])))[0]


@_quantity(2, 2)
def _hess(graph: Graph, reader: Reader, call: ast.Call) -> Node:
    wrt = graph.by_name[_named(graph, reader, call.args[1])]
    gradient = reverse(_scalar(reader, call.args[0], "hess(o, x)"), [wrt], constant(1.0))[0]
    _check_matrix(reader, call, gradient, wrt)
    matrix = jacobian(gradient, wrt)
    return matrix if wrt.shape else reshaped(matrix, ())


@_quantity(3, 3)
def _hvp(graph: Graph, reader: Reader, call: ast.Call) -> Node:
    wrt = graph.by_name[_named(graph, reader, call.args[1])]
    gradient = reverse(_scalar(reader, call.args[0], "hvp(o, x, v)"), [wrt], constant(1.0))[0]
    return forward(gradient, {wrt: _like(reader, call.args[2], wrt.shape, reader.source(call.args[1]))})


def _step(reader: Reader, call: ast.Call) -> Node:
    return _like(reader, call.args[2], (), "the step")


@_quantity(3, 3)
def _forward_difference(graph: Graph, reader: Reader, call: ast.Call) -> Node:
    output, h = reader.read(call.args[0]), _step(reader, call)
    wrt = graph.by_name[_named(graph, reader, call.args[1])]
    _check_matrix(reader, call, output, wrt)
    return quotients(output, wrt, lambda moved: (moved(h) - output) / h)


@_quantity(3, 3)
def _central_difference(graph: Graph, reader: Reader, call: ast.Call) -> Node:
    output, h = reader.read(call.args[0]), _step(reader, call)
    wrt = graph.by_name[_named(graph, reader, call.args[1])]
    _check_matrix(reader, call, output, wrt)
    return quotients(output, wrt, lambda moved: (moved(h) - moved(-h)) / (2 * h))


RESERVED_NAMES = frozenset({*FUNCTIONS, *QUANTITIES, "pi"})
"""Names that no input, node or function may have."""

__all__ = ["RESERVED_NAMES", "Graph", "GraphErrors", "Leaf"]
