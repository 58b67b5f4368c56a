"""What every report writer is given, and what it is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from grader import __version__
from grader.marking.results import ProblemSummary, StudentResult
from grader.report.folder import Folder


@dataclass(frozen=True, slots=True)
class Head:
    """What is known before the first student; `sandbox` is the tier that Python answers ran under, None without any."""

    title: str
    problems: tuple[ProblemSummary, ...]
    sandbox: str | None = None
    grader: str = __version__


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of a class. The last three count students who have such a question or item.

    A share is points by judged points, of the students of whom something was judged; None where there is none.
    """

    students: int = 0
    complete: int = 0
    mean_share: float | None = None
    median_share: float | None = None
    lowest_share: float | None = None
    unreadable: int = 0
    not_checked: int = 0
    needs_person: int = 0


class Writer(Protocol):
    """One report format. It may keep a small row of each student, never a whole result.

    `pages` writers are left out by `--no-pages`; a `last` writer is closed after the others have written everything.
    """

    pages: ClassVar[bool]
    last: ClassVar[bool]

    def open(self, folder: Folder, head: Head) -> None:
        """Begin."""

    def student(self, result: StudentResult, shown: StudentResult) -> None:
        """Take one student: the complete result, and the copy without what the student may not see."""

    def close(self, summary: Summary) -> None:
        """Write what needs the whole class."""
