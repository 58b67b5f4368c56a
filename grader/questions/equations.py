"""The system of equations of the graph: a formula for each node."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from grader.engine import Graph
from grader.questions.kind import Kind
from grader.spec.checking import Checker
from grader.spec.fields import Fraction, Name
from grader.spec.models import QuestionOptions


class Options(QuestionOptions):
    """An `equations` question; its answer is a mapping, name → formula."""

    ask: Literal["equations"]
    nodes: tuple[Name, ...] | None = Field(None, description="names that must be among them; without it every node")
    structure: Literal["free"] | None = Field(None, description="free: any way of computing the values is right")
    follow_through: Fraction = Field(
        1.0, description="credit for an item that is right given the student's earlier ones"
    )

    def check(self, checker: Checker) -> None:
        """The nodes are nodes of the graph."""
        super().check(checker)
        for n, name in enumerate(self.nodes or ()):
            checker.name(name, "nodes", n, among=checker.graph.nodes, what="no node")
        if self.nodes is not None and not self.nodes:
            checker.report("nothing is asked for", "nodes", hint="Write the names of nodes.")

    def items(self, question: str, graph: Graph) -> tuple[str, ...] | None:
        """An item for each node asked for; helper names are none."""
        return graph.nodes if self.nodes is None else self.nodes


KIND = Kind("equations", Options)
