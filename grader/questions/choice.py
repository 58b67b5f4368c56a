"""A choice among options, of one or of several."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from grader.questions.kind import Kind
from grader.spec.checking import Checker
from grader.spec.fields import Flag, NameOrNames, Text
from grader.spec.models import QuestionOptions


class Options(QuestionOptions):
    """A `choice` question; its answer is an option's key, or a list of them where `right` is a list."""

    ask: Literal["choice"]
    options: dict[str, Text] = Field(description="key → what it says, in Markdown")
    right: NameOrNames = Field(description="the key of the right option, or a list of keys")
    shuffle: Flag = Field(False, description="whether the options are shown in another order to each student")

    def check(self, checker: Checker) -> None:
        """What is right is among the options."""
        super().check(checker)
        if isinstance(self.right, str):
            named: list[tuple[str, tuple[str | int, ...]]] = [(self.right, ("right",))]
        else:
            named = [(key, ("right", n)) for n, key in enumerate(self.right)]
        for key, path in named:
            checker.name(key, *path, among=self.options, what="no option")
        if not self.options:
            checker.report("there are no options", "options", hint="Write key: text.")


KIND = Kind("choice", Options)
