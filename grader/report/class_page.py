"""index.html and problems/<id>.html: the class, for instructors.

Of a student it keeps one small row; a class of more than 500 goes on in index-2.html and so on. What is counted is in
`statistics`, what is said about it in `findings`, the page of one problem in `problem_page`.
"""

from __future__ import annotations

import math
import sys
from statistics import median as median_of
from typing import Any, ClassVar, NamedTuple

from markupsafe import Markup

from grader.marking.results import StudentResult
from grader.report.findings import (
    Stopped,
    from_likeness,
    from_numbers,
    most_first_errors,
    most_important,
    reading,
    signed,
    words_of,
)
from grader.report.folder import Folder
from grader.report.histogram import histogram
from grader.report.numbers import percent, points_text
from grader.report.pages import STYLE, html, name_html, render, script, style
from grader.report.problem_page import page_names, problem_html
from grader.report.states import STATES, State
from grader.report.statistics import ClassStatistics, Digest, ProblemDigest, digest, letter
from grader.report.student_page import FOLDER, page_of
from grader.report.writer import Head, Summary

ROWS_ON_A_PAGE = 500
NEAR = 1e-9
"""Points that are missed by no more than this are reached."""


class ClassPage:
    """The overview of the class, and a page for each problem."""

    pages: ClassVar[bool] = True
    last: ClassVar[bool] = False

    def __init__(self, head: Head) -> None:
        self._head = head
        self._several = len(head.problems) != 1

    def part(self, result: StudentResult, shown: StudentResult) -> Digest:
        """What the class's pages need of a student."""
        return digest(result)

    def open(self, folder: Folder) -> None:
        """Write the style sheet, unless each page has its own."""
        self._folder = folder
        self._rows: list[_Row] = []
        self._found = ClassStatistics()
        self._stopped = Stopped()
        self._cells: dict[_Cell, _Cell] = {}
        if not self._head.standalone:
            folder.write(STYLE, style())

    def add(self, part: Digest) -> None:
        """Count a student, and keep one row."""
        self._found.add(part)
        self._stopped.add(part)
        cells = tuple(self._cells.setdefault(cell, cell) for cell in self._cells_of(part))
        self._rows.append(_Row(part.student, part.points, part.max_points, part.judged_points, cells,
                               *self._first_error(part)))  # fmt: skip

    def close(self, summary: Summary) -> None:
        """Write index.html and the pages after it, and the pages of the problems."""
        values = self._values(summary)
        for number, (file, first, last) in enumerate(values["pages"], 1):
            rows = self._rows[first - 1 : last]
            self._folder.write(file, render("class.html", **values, number=number, rows=rows))
        for problem in self._head.problems:
            file = values["problem_pages"][problem.id]
            self._folder.write(file, problem_html(problem, self._found.questions(problem.id), self._head))

    # -- one student

    def _cells_of(self, part: Digest) -> list[_Cell]:
        """A cell for each problem; for each question where there is one problem."""
        if not self._several:
            questions = part.problems[0].questions if part.problems else ()
            return [_Cell(_VERDICT_CELLS[q.verdict], q.points, q.max_points) for q in questions]
        of = {problem.problem: problem for problem in part.problems}
        return [_cell(of[p.id]) if p.id in of else _Cell("", None, 0.0) for p in self._head.problems]

    def _first_error(self, part: Digest) -> tuple[str, str, str]:
        """Where the first wrong value is: the letter of its question, the item; and what the mistake is known as."""
        for place, problem in enumerate(part.problems, 1):
            for number, question in enumerate(problem.questions):
                for item in question.items:
                    if item.verdict == "wrong":
                        where = f"{place}{letter(number)}" if self._several else letter(number)
                        name = "" if item.item == question.question else item.item
                        pattern = words_of(question.misconception) if question.misconception else ""
                        return sys.intern(where), sys.intern(name), sys.intern(pattern)
        return "", "", ""

    # -- the class

    def _values(self, summary: Summary) -> dict[str, Any]:
        """What the templates of all pages of students are given."""
        found, several = self._found, self._several
        order = [problem.id for problem in self._head.problems]
        questions = {problem: found.questions(problem) for problem in order}
        findings = [
            *self._stopped.findings(several),
            *from_numbers(found, order, several),
            *from_likeness(found.likeness.groups(found.answered), several),
        ]
        scores, top, unit = self._scores()
        median = median_of(scores) if scores else 0.0
        problems = self._head.problems
        heads = [(str(n), p.title) for n, p in enumerate(problems, 1)]
        if not several:
            heads = [(q.letter, q.title) for q in questions[order[0]]]
        return {
            "head": self._head, "summary": summary, "findings": findings, "left_out": self._stopped.left_out,
            "lead": most_important(found, order, summary.not_checked, several),
            "figures": self._figures(summary, scores, top, unit, median),
            "histogram": histogram(scores, top, median, unit) if scores else None,
            "questions": questions, "several": several, "heads": heads, "problem_pages": page_names(order),
            "reading": reading, "signed": signed, "bar": bar, "cells": _CELLS, "page_of": page_of, "folder": FOLDER,
            "patterns": any(row.pattern for row in self._rows), "pages": _pages(len(self._rows)),
            "script": script("class.js"),
        }  # fmt: skip

    def _scores(self) -> tuple[list[float], float, str]:
        """The scores, the most that can be reached, and in what they are counted."""
        most = {row.max_points for row in self._rows}
        if len(most) == 1 and all(row.judged_points == row.max_points for row in self._rows):
            return [row.points for row in self._rows], most.pop(), "points"
        judged = [row for row in self._rows if row.judged_points > 0]
        return [100 * row.points / row.judged_points for row in judged], 100.0, "% of the judged points"

    def _figures(
        self, summary: Summary, scores: list[float], top: float, unit: str, median: float
    ) -> list[tuple[str, str, str, Markup | str]]:
        """Label, number, what stands small beside it, and a line below it."""
        students, answered = summary.students, self._found.answered
        silent, checked = students - answered, students - summary.not_checked
        half = sum(score >= top / 2 - NEAR for score in scores)
        mean = math.fsum(scores) / len(scores) if scores else 0.0
        points = unit == "points"
        waiting = f"{summary.needs_person} with an answer that waits for a person" if summary.needs_person else ""
        return [
            ("Handed in", str(answered), f"of {students}", f"{silent} gave no answer" if silent else ""),
            ("Checked", str(checked), f"of {students}",
             f"{summary.not_checked} could not be, for no fault of theirs" if summary.not_checked else waiting),
            ("Median score", points_text(median) if points else f"{median:.0f}",
             f"of {points_text(top)}" if points else "%", f"mean {points_text(round(mean, 1))}"
             + ("" if points else " % of what is judged")),
            ("Half the points or more", percent(half / len(scores)).removesuffix(" %") if scores else "–",
             "%" if scores else "", f"{half} of {len(scores)}"),
            self._last_figure(scores, top),
        ]  # fmt: skip

    def _last_figure(self, scores: list[float], top: float) -> tuple[str, str, str, Markup | str]:
        """Where most have their first error; without errors that have a place, how many have full points."""
        found = [
            (count / question.tried, count, question, str(number) if self._several else "", item)
            for number, problem in enumerate(self._head.problems, 1)
            for question in self._found.questions(problem.id)
            for item, count in most_first_errors(question)
        ]
        if not found:
            full = sum(score >= top - NEAR for score in scores)
            return "Full points", str(full), f"of {len(scores)}", ""
        share, count, question, number, item = max(found, key=lambda error: error[0])
        where = html("{} of {}, at {}{}: {}", count, question.tried, number, question.letter, name_html(item))
        return "First error at one place", percent(share).removesuffix(" %"), "%", where


