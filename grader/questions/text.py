"""Text that a person marks; what is expected of it is for that person only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from grader.engine.certify import Claim
from grader.questions.evidence import Evidence, Marked
from grader.questions.kind import Kind
from grader.questions.names import is_nothing
from grader.spec import document
from grader.spec.document import Scalar, Value
from grader.spec.fields import Text
from grader.spec.models import QuestionOptions
from grader.spec.problem import Problem, Question


class Options(QuestionOptions):
    """A `text` question; its answer is text."""

    ask: Literal["text"]
    rubric: Text | None = Field(None, description="what a right answer says, for the person who marks it")


@dataclass(frozen=True, slots=True)
class Written:
    """A question whose answer waits for a person. It has one item, named as the question, and no reference answer."""

    question: str

    @property
    def items(self) -> tuple[str, ...]:
        """The only item."""
        return (self.question,)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """There is no derivative behind it."""
        return ()

    def expected(self) -> Mapping[str, None]:
        """Nothing: the rubric is no answer, and not for students."""
        return {self.question: None}

    def mark(self, answer: Value | None, earlier: Marked | None) -> Marked:
        """Whatever was written waits for a person."""
        text = _text(answer)
        if not text:
            return Marked((Evidence(self.question, "missing"),))
        return Marked((Evidence(self.question, "needs_person", text, None, "A person marks this."),))


def _text(answer: Value | None) -> str:
    """The words of an answer, also where YAML took them for a list or a mapping; "" where there are none."""
    return "" if answer is None else "\n".join(_lines(answer))


def _lines(answer: Value) -> Iterator[str]:
    if is_nothing(answer):
        return
    if isinstance(answer, Scalar):
        yield answer.value if isinstance(answer.value, str) else answer.raw
    elif isinstance(answer, document.Sequence):
        for item in answer.items:
            yield from _lines(item)
    else:
        for key, item in answer.entries:
            first, *more = [*_lines(item), ""]
            yield f"{key.raw}: {first}".rstrip()
            yield from more[:-1]


def prepare(problem: Problem, question: Question) -> Written:
    """There is nothing to solve."""
    return Written(question.name)


KIND = Kind("text", Options, prepare)
