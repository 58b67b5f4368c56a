"""A choice among options, of one or of several.

Keys compare as text; a key that is no option cannot be read. The order in which options are shown changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from grader.questions.kind import Kind
from grader.questions.names import Form, Judged, Listed, judge_set, listing
from grader.spec.checking import Checker
from grader.spec.fields import Flag, NameOrNames, Text
from grader.spec.models import QuestionOptions
from grader.spec.problem import Problem, Question


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


def prepare(problem: Problem, question: Question) -> Listed:
    """The right key, or the right ones."""
    options = question.options
    assert isinstance(options, Options)  # noqa: S101
    keys = list(options.options)
    hint = f"The options are {listing(keys)}." if len(keys) > 1 else f"The only option is {keys[0]}."
    form = Form("the key of an option", hint, lambda text: text if text in options.options else None)
    if isinstance(options.right, str):
        right = options.right
        return Listed(question.name, form, (right,), lambda given: _judge_one(right, given), single=True)
    several = tuple(dict.fromkeys(options.right))
    return Listed(question.name, form, several, lambda given: judge_set(given, several, lambda _: "it is not right"))


def _judge_one(right: str, given: Sequence[str]) -> Judged:
    chosen = list(dict.fromkeys(given))
    if not chosen:
        return Judged("wrong", "No option is chosen, and one is right.")
    if len(chosen) > 1:
        return Judged("wrong", f"One option is right, and you chose {listing(chosen)}.")
    return Judged("correct") if chosen == [right] else Judged("wrong", f"{listing(chosen)} is not the right option.")


KIND = Kind("choice", Options, prepare)
