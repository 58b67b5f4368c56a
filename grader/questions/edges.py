"""The edges of the graph."""

from __future__ import annotations

from typing import Literal

from grader.questions.kind import Kind
from grader.spec.models import QuestionOptions


class Options(QuestionOptions):
    """An `edges` question; its answer is a list of `a->b`."""

    ask: Literal["edges"]


KIND = Kind("edges", Options)
