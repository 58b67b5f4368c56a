"""How results look in a terminal: colours where they are wanted, signs that the encoding has, tables of plain text.

Text that students wrote goes through `visible` before it comes here or on its way out; nothing is decided here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Self

import click

from grader.marking.results import Value
from grader.report.numbers import shown
from grader.report.states import State
from grader.report.text import cut, visible

_COLOURS = {"is-ok": "green", "is-follow": "cyan", "is-partial": "yellow", "is-wrong": "red", "is-unread": "magenta"}
_PLAIN_SIGNS = {
    "✓": "+",
    "↳": ">",
    "◐": "/",
    "✗": "x",
    "○": "o",
    "⚠": "!",
    "⊘": "-",
    "⊙": "?",
    "×": "x",
    "–": "-",
    "…": "..",
}
"""For encodings that have no other; the word beside a sign says the same."""
_LONGEST = 2_000


def say(text: str = "", *, error: bool = False) -> None:
    """Print a line of text that is safe to print; colours only where a terminal reads and nobody declined them."""
    stream = sys.stderr if error else sys.stdout
    try:
        text.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        text = "".join(_PLAIN_SIGNS.get(c, c) for c in text)
    click.echo(text, err=error, color=False if os.environ.get("NO_COLOR") else None)


def painted(state: State, text: str) -> str:
    """Text in the colour of a verdict; without colour it must say the same."""
    return click.style(text, fg=_COLOURS.get(state.css, "bright_black"))


def bold(text: str) -> str:
    """A heading."""
    return click.style(text, bold=True)


def safe(text: str | None, *, lines: bool = False) -> str:
    """Text that other people wrote: bounded, and with nothing in it that a terminal would obey."""
    return cut(visible(text or "", lines=lines), _LONGEST)


def value_text(value: Value) -> str:
    """A value in one or several lines: numbers, vectors and small matrices in full."""
    found = shown(value)
    if found.kind == "nothing":
        return "–"
    if found.kind == "text":
        return safe(found.text)
    text = found.text
    if found.rows:
        widths = [max(map(len, column)) for column in zip(*found.rows, strict=True)]
        rows = ["  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in found.rows]
        text = "\n".join(f"[{row}]" for row in rows)
    return f"{text}\n({found.more})" if found.more else text


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns under their heads; a cell may have several lines."""
    cells = [[cell.split("\n") for cell in row] for row in [head, *rows]]
    widths = [max(len(line) for row in cells for line in row[k]) for k in range(len(head))]
    lines = []
    for number, row in enumerate(cells):
        for level in range(max(map(len, row))):
            parts = [part[level] if level < len(part) else "" for part in row]
            line = "  " + "  ".join(p.ljust(w) for p, w in zip(parts, widths, strict=True)).rstrip()
            lines.append(bold(line) if number == 0 else line)
    return "\n".join(lines)


def indented(text: str, by: int) -> str:
    """Each line of a text moved to the right."""
    return "\n".join(" " * by + line if line else "" for line in text.split("\n"))


class Progress:
    """`graded 120 of 300` on standard error, rewritten in place; silent where that is no terminal."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._shown = sys.stderr.isatty()

    def advance(self) -> None:
        """One more is done."""
        self._done += 1
        if self._shown:
            click.echo(f"\rgraded {self._done} of {self._total}", err=True, nl=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown and self._done:
            click.echo("\r\x1b[K", err=True, nl=False)
