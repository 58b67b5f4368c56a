"""A Jacobian: a matrix of size(of) × size(wrt), both flattened by rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from pydantic import Field

from grader.engine import FormulaError
from grader.engine.rules import reshaped
from grader.questions.arrays import Arrays
from grader.questions.expecting import evaluated, quantity_item
from grader.questions.kind import Kind
from grader.spec.checking import Checker
from grader.spec.fields import Name
from grader.spec.models import QuestionOptions
from grader.spec.problem import Problem, Question


class Options(QuestionOptions):
    """A `jacobian` question; its answer is a matrix, a vector where one size is 1, or a number where both are."""

    ask: Literal["jacobian"]
    wrt: Name = Field(description="the name of what is differentiated by")

    def check(self, checker: Checker) -> None:
        """Both are known, and the second has derivatives."""
        of = checker.output() if self.of is None else self.of
        if self.of is not None and checker.quantity(self.of, "of") is None:
            of = None
        if checker.differentiable(self.wrt, "wrt") and of is not None:
            derivative_exists(checker, f"jac({of}, {self.wrt})", "wrt")


def derivative_exists(checker: Checker, text: str, *path: str | int) -> bool:
    """Whether a Jacobian can be worked out and has numbers; reports it where not."""
    try:
        checker.graph.quantity(text)
    except FormulaError as error:
        checker.report(error.message, *path, hint=error.hint)
        return False
    return checker.settled(text, *path)


def prepare(problem: Problem, question: Question) -> Arrays:
    """Solve the question: one item, named as it is."""
    options = question.options
    assert isinstance(options, Options)  # noqa: S101
    of = (options.of or problem.graph.output or "").strip()
    item = quantity_item(problem, question, question.name, f"jac({of}, {options.wrt})")
    node = item.expected.computation.output
    if node.size == 1:
        item = replace(item, expected=evaluated(problem, question, reshaped(node, ())))
    named = of in problem.graph.by_name
    what = f"the Jacobian of {of} by {options.wrt}" if named else f"the Jacobian by {options.wrt}"
    return Arrays(question, [replace(item, what=what)], bare=True, layout="jacobian")


KIND = Kind("jacobian", Options, prepare)
