"""Failures that nobody foresaw, in words: ours, never the student's or the author's."""

from __future__ import annotations

import os
import sys
import traceback

_LENGTH = 200


def our_mistake(error: BaseException) -> str:
    """The kind of exception and its text, in one line of printable characters."""
    text = " ".join(str(error).split())
    text = "".join(c if c.isprintable() else "?" for c in text)
    if len(text) > _LENGTH:
        text = f"{text[:_LENGTH]} …"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def show_traceback(error: BaseException) -> None:
    """Show where it happened, for whoever mends grader, where GRADER_DEBUG is set."""
    if os.environ.get("GRADER_DEBUG"):
        traceback.print_exception(error, file=sys.stderr)
