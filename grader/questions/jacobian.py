"""A Jacobian: a matrix of size(of) × size(wrt)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from grader.questions.kind import Kind
from grader.spec.checking import Checker
from grader.spec.fields import Name
from grader.spec.models import QuestionOptions


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
            checker.settled(f"jac({of}, {self.wrt})", "wrt")


KIND = Kind("jacobian", Options)
