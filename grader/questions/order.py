"""One order of evaluation of the graph."""

from __future__ import annotations

from typing import Literal

from grader.questions.kind import Kind
from grader.spec.models import QuestionOptions


class Options(QuestionOptions):
    """An `order` question; its answer is a list of names."""

    ask: Literal["order"]


KIND = Kind("order", Options)
