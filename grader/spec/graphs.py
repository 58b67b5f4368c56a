"""The `graph` of a problem file: names, inputs, patterns and formulas become a graph of the engine.

Collects every error before it gives up; where an input cannot be read, the formulas are still looked at for names
and spelling, and only what depends on shapes is left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from pydantic_core import PydanticCustomError

from grader.engine import FormulaError, Graph, GraphErrors, Leaf, Unfit, UnknownName
from grader.errors import ProblemError
from grader.spec.document import Mapping as Entries
from grader.spec.document import Value, at
from grader.spec.fields import MOST_ENTRIES, known_here, name_trouble, shortened, written
from grader.spec.inputs import Input, read_input
from grader.spec.models import GraphSection, PatternSection
from grader.spec.patterns import MOST_NODES, filled, numbers
from grader.spec.wording import formula_error, key_place, place_of

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class _Formula:
    """A node's formula, where it stands, and the number for which a pattern made it."""

    text: str
    path: Path
    number: str = ""


@dataclass
class GraphReader:
    """Reads `graph`. After `read`, `graph` is None where anything was wrong, and `errors` say what.

    `whole` is false where parts of the section could not be read and were replaced.
    """

    section: GraphSection
    document: Value
    whole: bool = True
    inputs: dict[str, Input] = field(default_factory=dict)
    graph: Graph | None = None
    errors: list[ProblemError] = field(default_factory=list)
    _taken: dict[str, Path] = field(default_factory=dict)
    _formulas: dict[str, _Formula] = field(default_factory=dict)
    _leaves: dict[str, Leaf] = field(default_factory=dict)
    _entries: int = 0
    _unnamed: bool = False

    def read(self) -> None:
        """Read everything, then build the graph."""
        for part, constant in (("inputs", False), ("constants", True)):
            entries = at(self.document, ("graph", part))
            for name in getattr(self.section, part):
                self._read_input(name, ("graph", part, name), entries, constant)
        for name in self.section.functions:
            self._take(name, ("graph", "functions", name))
        for name, formula in self.section.nodes.items():
            path = ("graph", "nodes", name)
            if isinstance(formula, PatternSection):
                before = len(self.errors)
                self._expand(name, formula, path)
                self._unnamed |= len(self.errors) > before
            elif self._take(name, path):
                self._formulas[name] = _Formula(formula, path)
        if not self._formulas and not self.errors:
            place = key_place(self.document, ("graph", "nodes"))
            self.errors.append(ProblemError("the graph has no nodes", place, "Write name: formula."))
        self._check_output()
        self._build()

    def _take(self, name: str, path: Path, number: str = "") -> bool:
        """Whether a name may be used; reports a name that cannot be one, or that is taken."""
        trouble = name_trouble(name)
        place = key_place(self.document, path)
        if trouble:
            self.errors.append(ProblemError(trouble[0] + number, place, trouble[1]))
            return False
        if name in self._taken:
            first = key_place(self.document, self._taken[name])
            message = f"{name} stands here a second time; the first is at line {first.line}{number}"
            self.errors.append(ProblemError(message, place, "Give one of the two another name."))
            return False
        self._taken[name] = path
        return True

    def _read_input(self, name: str, path: Path, entries: Value, constant: bool) -> None:
        if not self._take(name, path):
            self._leaves.setdefault(name, Leaf(()))
            return
        value = entries.get(name) if isinstance(entries, Entries) else None
        try:
            one = read_input(name, written(value) if value is not None else None, constant)
        except PydanticCustomError as error:
            self._report(error, path)
            self._leaves[name] = Leaf(())
            return
        self._entries += math.prod(one.shape)
        if self._entries > MOST_ENTRIES:
            place = key_place(self.document, path)
            self.errors.append(ProblemError(f"the inputs together have more than {MOST_ENTRIES:,} entries", place))
            self._leaves[name] = Leaf(())
            return
        self.inputs[name] = one
        self._leaves[name] = one.leaf

    def _report(self, error: PydanticCustomError, path: Path, number: str = "") -> None:
        context = error.context or {}
        place = place_of(self.document, (*path, *context["path"]), context["span"])
        self.errors.append(ProblemError(context["message"] + number, place, context["hint"]))

    def _expand(self, template: str, pattern: PatternSection, path: Path) -> None:
        try:
            letter, range_ = numbers(pattern.for_)
        except PydanticCustomError as error:
            self._report(error, path)
            return
        if "{" not in template:
            message = f"{template} is one name for {len(range_)} nodes"
            hint = f'Write the number into the name: "{template}{{{letter}}}".'
            self.errors.append(ProblemError(message, key_place(self.document, path), hint))
            return
        for n in range_:
            number = f", for {letter} = {n}"
            try:
                name = filled(template, letter, n)
            except PydanticCustomError as error:
                context = {**(error.context or {}), "path": (), "span": None}
                place = key_place(self.document, path)
                self.errors.append(ProblemError(str(context["message"]), place, str(context["hint"])))
                return
            try:
                text = filled(pattern.formula, letter, n)
            except PydanticCustomError as error:
                self._report(error, (*path, "formula"))
                return
            if not self._take(name, path, number):
                return
            self._formulas[name] = _Formula(text, (*path, "formula"), number)
            if len(self._formulas) > MOST_NODES:
                message = f"the graph has more than {MOST_NODES:,} nodes"
                self.errors.append(ProblemError(message, key_place(self.document, path)))
                return

    def _check_output(self) -> None:
        output = self.section.output
        known = [*self._formulas, *self._leaves]
        if output is None or output in known:
            return
        place = place_of(self.document, ("graph", "output"))
        self.errors.append(
            ProblemError(f"the output {shortened(output)} is no node and no input", place, known_here(output, known))
        )

    def _build(self) -> None:
        output = self.section.output
        constants = frozenset(self.section.constants) & self._leaves.keys()
        try:
            graph = Graph.build(
                self._leaves,
                {name: formula.text for name, formula in self._formulas.items()},
                self.section.functions,
                constants,
                output if output in self._leaves or output in self._formulas else None,
            )
        except GraphErrors as found:
            doubtful = () if self.whole and not self.errors else (Unfit, UnknownName) if self._unnamed else (Unfit,)
            for where, error in found.errors:
                if not isinstance(error, doubtful):
                    self.errors.append(self._formula_error(where, error))
            return
        if self.whole and not self.errors:
            self.graph = graph

    def _formula_error(self, where: tuple[str, ...], error: FormulaError) -> ProblemError:
        kind, name = where[0], where[-1]
        if kind == "nodes" and name in self._formulas:
            formula = self._formulas[name]
            value = at(self.document, formula.path)
            if isinstance(error, UnknownName):
                read = formula.text[error.start : error.end]
                message = f"the formula of {name} reads {read}, which is no node and no input"
                error = UnknownName(message, error.start, error.end, error.hint)
            if formula.number:
                return ProblemError(error.message + formula.number, value.place, error.hint)
            return formula_error(error, value)
        return formula_error(error, at(self.document, ("graph", *where)))


def unread(graph: Graph, read: set[str]) -> list[str]:
    """The inputs that neither a node nor a question reads."""
    return [name for name in graph.inputs if not graph.readers(name) and name not in read]
