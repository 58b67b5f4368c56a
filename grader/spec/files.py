"""Opening what people hand in: regular files only, of at most 1 MiB, in UTF-8.

Links, devices, pipes and folders are refused and never followed. Knows nothing of what the files hold.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from grader.errors import GraderError, Place
from grader.spec.document import MAX_BYTES, decode


def text_of(path: Path, file: str, error: type[GraderError]) -> str:
    """The text of the file at `path`; `file` is its name in messages. Raises `error` where it cannot be read."""
    return decode(bytes_of(path, file, error), file, error)


def bytes_of(path: Path, file: str, error: type[GraderError]) -> bytes:
    """The content of a regular file, at most one byte more than is allowed."""
    place = Place(file, 1, 1)
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as found:
        if path.is_symlink():
            raise error("this is a symbolic link, and links are not followed", place, _COPY) from None
        raise error(f"this file cannot be opened: {_reason(found)}", place) from None
    except ValueError:
        raise error("this file cannot be opened: its name holds a character that no file name has", place) from None
    try:
        mode = os.fstat(handle).st_mode
        if not stat.S_ISREG(mode):
            raise error(f"this is {_kind(mode)}, and a file was expected", place)
        with os.fdopen(handle, "rb", closefd=False) as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as found:
        raise error(f"this file cannot be read: {_reason(found)}", place) from None
    finally:
        os.close(handle)


_COPY = "Put the file itself here."


def _reason(found: OSError) -> str:
    return (found.strerror or "the system gives no reason").lower()


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a pipe" if stat.S_ISFIFO(mode) else "a device" if stat.S_ISBLK(mode) or stat.S_ISCHR(mode) else "a socket"
