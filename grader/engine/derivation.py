"""The chain rule at one node, written out: in symbols, with the local derivatives, with the numbers put in.

Everything is made from the steps of `sweep` and evaluated there; nothing is read from text. What a student did is not
known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy

from grader.engine.compile import compile_nodes, prepared
from grader.engine.computation import Computation
from grader.engine.graph import Graph
from grader.engine.kinks import Subgradient
from grader.engine.latex import (
    ATOM,
    HADAMARD,
    MATMUL,
    POWER,
    SCALE,
    Printer,
    Text,
    array_latex,
    bracketed,
    is_small,
    latex,
    number_latex,
)
from grader.engine.naming import Reading
from grader.engine.node import Node, apply, constant, leaf, topological
from grader.engine.reading import contains, factors_of, readable
from grader.engine.rules import ones, reshaped, transposed
from grader.engine.sweep import Part, Step, Sweep
from grader.engine.symbols import Symbols
from grader.engine.transform import forward, reverse

Array = Any
Mode = Literal["forward", "reverse", "tangent"]
Values = Mapping[str, Array]
LONGEST_NUMBERS = 1200


@dataclass(frozen=True)
class Contribution:
    """What comes along one edge: `rule`, `local` and `numbers` are LaTeX of the product, `value` is what it comes to.

    `numbers` is empty where arrays are too large to be written out. `shown` is the graph that `local` prints, over the
    names of the graph and `seed`, the leaf that stands for the adjoint or tangent.
    """

    edge: tuple[str, str]
    rule: str
    local: str
    numbers: str
    value: Array
    shown: Node
    seed: Node


@dataclass(frozen=True)
class Derivation:
    """How one item of a sweep is worked out. All texts are LaTeX without dollar signs.

    `left` is what is worked out (`\\bar{u}_{1}`); `rule` the chain rule in symbols, `local` the same with the local
    derivatives in it, `numbers` with the numbers in it, `sums` the contributions as numbers (empty where there is
    only one), `result` the value. Texts that would say nothing new are empty. `nodes` and `value` are what was
    evaluated, `parts` the contributions, one for each edge.
    """

    name: str
    mode: Mode
    left: str
    rule: str
    local: str
    numbers: str
    sums: str
    result: str
    value: Array
    parts: tuple[Contribution, ...] = field(default=())

    @property
    def in_symbols(self) -> str:
        """The chain rule: `left = rule`."""
        return f"{self.left} = {self.rule}" if self.rule else self.with_local

    @property
    def with_local(self) -> str:
        """The same with the local derivatives: `left = local`."""
        return f"{self.left} = {self.local}"

    @property
    def with_numbers(self) -> str:
        """The numbers put in, step by step to the result."""
        return " = ".join(dict.fromkeys(t for t in (self.left, self.numbers, self.sums, self.result) if t))

    @property
    def worked(self) -> str:
        """One line for a table: the local rule and the contributions, without the left side."""
        return " = ".join(dict.fromkeys(t for t in (self.local, self.sums or self.numbers) if t))


@dataclass(frozen=True)
class EdgeJacobian:
    """The local Jacobian of an edge: `symbol` and `inline` (for drawings) are LaTeX, empty where there is no short one.

    `value` is size(i) × size(j), of scalars a number; `constant` says that it does not depend on the point, so that
    the number says all.
    """

    edge: tuple[str, str]
    symbol: str
    inline: str
    value: Array
    constant: bool


class Derivations:
    """Derivations of a graph at a point.

    `symbols` prints names; `output` is where a reverse sweep starts (default: the graph's own). `seeds` are the
    tangents of inputs for a tangent sweep. Everything is worked out when asked for, and kept.
    """

    def __init__(
        self,
        graph: Graph,
        point: Values,
        symbols: Mapping[str, str] | None = None,
        *,
        output: str | None = None,
        seeds: Values | None = None,
        subgradient: Subgradient | None = None,
    ) -> None:
        self.graph = graph
        self.symbols = Symbols(symbols, (*graph.names, *graph.functions))
        self.reading = Reading(graph, self.symbols)
        self.output = output or graph.output
        self.values: dict[str, Array] = graph.values(point)
        self.seeds = dict(seeds or {})
        self._own = Sweep(graph, self.output, subgradient)
        self._printed = Sweep(self.reading.graph, self.output)
        self._kept: dict[tuple[str, str], Derivation] = {}

    def formula(self, name: str, *, inline: bool = False) -> str:
        """The formula of a node without the name, on one line with `inline` (for drawings); of a leaf nothing."""
        if name in self.graph.leaves:
            return ""
        return latex(self.reading.graph.by_name[name], self.symbols, leaves=self.reading.markers, inline=inline)

    # ---- items --------------------------------------------------------------------------------------------------

    @cached_property
    def adjoints(self) -> dict[str, Array]:
        """The adjoint of every name from which a path leads to the output (a number), labels left out."""
        if self.output is None or self.graph.shape(self.output) != ():
            return {}
        found: dict[str, Array] = {self.output: numpy.float64(1.0)}
        for name in reversed(self.graph.names):
            if name in self._own.reaching and name != self.output and name not in self.graph.labels:
                found[name] = self._item(self._own.reverse_step(name), found)
        return found

    @cached_property
    def tangents(self) -> dict[str, Array]:
        """The tangent of every name, from the seeds; of what does not move 0."""
        found: dict[str, Array] = {}
        for name in self.graph.leaves:
            found[name] = numpy.broadcast_to(self.seeds.get(name, 0.0), self.graph.shape(name)).astype(float)
        for name in self.graph.nodes:
            found[name] = self._item(self._own.tangent_step(name), found)
        return found

    @cached_property
    def _moving(self) -> frozenset[str]:
        """The names that a path leads to from an input with a seed."""
        found = set(self.seeds)
        for name in self.graph.nodes:
            if any(p in found for p in self.graph.parents(name)):
                found.add(name)
        return frozenset(found)

    def _item(self, step: Step, items: Values) -> Array:
        return self._value_at(step, self.values, items, step.node)

    # ---- derivations --------------------------------------------------------------------------------------------

    def forward(self, name: str, values: Values | None = None) -> Derivation:
        """The value of a node from those of what it reads (`values`: somebody's own, for some names)."""
        if values:
            return self._forward(name, {**self.values, **values})
        return self._once("forward", name, lambda: self._forward(name, self.values))

    def reverse(self, name: str, values: Values | None = None, items: Values | None = None) -> Derivation:
        """The adjoint of a name: what comes back along its edges to the nodes that read it, added up."""
        if values or items:
            return self._reverse(name, {**self.values, **(values or {})}, {**self.adjoints, **(items or {})})
        return self._once("reverse", name, lambda: self._reverse(name, self.values, self.adjoints))

    def tangent(self, name: str, values: Values | None = None, items: Values | None = None) -> Derivation:
        """The tangent of a node: what comes along its edges from what it reads, added up."""
        if values or items:
            return self._tangent(name, {**self.values, **(values or {})}, {**self.tangents, **(items or {})})
        return self._once("tangent", name, lambda: self._tangent(name, self.values, self.tangents))

    def of(self, mode: Mode, name: str) -> Derivation:
        """The derivation of an item of a sweep."""
        return {"forward": self.forward, "reverse": self.reverse, "tangent": self.tangent}[mode](name)

    def _once(self, mode: str, name: str, make: Any) -> Derivation:
        if (mode, name) not in self._kept:
            self._kept[mode, name] = make()
        return self._kept[mode, name]

    def _forward(self, name: str, values: Values) -> Derivation:
        step = self._own.forward_step(name)
        value = prepared(values[name]) if name in self.graph.leaves else self._value_at(step, values, {}, step.node)
        left, result = self.symbols(name), array_latex(value).tex
        if name in self.graph.leaves:
            return Derivation(name, "forward", left, "", "", "", "", result, value)
        node = self.reading.graph.by_name[name].args[0]
        formula = self.formula(name)
        numbers = self._numbers(node, values, {}, frozenset())
        return Derivation(name, "forward", left, "", formula, "" if numbers == result else numbers, "", result, value)

    def _reverse(self, name: str, values: Values, items: Values) -> Derivation:
        own, printed = self._own.reverse_step(name), self._printed.reverse_step(name)
        left = self.symbols.adjoint(name)
        if name == self.output:
            return Derivation(name, "reverse", left, "", "1", "", "", "1", numpy.float64(1.0))
        parts = tuple(
            self._contribution(mine, shown, own, values, items, "reverse")
            for mine, shown in zip(own.parts, printed.parts, strict=True)
        )
        return self._summed(name, "reverse", left, own, parts, values, items)

    def _tangent(self, name: str, values: Values, items: Values) -> Derivation:
        left = self.symbols.tangent(name)
        if name in self.graph.leaves:
            value = items[name]
            return Derivation(name, "tangent", left, "", "", "", "", array_latex(value).tex, value)
        own, printed = self._own.tangent_step(name), self._printed.tangent_step(name)
        parts = tuple(
            self._contribution(mine, shown, own, values, items, "tangent")
            for mine, shown in zip(own.parts, printed.parts, strict=True)
            if mine.edge[0] in self._moving
        )
        return self._summed(name, "tangent", left, own, parts, values, items)

    def _summed(
        self, name: str, mode: Mode, left: str, step: Step, parts: tuple[Contribution, ...], values: Values,
        items: Values,
    ) -> Derivation:  # fmt: skip
        value = self._value_at(step, values, items, step.node)
        result = array_latex(value).tex
        numbers = joined([p.numbers for p in parts]) if all(p.numbers for p in parts) else ""
        sums = joined([array_latex(p.value).tex for p in parts]) if len(parts) > 1 else ""
        if len(numbers) > LONGEST_NUMBERS:
            numbers = ""
        if not is_small(numpy.shape(value)):
            numbers, sums = "", ""
        return Derivation(
            name, mode, left, joined([p.rule for p in parts]), joined([p.local for p in parts]) or "0",
            "" if numbers == result else numbers, sums, result, value, parts,
        )  # fmt: skip

    def _contribution(
        self, own: Part, printed: Part, step: Step, values: Values, items: Values, mode: Mode
    ) -> Contribution:
        j, i = own.edge
        earlier = i if mode == "reverse" else j
        seed = self._printed.item_leaf(earlier)
        symbol = Text(self.symbols.adjoint(i) if mode == "reverse" else self.symbols.tangent(j))
        symbol = Text(symbol.tex, POWER if "^" in symbol.tex else ATOM)
        value = self._value_at(step, values, items, own.rule)
        rule = self._rule(j, i, symbol, mode)
        if self.graph.shape(i) == () and self.graph.shape(j) == ():
            return self._of_numbers(own, printed, seed, symbol, rule, value, values, items[earlier], mode)
        node = readable([printed.rule], self.reading.markers | {seed}, frozenset({seed}))[0]
        text = Printer(self.symbols, {seed: symbol}).text(node, self.reading.markers)
        numbers = self._numbers(node, values, {seed: items[earlier]}, frozenset({seed}))
        return Contribution(own.edge, rule, text.tex, numbers, value, node, seed)

    def _of_numbers(
        self, own: Part, printed: Part, seed: Node, symbol: Text, rule: str, value: Array, values: Values, item: Array,
        mode: Mode,
    ) -> Contribution:  # fmt: skip
        """Between numbers: adjoint times local derivative, or local derivative times tangent."""
        slope = self._slope(*own.edge)
        local = Printer(self.symbols, {}).text(slope, self.reading.markers)
        number = number_latex(float(self._evaluated([slope], values, {})[0]))
        pairs = [(symbol, local), (number_latex(float(item)), number)]
        texts = [_times(*(pair if mode == "reverse" else pair[::-1])) for pair in pairs]
        return Contribution(own.edge, rule, texts[0], texts[1], value, seed * slope, seed)

    def _rule(self, j: str, i: str, symbol: Text, mode: Mode) -> str:
        slope = rf"\frac{{\partial {self.symbols(i)}}}{{\partial {self.symbols(j)}}}"
        if mode == "tangent":
            return f"{slope} {symbol.tex}"
        if self.graph.shape(i) == ():
            return f"{symbol.tex} {slope}"
        return rf"\left({slope}\right)^\top {symbol.tex}"

    def _slope(self, j: str, i: str) -> Node:
        """The derivative of one number by another, for reading."""
        graph = self.reading.graph
        node = forward(graph.by_name[i], {graph.by_name[j]: ones(())}, graph.local_leaves(i))
        return readable([node], self.reading.markers)[0]

    # ---- numbers put in -----------------------------------------------------------------------------------------

    def _value_at(self, step: Step, values: Values, items: Values, node: Node) -> Array:
        given = [*(values[v] for v in step.values), *(items[e] for e in step.earlier)]
        return self._own.computation(node, step).at(given).value

    def _evaluated(self, nodes: list[Node], values: Values, seeds: Mapping[Node, Array]) -> list[Array]:
        by_name = self.reading.graph.by_name
        inputs = (*by_name.values(), *seeds)
        given = [*(values[n] for n in by_name), *seeds.values()]
        expanded = self.reading.expanded(nodes)
        return [Computation(node, inputs, self._own.subgradient).at(given).value for node in expanded]

    def _numbers(self, node: Node, values: Values, seeds: Mapping[Node, Array], sought: frozenset[Node]) -> str:
        """The formula with numbers: for a derivative, whatever has no adjoint in it is one number (or array)."""
        markers = self.reading.markers
        order = topological([node], markers | frozenset(seeds))
        reached = set(sought)
        for part in order:
            if any(a in reached for a in part.args):
                reached.add(part)
        found: dict[Node, None] = {}
        for part in order:
            plain = part in seeds or (part not in reached if sought else part in markers)
            if plain or (part.op.name in PLAIN and part.args and all(a in found for a in part.args)):
                found[part] = None
        known = [p for p in found if is_small(p.shape) and p.op.name != "constant"]
        if not known:
            return ""
        given = {p: array_latex(v) for p, v in zip(known, self._evaluated(known, values, seeds), strict=True)}
        if any(not is_small(p.shape) for p in order):
            return ""
        return Printer(self.symbols, given).text(node, markers).tex

    # ---- edges --------------------------------------------------------------------------------------------------

    @cached_property
    def edges(self) -> dict[tuple[str, str], EdgeJacobian]:
        """The local Jacobian of every edge by which a derivative exists."""
        return {(j, i): self.edge(j, i) for j, i in self.graph.edges if j not in self.graph.labels}

    def edge(self, j: str, i: str) -> EdgeJacobian:
        """The local Jacobian of i's function by j."""
        value = self.graph.edge(j, i)
        run = compile_nodes([value], [self.graph.by_name[p] for p in self.graph.parents(i)])
        number = run(*(prepared(self.values[p]) for p in self.graph.parents(i)))[0]
        symbol, inline = self._jacobian_text(j, i)
        reads = contains(readable([value], self.graph.local_leaves(i))[0], frozenset(self.graph.by_name.values()))
        return EdgeJacobian((j, i), symbol, inline, number, not reads)

    def _jacobian_text(self, j: str, i: str) -> tuple[str, str]:
        graph = self.reading.graph
        target, source = graph.by_name[i], graph.by_name[j]
        leaves = graph.local_leaves(i)
        if target.shape == () and len(source.shape) <= 1:
            node = reverse(target, [source], ones(()), leaves)[0]
            return self._both(node if source.shape == () else reshaped(node, (1, source.size)))
        if source.shape == () and len(target.shape) == 1:
            return self._both(forward(target, {source: ones(())}, leaves))
        if len(target.shape) == 1:
            return self._linear(reverse(target, [source], _seed(target), leaves)[0], source)
        return "", ""

    def _both(self, node: Node) -> tuple[str, str]:
        node = readable([node], self.reading.markers)[0]
        texts = [Printer(self.symbols, {}, inline).text(node, self.reading.markers).tex for inline in (False, True)]
        return texts[0], texts[1]

    def _linear(self, back: Node, source: Node) -> tuple[str, str]:
        """The Jacobian of a vector's function, from what comes back of a seed: its transpose applied to it."""
        seed = next(n for n in topological([back], self.reading.markers) if n.params.get("name") == SEED)
        node = readable([back], self.reading.markers | {seed}, frozenset())[0]
        texts = []
        for inline in (False, True):
            text = self._map(node, seed, source, Printer(self.symbols, {}, inline))
            texts.append(text.tex if text is not None else "")
        return texts[0], texts[1]

    def _map(self, node: Node, seed: Node, source: Node, printer: Printer) -> Text | None:
        """The matrix whose transpose takes the seed to `node`; None where it has no short form."""
        markers = self.reading.markers
        if node.op.name in ("add", "sub"):
            parts = [self._map(a, seed, source, printer) for a in node.args]
            if parts[0] is None or parts[1] is None:
                return None
            sign = "+" if node.op.name == "add" else "-"
            return Text(f"{parts[0].tex} {sign} {bracketed(parts[1], MATMUL, printer.inline)}", 0)
        number, factors = factors_of(node)
        moving = [(base, e) for base, e in factors if contains(base, frozenset({seed}), markers)]
        rest = [(base, e) for base, e in factors if (base, e) not in moving]
        if len(moving) != 1 or moving[0][1] != 1:
            return None
        scale = self._product(number, rest)
        return self._core(moving[0][0], scale, seed, source, printer)

    def _core(self, core: Node, scale: Node, seed: Node, source: Node, printer: Printer) -> Text | None:
        markers = self.reading.markers

        def shown(node: Node) -> Text:
            return printer.text(readable([node], markers)[0], markers)

        plain = scale.size == 1
        if core is seed:
            if source.shape != seed.shape:
                return None
            if plain:
                factor = shown(scale)
                if factor.tex in ("1", "-1"):
                    return Text(factor.tex[:-1] + "I", ATOM if factor.tex == "1" else 0)
                return printer.product(factor, Text("I"))
            return printer.call(r"\operatorname{diag}", shown(scale))
        if core.op.name == "sum" and core.args[0] is seed and not plain:
            return printer.product(Text(r"\mathbf{1}"), printer.transposed(shown(scale)), MATMUL)
        if core.op.name in ("add", "sub") and scale.op.name == "softmax" and not plain:
            s = shown(scale)
            outer = printer.product(s, printer.transposed(s), MATMUL)
            return Text(f"{printer.call(chr(92) + 'operatorname{diag}', s).tex} - {outer.tex}", 0)
        if core.op.name == "matmul" and core.args[1] is seed and plain and len(core.args[0].shape) == 2:
            return printer.product(shown(scale), shown(transposed(core.args[0])), MATMUL)
        outer_product = core.op.name == "matmul" and len(source.shape) == 2 and plain
        if outer_product and core.args[0].op.name == "reshape" and core.args[0].args[0] is seed:
            right = Text(rf"I \otimes {bracketed(shown(core.args[1]), SCALE, printer.inline)}", HADAMARD)
            factor = shown(scale)
            return right if factor.tex == "1" else None
        return None

    def _product(self, number: float, factors: list[tuple[Node, float]]) -> Node:
        node = constant(number)
        for base, exponent in factors:
            node = node * (base if exponent == 1 else apply("pow", base, exponent))
        return readable([node], self.reading.markers)[0]


PLAIN = frozenset({"index", "pick", "transpose", "reshape", "sum"})
"""What is done to an array before it is written as numbers."""
SEED = "\x00seed"


def _seed(target: Node) -> Node:
    return leaf(SEED, target.shape)


def joined(terms: list[str]) -> str:
    """A sum of printed terms; a term that begins with a minus is subtracted."""
    out = ""
    for term in terms:
        if not out:
            out = term
        else:
            out += f" - {term[1:]}" if term.startswith("-") else f" + {term}"
    return out


def _times(a: Text, b: Text) -> str:
    return rf"{a.tex if a.minus else bracketed(a, MATMUL)} \cdot {bracketed(b, MATMUL)}"
