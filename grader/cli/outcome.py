"""What a run of the command line ends with: its exit status, and the words for everything that can go wrong.

No traceback reaches a person: errors with a place are rendered, a full disk or a closed pipe is named as such, and
what nobody foresaw is called our mistake (with the traceback only where GRADER_DEBUG is set).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

DONE, MISSED, UNUSABLE, NOT_CHECKED = 0, 1, 2, 3
"""The exit statuses of the commands; where several apply, `first_of` says which counts."""

INTERRUPTED, PIPE_CLOSED = 130, 141
"""What shells call the end by Ctrl-C and by a reader that went away."""


def first_of(*, unusable: bool = False, not_checked: bool = False, missed: bool = False) -> int:
    """The exit status: the first that applies, in the order 2, 3, 1."""
    if unusable:
        return UNUSABLE
    if not_checked:
        return NOT_CHECKED
    return MISSED if missed else DONE


def run(command: click.Command, arguments: Sequence[str] | None) -> int:
    """Run `command`; what it raises becomes a message on standard error and an exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # what the terminal's encoding lacks is replaced, not an error
            stream.reconfigure(errors="replace")
    try:
        status = command.main(None if arguments is None else list(arguments), prog_name="grader", standalone_mode=False)
        sys.stdout.flush()
    except click.UsageError as error:
        return _explain_usage(error)
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except (SystemExit, BrokenPipeError):  # click ends with SystemExit where the pipe it writes to is closed
        return _close_quietly()
    except Exception as error:
        return _explain(error)
    return int(status or DONE)


def _explain_usage(error: click.UsageError) -> int:
    message = error.format_message()
    if isinstance(error, click.BadParameter) and error.ctx:
        name = error.param.get_error_hint(error.ctx) if error.param else error.param_hint
        message = f"{name}: {error.message}" if name else error.message
    click.echo(message, err=True)
    if error.ctx:
        click.echo(f"See `{error.ctx.command_path} --help`.", err=True)
    return UNUSABLE


def _explain(error: Exception) -> int:
    from grader.errors import GraderError, NotChecked, ProblemErrors

    if isinstance(error, GraderError | ProblemErrors):
        click.echo(str(error), err=True)
        return NOT_CHECKED if isinstance(error, NotChecked) else UNUSABLE
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"{where}{error.strerror or error}", err=True)
        return NOT_CHECKED
    from grader.batch.failure import our_mistake, show_traceback

    show_traceback(error)
    click.echo(f"grader itself failed: {our_mistake(error)}; this is our mistake, please report it.", err=True)
    return NOT_CHECKED


def _close_quietly() -> int:
    """Leave without the complaint that Python makes when it cannot flush to a closed pipe."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return PIPE_CLOSED
