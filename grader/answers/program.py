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
_MAGIC = re.compile(r"^\s*(%{1,2}|!|\?)|^\s*[\w.]+\?{1,2}\s*$")


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
    for line in lines:
        if _MAGIC.match(line) and not _inside_text(kept):
            kept.append(re.match(r"\s*", line)[0] + "pass")  # type: ignore[index]
            dropped += 1
        else:
            kept.append(line)
    return "\n".join(kept), dropped


def _inside_text(lines: list[str]) -> bool:
    """Whether a text in triple quotes, or an open bracket, goes on after these lines."""
    joined = "\n".join(lines)
    if joined.count('"""') % 2 or joined.count("'''") % 2:
        return True
    return sum(joined.count(c) for c in "([{") > sum(joined.count(c) for c in ")]}")
