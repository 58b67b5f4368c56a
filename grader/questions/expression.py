"""A formula: right where it has the value of a quantity at drawn points."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from grader.engine import RESERVED_NAMES
from grader.questions.kind import Kind
from grader.spec.checking import Checker
from grader.spec.fields import Formula, Name
from grader.spec.models import QuestionOptions

OPERATORS = ("+", "-", "*", "/", "**", "@", ".T")


class Options(QuestionOptions):
    """An `expression` question; its answer is a formula."""

    ask: Literal["expression"]
    equals: Formula = Field(description="the quantity that the formula has to equal")
    in_: tuple[Name, ...] | None = Field(None, alias="in", description="names the formula may use")
    up_to: Literal["constant", "factor"] | None = Field(None, description="right up to an added constant, or a factor")
    forbid: tuple[Name, ...] = Field((), description="operations the formula may not use")

    def check(self, checker: Checker) -> None:
        """The quantity can be read; names and operations are known."""
        super().check(checker)
        checker.quantity(self.equals, "equals")
        for n, name in enumerate(self.in_ or ()):
            checker.name(name, "in", n)
        operations = (*OPERATORS, *sorted(RESERVED_NAMES), *checker.functions)
        for n, name in enumerate(self.forbid):
            if name not in operations:
                checker.name(name, "forbid", n, among=operations, what="no operation")


KIND = Kind("expression", Options)
