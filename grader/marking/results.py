"""The result model: what every mark is, as data.

Questions give evidence, marking turns it into these, writers turn these into pages and files and decide nothing.
The fields are those of format.md 4; what is written to results.json is exactly what `report.results_json` lists.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy

from grader.questions.evidence import Check
from grader.spec.document import Value as Written

__all__ = [
    "Check",
    "ItemResult",
    "ProblemResult",
    "ProblemSummary",
    "QuestionResult",
    "StudentResult",
    "Value",
    "Verdict",
]

Verdict = Literal[
    "correct", "follow_through", "partial", "wrong", "missing", "unreadable", "not_checked", "needs_person"
]
"""Of a question; an item has all of these but `partial`, a question all but `follow_through`."""

Value = numpy.ndarray | float | str | tuple[str, ...] | None
"""An answer or an expected value: an array (a number is one without axes), text as it was written, or a list of it."""


@dataclass(frozen=True, slots=True)
class ItemResult:
    """The mark of one named part of an answer.

    `answer` is what the student gave (text where it could not be read, None where nothing was given); `expected` is
    None where it is hidden; `message` says in one or two sentences why the verdict is what it is.
    """

    item: str
    verdict: Verdict
    answer: Value = None
    expected: Value = None
    misconception: str | None = None
    message: str | None = None
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """The mark of a question. `points` is None while an item is not checked or waits for a person.

    `hidden` is None in the instructor's results; in a student's copy it says what was taken out: "expected" (the
    verdict is shown) or "all" (only that the answer was received: verdict, points and messages are gone). `written` is
    the answer as the student's file has it, for pages that say how it was read.
    """

    question: str
    ask: str
    title: str
    verdict: Verdict
    points: float | None
    max_points: float
    items: tuple[ItemResult, ...]
    misconception: str | None = None
    message: str | None = None
    hidden: Literal["expected", "all"] | None = None
    written: Written | None = None


@dataclass(frozen=True, slots=True)
class ProblemResult:
    """The marks of one problem; `message` is about its file (what could not be read, which names were left alone)."""

    problem: str
    title: str
    points: float
    max_points: float
    judged_points: float
    questions: tuple[QuestionResult, ...]
    message: str | None = None


@dataclass(frozen=True, slots=True)
class StudentResult:
    """One submission. `first_to_fix` names (problem, question, item) of the first thing that went wrong, or None."""

    student: str
    points: float
    max_points: float
    judged_points: float
    problems: tuple[ProblemResult, ...]
    variant: int = 0
    messages: tuple[str, ...] = ()
    first_to_fix: tuple[str, str, str] | None = None


@dataclass(frozen=True, slots=True)
class ProblemSummary:
    """What the head of results.json says of a problem."""

    id: str
    title: str
    points: float
