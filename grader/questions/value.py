"""A number, vector or matrix: the value of a quantity at the printed point."""

from __future__ import annotations

from typing import Literal

from grader.questions.arrays import Arrays
from grader.questions.expecting import quantity_item
from grader.questions.following import following_values
from grader.questions.kind import Kind
from grader.spec.checking import Checker
from grader.spec.models import QuestionOptions
from grader.spec.problem import Problem, Question


class Options(QuestionOptions):
    """A `value` question; its answer is an array or a constant formula."""

    ask: Literal["value"]

    def check(self, checker: Checker) -> None:
        """The quantity can be read and has a value."""
        if self.of is not None:
            checker.number(self.of, "of")
        elif (output := checker.output()) is not None:
            checker.number(output)


def prepare(problem: Problem, question: Question) -> Arrays:
    """Solve the question: one item, named as it is."""
    of = question.options.of or problem.graph.output or ""
    item = quantity_item(problem, question, question.name, of)
    return Arrays(question, [item], bare=True, following=following_values(problem, question))


KIND = Kind("value", Options, prepare)
