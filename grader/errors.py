"""What can go wrong, sorted by who can mend it: the author, the student, or the machine.

Every error carries a place where one is known, so that one function renders them all: file:line:column, the
line with a caret, and what to write instead. Nothing here decides a verdict.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of one line of a file.

    `line` and `column` count from 1, as editors do; `length` is in characters; `text` is the whole line.
    """

    file: str
    line: int
    column: int
    length: int = 1
    text: str = ""

    def shifted(self, by: int, length: int = 1) -> Place:
        """The place `by` characters further on in the same line."""
        return replace(self, column=self.column + by, length=length)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class GraderError(Exception):
    """Something that a person or the machine has to mend; the base of the three kinds below.

    `message` says what was found, `hint` what to write instead, `place` where. `str(error)` is the whole text.
    """

    def __init__(self, message: str, place: Place | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.hint = hint

    def __str__(self) -> str:
        return render(self.message, self.place, self.hint)


class ProblemError(GraderError):
    """The author of the problem can mend it."""


class AnswerError(GraderError):
    """The student can mend it."""


class NotChecked(GraderError):
    """Nobody who wrote a file can mend it: the machine or this version kept us from judging."""


class ProblemErrors(Exception):
    """All errors of one problem file together, in the order of their places."""

    def __init__(self, errors: Iterable[ProblemError]) -> None:
        self.errors = tuple(
            sorted(errors, key=lambda e: (e.place.file, e.place.line, e.place.column) if e.place else ("", 0, 0))
        )
        super().__init__(self.errors)

    def __str__(self) -> str:
        return "\n\n".join(str(e) for e in self.errors)


SHOWN_WIDTH = 120
"""Longer source lines are cut round the caret before they are shown."""


def render(message: str, place: Place | None, hint: str = "") -> str:
    """Write an error for a terminal: place and message, the line with a caret, and the hint, each on its own line."""
    message, hint = _printable(message), _printable(hint)
    if place is None:
        return message + (f"\n      {hint}" if hint else "")
    lines = [f"{place}: {message}"]
    if place.text.strip():
        text, column = _window(place.text, place.column)
        length = max(1, min(place.length, len(text) - column + 1))
        number = f"{place.line:5d}"
        lines += [f"{number} | {text}", f"{' ' * len(number)} | {' ' * (column - 1)}{'^' * length}"]
    if hint:
        lines.append(f"      {hint}")
    return "\n".join(lines)


def _printable(text: str) -> str:
    """Text with blanks for control and direction characters, so that a file cannot write on the reader's terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def _window(text: str, column: int) -> tuple[str, int]:
    """Cut a long line round `column`."""
    text = _printable(text)
    column = min(max(column, 1), len(text) + 1)
    if len(text) <= SHOWN_WIDTH:
        return text, column
    start = max(0, min(column - SHOWN_WIDTH // 2, len(text) - SHOWN_WIDTH))
    return text[start : start + SHOWN_WIDTH], column - start


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A question naming the known name nearest to `name`, or nothing."""
    near = difflib.get_close_matches(name[:60], [k for k in known if len(k) < 60], n=1, cutoff=0.6)
    return f"Did you mean {near[0]}?" if near else ""
