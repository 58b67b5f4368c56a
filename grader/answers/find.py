"""From the path of submissions to hand-ins: whose they are, and which files of theirs answer which problem.

Knows folders of students, single files and the names that Canvas, Moodle and Gradescope write. Opens no student's
file, follows no link and unpacks no archive; a student's folder is looked at when its hand-in is asked for.
"""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

import yaml

from grader.answers import files
from grader.answers.names import (
    GRADESCOPE_METADATA,
    gradescope_number,
    gradescope_students,
    platform_file,
    platform_folder,
    showable,
)
from grader.errors import AnswerError, NotChecked

MAX_HANDINS = 200_000
"""The most entries that a folder of submissions may have."""

MAX_ENTRIES = 1_000
"""In a student's folder of more entries, only those that have a problem's name are looked for."""

MAX_LISTED = 20
"""The most names that are listed as left alone."""

MAX_METADATA = 32 * 2**20
"""The most that is read of Gradescope's list of names, in bytes; it holds the logs of tests too."""

SHARED = "answers"
"""The stem of a file that answers several problems."""

ANSWERS = (".yaml", ".yml", ".json")
PYTHON = (".py", ".ipynb")
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".gz", ".bz2", ".xz", ".7z", ".rar", ".zst")

_HIDDEN = {"__MACOSX", "__pycache__", "Thumbs.db", "desktop.ini"}
_RESUBMITTED = re.compile(r"(?P<stem>.+)-(?P<attempt>[0-9]{1,4})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class HandinFile:
    """A file with an answer's name. `name` is what messages call it; `problem` is None where it may answer several.

    `refused` says, as the end of a sentence that begins with the name, why it is not read; "" where it may be.
    """

    name: str
    path: str
    kind: Literal["answers", "python", "archive"]
    problem: str | None
    size: int
    refused: str = ""

    def read(self) -> bytes:
        """All its bytes, at most 1 MiB; raises AnswerError where it is refused or cannot be opened."""
        return files.read_bytes(self.path, self.name)


@dataclass(frozen=True, slots=True)
class Handin:
    """What one student handed in. `ignored` lists the names that were left alone, shortened, for people to read."""

    student: str
    path: str
    files: tuple[HandinFile, ...] = ()
    ignored: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A hand-in before it is looked at: folders, and files with the names that they count as, below the root."""

    student: str
    number: str = ""
    folders: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    platform: str = ""


@dataclass(frozen=True, slots=True)
class Submissions:
    """The hand-ins of a batch, in the order of the students' ids; iterating looks at one folder at a time.

    No two share an id. `ignored` and `messages` are about the folder of submissions itself.
    """

    root: str
    problems: frozenset[str]
    sources: tuple[Source, ...]
    ignored: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Handin]:
        """The hand-ins, each looked at when it is asked for."""
        return map(self.look, self.sources)

    def look(self, source: Source) -> Handin:
        """The hand-in of one of the `sources`."""
        return look(self.root, source, self.problems)

    def __len__(self) -> int:
        """How many hand-ins there are."""
        return len(self.sources)


def find_submissions(path: str | os.PathLike[str], problems: Collection[str]) -> Submissions:
    """The hand-ins below `path`, which is a folder of them, one student's folder, or one student's file.

    A folder is one student's where it holds files with names of `problems` (their ids) and nothing that looks like
    another hand-in. A student is called by the name of the folder, or the stem of the single file; by the name
    before the numbers on Canvas and Moodle; and by what `names.gradescope_students` says on Gradescope. Where several
    would share one id, the platform's number is added. Raises AnswerError where `path` is no file of answers, and
    NotChecked where it cannot be used for another reason.
    """
    path = os.fspath(path)
    if not os.path.isdir(path):
        return Submissions(os.path.dirname(path), frozenset(problems), (_single_file(path, problems),))
    batch = _Batch(path, frozenset(problems))
    batch.look()
    if batch.strays and not batch.sources_that_look_like_handins():
        return Submissions(path, frozenset(problems), (Source(_folder_name(path), folders=("",)),))
    messages = [*batch.messages, *(_STRAY.format(name=showable(name)) for name in batch.strays[:MAX_LISTED])]
    return Submissions(path, frozenset(problems), batch.sources(), _listed(batch.ignored), tuple(messages))


def find_submission(path: str | os.PathLike[str], problems: Collection[str]) -> Handin:
    """The one hand-in at `path`, a student's folder or file, whatever else lies in the folder."""
    path = os.fspath(path)
    if os.path.isdir(path):
        return look(path, Source(_folder_name(path), folders=("",)), frozenset(problems))
    return look(os.path.dirname(path), _single_file(path, problems), frozenset(problems))


_STRAY = "{name} lies beside the hand-ins and names no student, so it was left alone."


def _single_file(path: str, problems: Collection[str]) -> Source:
    name = os.path.basename(path)
    kind = _kind(name)
    if not os.path.lexists(path):
        raise AnswerError(f"{showable(path)} is not there")
    if kind == "archive":
        raise NotChecked(f"{showable(name)} is an archive, and archives are not opened", hint="Unpack it first.")
    if kind is None:
        raise AnswerError(
            f"{showable(name)} is no file of answers",
            hint=f"Its name must end with one of {', '.join(ANSWERS + PYTHON)}.",
        )
    if _problem(name, problems) is not None or _stem(name) == SHARED:
        return Source(_folder_name(os.path.dirname(path)), files=((name, name),))
    found = platform_file(name)
    if found and _kind(found.file):
        return Source(showable(found.student), found.number, files=((name, found.file),), platform=found.platform)
    return Source(showable(_stem(name)), files=((name, SHARED + _extension(name)),))


def _folder_name(path: str) -> str:
    return showable(os.path.basename(os.path.abspath(path or os.curdir))) or "submission"


# -- a folder of hand-ins ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Batch:
    """Sorts the entries of a folder of submissions; `strays` are files with a problem's name and no student's."""

    root: str
    problems: frozenset[str]
    found: dict[tuple[str, ...], Source] = field(default_factory=dict)
    strays: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def look(self) -> None:
        """Go through the entries once; nothing inside them is looked at."""
        try:
            names, more = _entries(self.root, MAX_HANDINS)
        except OSError as found:
            raise NotChecked(f"{showable(self.root)} {files.cannot(found)}") from None
        if more:
            raise NotChecked(
                f"{showable(self.root)} holds more than {MAX_HANDINS:,} entries, too many for a class",
                hint="Name the folder in which each student has a folder or a file.",
            )
        students = self._gradescope(names)
        for name in names:
            if name == GRADESCOPE_METADATA and students is not None:
                continue
            kind = _file_type(os.path.join(self.root, name))
            if kind == stat.S_IFDIR or (kind == stat.S_IFLNK and _kind(name) is None):
                self._folder(name, students)
            else:
                self._file(name)

    def _folder(self, name: str, students: dict[str, str] | None) -> None:
        moodle = platform_folder(name)
        number = gradescope_number(name) if students is not None else ""
        if moodle:
            self._add(Source(showable(moodle.student), moodle.number, folders=(name,), platform="moodle"))
        elif number and students is not None:
            student = showable(students.get(name, "")) if name in students else name
            self._add(Source(student, number, folders=(name,), platform="gradescope"))
        else:
            self._add(Source(showable(name), folders=(name,)), name)

    def _file(self, name: str) -> None:
        if _kind(name) and (_problem(name, self.problems) is not None or _stem(name) == SHARED):
            self.strays.append(name)
            return
        found = platform_file(name)
        if found:
            entry = (name, found.file)
            self._add(Source(showable(found.student), found.number, files=(entry,), platform=found.platform))
        elif _kind(name):
            entry = (name, SHARED + _extension(name))
            self._add(Source(showable(_stem(name)), files=(entry,)), _stem(name))
        else:
            self.ignored.append(name)

    def _add(self, source: Source, name: str = "") -> None:
        """Join what belongs to one student: several files, or a folder and a file of one name."""
        key = (source.platform, name or source.student, source.number)
        known = self.found.get(key)
        if known:
            source = replace(known, folders=known.folders + source.folders, files=known.files + source.files)
        self.found[key] = source

    def _gradescope(self, names: list[str]) -> dict[str, str] | None:
        """Folder -> student where this is a Gradescope export, else None."""
        if GRADESCOPE_METADATA not in names:
            return None
        path = os.path.join(self.root, GRADESCOPE_METADATA)
        if _file_type(path) != stat.S_IFREG:
            return None
        try:
            with open(path, "rb") as stream:
                data = stream.read(MAX_METADATA + 1)
            if len(data) > MAX_METADATA:
                raise ValueError(f"it has more than {MAX_METADATA:,} bytes")
            return gradescope_students(data.decode("utf-8-sig", errors="replace"))
        except (OSError, ValueError, yaml.YAMLError, RecursionError) as found:
            reason = showable(str(found).replace("\n", " "), 200)
            self.messages.append(f"{GRADESCOPE_METADATA} cannot be read, so students go by their folders: {reason}")
            return {}

    def sources_that_look_like_handins(self) -> bool:
        """Whether anything here is a platform's, a single file of answers, or a folder with a problem's file."""
        return any(
            source.platform
            or any(_kind(name) == "answers" for name, _ in source.files)
            or any(self._holds_answers(folder) for folder in source.folders)
            for source in self.found.values()
        )

    def _holds_answers(self, folder: str) -> bool:
        path = os.path.join(self.root, folder)
        if _file_type(path) != stat.S_IFDIR:
            return False
        try:
            names, _ = _entries(path, MAX_ENTRIES)
        except OSError:
            return True
        return any(_kind(n) and (_problem(n, self.problems) is not None or _stem(n) == SHARED) for n in names)

    def sources(self) -> tuple[Source, ...]:
        """All of them, no two with one id, in the order of the ids."""
        found = sorted(self.found.items(), key=lambda item: tuple(os.fsencode(part) for part in item[0]))
        times = Counter(source.student for _, source in found)
        taken = {student for student, count in times.items() if count == 1}
        distinct = []
        for _, source in found:
            student = source.student
            if times[student] > 1:
                student = _untaken(f"{student}-{source.number}" if source.number else student, taken)
                taken.add(student)
            distinct.append(replace(source, student=student))
        return tuple(sorted(distinct, key=lambda source: source.student))


def _untaken(student: str, taken: Collection[str]) -> str:
    candidate, n = student, 2
    while candidate in taken:
        candidate, n = f"{student}-{n}", n + 1
    return candidate


# -- one hand-in ---------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Found:
    files: list[HandinFile] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


def look(root: str, source: Source, problems: frozenset[str]) -> Handin:
    """The hand-in of a source below `root`; the only function that looks into a student's folder."""
    found = _Found()
    for folder in source.folders:
        path = os.path.join(root, folder) if folder else root
        shown = showable(folder) if folder else source.student
        reason = "" if not folder else _folder_refused(path)
        if reason:
            found.messages.append(f"{shown} {reason}")
            continue
        try:
            names, more = _entries(path, MAX_ENTRIES)
        except OSError as error:
            found.messages.append(f"{shown} {files.cannot(error)}")
            continue
        if more:
            found.messages.append(_CROWDED.format(folder=shown, most=MAX_ENTRIES))
            names = [name for name in _possible_names(problems) if os.path.lexists(os.path.join(path, name))]
        for name in names:
            _sort(found, os.path.join(path, name), f"{shown}/{showable(name)}", name, problems)
    counted = _latest(source, problems, found)
    for name, counts_as in counted:
        _sort(found, os.path.join(root, name), showable(name), counts_as, problems)
    only = source.folders[0] if len(source.folders) == 1 and not source.files else ""
    where = os.path.join(root, only) if only else root
    ordered = tuple(sorted(found.files, key=lambda file: (file.name, os.fsencode(file.path))))
    return Handin(source.student, where, ordered, _listed(found.ignored), tuple(found.messages))


_CROWDED = (
    "{folder} holds more than {most:,} entries. Only files with the names of the problems were looked for; "
    "the others are not listed."
)


def _folder_refused(path: str) -> str:
    kind = _file_type(path)
    if kind == stat.S_IFDIR:
        return ""
    if kind == stat.S_IFLNK:
        return "is a symbolic link, and links are not followed; hand in the folder itself"
    return "is no folder any more, so it was not read"


def _sort(found: _Found, path: str, shown: str, name: str, problems: Collection[str]) -> None:
    """Put one entry, which counts as `name`, where it belongs."""
    kind = _kind(name)
    problem = _problem(name, problems)
    is_folder = _file_type(path) == stat.S_IFDIR
    if kind == "archive" and not is_folder:
        if problem is None:
            found.messages.append(f"{shown} {_ARCHIVE}")
        else:
            found.files.append(HandinFile(shown, path, kind, problem, 0, _ARCHIVE))
    elif kind and kind != "archive" and (problem is not None or _stem(name) == SHARED):
        size, refused = files.look(path)
        found.files.append(HandinFile(shown, path, kind, problem, size, refused))
    else:
        found.ignored.append(shown + "/" if is_folder else shown)


_ARCHIVE = "is an archive, and archives are not opened; hand in the files themselves"


def _latest(source: Source, problems: Collection[str], found: _Found) -> list[tuple[str, str]]:
    """The files of `source` with the names they count as. Canvas marks what was handed in again as `name-1.yaml`.

    The last attempt counts, the earlier ones are listed as such.
    """
    if source.platform != "canvas":
        return list(source.files)
    attempts: dict[str, list[tuple[int, str]]] = {}
    for name, counts_as in source.files:
        plain, attempt = _attempt(counts_as, problems)
        attempts.setdefault(plain, []).append((attempt, name))
    for same in attempts.values():
        same.sort()
        found.ignored += [f"{showable(name)} (an earlier attempt)" for _, name in same[:-1]]
    return [(same[-1][1], plain) for plain, same in attempts.items()]


def _attempt(name: str, problems: Collection[str]) -> tuple[str, int]:
    """`two-paths-1.yaml` -> `two-paths.yaml`, 1; a name that is a problem's as it stands is left so."""
    found = _RESUBMITTED.fullmatch(_stem(name))
    if not found or _stem(name) in problems or not (found["stem"] in problems or found["stem"] == SHARED):
        return name, 0
    return found["stem"] + _extension(name), int(found["attempt"])


# -- names and entries ---------------------------------------------------------------------------------------------


def _kind(name: str) -> Literal["answers", "python", "archive"] | None:
    if name.endswith(ANSWERS):
        return "answers"
    if name.endswith(PYTHON):
        return "python"
    return "archive" if name.lower().endswith(ARCHIVES) else None


def _extension(name: str) -> str:
    """`.yaml`, or of an archive all of it: `.tar.gz`."""
    known = [e for e in ANSWERS + PYTHON + ARCHIVES if name.lower().endswith(e)]
    return name[len(name) - len(max(known, key=len)) :] if known else ""


def _stem(name: str) -> str:
    extension = _extension(name)
    return name[: len(name) - len(extension)] if extension else name


def _problem(name: str, problems: Collection[str]) -> str | None:
    """The problem whose id the name is, before the extension."""
    stem = _stem(name)
    return stem if stem in problems and stem != SHARED else None


def _possible_names(problems: Collection[str]) -> list[str]:
    return sorted(stem + extension for stem in {*problems, SHARED} for extension in ANSWERS + PYTHON + ARCHIVES)


def _entries(folder: str, most: int) -> tuple[list[str], bool]:
    """The names in a folder that are not hidden, sorted, and whether there are more than `most`."""
    names: list[str] = []
    with os.scandir(folder) as entries:
        for count, entry in enumerate(entries):
            if count >= most:
                return [], True
            if not entry.name.startswith(".") and entry.name not in _HIDDEN:
                names.append(entry.name)
    return sorted(names, key=os.fsencode), False


def _file_type(path: str) -> int:
    """What `lstat` calls the thing at `path`; 0 where nothing is there."""
    try:
        return stat.S_IFMT(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return 0


def _listed(names: list[str]) -> tuple[str, ...]:
    """The first names, and how many more there are."""
    shown = [showable(name) for name in names[:MAX_LISTED]]
    more = len(names) - len(shown)
    return (*shown, f"and {more:,} more") if more else tuple(shown)
