"""students/<id>.html: one student's own page, from the copy that holds what the student may see and nothing else.

The folder is complete in itself, with its style sheet, so that it can be handed out as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from grader.marking.results import ItemResult, ProblemResult, QuestionResult, StudentResult
from grader.report.folder import Folder
from grader.report.names import safe_name
from grader.report.numbers import Shown, shown_pair
from grader.report.pages import STYLE, letters, render, style
from grader.report.states import RECEIVED, STATES, State, state_of, verdicts_in
from grader.report.writer import Head, Summary

FOLDER = "students"
MOST_MESSAGES = 50


def page_of(student: str) -> str:
    """Where the page of a student is, from the report folder."""
    return f"{FOLDER}/{safe_name(student)}.html"


class StudentPage:
    """A page for each student."""

    pages: ClassVar[bool] = True
    last: ClassVar[bool] = False

    def __init__(self, head: Head) -> None:
        self._head = head

    def part(self, result: StudentResult, shown: StudentResult) -> tuple[str, str]:
        """The name of the page, and the page."""
        return page_of(shown.student), student_html(shown, self._head)

    def open(self, folder: Folder) -> None:
        """Write the style sheet."""
        self._folder = folder
        folder.write(f"{FOLDER}/{STYLE}", style())

    def add(self, part: tuple[str, str]) -> None:
        """Write one page."""
        self._folder.write(*part)

    def close(self, summary: Summary) -> None:
        """Nothing is left to do."""


WRITER = StudentPage


def student_html(shown: StudentResult, head: Head) -> str:
    """The page of one student."""
    sections = list(_sections(shown))
    return render(
        "student.html",
        title=head.title,
        student=shown,
        sections=sections,
        first=_first(shown, sections),
        messages=shown.messages[:MOST_MESSAGES],
        more_messages=len(shown.messages) - MOST_MESSAGES,
        meanings=_meanings(shown),
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """An item; `label` is None for the only item of a question, which has the question's name.

    A message of several lines has a line of the table for itself (`more`).
    """

    item: ItemResult
    label: str | None
    state: State
    answer: Shown
    expected: Shown
    first: bool
    more: bool


@dataclass(frozen=True, slots=True)
class _Question:
    """A question with its letter and the place on the page where it stands."""

    letter: str
    anchor: str
    result: QuestionResult
    state: State
    rows: tuple[_Row, ...]
    with_expected: bool
    with_reasons: bool


@dataclass(frozen=True, slots=True)
class _Section:
    anchor: str
    result: ProblemResult
    questions: tuple[_Question, ...]


def _sections(shown: StudentResult) -> Iterator[_Section]:
    for number, problem in enumerate(shown.problems, 1):
        questions = (
            _question(letter, f"p{number}-{letter}", question, _first_item(shown, problem, question))
            for letter, question in zip(letters(), problem.questions, strict=False)
        )
        yield _Section(f"p{number}", problem, tuple(questions))


def _question(letter: str, anchor: str, question: QuestionResult, first: str | None) -> _Question:
    items = () if question.hidden == "all" else question.items
    rows = tuple(_row(item, question, item.item == first) for item in items)
    return _Question(
        letter,
        anchor,
        question,
        state_of(question),
        rows,
        with_expected=question.hidden is None and any(item.expected is not None for item in items),
        with_reasons=any((row.item.message and not row.more) or row.item.checks for row in rows),
    )


def _row(item: ItemResult, question: QuestionResult, first: bool) -> _Row:
    answer, expected = shown_pair(item.answer, item.expected, differ=item.verdict in ("wrong", "follow_through"))
    label = None if item.item == question.question and len(question.items) == 1 else item.item
    more = "\n" in (item.message or "").strip("\n")
    return _Row(item, label, STATES[item.verdict], answer, expected, first, more)


def _first_item(shown: StudentResult, problem: ProblemResult, question: QuestionResult) -> str | None:
    """The item of this question that is to be mended first, if it is one of this question."""
    first = shown.first_to_fix
    return first[2] if first and first[:2] == (problem.problem, question.question) else None


def _first(shown: StudentResult, sections: list[_Section]) -> tuple[_Section, _Question, _Row] | None:
    """Where to begin; None where nothing is wrong, or where that is not to be seen yet."""
    rows = ((s, q, r) for s in sections for q in s.questions for r in q.rows if r.first)
    return next(rows, None)


def _meanings(shown: StudentResult) -> list[State]:
    """The marks that this page uses, in the order of the table of verdicts."""
    questions = [question for problem in shown.problems for question in problem.questions]
    used = set().union(*(verdicts_in(question) for question in questions if question.hidden != "all"))
    hidden = any(question.hidden == "all" for question in questions)
    return [state for verdict, state in STATES.items() if verdict in used] + [RECEIVED] * hidden
