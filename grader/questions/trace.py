"""A pass through the graph: forward values, adjoints backwards, or tangents."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy
from pydantic import Field, Tag

from grader.engine import Graph
from grader.engine.certify import Claim
from grader.engine.node import constant
from grader.engine.transform import forward
from grader.questions.arrays import Arrays, Item
from grader.questions.expecting import derivative_items, evaluated, quantity_item
from grader.questions.following import following_adjoints, following_tangents, following_values
from grader.questions.kind import Kind
from grader.spec.checking import Checker
from grader.spec.fields import Array, ByForm, Fraction, Name, OneName
from grader.spec.models import QuestionOptions
from grader.spec.problem import Problem, Question


class Options(QuestionOptions):
    """A `trace` question; its answer is a mapping, node → value."""

    ask: Literal["trace"]
    mode: Literal["forward", "reverse", "tangent"] = Field("forward", description="which pass is written down")
    seed: Annotated[OneName | Annotated[dict[str, Array], Tag("<mapping>")], ByForm] | None = Field(
        None, description="for tangent: the input, or input → its tangent"
    )
    nodes: tuple[Name, ...] | None = Field(None, description="the nodes asked for; without it all")
    follow_through: Fraction = Field(
        1.0, description="credit for an item that is right given the student's earlier ones"
    )

    def check(self, checker: Checker) -> None:
        """The nodes are on the pass, and a tangent has a seed that fits."""
        graph = checker.graph
        if self.of is not None:
            checker.name(self.of, "of")
        if self.mode == "reverse":
            self._check_output(checker)
        self._check_seed(checker)
        allowed = self._all(graph)
        for n, name in enumerate(self.nodes or ()):
            if checker.name(name, "nodes", n) and name not in allowed:
                checker.report(f"{name} has no item in a {self.mode} trace", "nodes", n, hint=_ITEMS[self.mode])
        if self.nodes is not None and not self.nodes:
            checker.report("nothing is asked for", "nodes", hint="Write the names of nodes.")
        if not checker.errors:
            for name in self.items("", graph) or ():
                if not all(checker.settled(text) for text in self._quantities(name, graph)):
                    break

    def _check_output(self, checker: Checker) -> None:
        if self.of is None:
            checker.scalar_output()
        elif self.of in checker.graph.names and checker.graph.shape(self.of) != ():
            checker.report(f"{self.of} is no number, and a reverse trace starts from a number", "of")

    def _check_seed(self, checker: Checker) -> None:
        if self.mode != "tangent":
            if self.seed is not None:
                checker.report(
                    f"a {self.mode} trace has no seed", "[key]seed", hint="Leave it out, or write mode: tangent."
                )
            return
        graph = checker.graph
        if self.seed is None:
            checker.report("a tangent trace needs a seed", hint="Write seed: and the name of an input.")
        elif isinstance(self.seed, str):
            if checker.differentiable(self.seed, "seed") and graph.shape(self.seed) != ():
                hint = f"Write seed: {{{self.seed}: …}} with numbers in the shape of {self.seed}."
                checker.report(f"{self.seed} is no number, so its tangent has to be written", "seed", hint=hint)
        else:
            for name, tangent in self.seed.items():
                known = checker.differentiable(name, "seed", f"[key]{name}")
                if known and tangent.shape != graph.shape(name):
                    message = f"the tangent of {name} has the shape of {name}, {_shape(graph.shape(name))}"
                    checker.report(f"{message}, and this is {_shape(tangent.shape)}", "seed", name)
            if not self.seed:
                checker.report("a tangent trace needs a seed", "seed", hint="Write seed: and the name of an input.")

    def seeds(self, graph: Graph) -> dict[str, numpy.ndarray]:
        """The tangents of the inputs of a tangent trace; what is not named has none."""
        if isinstance(self.seed, str):
            return {self.seed: numpy.ones(())}
        return dict(self.seed or {})

    def _all(self, graph: Graph) -> tuple[str, ...]:
        if self.mode != "reverse":
            return graph.nodes
        without = {*graph.labels, *graph.constants}
        return tuple(name for name in reversed(graph.names) if name not in without)

    def items(self, question: str, graph: Graph) -> tuple[str, ...] | None:
        """An item for each node asked for, in the order of the pass."""
        return self._all(graph) if self.nodes is None else self.nodes

    def _quantities(self, name: str, graph: Graph) -> list[str]:
        if self.mode == "forward":
            return [name]
        if self.mode == "reverse":
            return [f"grad({self.of or graph.output}, {name})"]
        return [f"tangent({name}, {seed})" for seed in self.seeds(graph) if graph.shape(seed) == ()]


_ITEMS = {
    "forward": "A forward trace has the computed nodes.",
    "reverse": "A reverse trace has the nodes and the inputs, not labels and constants.",
    "tangent": "A tangent trace has the computed nodes.",
}


def _shape(shape: tuple[int, ...]) -> str:
    if not shape:
        return "a number"
    return f"{shape[0]} entries" if len(shape) == 1 else " × ".join(str(size) for size in shape)


def prepare(problem: Problem, question: Question) -> Arrays:
    """Solve the sweep; the items stand in its order, whatever the order in which they are asked for."""
    options = question.options
    assert isinstance(options, Options)  # noqa: S101
    asked = options.items(question.name, problem.graph) or ()
    if options.mode == "forward":
        names = [n for n in problem.graph.nodes if n in asked]
        values = [quantity_item(problem, question, n, n) for n in names]
        return Arrays(question, values, bare=False, following=following_values(problem, question), carries="forward")
    if options.mode == "tangent":
        return _tangents(problem, question, options, set(asked))
    of = options.of or problem.graph.output or ""
    names = [n for n in reversed(problem.graph.names) if n in asked]
    words = {n: f"the adjoint of {n}" for n in names}
    items = derivative_items(problem, question, of, {n: n for n in names}, words)
    following = following_adjoints(problem, question, of)
    return Arrays(question, items, bare=False, layout=question.layout, following=following, carries="reverse")


def _tangents(problem: Problem, question: Question, options: Options, asked: set[str]) -> Arrays:
    graph = problem.graph
    seeds = {graph.by_name[n]: constant(v) for n, v in options.seeds(graph).items()}
    tangents = {n: forward(graph.by_name[n], seeds) for n in graph.names if n not in graph.labels}
    moves = {graph.by_name[n]: v for n, v in options.seeds(graph).items()}
    items = []
    for n in (n for n in graph.nodes if n in asked):
        claim = Claim(f"tangent of {n}", graph.by_name[n], moves, tangents[n])
        items.append(Item(n, f"the tangent of {n}", evaluated(problem, question, tangents[n]), n, (claim,)))
    following = following_tangents(problem, question, tangents)
    return Arrays(question, items, bare=False, following=following, carries="tangent")


KIND = Kind("trace", Options, prepare)
