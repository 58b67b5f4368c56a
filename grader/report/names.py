"""A student's id as a file name that every system accepts, and that no other id has.

Ids come from folders and learning platforms: they may differ only in case, be names that Windows keeps for itself,
hold slashes or be very long. The name depends on the id alone, so that batches can be streamed.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

LONGEST = 60
_KEPT = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?")
_HASHED = re.compile(r".*-[0-9a-f]{16}")
_DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {f"{d}{n}" for d in ("com", "lpt") for n in range(10)}
_SERVED = {"index", "default"}
"""What a web server shows to everybody who asks for the folder."""


def safe_name(student: str) -> str:
    """The id itself where it can stand, else what can be kept of it and a hash of the whole id."""
    if stands(student):
        return student
    kept = unicodedata.normalize("NFKD", student).encode("ascii", "ignore").decode().lower()
    kept = re.sub(r"[^a-z0-9_]+", "-", kept)[:40].strip("-") or "student"
    return f"{kept}-{hashlib.sha256(student.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def stands(student: str) -> bool:
    """Whether the id is a safe name as it is; what looks like a hashed name is not, since it could be another's."""
    return (
        len(student) <= LONGEST
        and _KEPT.fullmatch(student) is not None
        and _HASHED.fullmatch(student) is None
        and student.split(".")[0] not in _DEVICES | _SERVED
    )
