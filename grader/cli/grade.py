"""`grader grade`: a batch of hand-ins into a folder of reports, and a few lines about the class."""

from __future__ import annotations

import errno
from pathlib import Path

import click

from grader.answers.find import find_submissions
from grader.batch.assignment import Ready
from grader.cli.inputs import open_handins, open_problems
from grader.cli.outcome import NOT_CHECKED, UNUSABLE, first_of
from grader.cli.terminal import Progress, safe, say
from grader.report import FolderError, Summary
from grader.report.batch import write_reports
from grader.report.numbers import percent
from grader.sandbox import Tier

_OF_THE_MACHINE = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM}
ROUNDING = 1e-9
"""A share that misses the asked one by no more than this has reached it."""


def grade(
    problems: str,
    submissions: str,
    output: str,
    *,
    pages: bool,
    fail_under: float | None,
    sandbox: Tier,
    standalone: bool = False,
) -> int:
    """Grade, write the reports, and return the exit status."""
    _refuse_output_among_submissions(output, submissions)
    ready = open_problems(problems, sandbox)
    handins = open_handins(find_submissions, submissions, ready)
    for line in (*handins.messages, *(f"{name} was left alone." for name in handins.ignored)):
        say(safe(line), error=True)
    try:
        with Progress(len(handins)) as progress:
            summary = write_reports(
                problems, ready, handins, Path(output), pages=pages, standalone=standalone, advance=progress.advance
            )
    except FolderError as error:
        say(safe(str(error)), error=True)
        cause = error.__cause__
        return NOT_CHECKED if isinstance(cause, OSError) and cause.errno in _OF_THE_MACHINE else UNUSABLE
    _say_summary(ready, summary, output, pages)
    lowest = summary.lowest_share
    return first_of(
        not_checked=not ready.all_checkable or summary.not_checked > 0,
        missed=fail_under is not None and lowest is not None and lowest * 100 < fail_under - ROUNDING,
    )


def _refuse_output_among_submissions(output: str, submissions: str) -> None:
    """Reports among the hand-ins would be taken for a student the next time."""
    folder, inside = Path(submissions).resolve(), Path(output).resolve()
    if folder.is_dir() and inside.is_relative_to(folder):
        raise click.UsageError(
            f"the reports would go to {output}, which lies among the submissions. Name another folder: -o reports",
            click.get_current_context(),
        )


def _say_summary(ready: Ready, summary: Summary, output: str, pages: bool) -> None:
    students = "1 student" if summary.students == 1 else f"{summary.students} students"
    shares = (
        f", {percent(summary.mean_share)} of the judged points on average" if summary.mean_share is not None else ""
    )
    say(f"{students}{shares}.")
    for count, words in (
        (summary.unreadable, "with an answer that could not be read"),
        (summary.needs_person, "with an answer that waits for a person"),
        (summary.not_checked, "with an answer that could not be checked, for no fault of theirs"),
    ):
        if count:
            say(f"  {count} {words}")
    say(f"See {Path(output, 'index.html' if pages else 'results.json')}.")
