"""The names of hand-ins: those that learning platforms write, and any name as text that is safe to show.

Reads names, and the list of names in a Gradescope export; opens no student's file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

LONGEST = 120
"""Longer names are cut before they are shown."""


@dataclass(frozen=True, slots=True)
class PlatformName:
    """What a platform's name says: whose it is, the number that tells two of one name apart, and the file's own name.

    `file` is "" for a folder.
    """

    platform: str
    student: str
    number: str
    file: str = ""


_CANVAS = re.compile(r"(?P<student>.+?)(?:_LATE)?_(?P<number>[0-9]+)_[0-9]+_(?P<file>.+)", re.DOTALL)
_MOODLE_FOLDER = re.compile(r"(?P<student>.+)_(?P<number>[0-9]+)_assignsubmission_(?:file|onlinetext)_?", re.DOTALL)
_MOODLE_FILE = re.compile(r"(?P<student>.+)_(?P<number>[0-9]+)_assignsubmission_file_(?P<file>.+)", re.DOTALL)
_GRADESCOPE_FOLDER = re.compile(r"submission_(?P<number>[0-9]+)")

GRADESCOPE_METADATA = "submission_metadata.yml"


def platform_file(name: str) -> PlatformName | None:
    """`ada_LATE_1234_5678_two-paths.yaml` (Canvas), `Ada Lovelace_1234_assignsubmission_file_x.yaml` (Moodle)."""
    found = _MOODLE_FILE.fullmatch(name)
    if found:
        return PlatformName("moodle", found["student"], found["number"], found["file"])
    found = _CANVAS.fullmatch(name)
    return PlatformName("canvas", found["student"], found["number"], found["file"]) if found else None


def platform_folder(name: str) -> PlatformName | None:
    """`Ada Lovelace_1234_assignsubmission_file_` (Moodle)."""
    found = _MOODLE_FOLDER.fullmatch(name)
    return PlatformName("moodle", found["student"], found["number"]) if found else None


def gradescope_number(name: str) -> str:
    """The number of a Gradescope folder, `submission_1234`; "" for any other name."""
    found = _GRADESCOPE_FOLDER.fullmatch(name)
    return found["number"] if found else ""


def gradescope_students(text: str) -> dict[str, str]:
    """Folder -> student, from the text of `submission_metadata.yml`.

    A student is called by `:sid`, else `:email`, else `:name`. A group's submission is one hand-in, called by the
    members' names (else emails, else sids) joined with " + ". Only the parser's events are looked at: the file holds
    tags, anchors and whole test logs, which need not be understood. Raises yaml.YAMLError.
    """
    people: dict[str, dict[int, dict[str, str]]] = {}
    for path, value in _scalars(text):
        if len(path) == 4 and str(path[1]).lstrip(":") == "submitters" and isinstance(path[2], int):
            people.setdefault(str(path[0]), {}).setdefault(path[2], {})[str(path[3]).lstrip(":")] = value
    found = {folder: _called(list(members.values())) for folder, members in people.items()}
    return {folder: student for folder, student in found.items() if student}


def _called(members: list[dict[str, str]]) -> str:
    order = ("sid", "email", "name") if len(members) == 1 else ("name", "email", "sid")
    return " + ".join(filter(None, (_first(member, order) for member in members)))


def _first(member: Mapping[str, str], fields: Iterable[str]) -> str:
    return next((member[field] for field in fields if member.get(field, "").strip()), "")


def _scalars(text: str) -> Iterable[tuple[tuple[str | int, ...], str]]:
    """Each scalar of a YAML text that is a value, with the keys and indices that lead to it."""
    path: list[Any] = []  # per open collection: the key being read (None before one), or the index of an entry
    for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        if isinstance(event, yaml.CollectionStartEvent):
            path.append(None if isinstance(event, yaml.MappingStartEvent) else 0)
            continue
        if isinstance(event, yaml.CollectionEndEvent):
            path.pop()
        elif isinstance(event, yaml.ScalarEvent):
            if path and path[-1] is None:
                path[-1] = event.value
                continue
            if not event.implicit[0] or event.value not in ("", "~", "null"):
                yield tuple(path), event.value
        elif not isinstance(event, yaml.AliasEvent):
            continue
        if path:  # a value has ended
            path[-1] = path[-1] + 1 if isinstance(path[-1], int) else "" if path[-1] is None else None


def showable(name: str, longest: int = LONGEST) -> str:
    r"""A file's name, or any text from outside, as one line of printable characters.

    Composed (NFC), without blanks at its ends; what cannot be printed or would move or reorder text (control and
    bidirectional characters, bytes that are no UTF-8) is written as an escape, `\x1b`. Two names can come out alike.
    """
    name = unicodedata.normalize("NFC", name[: 4 * longest])
    text = printable(name).strip() or "".join(map(_escape, name))
    return text if len(text) <= longest else text[: longest - 1] + "…"


def printable(text: str) -> str:
    """The text with an escape for each character that is not printable; line breaks are not."""
    return text if text.isprintable() else "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that os.fsdecode could not decode
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
