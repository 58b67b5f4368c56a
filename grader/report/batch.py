"""A batch of hand-ins becomes reports: read, marked and worked out in several processes, written by this one.

Every process makes the problems ready for itself, since what they are compiled to does not travel. The reports are
the same bytes whatever the number of processes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from grader.answers.find import Source, Submissions
from grader.batch.assignment import Ready, make_ready
from grader.batch.grading import Graded, grade_source, lost
from grader.batch.pool import ALONE_BELOW, in_order, processors
from grader.report import Parts, Reports
from grader.report.writer import Head, Part, Summary


def write_reports(
    problems: str,
    ready: Ready,
    submissions: Submissions,
    output: Path,
    *,
    pages: bool = True,
    standalone: bool = False,
    advance: Callable[[], None] = lambda: None,
    workers: int | None = None,
) -> Summary:
    """Grade `submissions` into the folder `output`; `ready` is what `problems` was made to.

    With `standalone` each page is a file for itself. `advance` is called after each student. `workers` is the number
    of processes beside this one; without it, one for each processor, and none for a small class. Raises FolderError
    where the folder cannot be written.
    """
    if workers is None:
        workers = processors() if len(submissions) >= ALONE_BELOW else 0
    work = Work(problems, submissions.root, ready, pages=pages, standalone=standalone)
    with Reports(output, Head.of(ready, ready.tier, standalone=standalone), pages=pages) as reports:
        give_up = partial(_given_up, ready, Parts(Head.of(ready, standalone=standalone), pages=pages))
        for parts in in_order(work, submissions.sources, give_up, workers):
            reports.take(parts)
            advance()
    return reports.summary


class Work:
    """What a process does: called once, it gives the function from a hand-in to the parts of the reports."""

    def __init__(self, problems: str, root: str, ready: Ready, *, pages: bool, standalone: bool = False) -> None:
        self._problems = problems
        self._root = root
        self._pages = pages
        self._standalone = standalone
        self._ready: Ready | None = ready
        self._questions = dict(ready.questions)
        self._minimum = ready.minimum

    def __getstate__(self) -> dict[str, object]:
        """Everything but what is made ready."""
        return {**self.__dict__, "_ready": None}

    def __call__(self) -> Callable[[Source], tuple[Part, ...]]:
        """Make ready what is not; raises RuntimeError where the problems are others than they were."""
        ready = self._ready or make_ready(self._problems, self._minimum)
        if ready.questions != self._questions:
            raise RuntimeError("the problem files have changed in the meantime")
        parts = Parts(Head.of(ready, standalone=self._standalone), pages=self._pages)
        return partial(_parts_of, ready, self._root, parts)


def _parts_of(ready: Ready, root: str, parts: Parts, source: Source) -> tuple[Part, ...]:
    return _taken_apart(parts, grade_source(ready, root, source))


def _given_up(ready: Ready, parts: Parts, source: Source) -> tuple[Part, ...]:
    return _taken_apart(parts, lost(ready, source))


def _taken_apart(parts: Parts, graded: Graded) -> tuple[Part, ...]:
    return parts.of(graded.result, graded.shown)
