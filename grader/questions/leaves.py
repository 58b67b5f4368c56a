"""The leaves of the graph: its inputs, by name."""

from __future__ import annotations

from typing import Literal

from grader.questions.kind import Kind
from grader.spec.models import QuestionOptions


class Options(QuestionOptions):
    """A `leaves` question; its answer is a list of names."""

    ask: Literal["leaves"]


KIND = Kind("leaves", Options)
