"""What pages show of a problem's graph: names, its drawing, and how values are worked out, once for a problem.

Everything here is complete: whoever makes a page for a student asks only for what the student may see. A graph that
cannot be explained for whatever reason is left out, and no page fails by it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Literal, TypeVar, cast

import numpy
from markupsafe import Markup

from grader.engine.derivation import Contribution, Derivation, Derivations, EdgeJacobian
from grader.engine.latex import array_latex, is_small, latex
from grader.marking import PreparedProblem
from grader.marking.results import Value
from grader.report.drawing import (
    Cell,
    Drawing,
    DrawnEdge,
    DrawnNode,
    Share,
    adjoint_cell,
    answer_cells,
    block_node,
    draw,
    drawn_edges,
    value_cell,
)
from grader.report.layout import MOST_CARDS, Structure, collapsed, layout
from grader.report.mathematics import mathml
from grader.report.numbers import shape_text, shown
from grader.report.pages import html, name_html
from grader.report.states import State
from grader.spec.problem import Question

Mode = Literal["forward", "reverse", "tangent", "edges"]
MOST_ENTRIES = 10_000
"""A Jacobian of more entries is never worked out: only its shape is shown."""
LONGEST_TEXT = 17
MOST_NAMED = 30
Found = TypeVar("Found")

ROW = {"forward": "value", "reverse": "adjoint", "tangent": "tangent"}
ARROW = Markup('<span class="arrow" role="img" aria-label="to">→</span>')


@dataclass(frozen=True, slots=True)
class Mark:
    """What a drawing shows of an item: its state, and the two values as a page has them."""

    state: State
    answer: Value
    expected: Value

    @property
    def right(self) -> bool:
        """Whether there is nothing to compare."""
        return self.state.glyph == "ok"


@dataclass(frozen=True, slots=True)
class Line:
    """A formula with what it is; `bad` is what the student did."""

    title: Markup
    formula: Markup
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Why:
    """How a value comes about: a heading, a sentence, formulas."""

    heading: Markup
    sentence: Markup
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a question asks for along the graph: how its items are worked out, and which item is which name."""

    mode: Mode
    derivations: Derivations
    output: str | None
    node_of: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What its table is."""
        return {
            "forward": "The forward pass, line by line",
            "reverse": "The backward pass, line by line",
            "tangent": "The tangents, line by line",
            "edges": "The local derivatives, edge by edge",
        }[self.mode]


class Explained:
    """A problem's graph for pages."""

    def __init__(self, prepared: PreparedProblem) -> None:
        """Nothing is worked out before it is asked for."""
        self.problem = prepared.problem
        self.graph = prepared.problem.graph
        self.structure = Structure(self.graph.names, self.graph.edges)
        self._sweeps: dict[str, Sweep | None] = {}
        self._found: dict[tuple[str, ...], Derivations] = {}
        self._kept: dict[tuple[str, ...], Any] = {}

    # ---- names --------------------------------------------------------------------------------------------------

    @cached_property
    def derivations(self) -> Derivations:
        """Of the graph as a whole, with its own output."""
        return Derivations(self.graph, self.problem.point, self.problem.symbols)

    @cached_property
    def values(self) -> dict[str, Value]:
        """All forward values at the printed point; labels are counted from 1, as they are written."""
        found = self._guarded(lambda: self.derivations.values) or {}
        return {name: value + 1 if name in self.graph.labels else value for name, value in found.items()}

    def name(self, name: str) -> Markup:
        """A name of the graph, or an edge, as the problem prints it; any other name as it is."""
        return self._once(("name", name), lambda: self._name(name)) or name_html(name)

    def _name(self, name: str) -> Markup:
        parts = [part.strip() for part in name.split("->")]
        if not all(part in self.graph.names for part in parts):
            return name_html(name)
        return ARROW.join(mathml(self.derivations.symbols(part)) for part in parts)

    def listing(self, names: Iterable[str]) -> Markup:
        """u1, u2 and u3."""
        found = [self.name(name) for name in names]
        if len(found) > MOST_NAMED:
            found = [*found[:MOST_NAMED], html("{} more", len(found) - MOST_NAMED)]
        return Markup(" and ").join([Markup(", ").join(found[:-1]), found[-1]] if len(found) > 1 else found)

    # ---- questions ----------------------------------------------------------------------------------------------

    def sweep(self, question: Question) -> Sweep | None:
        """How the items of a question are worked out along the graph; None where they are something else."""
        if question.name not in self._sweeps:
            self._sweeps[question.name] = self._guarded(lambda: self._sweep(question))
        return self._sweeps[question.name]

    def _sweep(self, question: Question) -> Sweep | None:
        options: Any = question.options
        items = options.items(question.name, self.graph) or ()
        if options.ask == "edge_jacobians":
            return Sweep("edges", self.derivations, self.graph.output, {item: item for item in items})
        if options.ask == "trace":
            of = (options.of or self.graph.output) if options.mode == "reverse" else self.graph.output
            seeds = options.seeds(self.graph) if options.mode == "tangent" else None
            found = Derivations(self.graph, self.problem.point, self.problem.symbols, output=of, seeds=seeds,
                                subgradient=options.subgradient)  # fmt: skip
            return Sweep(options.mode, found, of, {item: item for item in items})
        if options.ask == "gradient":
            of = options.of or self.graph.output
            if of not in self.graph.names or self.graph.shape(of) != ():
                return None
            found = Derivations(self.graph, self.problem.point, self.problem.symbols, output=of,
                                subgradient=options.subgradient)  # fmt: skip
            names = (options.wrt,) if isinstance(options.wrt, str) else items
            return Sweep("reverse", found, of, dict(zip(items, names, strict=True)))
        return None

    def derivation(self, question: Question, item: str) -> Derivation | None:
        """How an item is worked out; None where nothing can be said."""
        return self._once(("derivation", question.name, item), lambda: self._derivation(question, item))

    def _derivation(self, question: Question, item: str) -> Derivation | None:
        sweep = self.sweep(question)
        if sweep is None or sweep.mode == "edges" or item not in sweep.node_of:
            return None
        name = sweep.node_of[item]
        if sweep.mode == "reverse" and name not in sweep.derivations.adjoints:
            return None
        if question.layout == "numerator" and sweep.mode == "reverse" and self.graph.shape(name) != ():
            return None
        return sweep.derivations.of(sweep.mode, name)

    def worked(self, question: Question, item: str) -> Markup:
        """How an item is worked out, for a table: empty where nothing can be said."""
        return self._once(("worked", question.name, item), lambda: self._worked(question, item)) or Markup()

    def _worked(self, question: Question, item: str) -> Markup:
        sweep = self.sweep(question)
        if sweep is not None and sweep.mode == "edges":
            j, i = (part.strip() for part in item.split("->"))
            symbol = self._symbol(j, i)
            return mathml(symbol) if symbol else Markup()
        found = self._derivation(question, item)
        if found is None or sweep is None:
            return Markup()
        if sweep.mode == "reverse" and sweep.node_of[item] == sweep.output:
            return Markup("start of the sweep")
        return mathml(found.worked) if found.worked else Markup()

    def why(self, question: Question, item: str) -> Why | None:
        """How an item comes about, for the first wrong one."""
        return self._once(("why", question.name, item), lambda: self._why(question, item))

    def _why(self, question: Question, item: str) -> Why | None:
        sweep, found = self.sweep(question), self._derivation(question, item)
        if sweep is None or found is None or not found.in_symbols.strip().removesuffix("=").strip():
            return None
        name = sweep.node_of[item]
        scalar = numpy.shape(found.value) == ()
        left = mathml(found.left)
        heading = html("Why {} is {}", left, mathml(found.result)) if scalar else html("How {} is worked out", left)
        rules = (
            ("The formula" if sweep.mode == "forward" else "The chain rule at this node", found.in_symbols),
            ("With the local derivatives", found.with_local),
            ("With the numbers put in", found.with_numbers if found.numbers or found.sums or scalar else ""),
        )
        written: dict[str, str] = {}
        for title, formula in rules:
            if formula and formula not in written:
                written[formula] = title
        lines = tuple(Line(Markup(title), mathml(formula)) for formula, title in written.items())  # noqa: S704
        return Why(heading, self._sentence(sweep, name), lines)

    def _sentence(self, sweep: Sweep, name: str) -> Markup:
        graph = self.graph
        if sweep.mode == "forward":
            return html("{} is computed from {}.", self.name(name), self.listing(graph.parents(name)))
        if sweep.mode == "tangent":
            return html("{} moves with what it reads: {}. What each of them brings adds up.",
                        self.name(name), self.listing(graph.parents(name)))  # fmt: skip
        if name == sweep.output:
            return html("The sweep starts here: the derivative of {} with respect to itself.", self.name(name))
        readers = [part.edge[1] for part in sweep.derivations.reverse(name).parts]
        if len(readers) == 1:
            return html("{} is read by {} alone, so its adjoint is what comes back from there.",
                        self.name(name), self.name(readers[0]))  # fmt: skip
        if not readers:
            return html("No path leads from {} to the result.", self.name(name))
        return html("{} is read by {}. Each of them sends back its own share of the derivative, and the shares add up.",
                    self.name(name), self.listing(readers))  # fmt: skip

    def kept(self, question: Question, item: str, answer: Value) -> Contribution | None:
        """The one contribution that somebody's value is, where the others are left out: a fact, not a diagnosis."""
        found = self.derivation(question, item)
        if found is None or len(found.parts) < 2 or not isinstance(answer, (float, numpy.ndarray)):
            return None
        same = [part for part in found.parts if _same(answer, part.value)]
        return same[0] if len(same) == 1 and not _same(answer, found.value) else None

    def share(self, question: Question, item: str, kept: Contribution) -> tuple[Line, tuple[tuple[str, str], ...]]:
        """The line that says what is kept, and the edges whose contributions are not."""
        found = self.derivation(question, item)
        parts = found.parts if found else ()
        other = kept.edge[1] if found and found.mode == "reverse" else kept.edge[0]
        text = " = ".join(dict.fromkeys(t for t in (kept.numbers, array_latex(kept.value).tex) if t))
        line = Line(html("What you gave: only the share through {}", self.name(other)), mathml(text), bad=True)
        return line, tuple(part.edge for part in parts if part.edge != kept.edge)

    # ---- drawings -----------------------------------------------------------------------------------------------

    def drawing(
        self,
        sweep: Sweep | None,
        values: Mapping[str, Value],
        marks: Mapping[str, Mark],
        *,
        whole: bool,
        prefix: str,
        first: str | None = None,
        lost: Iterable[tuple[str, str]] = (),
        words: str = "",
    ) -> Markup | None:
        """The graph with forward `values` and the `marks` of the items of a sweep; with `whole` all that can be
        worked out beside them. `words` is added to what a reader who does not see it is told."""
        return self._guarded(lambda: self._drawing(sweep, values, marks, whole, prefix, first, frozenset(lost), words))

    def _drawing(
        self,
        sweep: Sweep | None,
        values: Mapping[str, Value],
        marks: Mapping[str, Mark],
        whole: bool,
        prefix: str,
        first: str | None,
        lost: frozenset[tuple[str, str]],
        words: str,
    ) -> Markup:
        marked = {sweep.node_of[item]: mark for item, mark in marks.items()} if sweep else {}
        edge_first = first if first is not None and "->" in first else None
        centre = edge_first.split("->")[1].strip() if edge_first else first
        small = collapsed(self.structure, self.graph.output, centre)
        block_of = {name: block for block, names in small.blocks for name in names}
        blocks = dict(small.blocks)
        nodes = tuple(
            self._block(name, blocks[name], marked)
            if name in blocks
            else self._node(name, sweep, values.get(name), marked.get(name), whole, name == first)
            for name in small.structure.nodes
        )
        labels = {edge: self._edge(edge, sweep, marked, whole, edge_first, edge in lost) for edge in self.graph.edges}
        known = "values and derivatives" if whole else "visible values"
        title = f"Computational graph of the problem with its {known}"
        drawing = Drawing(title, f"{self._told}{words} The tables have the same numbers.", nodes,
                          drawn_edges(labels, block_of))  # fmt: skip
        return _drawn(drawing, small.structure, prefix)

    def shares(self, question: Question, counts: Mapping[str, int], total: int, prefix: str) -> Markup | None:
        """The graph with the share of a class whose first error is at each item of a question; of 40 nodes at most."""
        sweep = self.sweep(question)
        if sweep is None or len(self.graph.names) > MOST_CARDS:
            return None
        found = {sweep.node_of[item]: Share(count, total) for item, count in counts.items() if item in sweep.node_of}
        return self._guarded(lambda: self._shares(found, sweep.mode == "edges", prefix))

    def _shares(self, found: Mapping[str, Share], on_edges: bool, prefix: str) -> Markup:
        nodes = []
        for name in self.graph.names:
            symbol, formula, note = self._texts(name)
            nodes.append(DrawnNode(name, symbol, formula, note, share=None if on_edges else found.get(name)))
        edges = tuple(DrawnEdge(j, i, share=found.get(f"{j}->{i}")) for j, i in self.graph.edges)
        told = "; ".join(f"{name}: {share.text}" for name, share in found.items())
        title = "Where the first error happens, as a share of those who tried"
        drawing = Drawing(title, f"{told}. The table has the same numbers.", tuple(nodes), edges, heat=True)
        return _drawn(drawing, self.structure, prefix)

    @cached_property
    def _told(self) -> str:
        """The graph in words."""
        inputs = f"Inputs: {', '.join(self.graph.leaves[:MOST_NAMED])}. "
        nodes = self.graph.nodes[:MOST_NAMED]
        read = "; ".join(f"{name} reads {', '.join(self.graph.parents(name))}" for name in nodes)
        more = len(self.graph.nodes) - len(nodes)
        return f"{inputs}{read}{f'; and {more} more nodes' if more else ''}."

    def _block(self, name: str, names: tuple[str, ...], marked: Mapping[str, Mark]) -> DrawnNode:
        found = [marked[n] for n in names if n in marked]
        wrong = sum(mark.state.glyph == "wrong" for mark in found)
        word = f"{wrong} wrong" if wrong else "all correct" if found and all(mark.right for mark in found) else ""
        return block_node(name, names, word)

    def _node(
        self, name: str, sweep: Sweep | None, value: Value, mark: Mark | None, whole: bool, first: bool
    ) -> DrawnNode:
        symbol, formula, note = self._texts(name)
        top = value_cell(brief(value)) if value is not None else None
        bottom: tuple[Cell, ...] = ()
        if sweep is not None and sweep.mode != "edges":
            label = ROW[sweep.mode]
            if mark is not None:
                bottom = _mark_cells(mark, label)
                top = None if sweep.mode == "forward" else top
            elif whole and sweep.mode == "reverse" and name in sweep.derivations.adjoints:
                bottom = (adjoint_cell(brief(sweep.derivations.adjoints[name])),)
        elif whole and name in self.derivations.adjoints:
            bottom = (adjoint_cell(brief(self.derivations.adjoints[name])),)
        wrong = mark is not None and mark.state.glyph == "wrong"
        return DrawnNode(name, symbol, formula, note, top, bottom, first=first and wrong)

    def _texts(self, name: str) -> tuple[str, str, str]:
        """The name and its formula on one line, or what it is."""
        key = ("texts", name)
        if key not in self._kept:
            found = self.derivations
            if name in self.graph.leaves:
                kind = "label" if name in self.graph.labels else "constant" if name in self.graph.constants else "input"
                self._kept[key] = found.symbols(name), "", kind
            else:
                node = found.reading.graph.by_name[name]
                self._kept[key] = found.symbols(name), latex(node, found.symbols, inline=True), ""
        kept: tuple[str, str, str] = self._kept[key]
        return kept

    def _edge(
        self,
        edge: tuple[str, str],
        sweep: Sweep | None,
        marked: Mapping[str, Mark],
        whole: bool,
        first: str | None,
        lost: bool,
    ) -> DrawnEdge:
        j, i = edge
        word = "lost" if lost else ""
        mark = marked.get(f"{j}->{i}")
        if mark is not None and mark.state.glyph == "wrong":
            word = "first error" if first is not None and _edge_of(first) == edge else "wrong"
        if whole and j not in self.graph.labels:
            inline, number = self._slope(j, i)
            return DrawnEdge(j, i, inline, number, word)
        number = brief(mark.expected) if mark is not None and mark.expected is not None else ""
        return DrawnEdge(j, i, "", number, word)

    def _slope(self, j: str, i: str) -> tuple[str, str]:
        """The local derivative on one line, and its number or shape."""
        found = self.jacobian(j, i)
        if found is None:
            shape = (self.graph.by_name[i].size, self.graph.by_name[j].size)
            return "", shape_text(shape)
        return ("" if found.constant and numpy.size(found.value) == 1 else found.inline), brief(found.value, True)

    def _symbol(self, j: str, i: str) -> str:
        found = self.jacobian(j, i)
        return found.symbol if found is not None else ""

    def jacobian(self, j: str, i: str) -> EdgeJacobian | None:
        """The local Jacobian of an edge; None where it is large, or has none."""
        if self.graph.by_name[j].size * self.graph.by_name[i].size > MOST_ENTRIES:
            return None
        return self._once(("edge", j, i), lambda: self.derivations.edge(j, i))

    # ---- keeping ------------------------------------------------------------------------------------------------

    def _once(self, key: tuple[str, ...], make: Callable[[], Found]) -> Found | None:
        if key not in self._kept:
            self._kept[key] = self._guarded(make)
        return cast("Found | None", self._kept[key])

    @staticmethod
    def _guarded(make: Callable[[], Found]) -> Found | None:
        try:
            return make()
        except Exception:
            return None


