"""Opens what the command line names: problems and hand-ins; what is wrong with them is said before anything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from grader.batch.assignment import Ready, make_ready
from grader.batch.programs import sandbox_of
from grader.cli.outcome import UNUSABLE
from grader.cli.terminal import say
from grader.errors import NotChecked
from grader.report.text import visible
from grader.sandbox import Tier

Found = TypeVar("Found")


def open_problems(path: str, sandbox: Tier = "hardened") -> Ready:
    """The problems at `path`; what keeps some of them from being checked is printed.

    Ends the program with 2 where none can be used. Programs run under no less than `sandbox`; what they run under is
    said where a question asks for one.
    """
    ready = make_ready(path, sandbox)
    for unusable in ready.unusable:
        for error in unusable.errors:
            say(visible(str(error), lines=True) + "\n", error=True)
    for file, doubt in ready.doubts:
        say(visible(f"{file}: {doubt}\n", lines=True), error=True)
    if not ready.problems:
        say("No problem file can be used.", error=True)
        raise click.exceptions.Exit(UNUSABLE)
    if ready.tier is not None:
        refusal = sandbox_of(ready.minimum).refusal
        say(f"{refusal}. They are not checked." if refusal else f"Python answers run under: {ready.tier}.", error=True)
    return ready


def open_handins(find: Callable[[str, list[str]], Found], path: str, ready: Ready) -> Found:
    """What `find` makes of the path; one that cannot be used is a wrong command line."""
    try:
        return find(path, list(ready.questions))
    except NotChecked as error:
        say(visible(str(error), lines=True), error=True)
        raise click.exceptions.Exit(UNUSABLE) from None
