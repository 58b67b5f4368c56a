"""The folder that reports are written to: what may be written there, and what an earlier run may have left.

Files appear whole or not at all, no symbolic link is followed below the folder, and only files that the last
results.json lists are ever removed. What is in the files is the writers' matter.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from grader.errors import GraderError

RESULTS = "results.json"
FILES_LINE = ' "files": ['
"""The line of results.json after which every line names a file; it is found without reading the rest into memory."""
_SMALL, _LINE = 2**24, 2**16
"""What is read into memory at once, whatever the file holds."""
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


class FolderError(GraderError):
    """Whoever named the report folder can mend it."""


class NewFile:
    """A text file that gets its name when it is complete."""

    def __init__(self, path: Path) -> None:
        """Begin under another name beside it."""
        self._path = path
        self._part = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        self._stream = os.fdopen(os.open(self._part, flags, 0o666), "w", encoding="utf-8", newline="\n")

    def write(self, text: str) -> None:
        """Add text."""
        with _told(self._path):
            self._stream.write(text)

    def commit(self, *, lasting: bool = True) -> None:
        """Give the file its name; `lasting` waits until the disk has it."""
        with _told(self._path):
            self._stream.flush()
            if lasting:
                os.fsync(self._stream.fileno())
            self._stream.close()
            os.replace(self._part, self._path)

    def discard(self) -> None:
        """Leave nothing behind; nothing happens to a file that has its name."""
        with contextlib.suppress(OSError):
            self._stream.close()
        with contextlib.suppress(OSError):
            self._part.unlink()


class Folder:
    """The report folder; `files` are the names written in this run, relative and with slashes."""

    def __init__(self, path: Path) -> None:
        """Make the folder where it is absent, and read what the last run left in it."""
        self.path = path
        self.files: set[str] = set()
        self._unfinished: list[NewFile] = []
        with _told(path):
            path.mkdir(parents=True, exist_ok=True)
        self._before = listed_files(path / RESULTS)

    def create(self, name: str) -> NewFile:
        """A file to be written bit by bit."""
        file = self._new(name)
        self._unfinished.append(file)
        return file

    def write(self, name: str, text: str) -> None:
        """A whole file."""
        file = self._new(name)
        try:
            file.write(text)
            file.commit(lasting=False)
        finally:
            file.discard()

    def remove_earlier(self) -> None:
        """Remove what the last results.json lists and this run has not written again."""
        for name in self._before - self.files:
            _remove(self.path, name)

    def discard(self) -> None:
        """Give up the files that are not complete."""
        for file in self._unfinished:
            file.discard()
        self._unfinished.clear()

    def _new(self, name: str) -> NewFile:
        if name in self.files:
            raise FolderError(f"two reports would have the name {name}")
        *parents, last = _parts(name)
        folder = self.path
        for part in parents:
            folder /= part
            if _is_link(folder):
                raise FolderError(f"{folder} is a symbolic link, and reports are not written through one",
                                  hint="Remove the link, or name another folder.")  # fmt: skip
            with _told(folder):
                folder.mkdir(exist_ok=True)
        with _told(folder / last):
            file = NewFile(folder / last)
        self.files.add(name)
        return file


def listed_files(results: Path) -> set[str]:
    """The names below `files` of a results.json; none where it is absent, broken or no ordinary file."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(results, flags)
    except (OSError, ValueError):
        return set()
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as stream:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return set()
        try:
            names = _written_list(stream)
            if names is None and status.st_size <= _SMALL:
                stream.seek(0)
                data = json.load(stream)
                names = data.get("files") if isinstance(data, dict) else None
        except (OSError, ValueError, RecursionError):
            return set()
    return {name for name in names if _safe(name)} if isinstance(names, list) else set()


def _written_list(stream: TextIO) -> object:
    """The list as it was written here, one name on a line; None where the file looks otherwise."""
    for line in iter(lambda: stream.readline(_LINE), ""):
        if line.rstrip("\n") == FILES_LINE:
            return json.loads("[" + stream.read(_SMALL).rstrip().removesuffix("}"))
    return None


def _safe(name: object) -> bool:
    """Whether this could be the name of a file written here: relative, downwards, nothing hidden."""
    return isinstance(name, str) and len(name) <= 300 and bool(_parts(name, none=True))


def _parts(name: str, *, none: bool = False) -> list[str]:
    parts = name.split("/")
    if len(parts) <= 3 and all(_PART.fullmatch(part) for part in parts):
        return parts
    if none:
        return []
    raise FolderError(f"{name!r} cannot be the name of a report")


def _remove(folder: Path, name: str) -> None:
    """Remove an ordinary file, never through a link; what is gone already or is something else is left alone."""
    *parents, last = _parts(name)
    for part in parents:
        folder /= part
        if _is_link(folder) or not folder.is_dir():
            return
    with contextlib.suppress(OSError):
        if stat.S_ISREG((folder / last).lstat().st_mode):
            (folder / last).unlink()


def _is_link(path: Path) -> bool:
    """A symbolic link, or what Windows calls a junction."""
    junction = getattr(os.path, "isjunction", None)
    return path.is_symlink() or bool(junction and junction(path))


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FolderError(f"{path} cannot be written: {error.strerror or error}") from error