def brief(value: Value, shapes: bool = False) -> str:
    """A value for a card or an edge: a number, a short vector, or a shape; text as it is."""
    if value is None:
        return "–"
    if isinstance(value, (str, tuple)):
        return shown(value).text
    array = numpy.asarray(value, dtype=float)
    text = shown(array).text
    if array.ndim == 0:
        return text
    if array.size == 1 and shapes:
        return shown(array.reshape(())).text
    if array.ndim == 1 and not shapes and len(text) <= LONGEST_TEXT:
        return text
    return f"{array.shape[0]} entries" if array.ndim == 1 else shape_text(array.shape)


def array_math(value: Value) -> Markup:
    """An array as mathematics; its shape where it is large."""
    array = numpy.asarray(value, dtype=float)
    if not is_small(array.shape):
        return html("{}", shape_text(array.shape))
    return mathml(array_latex(array).tex)


def _mark_cells(mark: Mark, label: str) -> tuple[Cell, ...]:
    state = mark.state
    if mark.right:
        value = mark.expected if mark.expected is not None else mark.answer
        tone = "forward" if label == "value" else "backward"
        return (Cell(label, brief(value), tone, state.css, state.glyph, state.word),)
    expected = None if mark.expected is None else brief(mark.expected)
    return answer_cells(brief(mark.answer), expected, state.css, state.glyph, state.word)


def _edge_of(name: str) -> tuple[str, str]:
    j, _, i = name.partition("->")
    return j.strip(), i.strip()


def _same(answer: Value, value: Any) -> bool:
    a, b = numpy.asarray(answer, dtype=float), numpy.asarray(value, dtype=float)
    size = float(numpy.max(numpy.abs(b), initial=0.0))
    return a.shape == b.shape and size > 0 and bool(numpy.all(numpy.abs(a - b) <= 5e-4 * numpy.abs(b)))


@lru_cache(maxsize=2048)
def _drawn(drawing: Drawing, structure: Structure, prefix: str) -> Markup:
    return draw(drawing, layout(structure), prefix)
