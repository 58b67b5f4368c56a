"""The local Jacobians on the edges of the graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy
from pydantic import Field

from grader.answers.names import showable
from grader.engine import Graph
from grader.engine.certify import Claim
from grader.engine.node import constant
from grader.engine.sweep import Part, Step
from grader.errors import AnswerError
from grader.questions.arrays import Arrays, Item
from grader.questions.evidence import Marked
from grader.questions.expecting import quantity_item
from grader.questions.following import Following
from grader.questions.jacobian import derivative_exists
from grader.questions.kind import Kind
from grader.questions.names import edge_of
from grader.spec.checking import ARROW, Checker
from grader.spec.document import Damage, Scalar, Value
from grader.spec.document import Mapping as DocumentMapping
from grader.spec.fields import Name
from grader.spec.models import QuestionOptions
from grader.spec.problem import Problem, Question


class Options(QuestionOptions):
    """An `edge_jacobians` question; its answer is a mapping, `u1->u3` → value."""

    ask: Literal["edge_jacobians"]
    edges: tuple[Name, ...] | None = Field(None, description="edges as u1->u3; without it all")

    def check(self, checker: Checker) -> None:
        """Every edge is one of the graph and has a Jacobian."""
        for n, text in enumerate(self.edges or ()):
            edge = checker.edge(text, "edges", n)
            if edge is not None and edge[0] in checker.graph.labels:
                checker.report(f"{edge[0]} is a label, and no derivative by a label exists", "edges", n)
            elif edge is not None:
                derivative_exists(checker, f"edge({edge[0]}, {edge[1]})", "edges", n)
        if self.edges is None:
            for j, i in self.pairs(checker.graph):
                if not derivative_exists(checker, f"edge({j}, {i})"):
                    break
        elif not self.edges:
            checker.report("nothing is asked for", "edges", hint="Write edges, such as [u1->u3].")

    def pairs(self, graph: Graph) -> tuple[tuple[str, str], ...]:
        """The edges asked for; all are those that a derivative is asked by: not from labels and constants."""
        if self.edges is None:
            without = {*graph.labels, *graph.constants}
            return tuple(edge for edge in graph.edges if edge[0] not in without)
        found = (ARROW.fullmatch(text) for text in self.edges)
        return tuple((match[1], match[2]) for match in found if match)

    def items(self, question: str, graph: Graph) -> tuple[str, ...] | None:
        """An item for each edge."""
        return tuple(f"{j}->{i}" for j, i in self.pairs(graph))


@dataclass(frozen=True, eq=False)
class EdgeJacobians:
    """The question made ready: items of `arrays`, whose names a student may write in several ways."""

    arrays: Arrays

    @property
    def items(self) -> tuple[str, ...]:
        """The edges asked for, as `u1->u3`."""
        return self.arrays.items

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The derivatives behind the items."""
        return self.arrays.claims

    def expected(self) -> Mapping[str, Any]:
        """The local Jacobian of each edge."""
        return self.arrays.expected()

    def mark(self, answer: Value | None, earlier: Marked | None) -> Marked:
        """The evidence of an answer."""
        return self.arrays.mark(_renamed(answer) if isinstance(answer, DocumentMapping) else answer, earlier)


def _renamed(answer: DocumentMapping) -> DocumentMapping:
    """The answer with every edge written as `u1->u3`; an edge that is there twice is read neither way."""
    entries: dict[str, tuple[Scalar, Value]] = {}
    damage = [Damage(edge_of(found.key) or found.key, found.error) for found in answer.damage]
    for key, value in answer.entries:
        edge = edge_of(key.raw) or key.raw
        if edge in entries:
            message = f"this is a second answer for {showable(edge)}"
            damage.append(Damage(edge, AnswerError(message, key.place, "Keep one of them.")))
        else:
            entries[edge] = replace(key, raw=edge), value
    return replace(answer, entries=tuple(entries.values()), damage=tuple(damage))


def prepare(problem: Problem, question: Question) -> EdgeJacobians:
    """Solve the question: an item for each edge, in the order of evaluation; one choice at kinks holds for all."""
    options, graph = question.options, problem.graph
    assert isinstance(options, Options)  # noqa: S101
    asked = set(options.pairs(graph))
    items = [_item(problem, question, j, i) for j, i in graph.edges if (j, i) in asked]
    following = _following(problem, question, items)
    single = len(items) == 1
    return EdgeJacobians(
        Arrays(question, items, bare=False, either_form=single, layout="jacobian", following=following)
    )


def _item(problem: Problem, question: Question, j: str, i: str) -> Item:
    name = f"{j}->{i}"
    item = quantity_item(problem, question, name, f"edge({j}, {i})")
    what = "derivative" if item.expected.computation.shape == () else "Jacobian"
    return replace(item, what=f"the local {what} ∂{i}/∂{j} on {name}", node=name)


def _following(problem: Problem, question: Question, items: Sequence[Item]) -> Following | None:
    """Follow-through from a student's own forward values, where the question depends on some.

    As in a reverse sweep the values are given; unlike there, no item follows from another.
    """
    if question.options.depends_on is None:
        return None
    true = {item.name: item.expected.value for item in items}
    steps = {name: _step(problem.graph, *name.split("->")) for name in true}
    values = problem.graph.values(problem.point)
    how = question.options.subgradient
    return Following(problem.graph, "reverse", values, true, tuple(true), None, how, steps)


def _step(graph: Graph, j: str, i: str) -> Step:
    """The local Jacobian from the values of what i reads."""
    parents = graph.parents(i)
    rule = graph.edge(j, i)
    one = constant(numpy.eye(graph.by_name[i].size, graph.by_name[j].size) if rule.shape else 1.0)
    return Step(rule, parents, (), tuple(graph.by_name[p] for p in parents), (Part((j, i), rule, one),))


KIND = Kind("edge_jacobians", Options, prepare)