WRITER = ClassPage


class _Cell(NamedTuple):
    """How a problem or a question stands in the table: a key of `_CELLS` ("": it is not there) and its points."""

    state: str
    points: float | None
    max_points: float


class _Row(NamedTuple):
    """A student in the table."""

    student: str
    points: float
    max_points: float
    judged_points: float
    cells: tuple[_Cell, ...]
    question: str
    item: str
    pattern: str


_CELLS = {
    "full": State("is-ok", "ok", "✓", "full points", ""),
    "some": State("is-partial", "partial", "◐", "some points", ""),
    "none": State("is-wrong", "wrong", "✗", "no points", ""),
    "missing": STATES["missing"],
    "unreadable": STATES["unreadable"],
    "not_checked": STATES["not_checked"],
    "needs_person": STATES["needs_person"],
}
"""What the cells of the table of students may be."""

_VERDICT_CELLS = {verdict: verdict for verdict in STATES} | {"correct": "full", "partial": "some", "wrong": "none"}


def _cell(problem: ProblemDigest) -> _Cell:
    """How a student stands in a problem."""
    found = {v for question in problem.questions for v in (question.verdict, *(i.verdict for i in question.items))}
    own = {question.verdict for question in problem.questions}
    if any(question.points is None for question in problem.questions):
        state = "not_checked" if "not_checked" in found else "needs_person"
        return _Cell(state, None, problem.max_points)
    if own and own <= {"missing"}:
        state = "missing"
    elif own and own <= {"missing", "unreadable"}:
        state = "unreadable"
    elif problem.points >= problem.max_points - NEAR:
        state = "full"
    else:
        state = "some" if problem.points > 0 else "none"
    return _Cell(state, problem.points, problem.max_points)


def bar(share: float | None) -> str:
    """The length of a bar, of 120; what is below 0 has none."""
    return f"{120 * max(0.0, share or 0.0):.1f}"


def _pages(rows: int) -> list[tuple[str, int, int]]:
    """The files with the students, and which of them."""
    starts = range(0, max(rows, 1), ROWS_ON_A_PAGE)
    return [
        ("index.html" if number == 1 else f"index-{number}.html", start + 1, min(start + ROWS_ON_A_PAGE, rows))
        for number, start in enumerate(starts, 1)
    ]
