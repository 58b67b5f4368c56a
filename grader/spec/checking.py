"""Holds the options of a question against the graph: known names, quantities that can be read, numbers that exist.

Each kind of question calls this for its own options; every trouble becomes an error of the author at its place.
Nothing is marked or computed for students here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from functools import cached_property

import numpy

from grader.engine import FormulaError, Graph, GraphErrors, Node, names_read
from grader.errors import ProblemError
from grader.spec.document import Value, at
from grader.spec.fields import MOST_ENTRIES, known_here, shortened
from grader.spec.inputs import Input
from grader.spec.wording import formula_error, key_place, place_of

Path = str | int
ARROW = re.compile(r"\s*(\w+)\s*->\s*(\w+)\s*")


MOST_LOOKS = 50
"""How many quantities of a question are evaluated to see whether they depend on a function that is `any`."""


class Checker:
    """One question's check. `read` collects the names that the question reads, `errors` what is wrong.

    `graph` is the problem's; a question with `given` arguments looks at `with_given`, which knows them as inputs.
    """

    def __init__(
        self,
        graph: Graph,
        inputs: Mapping[str, Input],
        functions: Mapping[str, str],
        point: Mapping[str, numpy.ndarray],
        document: Value,
        path: tuple[Path, ...],
    ) -> None:
        self.graph = graph
        self.inputs = dict(inputs)
        self.functions = functions
        self.point = dict(point)
        self.document = document
        self.path = path
        self.errors: list[ProblemError] = []
        self.read: set[str] = set()
        self._looked = 0

    def report(self, message: str, *path: Path, hint: str = "", span: tuple[int, int] | None = None) -> None:
        """Add an error at an option of the question; a last step `[key]name` is the key of an entry."""
        where = (*self.path, *path)
        place = place_of(self.document, where, span) if path else key_place(self.document, where)
        self.errors.append(ProblemError(message, place, hint))

    def name(self, name: str, *path: Path, among: Iterable[str] | None = None, what: str = "") -> bool:
        """Whether `name` is known: among the names of the graph, or among those given (`what` names them)."""
        known = list(self.graph.names if among is None else among)
        self.read.add(name)
        if name in known:
            return True
        message = f"{shortened(name)} is {what or 'no node and no input'}"
        if what and name in self.graph.names:
            message = f"{name} is {_what(self.graph, name)}, {what}"
        self.report(message, *path, hint=known_here(name, known))
        return False

    def differentiable(self, name: str, *path: Path) -> bool:
        """Whether a derivative with respect to `name` can be asked for: any name but a label."""
        if not self.name(name, *path):
            return False
        if name in self.graph.labels:
            self.report(f"{name} is a label, and no derivative by a label exists", *path)
            return False
        return True

    def quantity(self, text: str, *path: Path) -> Node | None:
        """The quantity that an option holds, or None where it cannot be read."""
        self.mention(text)
        try:
            return self.graph.quantity(text)
        except FormulaError as error:
            self.errors.append(formula_error(error, at(self.document, (*self.path, *path))))
            return None

    def number(self, text: str, *path: Path) -> Node | None:
        """A quantity whose value is asked for, so that it cannot depend on a function that is `any`."""
        node = self.quantity(text, *path)
        if node is not None:
            self.settled(text, *path)
        return node

    def settled(self, text: str, *path: Path) -> bool:
        """Whether a quantity keeps its value when other functions stand for `any`; reports it where not.

        Of a question with very many, the first are looked at.
        """
        if not self.graph.unspecified or self._looked >= MOST_LOOKS or self._is_large:
            return True
        self._looked += 1
        try:
            node, other = self.graph.quantity(text), self._twin.quantity(text)
        except FormulaError:
            return True
        with numpy.errstate(all="ignore"):
            (value,) = self.graph.evaluate(self.point, node)
            (changed,) = self._twin.evaluate(self.point, other)
        if numpy.allclose(value, changed, rtol=1e-9, atol=1e-12, equal_nan=True):
            return True
        names = ", ".join(sorted(self.graph.unspecified))
        hint = "Name a function, such as tanh, or ask for an expression."
        self.report(
            f"{shortened(text)} has no value: it depends on {names}, which may be any function", *path, hint=hint
        )
        return False

    def output(self, *path: Path) -> str | None:
        """The graph's output, for a question that needs one."""
        if self.graph.output is None:
            ends = [name for name in self.graph.nodes if not self.graph.readers(name)]
            message = "this needs an output, and " + (
                f"{_listed(ends)} are read by nothing" if ends else "the graph has no node that nothing reads"
            )
            self.report(message, *path, hint="Write output: and a name in graph, or of: and a name here.")
        return self.graph.output

    def scalar_output(self, *path: Path) -> str | None:
        """The graph's output where it is a number, for what is differentiated."""
        name = self.output(*path)
        if name is None or self.graph.shape(name) == ():
            return name
        self.report(f"{name} is no number, and only the gradient of a number is asked for", *path)
        return None

    def edge(self, text: str, *path: Path) -> tuple[str, str] | None:
        """The edge that `u1->u3` names."""
        found = ARROW.fullmatch(text)
        if found is None:
            self.report(f"an edge was expected, and this is the text {shortened(text)}", *path, hint="Write u1->u3.")
            return None
        j, i = found[1], found[2]
        if not (self.name(j, *path) and self.name(i, *path)):
            return None
        if (j, i) not in self.graph.edges:
            reads = ", ".join(self.graph.parents(i))
            hint = f"{i} reads {reads}." if reads else f"{i} is an input and reads nothing."
            self.report(f"there is no edge from {j} to {i}", *path, hint=hint)
            return None
        return j, i

    def mention(self, text: str) -> None:
        """Count the names of a formula as read."""
        try:
            self.read.update(names_read(text))
        except FormulaError:
            self.read.update(re.findall(r"[^\W\d]\w*", text))

    def with_given(self, given: Mapping[str, Input]) -> Checker:
        """A checker for the same question whose graph knows the given arguments too."""
        inputs = {**self.inputs, **given}
        graph = rebuilt(self.graph, inputs, self.functions)
        point = {**self.point, **{name: one.value(name) for name, one in given.items()}}
        checker = Checker(graph, inputs, self.functions, point, self.document, self.path)
        checker.errors, checker.read = self.errors, self.read
        return checker

    def sizes_fit(self, shapes: Mapping[str, tuple[int, ...]], *path: Path) -> None:
        """Report where the formulas do not fit together at other sizes."""
        inputs = {name: one if name not in shapes else resized(one, shapes[name]) for name, one in self.inputs.items()}
        try:
            rebuilt(self.graph, inputs, self.functions)
        except GraphErrors as found:
            for where, error in found.errors:
                of = f"with these sizes, {where[-1]}: "
                self.report(of + error.message, *path, hint=error.hint)

    @cached_property
    def _is_large(self) -> bool:
        """Whether the graph's values would take too much memory for a look at them."""
        return sum(math.prod(self.graph.shape(name)) for name in self.graph.names) > 5 * MOST_ENTRIES

    @cached_property
    def _twin(self) -> Graph:
        """The same graph with other functions for `any`: each is drawn by its place in the list."""
        functions = {"(another)": "any", **self.functions}
        return rebuilt(self.graph, self.inputs, functions)


def rebuilt(graph: Graph, inputs: Mapping[str, Input], functions: Mapping[str, str]) -> Graph:
    """The graph with other inputs or functions; raises GraphErrors where they do not fit."""
    leaves = {name: one.leaf for name, one in inputs.items()}
    return Graph.build(leaves, dict(graph.formulas), functions, frozenset(graph.constants), graph.output)


def resized(one: Input, shape: tuple[int, ...]) -> Input:
    """An input of another shape, drawn as it was."""
    return Input(one.name, shape, None, one.drawn, one.classes)


def _what(graph: Graph, name: str) -> str:
    if name in graph.labels:
        return "a label"
    return "an input" if name in graph.inputs else "a constant" if name in graph.constants else "a node"


def _listed(names: list[str]) -> str:
    names = names[:8]
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]
