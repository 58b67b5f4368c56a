"""YAML and JSON with places: every value keeps its line, its column and the text as it was written.

Stands on the events of PyYAML's C parser and resolves plain scalars by the core schema of YAML 1.2. What makes a
file mean something else than it seems to (duplicate keys, aliases, tags, merge keys, a comma in flow style) is
refused with a place. Knows nothing of problems or answers: the caller says whose error it is.
"""

from __future__ import annotations

import bisect
import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import yaml

from grader.errors import AnswerError, GraderError, Place

MAX_BYTES = 2**20
MAX_DEPTH = 40
MAX_NODES = 200_000


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value. `raw` is the text as written (without quotes); `quoted` is true for every style but the plain one."""

    value: bool | int | float | str | None
    raw: str
    place: Place
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of values."""

    items: tuple[Value, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Damage:
    """An entry of a mapping that could not be read, while the others could: its key, and why."""

    key: str
    error: GraderError


@dataclass(frozen=True)
class Mapping:
    """Keys and values in the order of the file. Entries that `damage` names are not among `entries`."""

    entries: tuple[tuple[Scalar, Value], ...]
    place: Place
    damage: tuple[Damage, ...] = ()

    def get(self, key: str) -> Value | None:
        """The value of `key`, or None."""
        found = self._index.get(key)
        return None if found is None else found[1]

    def key(self, key: str) -> Scalar | None:
        """The key itself, which has a place of its own, or None."""
        found = self._index.get(key)
        return None if found is None else found[0]

    def keys(self) -> list[str]:
        """All keys as they were written."""
        return [key.raw for key, _ in self.entries]

    @cached_property
    def _index(self) -> dict[str, tuple[Scalar, Value]]:
        return {key.raw: (key, value) for key, value in self.entries}


Value = Scalar | Sequence | Mapping


def read(text: str, file: str, error: type[GraderError], *, keep_damage: bool = False) -> Value:
    """The one document in `text`.

    Raises `error` with a place for the first thing that cannot be read. With `keep_damage`, a comma that cuts a
    value and a key written twice cost only their own entry: they are left out and listed in `Mapping.damage`.
    """
    reader = _Reader(text, file, error, repair=False)
    value = reader.document()
    damage = [] if keep_damage else reader.damage
    if reader.errors or damage:
        raise min(reader.errors + damage, key=_position)
    return value


def read_all(text: str, file: str, error: type[GraderError]) -> tuple[Value | None, list[GraderError]]:
    """The document and every error in it, so that a caller can look for more errors behind them.

    Where a comma cut a value, the value is what was meant; of a key that is written twice, the first counts. The
    document is None where the file could not be read to its end.
    """
    reader = _Reader(text, file, error, repair=True)
    try:
        value = reader.document()
    except GraderError as stopped:
        return None, sorted([*reader.errors, *reader.damage, stopped], key=_position)
    return value, sorted(reader.errors + reader.damage, key=_position)


def read_json(text: str, file: str, error: type[GraderError], *, keep_damage: bool = False) -> Value:
    """The tree of a JSON text, with places, and numbers as they were written.

    JSON is YAML, so places come from the reader above; where that one is narrower (a key of more than 1,024
    characters, an escaped surrogate pair), every value gets the place of the file's beginning.
    """
    text = text.removeprefix("\ufeff")
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise error(_TOO_LARGE[0], Place(file, 1, 1), _TOO_LARGE[1])
    try:
        tree = _json_tree(text, file, error)
    except json.JSONDecodeError as found:
        raise error(*_json_error(found, text, file)) from None
    except RecursionError:
        raise error(_TOO_DEEP[0], Place(file, 1, 1), _TOO_DEEP[1]) from None
    try:
        tree = read(text, file, error, keep_damage=True)
    except GraderError:
        _check_size(tree, error)
    for mapping in () if keep_damage else walk(tree):
        if isinstance(mapping, Mapping) and mapping.damage:
            raise mapping.damage[0].error
    return tree


def decode(data: bytes, file: str, error: type[GraderError]) -> str:
    """The text of a file's bytes, which must be UTF-8 and at most 1 MiB; a byte order mark is dropped."""
    if len(data) > MAX_BYTES:
        raise error(_TOO_LARGE[0], Place(file, 1, 1), _TOO_LARGE[1])
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise error("this file is UTF-16, and UTF-8 was expected", Place(file, 1, 1), "Save it again as UTF-8.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as found:
        before = found.object[: found.start].decode("utf-8", errors="replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        end = found.object.find(b"\n", found.start)
        rest = found.object[found.start : None if end < 0 else end].decode("utf-8", errors="replace")
        shown = before[before.rfind("\n") + 1 :] + rest
        message = f"the byte 0x{found.object[found.start]:02x} is not UTF-8"
        raise error(message, Place(file, line, column, text=shown), "Save the file again as UTF-8.") from None


def plain(value: Value) -> Any:
    """The tree as Python's own lists and dicts, keys as text."""
    if isinstance(value, Scalar):
        return value.value
    if isinstance(value, Sequence):
        return [plain(item) for item in value.items]
    return {key.raw: plain(item) for key, item in value.entries}


def at(value: Value, path: tuple[str | int, ...]) -> Value:
    """The value at `path` (keys and indices), or the nearest one above it that is there."""
    for step in path:
        inner: Value | None = None
        if isinstance(value, Mapping):
            inner = value.get(str(step))
        elif isinstance(value, Sequence) and isinstance(step, int) and 0 <= step < len(value.items):
            inner = value.items[step]
        if inner is None:
            return value
        value = inner
    return value


def walk(value: Value) -> Iterator[Value]:
    """The value and everything in it, from the top down."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        yield value
        if isinstance(value, Mapping):
            waiting.extend(inner for _, inner in reversed(value.entries))
        elif isinstance(value, Sequence):
            waiting.extend(reversed(value.items))


# -- plain scalars, by the core schema of YAML 1.2 -----------------------------------------------------------------

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INF = re.compile(r"[-+]?\.(?:inf|Inf|INF)")
_NAN = {".nan", ".NaN", ".NAN"}
_BEGINS_A_NUMBER = frozenset("+-.0123456789")
_LONG = 250
"""Integers of more digits are read as floats, so that every whole number in a tree fits a float."""


def resolve(raw: str) -> bool | int | float | str | None:
    """What a plain scalar means: `1e-3` is a number and `010` is ten; `no`, `12:30:00` and `1_000` are text."""
    if raw in _NULL:
        return None
    if raw in _BOOL:
        return _BOOL[raw]
    if raw[0] not in _BEGINS_A_NUMBER:
        return raw
    if _INT.fullmatch(raw):
        return int(raw) if len(raw) <= _LONG else float(raw)
    if _OCTAL.fullmatch(raw):
        return int(raw[2:], 8) if len(raw) <= _LONG else math.inf
    if _HEX.fullmatch(raw):
        return int(raw[2:], 16) if len(raw) <= _LONG else math.inf
    if _FLOAT.fullmatch(raw):
        return float(raw)
    if _INF.fullmatch(raw):
        return -math.inf if raw[0] == "-" else math.inf
    return math.nan if raw in _NAN else raw


# -- from events to the tree ---------------------------------------------------------------------------------------

_TOO_LARGE = ("this file is larger than 1 MiB, the most that is read", "Leave out what does not belong to it.")
_TOO_DEEP = (f"this is nested more than {MAX_DEPTH} levels deep", "Write it with fewer brackets or less indentation.")
_TOO_MANY = (f"this file holds more than {MAX_NODES:,} values", "Leave out what does not belong to it.")
_SCALARS = frozenset((yaml.ScalarEvent, yaml.AliasEvent))
_STARTS = frozenset((yaml.MappingStartEvent, yaml.SequenceStartEvent))
_ENDS = frozenset((yaml.MappingEndEvent, yaml.SequenceEndEvent))
_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DIGITS = re.compile(r"[-+]?[0-9]+")
_FRACTION = re.compile(r"[0-9]+(?:[eE][-+]?[0-9]+)?")


def _position(error: GraderError) -> tuple[int, int]:
    return (error.place.line, error.place.column) if error.place else (0, 0)


def _lines(text: str) -> list[str]:
    return _BREAK.split(text)


@dataclass(slots=True)
class _Open:
    """A collection that is being read; `spans` are the first and last index of each part in the text."""

    start: Any
    place: Place
    parts: list[Value] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Pair:
    """A key, its value, and where both begin and end in the text."""

    key: Value
    value: Value
    key_span: tuple[int, int]
    value_span: tuple[int, int]

    def is_plain(self) -> bool:
        """Whether the value is a scalar without quotes, which a comma can cut."""
        return isinstance(self.value, Scalar) and bool(self.value.raw) and not self.value.quoted


class _Reader:
    """Turns the parser's events into a tree; `errors` do not stop it, `damage` costs one entry of a mapping."""

    def __init__(self, text: str, file: str, error: type[GraderError], *, repair: bool) -> None:
        self.text = text.removeprefix("\ufeff")
        self.file = file
        self.error = error
        self.repair = repair
        self.errors: list[GraderError] = []
        self.damage: list[GraderError] = []
        self.lines = _lines(self.text)
        self.starts = [0, *(found.end() for found in _BREAK.finditer(self.text))]

    def document(self) -> Value:
        """Read the text; raises the error that keeps the rest from being read."""
        self._check_text()
        try:
            return self._build()
        except yaml.MarkedYAMLError as found:
            mark = found.problem_mark or found.context_mark
            message, hint, place = self._words(found, mark)
            raise self.error(message, place, hint) from None
        except yaml.YAMLError as found:
            raise self.error(f"this file cannot be read as YAML: {found}", self._place_at(0, 0)) from None

    def _check_text(self) -> None:
        if len(self.text.encode(errors="replace")) > MAX_BYTES:
            raise self.error(_TOO_LARGE[0], self._place_at(0, 0), _TOO_LARGE[1])
        found = _CONTROL.search(self.text)
        if found:
            code = ord(found.group())
            line, column = self._line_and_column(found.start())
            message = f"the control character U+{code:04X} stands here"
            raise self.error(message, self._place_at(line, column), "Delete it.")

    def _build(self) -> Value:
        root: Value | None = None
        documents = nodes = 0
        open_: list[_Open] = []
        done: Value
        event: Any
        for event in yaml.parse(self.text, Loader=yaml.CLoader):
            kind = type(event)
            if kind in _SCALARS:
                done = self._scalar(event)
                begin = event.start_mark.index
            elif kind in _STARTS:
                self._refuse_properties(event)
                open_.append(_Open(event, self._place(event)))
                if len(open_) > MAX_DEPTH:
                    raise self.error(_TOO_DEEP[0], self._place(event), _TOO_DEEP[1])
                continue
            elif kind in _ENDS:
                closed = open_.pop()
                begin = closed.start.start_mark.index
                is_mapping = kind is yaml.MappingEndEvent
                done = self._mapping(closed) if is_mapping else Sequence(tuple(closed.parts), closed.place)
            else:
                documents += kind is yaml.DocumentStartEvent
                if documents > 1:
                    message = "a second document begins here, and one file is one document"
                    raise self.error(message, self._place(event, 3), "Delete the line ---, or write a second file.")
                continue
            nodes += 1
            if nodes > MAX_NODES:
                raise self.error(_TOO_MANY[0], self._place(event), _TOO_MANY[1])
            if open_:
                open_[-1].parts.append(done)
                open_[-1].spans.append((begin, event.end_mark.index))
            else:
                root = done
        if root is None or (isinstance(root, Scalar) and not root.raw and not root.quoted):
            raise self.error("this file is empty", self._place_at(0, 0))
        return root

    def _scalar(self, event: Any) -> Scalar:
        place = self._place(event)
        if isinstance(event, yaml.AliasEvent):
            message = f"*{event.anchor} stands for a value written elsewhere, and such references are not read"
            self.errors.append(self.error(message, place, "Write the value itself, or put text in quotes."))
            return Scalar(None, "", place)
        self._refuse_properties(event)
        if event.style:
            return Scalar(event.value, event.value, place, quoted=True)
        return Scalar(resolve(event.value), event.value, place)

    def _refuse_properties(self, event: Any) -> None:
        if event.anchor is not None:
            message = f"&{event.anchor} gives this value a name to refer to, and such names are not read"
            self.errors.append(self.error(message, self._place(event), f"Leave out &{event.anchor}."))
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            message = f"the tag {_short(tag)} stands here, and tags are not read"
            self.errors.append(self.error(message, self._place(event), "Leave the tag out."))

    def _mapping(self, closed: _Open) -> Mapping:
        pairs = [
            _Pair(key, value, key_span, value_span)
            for key, value, key_span, value_span in zip(
                closed.parts[::2], closed.parts[1::2], closed.spans[::2], closed.spans[1::2], strict=True
            )
        ]
        flow = bool(closed.start.flow_style)
        damage: list[Damage] = []
        kept: dict[str, tuple[Scalar, Value]] = {}
        n = 0
        while n < len(pairs):
            pair = pairs[n]
            last = n + 1
            while flow and pair.is_plain() and last < len(pairs) and self._is_cut_off(pairs[last]):
                last += 1
            cut, n = pairs[n + 1 : last], last
            key, value = pair.key, pair.value
            if not isinstance(key, Scalar) or (key.value is None and not key.quoted):
                self.errors.append(self._strange_key(key))
                continue
            found: GraderError | None = None
            if key.raw == "<<" and not key.quoted:
                message = "<< merges another mapping into this one, and merging is not read"
                self.errors.append(self.error(message, key.place, "Write the entries themselves."))
                continue
            if flow and self._unwritten(pair):
                found = self._valueless(key)
            elif cut:
                found, value = self._comma(key, pair, cut)
            if key.raw in kept:
                found = self._twice(key, kept[key.raw][0])
            else:
                kept[key.raw] = (key, value)
            if found:
                self.damage.append(found)
                damage.append(Damage(key.raw, found))
        lost = set() if self.repair else {entry.key for entry in damage}
        entries = tuple(entry for name, entry in kept.items() if name not in lost)
        return Mapping(entries, closed.place, tuple(damage))

    def _unwritten(self, pair: _Pair) -> bool:
        """Whether neither a colon nor a value follows the key."""
        start, end = pair.value_span
        return start == end and ":" not in self.text[pair.key_span[1] : start]

    def _is_cut_off(self, pair: _Pair) -> bool:
        key = pair.key
        return isinstance(key, Scalar) and not key.quoted and bool(key.raw) and self._unwritten(pair)

    # -- the errors of mappings

    def _strange_key(self, key: Value) -> GraderError:
        if isinstance(key, Scalar):
            return self.error("a key is missing before this colon", key.place, "Write name: value.")
        found = "list" if isinstance(key, Sequence) else "mapping"
        return self.error(f"this key is a {found}, and a key is a name", key.place, "Put it in quotes to make it text.")

    def _twice(self, key: Scalar, first: Scalar) -> GraderError:
        message = f"{_short(key.raw)} stands here a second time; the first is at line {first.place.line}"
        return self.error(message, key.place, "Keep one of the two.")

    def _valueless(self, key: Scalar) -> GraderError:
        name = _short(key.raw)
        return self.error(f"{name} has no value", key.place, f"Write {name}: and its value, or a list: [{name}].")

    def _comma(self, key: Scalar, pair: _Pair, cut: list[_Pair]) -> tuple[GraderError, Scalar]:
        """The error for a value that a comma cut in flow style, and the value that was meant."""
        start, end = pair.value_span[0], cut[-1].key_span[1]
        written = " ".join(self.text[start:end].split())
        parts = [part.raw for part in (pair.value, *(part.key for part in cut)) if isinstance(part, Scalar)]
        tail = "This answer was not read, so it was not marked; the others were."
        tail = f" {tail}" if issubclass(self.error, AnswerError) else ""
        if all(isinstance(resolve(part), int | float) for part in parts):
            place = self._place_at(*self._line_and_column(start), end - start)
            decimal = len(parts) == 2 and _DIGITS.fullmatch(parts[0]) and _FRACTION.fullmatch(parts[1])
            meant = f"{parts[0]}.{parts[1]}" if decimal else written
            hint = f"Write {meant}." if decimal else f"Write one number, or a list in brackets: [{_short(written)}]."
            count = {2: "two", 3: "three", 4: "four"}.get(len(parts), str(len(parts)))
            message = f"a number was expected, and this is {count}: {_listed(parts)}"
            return self.error(message, place, hint + tail), Scalar(resolve(meant), meant, pair.value.place)
        place = self._place_at(*self._line_and_column(self.text.find(",", pair.value_span[1])))
        message = "this comma ends the value: what follows it is read as another key"
        quoted = json.dumps(_short(written, 80), ensure_ascii=False)
        hint = f"Put the formula in quotes: {{{_short(key.raw)}: {quoted}}}" + (tail and f".{tail}")
        return self.error(message, place, hint), Scalar(written, written, pair.value.place)

    # -- places

    def _place(self, event: Any, length: int | None = None) -> Place:
        start, end = event.start_mark, event.end_mark
        if length is None:
            length = end.column - start.column if start.line == end.line else 0
        return self._place_at(start.line, start.column, length)

    def _place_at(self, line: int, column: int, length: int = 1) -> Place:
        text = self.lines[line] if line < len(self.lines) else ""
        return Place(self.file, line + 1, column + 1, max(1, min(length or len(text), len(text) - column)), text)

    def _end(self) -> Place:
        """The last character that is no blank."""
        return self._place_at(*self._line_and_column(max(len(self.text.rstrip()) - 1, 0)))

    def _line_and_column(self, index: int) -> tuple[int, int]:
        line = bisect.bisect_right(self.starts, index) - 1
        return line, index - self.starts[line]

    # -- the parser's own errors

    def _words(self, found: yaml.MarkedYAMLError, mark: Any) -> tuple[str, str, Place]:
        """A parser's error in plain words, with its place."""
        line, column = (mark.line, mark.column) if mark is not None else (0, 0)
        text = self.lines[line] if line < len(self.lines) else ""
        here = text[column : column + 1]
        problem = (found.problem or "").replace("\n", " ")
        context = found.context or ""
        place = self._place_at(line, column)
        if here == "\t" or "tab character" in problem:
            return "a tab stands here, and YAML counts its indentation in blanks", "Replace the tab by blanks.", place
        if here and here in "[{" and "expected ',' or" in problem:
            message = f"this {here} ends the value before it: in YAML's flow style brackets have their own meaning"
            return message, "Put the formula in quotes.", place
        if here and here in "@`%" and "cannot start any token" in problem:
            return f"a value cannot begin with {here}", "Put the text in quotes.", place
        if here == "-" and "did not find expected" in problem and "flow" not in context:
            return "this - does not line up with the lines before it", "Indent it as the other entries are.", place
        start = found.context_mark
        if "unexpected end of stream" in problem and start is not None:
            return "this quote is never closed", "Close it, or leave it out.", self._place_at(start.line, start.column)
        if "expected ',' or" in problem and start is not None and start.line != line:
            opened = self._place_at(start.line, start.column)
            bracket = opened.text[start.column : start.column + 1]
            return f"this {bracket} is not closed before line {line + 1}", "Close it.", opened
        if start is not None and ("alphabetic or numeric" in problem or "expected ':'" in problem):
            place = self._place_at(start.line, start.column)
        elif not "".join([text[column:], *self.lines[line + 1 :]]).strip():
            return "the file ends here, and something is missing", "Close what is open, or delete it.", self._end()
        for sign, message, hint in _PARSER_WORDS:
            if sign in problem:
                return message, hint, place
        return f"this cannot be read as YAML here ({problem})", "Put text with special characters in quotes.", place


_PARSER_WORDS = [
    (
        "mapping values are not allowed",
        "this colon cannot stand here: the line has its value already",
        "Put text that holds a colon and a blank in quotes, or check the indentation.",
    ),
    (
        "could not find expected ':'",
        "a colon was expected: this line is neither `name: value` nor a part of the text before it",
        "Write name: value, with a blank behind the colon, or indent the line.",
    ),
    (
        "expected ',' or '}'",
        "a comma or } was expected here",
        "Separate the entries by commas, and put text with special characters in quotes.",
    ),
    (
        "expected ',' or ']'",
        "a comma or ] was expected here",
        "Separate the entries by commas, and put text with special characters in quotes.",
    ),
    (
        "did not find expected key",
        "this line does not line up with the entries before it",
        "Indent it as the other entries are, and put a value that begins with a quote wholly in quotes.",
    ),
    (
        "did not find expected '-'",
        "an entry of the list was expected here, beginning with -",
        "Begin it with -, or indent it as the lines before it are.",
    ),
    (
        "block sequence entries are not allowed",
        "a list cannot begin here",
        "Begin it on the next line, or write it in brackets: [a, b].",
    ),
    ("mapping keys are not allowed", "a ? cannot stand here", "Put the text in quotes."),
    ("did not find expected node content", "a value was expected here", "Write a value, or put the text in quotes."),
    (
        "unknown escape character",
        "this backslash has no meaning in double quotes",
        "Write the text in single quotes, where a backslash is a backslash, or double it.",
    ),
    ("hexdecimal", "hexadecimal digits were expected behind this escape", "Write the text in single quotes."),
    ("escape code", "this escape stands for no character", "Write the character itself."),
    ("unexpected document indicator", "a document ends here, inside quotes", "Close the quote before it."),
    ("document start", "this line stands outside the document", "Delete it, or indent it."),
    ("cannot start any token", "a value cannot begin with this character", "Put the text in quotes."),
    (
        "comment or line break",
        "behind | or > the line must end: the text begins on the next one",
        "Move the text to the next line and indent it, or leave out the |.",
    ),
    ("tag", "a tag stands here, and tags are not read", "Leave the tag out, or put the text in quotes."),
    ("alphabetic or numeric", "a value cannot begin with & or *", "Put the text in quotes."),
    ("directive", "a line that begins with % is not read", "Delete the line."),
]
"""What libyaml says (a part of it), in the words of someone who is stuck."""


def _short(text: str, length: int = 40) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _listed(parts: list[str]) -> str:
    parts = [_short(part) for part in parts[:6]]
    return ", ".join(parts[:-1]) + " and " + parts[-1]


# -- JSON ----------------------------------------------------------------------------------------------------------

_JSON_HINT = "JSON wants double quotes round names and text, commas between entries and none behind the last."


def _json_error(found: json.JSONDecodeError, text: str, file: str) -> tuple[str, Place, str]:
    lines = text.split("\n")
    line = lines[found.lineno - 1] if found.lineno <= len(lines) else ""
    words = found.msg.replace("Invalid", "unknown")
    words = words[:1].lower() + words[1:]
    return f"this cannot be read as JSON here ({words})", Place(file, found.lineno, found.colno, text=line), _JSON_HINT


def _json_tree(text: str, file: str, error: type[GraderError]) -> Value:
    """The tree by Python's JSON reader, all at the file's beginning."""
    place = Place(file, 1, 1, text=_lines(text)[0])

    def number(raw: str) -> Scalar:
        return Scalar(resolve(raw), raw, place)

    def constant(raw: str) -> Scalar:
        return Scalar(float(raw.replace("Infinity", "inf")), raw, place)

    def pairs(found: list[tuple[str, Any]]) -> Mapping:
        kept = {name: (Scalar(name, name, place, quoted=True), wrapped(value)) for name, value in found}
        twice = [name for name, count in Counter(name for name, _ in found).items() if count > 1]
        damage = [
            Damage(name, error(f"{_short(name)} stands here twice", place, "Keep one of the two.")) for name in twice
        ]
        return Mapping(tuple(kept[name] for name in kept if name not in set(twice)), place, tuple(damage))

    def wrapped(value: Any) -> Value:
        if isinstance(value, list):
            return Sequence(tuple(wrapped(item) for item in value), place)
        if isinstance(value, Scalar | Mapping):
            return value
        return Scalar(value, "" if value is None else str(value), place, quoted=isinstance(value, str))

    return wrapped(
        json.loads(text, object_pairs_hook=pairs, parse_int=number, parse_float=number, parse_constant=constant)
    )


def _check_size(tree: Value, error: type[GraderError]) -> None:
    """Hold a tree that did not come through the YAML reader to the same bounds."""
    waiting, nodes = [(tree, 1)], 0
    while waiting:
        value, depth = waiting.pop()
        nodes += 1
        inner: tuple[Value, ...] = ()
        if isinstance(value, Sequence):
            inner = value.items
        elif isinstance(value, Mapping):
            inner = tuple(part for entry in value.entries for part in entry)
        if inner and depth > MAX_DEPTH:
            raise error(_TOO_DEEP[0], tree.place, _TOO_DEEP[1])
        if nodes > MAX_NODES:
            raise error(_TOO_MANY[0], tree.place, _TOO_MANY[1])
        waiting.extend((part, depth + 1) for part in inner)
