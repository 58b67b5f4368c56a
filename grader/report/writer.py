"""What every report writer is given, and what it is asked to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from grader import __version__
from grader.batch.assignment import Ready
from grader.marking import PreparedProblem
from grader.marking.results import ProblemSummary, StudentResult
from grader.report.folder import Folder

Part = Any
"""What a writer needs of one student: strings, numbers and tuples, which go from one process to another."""


@dataclass(frozen=True, slots=True)
class Head:
    """What is known before the first student; `sandbox` is the tier that Python answers ran under, None without any.

    `prepared` has the problems that can be used, by id, for what pages show of a graph; results without it have no
    drawings. With `standalone` each page has its style sheet inside.
    """

    title: str
    problems: tuple[ProblemSummary, ...]
    sandbox: str | None = None
    grader: str = __version__
    prepared: Mapping[str, PreparedProblem] = field(default_factory=dict)
    standalone: bool = False

    @classmethod
    def of(cls, ready: Ready, sandbox: str | None = None, *, standalone: bool = False) -> Head:
        """What is known of an assignment, and the tier that its programs run under."""
        prepared = {p.problem.id: p for p in ready.problems}
        return cls(ready.title, ready.summaries, sandbox, prepared=prepared, standalone=standalone)


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
    """One report format, in two halves, since students are worked on in several processes and written in one.

    `part` works out what goes into the report of one student and touches no file: it may run in another process than
    `open`, `add` and `close`, in a writer of its own. `add` may keep a small row of each student, never a whole
    result. `pages` writers are left out by `--no-pages`; a `last` writer is closed after the others have written
    everything.
    """

    pages: ClassVar[bool]
    last: ClassVar[bool]

    def __init__(self, head: Head) -> None:
        """Take what is known before the first student."""

    def part(self, result: StudentResult, shown: StudentResult) -> Part:
        """What there is to write of one student: of the complete result, or of what the student may see."""

    def open(self, folder: Folder) -> None:
        """Begin."""

    def add(self, part: Part) -> None:
        """Take one student, in the order of the class."""

    def close(self, summary: Summary) -> None:
        """Write what needs the whole class."""
