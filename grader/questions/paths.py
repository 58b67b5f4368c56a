"""The paths from one name of the graph to another."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from grader.questions.kind import Kind
from grader.spec.checking import Checker
from grader.spec.fields import Name
from grader.spec.models import QuestionOptions


class Options(QuestionOptions):
    """A `paths` question; its answer is a list of `u1->u3->u5`."""

    ask: Literal["paths"]
    from_: Name = Field(alias="from", description="where the paths begin")
    to: Name = Field(description="where they end")

    def check(self, checker: Checker) -> None:
        """Both ends are names of the graph."""
        super().check(checker)
        checker.name(self.from_, "from")
        checker.name(self.to, "to")


KIND = Kind("paths", Options)
