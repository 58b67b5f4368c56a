"""grades.csv: one row for each student, for spreadsheets and learning platforms.

Lines end with a line feed alone: every spreadsheet reads it, and the file is the same on every system and to every
line tool. A cell that a spreadsheet would run as a formula gets an apostrophe; our own numbers are left as they are.
"""

from __future__ import annotations

import re
from typing import ClassVar

from grader.marking.results import StudentResult
from grader.report.folder import Folder
from grader.report.numbers import points_text
from grader.report.states import judged
from grader.report.text import visible
from grader.report.writer import Head, Summary

_FORMULA = re.compile(r"[\s\"'\u200b-\u200f\u2060\ufeff]*[=+\-@\t\r\n＝＋－﹣＠−]|[\t\r\n]")
"""What a spreadsheet may take for a formula, also behind blanks that it drops and in full-width letters."""
_QUOTED = re.compile(r"[,;\"\s|]")
"""Also what separates cells in other countries: a cell must not fall apart there and become a formula."""


class GradesCsv:
    """A column for each problem; a total stays empty while a question of it has no points."""

    pages: ClassVar[bool] = False
    last: ClassVar[bool] = False

    def __init__(self, head: Head) -> None:
        self._problems = [problem.id for problem in head.problems]

    def part(self, result: StudentResult, shown: StudentResult) -> str:
        """One row."""
        of = {problem.problem: problem for problem in result.problems}
        points = [points_text(of[p].points) if p in of and judged(of[p]) else "" for p in self._problems]
        total = points_text(result.points) if all(map(judged, result.problems)) else ""
        return _row([_cell(result.student), *points, total, points_text(result.max_points)])

    def open(self, folder: Folder) -> None:
        """Write the names of the columns."""
        self._file = folder.create("grades.csv")
        self.add(_row(["student", *map(_cell, self._problems), "points", "max_points"]))

    def add(self, part: str) -> None:
        """Write one row."""
        self._file.write(part)

    def close(self, summary: Summary) -> None:
        """Give the file its name."""
        self._file.commit()


WRITER = GradesCsv


def _row(cells: list[str]) -> str:
    return ",".join(cells) + "\n"


def _cell(text: str) -> str:
    """Text as one cell: shown, not run, and in one piece."""
    text = ("'" if _FORMULA.match(text) else "") + visible(text)
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text
