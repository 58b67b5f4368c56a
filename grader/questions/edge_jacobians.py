"""The local Jacobians on the edges of the graph."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from grader.engine import Graph
from grader.questions.kind import Kind
from grader.spec.checking import ARROW, Checker
from grader.spec.fields import Name
from grader.spec.models import QuestionOptions


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
                checker.settled(f"edge({edge[0]}, {edge[1]})", "edges", n)
        if self.edges is None:
            for j, i in self.pairs(checker.graph):
                if not checker.settled(f"edge({j}, {i})"):
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


KIND = Kind("edge_jacobians", Options)
