"""Opens what was handed in: regular files of bounded size, and nothing else.

A symbolic link, a pipe or a device under the name of an answer is refused with the reason; it is never followed,
waited for or read. What the bytes mean is not decided here.
"""

from __future__ import annotations

import os
import stat

from grader.errors import AnswerError

MAX_BYTES = 2**20
"""The most that is read of one file."""

_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def look(path: str) -> tuple[int, str]:
    """The size of the file at `path` in bytes, and why it will not be read ("" where it may be); opens nothing."""
    try:
        status = os.lstat(path)
    except (OSError, ValueError) as found:
        return 0, cannot(found)
    return status.st_size, refusal(status)


def read_bytes(path: str, name: str) -> bytes:
    """The whole file at `path`; `name` is what messages call it. Raises AnswerError where it is refused."""
    try:
        _refuse(name, refusal(os.lstat(path)))  # before it is opened: opening a device can do things
        descriptor = os.open(path, _FLAGS)
        with open(descriptor, "rb", buffering=0) as stream:
            _refuse(name, refusal(os.fstat(descriptor)))  # and after, lest another file has come in between
            data = _read_at_most(stream.fileno(), MAX_BYTES + 1)
    except (OSError, ValueError) as found:
        raise AnswerError(f"{name} {cannot(found)}") from None
    _refuse(name, _too_large(len(data)) if len(data) > MAX_BYTES else "")
    return data


def refusal(status: os.stat_result) -> str:
    """Why a file of this status is not read, as the end of a sentence that begins with its name; or ""."""
    mode = status.st_mode
    if stat.S_ISREG(mode):
        return _too_large(status.st_size) if status.st_size > MAX_BYTES else ""
    for is_kind, words in _KINDS:
        if is_kind(mode):
            return words
    return "is no regular file, so it was not read; hand in the file itself"


_KINDS = (
    (stat.S_ISLNK, "is a symbolic link, and links are not followed; hand in the file itself"),
    (stat.S_ISDIR, "is a folder, and a file was expected here; hand in the file itself"),
    (stat.S_ISFIFO, "is a pipe and no file, so it was not read; hand in the file itself"),
    (stat.S_ISSOCK, "is a socket and no file, so it was not read; hand in the file itself"),
    (stat.S_ISCHR, "is a device and no file, so it was not read; hand in the file itself"),
    (stat.S_ISBLK, "is a device and no file, so it was not read; hand in the file itself"),
)


def _too_large(size: int) -> str:
    return f"has {size:,} bytes, and at most {MAX_BYTES:,} (1 MiB) are read; leave out what does not belong to it"


def cannot(found: Exception) -> str:
    """Why something cannot be opened, as the end of a sentence that begins with its name."""
    reason = found.strerror if isinstance(found, OSError) and found.strerror else str(found)
    return f"cannot be opened: {reason[:1].lower()}{reason[1:]}"


def _refuse(name: str, reason: str) -> None:
    if reason:
        raise AnswerError(f"{name} {reason}")


def _read_at_most(descriptor: int, limit: int) -> bytes:
    parts: list[bytes] = []
    while limit > 0 and (part := os.read(descriptor, limit)):
        parts.append(part)
        limit -= len(part)
    return b"".join(parts)
