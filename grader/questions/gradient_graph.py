"""The gradient graph: a formula for the gradient by each of several nodes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from grader.engine import Graph
from grader.questions.kind import Kind
from grader.spec.checking import Checker
from grader.spec.fields import Fraction, Name, name_trouble
from grader.spec.models import QuestionOptions


class Options(QuestionOptions):
    """A `gradient_graph` question; its answer is a mapping, name of a gradient node → formula."""

    ask: Literal["gradient_graph"]
    targets: dict[str, Name] = Field(description="node → name of its gradient node")
    follow_through: Fraction = Field(
        1.0, description="credit for an item that is right given the student's earlier ones"
    )

    def check(self, checker: Checker) -> None:
        """The targets are known, and the names of their gradients are new."""
        if self.of is None:
            checker.scalar_output()
        elif (node := checker.quantity(self.of, "of")) is not None and node.shape != ():
            checker.report("only the gradient of a number is asked for, and this is an array", "of")
        owners: dict[str, str] = {}
        for target, name in self.targets.items():
            checker.differentiable(target, "targets", f"[key]{target}")
            trouble = name_trouble(name)
            if trouble:
                checker.report(trouble[0], "targets", target, hint=trouble[1])
            elif name in checker.graph.names or name in checker.functions:
                message = f"{name} is a name of the graph, so the gradient by {target} needs another"
                checker.report(message, "targets", target, hint=f"Write d_{target}, say.")
            elif name in owners:
                message = f"{name} is the gradient by {owners[name]} already"
                checker.report(message, "targets", target, hint=f"Write d_{target}, say.")
            owners.setdefault(name, target)
        if not self.targets:
            checker.report("nothing is asked for", "targets", hint="Write node: name of its gradient.")

    def items(self, question: str, graph: Graph) -> tuple[str, ...] | None:
        """An item for each gradient node; helper names are none."""
        return tuple(self.targets.values())


KIND = Kind("gradient_graph", Options)
