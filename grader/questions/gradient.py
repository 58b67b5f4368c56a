"""The gradient of a number with respect to one name (an array) or several (a mapping)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from grader.engine import Graph
from grader.questions.arrays import Arrays, Item
from grader.questions.expecting import derivative_items
from grader.questions.following import following_adjoints
from grader.questions.kind import Kind
from grader.spec.checking import Checker
from grader.spec.fields import NameOrNames
from grader.spec.models import QuestionOptions
from grader.spec.problem import Problem, Question


class Options(QuestionOptions):
    """A `gradient` question; its answer is the array, or a mapping where `wrt` is a list or absent."""

    ask: Literal["gradient"]
    wrt: NameOrNames | None = Field(None, description="a name, or a list of names; without it every input")

    def check(self, checker: Checker) -> None:
        """What is differentiated is a number, and by names that have derivatives."""
        of = self.of
        if of is None:
            of = checker.scalar_output()
        elif (node := checker.quantity(of, "of")) is not None and node.shape != ():
            checker.report("only the gradient of a number is asked for, and this is an array", "of")
            return
        if isinstance(self.wrt, str):
            known = [(self.wrt, "wrt")] if checker.differentiable(self.wrt, "wrt") else []
        elif self.wrt is not None:
            known = [(name, "wrt") for n, name in enumerate(self.wrt) if checker.differentiable(name, "wrt", n)]
            if not self.wrt:
                checker.report("nothing is asked for", "wrt", hint="Write a name, or a list of names.")
        else:
            known = [(name, "of") for name in self.names(checker.graph)]
        for name, option in known:
            if of is not None and not checker.settled(f"grad({of}, {name})", option):
                break

    def names(self, graph: Graph) -> tuple[str, ...]:
        """The names that the gradient is asked by."""
        if self.wrt is None:
            return tuple(name for name in graph.inputs if name not in graph.labels)
        return (self.wrt,) if isinstance(self.wrt, str) else self.wrt

    def items(self, question: str, graph: Graph) -> tuple[str, ...] | None:
        """An item for each name, or one that is named as the question where `wrt` is one name."""
        return (question,) if isinstance(self.wrt, str) else self.names(graph)


def prepare(problem: Problem, question: Question) -> Arrays:
    """Solve the question: one reverse sweep gives all items."""
    options = question.options
    assert isinstance(options, Options)  # noqa: S101
    single = isinstance(options.wrt, str)
    names = options.names(problem.graph)
    of = options.of or problem.graph.output or ""
    labels = {name: question.name if single else name for name in names}
    words = {name: f"the gradient of {of} by {name}" for name in names}
    items: list[Item] = derivative_items(problem, question, of, labels, words)
    return Arrays(
        question,
        items,
        bare=single,
        either_form=not single and len(items) == 1,
        layout=question.layout,
        following=following_adjoints(problem, question, of),
        carries="reverse",
    )


KIND = Kind("gradient", Options, prepare)
