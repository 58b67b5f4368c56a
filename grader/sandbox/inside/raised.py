"""An exception as data: its type, its message, and the student's own line; no frame of anything else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .convert import readable, type_name

_traceback_of = BaseException.__dict__["__traceback__"].__get__
MOST_MESSAGE = 1_000
MOST_LINE = 200
_MOST_FRAMES = 1_000_000


def describe(error: BaseException, lines: Mapping[str, list[str]]) -> dict[str, Any]:
    """What happened and where; `lines` are the lines of each of the student's sources, by file name."""
    file, line = _place(error, lines)
    text = lines[file][line - 1] if file and 0 < line <= len(lines[file]) else ""
    return {
        "type": type_name(type(error)),
        "message": _message(error),
        "file": file,
        "line": line,
        "text": readable(text, MOST_LINE),
        "module": _module(error),
        "memory": isinstance(error, MemoryError),
    }


def _place(error: BaseException, lines: Mapping[str, list[str]]) -> tuple[str, int]:
    file, line, frames = "", 0, 0
    step = _traceback_of(error)
    while step is not None and frames < _MOST_FRAMES:
        name = step.tb_frame.f_code.co_filename
        if name in lines:
            file, line = name, step.tb_lineno or 0
        step, frames = step.tb_next, frames + 1
    return file, line


def _message(error: BaseException) -> str:
    try:
        return readable(str(error), MOST_MESSAGE)
    except BaseException:
        return "(a message that could not be read)"


def _module(error: BaseException) -> str:
    """The module that could not be imported, where that is what happened."""
    name = error.name if isinstance(error, ImportError) else None
    return readable(name, 100) if isinstance(name, str) else ""
