"""Several values at once: a mapping from names to values."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from grader.engine import Graph
from grader.questions.arrays import Arrays
from grader.questions.expecting import quantity_item
from grader.questions.following import following_values
from grader.questions.kind import Kind
from grader.spec.checking import Checker
from grader.spec.fields import NamesOrQuantities
from grader.spec.models import QuestionOptions
from grader.spec.problem import Problem, Question


class Options(QuestionOptions):
    """A `values` question; its answer is a mapping, name → value."""

    ask: Literal["values"]
    of: NamesOrQuantities | None = Field(  # type: ignore[assignment]
        None, description="names, or a mapping: name → quantity; without it the output"
    )

    def check(self, checker: Checker) -> None:
        """Every quantity can be read and has a value."""
        if self.of is None:
            if (output := checker.output()) is not None:
                checker.number(output)
        elif isinstance(self.of, dict):
            for name, text in self.of.items():
                checker.number(text, "of", name)
        else:
            for n, name in enumerate(self.of):
                if checker.name(name, "of", n):
                    checker.number(name, "of", n)
        if self.of is not None and not self.of:
            checker.report("nothing is asked for", "of", hint="Write names, or name: quantity.")

    def quantities(self, graph: Graph) -> dict[str, str]:
        """The items and the quantity of each."""
        if self.of is None:
            return {graph.output: graph.output} if graph.output else {}
        return dict(self.of) if isinstance(self.of, dict) else {name: name for name in self.of}

    def items(self, question: str, graph: Graph) -> tuple[str, ...] | None:
        """An item for each name."""
        return tuple(self.quantities(graph))


def prepare(problem: Problem, question: Question) -> Arrays:
    """Solve the question: an item for each name, in the order of the question."""
    assert isinstance(question.options, Options)  # noqa: S101
    quantities = question.options.quantities(problem.graph)
    items = [quantity_item(problem, question, name, text) for name, text in quantities.items()]
    return Arrays(question, items, bare=False, following=following_values(problem, question), carries="forward")


KIND = Kind("values", Options, prepare)
