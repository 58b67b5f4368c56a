"""Text that a person marks."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from grader.questions.kind import Kind
from grader.spec.fields import Text
from grader.spec.models import QuestionOptions


class Options(QuestionOptions):
    """A `text` question; its answer is text."""

    ask: Literal["text"]
    rubric: Text | None = Field(None, description="what a right answer says, for the person who marks it")


KIND = Kind("text", Options)
