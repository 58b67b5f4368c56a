"""A derivative as a sum of products of Jacobians on the edges."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from grader.questions.kind import Kind
from grader.spec.checking import Checker
from grader.spec.fields import Name
from grader.spec.models import QuestionOptions


class Options(QuestionOptions):
    """A `chain` question; its answer is a formula such as `J(o, q) @ J(q, l) @ J(l, V)`."""

    ask: Literal["chain"]
    wrt: Name = Field(description="the name of what is differentiated by")

    def check(self, checker: Checker) -> None:
        """Both ends are names of the graph."""
        if self.of is None:
            checker.output()
        else:
            checker.name(self.of, "of")
        checker.differentiable(self.wrt, "wrt")


KIND = Kind("chain", Options)
