"""A student's program as text: a Python file, or the code cells of a notebook in their order.

Decodes and takes apart; runs and imports nothing. Magics and shell escapes of notebooks are dropped with a note, and
outputs are never looked at.
"""

from __future__ import annotations

import io
import json
import re
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grader.answers.find import HandinFile
from grader.errors import AnswerError

MOST_CELLS = 2_000
_MAGIC = re.compile(r"\s*(?:%|!|\?|[\w.]+\?{1,2}\s*$|[\w, ]{1,100}=\s{0,9}[!%])")


@dataclass(frozen=True, slots=True)
class Program:
    """The stretches of a program, each with the name that messages call it by, and notes on what was left out."""

    sources: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()


def read_program(files: Sequence[HandinFile]) -> Program | None:
    """The one program among a problem's files; None where there is none. Raises AnswerError where it is not readable.

    A file named for the problem goes before one for several problems; two of one kind are two answers.
    """
    own = [f for f in files if f.problem is not None] or list(files)
    if not own:
        return None
    if len(own) > 1:
        names = " and ".join(f.name for f in own)
        raise AnswerError(f"two answers to this question were handed in, in {names}", None, "Keep one of them.")
    file = own[0]
    data = file.read()
    if file.path.endswith(".ipynb"):
        return _notebook(file.name, data)
    return Program(((file.name, _decoded(file.name, data)),))


def _decoded(name: str, data: bytes) -> str:
    """The text of a Python file, in the encoding that it declares (UTF-8 where it declares none)."""
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise AnswerError(f"{name} has a NUL character in line {line}", None, "Save it as plain text in UTF-8.")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        line = data[: error.start].count(b"\n") + 1 if isinstance(error, UnicodeDecodeError) else 1
        raise AnswerError(f"{name} is not UTF-8 text (line {line})", None, "Save it in UTF-8.") from None


def _notebook(name: str, data: bytes) -> Program:
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise AnswerError(f"{name} is not UTF-8 text", None, "Save the notebook again.") from None
    except (ValueError, RecursionError):
        raise AnswerError(f"{name} is no notebook: it is not JSON", None, "Save the notebook again.") from None
    cells = found.get("cells") if isinstance(found, dict) else None
    if not isinstance(cells, list):
        raise AnswerError(f"{name} is no notebook: it has no cells", None, "Save the notebook in its present format.")
    sources: list[tuple[str, str]] = []
    dropped = 0
    for cell in cells[:MOST_CELLS]:
        text = _code(cell)
        if text is not None:
            kept, gone = _without_magics(text)
            dropped += gone
            sources.append((f"{name}, code cell {len(sources) + 1}", kept))
    notes = []
    if dropped:
        lines = "line" if dropped == 1 else "lines"
        notes.append(f"{dropped} {lines} for the notebook itself (magics, shell commands) were left out of {name}.")
    if not sources:
        raise AnswerError(f"{name} has no code cell", None, "Write the function in a code cell.")
    return Program(tuple(sources), tuple(notes))


def _code(cell: Any) -> str | None:
    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        return None
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    return source.replace("\r\n", "\n") if isinstance(source, str) else None


def _without_magics(text: str) -> tuple[str, int]:
    """A cell with `pass` for each line that is no Python, so that the other lines keep their numbers."""
    lines = text.split("\n")
    first = next((line for line in lines if line.strip()), "")
    if first.lstrip().startswith("%%"):
        if re.match(r"\s*%%(time|timeit|capture|prun)\b", first):
            at = lines.index(first)
            return "\n".join(["", *lines[at + 1 :]]) if at == 0 else "\n".join(lines[at + 1 :]), 1
        return "", len(lines)
    kept: list[str] = []
    dropped = 0
    before = _Open()
    for line in lines:
        if _MAGIC.match(line) and not before.goes_on:
            indent = line[: len(line) - len(line.lstrip())]
            kept.append(f"{indent}pass")
            dropped += 1
        else:
            kept.append(line)
            before.read(line)
    return "\n".join(kept), dropped


class _Open:
    """Whether a statement goes on in the next line: in a text of three quotes, in brackets, or behind a backslash."""

    def __init__(self) -> None:
        self._quotes = ""
        self._brackets = 0
        self._continued = False

    @property
    def goes_on(self) -> bool:
        return bool(self._quotes) or self._brackets > 0 or self._continued

    def read(self, line: str) -> None:
        """Take one more line into account."""
        self._continued = line.endswith("\\")
        for found in _MARKS.finditer(line):
            mark = found[0]
            if self._quotes:
                if mark == self._quotes:
                    self._quotes = ""
            elif mark == "#":
                break
            elif mark[0] in "\"'":
                self._quotes = mark
            elif mark in "([{":
                self._brackets += 1
            elif mark in ")]}":
                self._brackets = max(0, self._brackets - 1)
        if len(self._quotes) == 1:
            self._quotes = ""


_MARKS = re.compile(r"""\\.|\"{3}|'{3}|["'#()\[\]{}]""")
