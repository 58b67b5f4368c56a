"""What a kind of question is: the options an author may write, and, where it is built, how it is marked.

A kind is data; each module beside this one makes one and calls it KIND. Nothing is registered by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from grader.questions.evidence import Asked
from grader.spec.models import QuestionOptions
from grader.spec.problem import Problem, Question


@dataclass(frozen=True)
class Kind:
    """One `ask`. `prepare` solves a question for marking; None where this version reads the options and no more."""

    ask: str
    options: type[QuestionOptions]
    prepare: Callable[[Problem, Question], Asked] | None = None
