"""Marks become files: many writers, one result model.

A report format is one module of this package with a `WRITER`; being there is enough. Results come one student at a
time and are forgotten, so a class may have any size. Writers decide nothing: what a student may not see is gone from
the copy they are given.
"""

from __future__ import annotations

import math
import pkgutil
import statistics
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Self

from grader.marking.results import StudentResult
from grader.report.folder import Folder, FolderError
from grader.report.states import judged, verdicts_in
from grader.report.writer import Head, Summary, Writer

__all__ = ["FolderError", "Head", "Reports", "Summary", "Writer", "writers"]


def writers() -> dict[str, type[Writer]]:
    """Every report format by the name of its module."""
    modules = ((info.name, import_module(f"{__name__}.{info.name}")) for info in pkgutil.iter_modules(__path__))
    return {name: module.WRITER for name, module in sorted(modules) if hasattr(module, "WRITER")}


class Reports:
    """All reports of one batch: `with Reports(folder, head) as reports: reports.add(result, shown)`.

    An exception inside leaves the last results.json as it was; `summary` is there after the block.
    """

    def __init__(self, folder: Path, head: Head, *, pages: bool = True) -> None:
        """Open every report; without `pages` only those that are no web page."""
        self.summary = Summary()
        self._folder = Folder(Path(folder))
        self._figures = _Figures()
        self._writers = [writer() for writer in writers().values() if pages or not writer.pages]
        try:
            for writer in self._writers:
                writer.open(self._folder, head)
        except BaseException:
            self._folder.discard()
            raise

    def add(self, result: StudentResult, shown: StudentResult) -> None:
        """Write one student: `result` is complete, `shown` what the student may see of it."""
        self._figures.add(result)
        for writer in self._writers:
            writer.student(result, shown)

    def __enter__(self) -> Self:
        """Nothing more to open."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        """Complete the reports, or give up those that have no name yet."""
        try:
            if error is None:
                self._close()
        finally:
            self._folder.discard()

    def _close(self) -> None:
        self.summary = self._figures.summary()
        for writer in self._writers:
            if not writer.last:
                writer.close(self.summary)
        self._folder.remove_earlier()
        for writer in self._writers:
            if writer.last:
                writer.close(self.summary)


class _Figures:
    """What the summary needs of each student: a share and four flags."""

    def __init__(self) -> None:
        self._students = self._complete = self._unreadable = self._not_checked = self._needs_person = 0
        self._shares: list[float] = []

    def add(self, result: StudentResult) -> None:
        verdicts = {v for problem in result.problems for question in problem.questions for v in verdicts_in(question)}
        self._students += 1
        self._complete += all(judged(problem) for problem in result.problems)
        self._unreadable += "unreadable" in verdicts
        self._not_checked += "not_checked" in verdicts
        self._needs_person += "needs_person" in verdicts
        if result.judged_points > 0:
            self._shares.append(result.points / result.judged_points)

    def summary(self) -> Summary:
        shares = self._shares
        return Summary(
            students=self._students,
            complete=self._complete,
            mean_share=math.fsum(shares) / len(shares) if shares else None,
            median_share=statistics.median(shares) if shares else None,
            lowest_share=min(shares, default=None),
            unreadable=self._unreadable,
            not_checked=self._not_checked,
            needs_person=self._needs_person,
        )
