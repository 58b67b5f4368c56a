"""Marks become files: many writers, one result model.

A report format is one module of this package with a `WRITER`; being there is enough. Results come one student at a
time and are forgotten, so a class may have any size. Writers decide nothing: what a student may not see is gone from
the copy they are given.
"""

from __future__ import annotations

import math
import pkgutil
from array import array
from importlib import import_module
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Self

from grader.marking.results import StudentResult
from grader.report.folder import Folder, FolderError
from grader.report.states import judged, verdicts_in
from grader.report.writer import Head, Part, Summary, Writer

__all__ = ["FolderError", "Head", "Parts", "Reports", "Summary", "Writer", "writers"]


def writers() -> dict[str, type[Writer]]:
    """Every report format by the name of its module."""
    modules = ((info.name, import_module(f"{__name__}.{info.name}")) for info in pkgutil.iter_modules(__path__))
    return {name: module.WRITER for name, module in sorted(modules) if hasattr(module, "WRITER")}


class Parts:
    """What goes into the reports of each student; has no files, so every process may have its own."""

    def __init__(self, head: Head, *, pages: bool = True) -> None:
        """For every report; without `pages` only for those that are no web page."""
        self.writers: list[Writer] = [writer(head) for writer in writers().values() if pages or not writer.pages]

    def of(self, result: StudentResult, shown: StudentResult) -> tuple[Part, ...]:
        """Of one student: `result` is complete, `shown` what the student may see of it."""
        return _figures(result), *(writer.part(result, shown) for writer in self.writers)


class Reports:
    """All reports of one batch: `with Reports(folder, head) as reports: reports.add(result, shown)`.

    An exception inside leaves the last results.json as it was; `summary` is there after the block.
    """

    def __init__(self, folder: Path, head: Head, *, pages: bool = True) -> None:
        """Open every report; without `pages` only those that are no web page."""
        self.summary = Summary()
        self._folder = Folder(Path(folder))
        self._figures = _Figures()
        self._parts = Parts(head, pages=pages)
        self._writers = self._parts.writers
        try:
            for writer in self._writers:
                writer.open(self._folder)
        except BaseException:
            self._folder.discard()
            raise

    def add(self, result: StudentResult, shown: StudentResult) -> None:
        """Write one student: `result` is complete, `shown` what the student may see of it."""
        self.take(self._parts.of(result, shown))

    def take(self, parts: tuple[Part, ...]) -> None:
        """Write one student of whom `Parts` has worked out what there is to write, here or in another process."""
        figures, *others = parts
        self._figures.add(figures)
        for writer, part in zip(self._writers, others, strict=True):
            writer.add(part)

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


_Flags = tuple[bool, bool, bool, bool, float | None]
"""Of a student: judged in full, something unreadable, not checked, waiting for a person; the share of the points."""


def _figures(result: StudentResult) -> _Flags:
    verdicts = {v for problem in result.problems for question in problem.questions for v in verdicts_in(question)}
    complete = all(judged(problem) for problem in result.problems)
    share = result.points / result.judged_points if result.judged_points > 0 else None
    return complete, "unreadable" in verdicts, "not_checked" in verdicts, "needs_person" in verdicts, share


class _Figures:
    """The summary, one student at a time."""

    def __init__(self) -> None:
        self._students = self._complete = self._unreadable = self._not_checked = self._needs_person = 0
        self._shares = array("d")

    def add(self, figures: _Flags) -> None:
        complete, unreadable, not_checked, needs_person, share = figures
        self._students += 1
        self._complete += complete
        self._unreadable += unreadable
        self._not_checked += not_checked
        self._needs_person += needs_person
        if share is not None:
            self._shares.append(share)

    def summary(self) -> Summary:
        shares = self._shares
        return Summary(
            students=self._students,
            complete=self._complete,
            mean_share=math.fsum(shares) / len(shares) if shares else None,
            median_share=median(shares) if shares else None,
            lowest_share=min(shares, default=None),
            unreadable=self._unreadable,
            not_checked=self._not_checked,
            needs_person=self._needs_person,
        )
