"""Records into an outcome, believing nothing: every field is checked for type, length and number.

A record that is out of turn or not of the form ends the reading; what was read before it stays, as data.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from grader.sandbox.inside import frame
from grader.sandbox.inside.values import Decoder, Refused, Value, text
from grader.sandbox.outcome import CallOutcome, LeftOut, Raised, Syntax, TopLevel
from grader.sandbox.request import Request

T = TypeVar("T")
MOST_PRINTED = 40_000
_LARGEST = 2**62


class Reading:
    """What has been heard of one run so far."""

    def __init__(self, request: Request) -> None:
        self.phase = -1
        self.ended = False
        self.top = TopLevel()
        self.missing: tuple[str, ...] = ()
        self.syntax: Syntax | None = None
        self.calls: list[CallOutcome] = []
        self._request = request
        self._names = ("",) if request.function else request.reads
        self._top_heard = False

    def take(self, kind: int, document: Any) -> None:
        """One record; raises Refused where it is out of turn or not of the form."""
        if self.ended:
            raise Refused("something after the end")
        if kind == frame.START:
            self._start(document)
        elif kind == frame.TOP and not self._top_heard and self.phase in (frame.COMPILING, frame.TOP_LEVEL):
            self._top_heard = True
            self._top(_mapping(document))
        elif kind == frame.RESULT and len(self.calls) == self.phase - frame.FIRST_CALL:
            self.calls.append(self._result(_mapping(document)))
        elif kind == frame.END and self._is_complete():
            self.ended = True
        else:
            raise Refused("a record out of turn")

    @property
    def during(self) -> str:
        """What is running now, in words."""
        if self.phase < frame.COMPILING:
            return "the start"
        if self.phase < frame.FIRST_CALL:
            return "compiling" if self.phase == frame.COMPILING else "the top level"
        return f"call {self.phase - frame.FIRST_CALL + 1}"

    def _is_complete(self) -> bool:
        every = len(self.calls) == len(self._request.calls)
        return self._top_heard and (self.syntax is not None or bool(self.missing) or every)

    def _start(self, document: Any) -> None:
        last = frame.FIRST_CALL + len(self._request.calls) - 1
        if type(document) is not int or document != self.phase + 1 or document > last:
            raise Refused("a beginning out of turn")
        if document >= frame.FIRST_CALL and (not self._top_heard or self.syntax or self.missing):
            raise Refused("a beginning out of turn")
        if document > frame.FIRST_CALL and len(self.calls) != document - frame.FIRST_CALL:
            raise Refused("a call that gave nothing")
        self.phase = document

    def _top(self, found: dict[str, Any]) -> None:
        if "syntax" in found:
            part = _mapping(found["syntax"])
            self.syntax = Syntax(
                self._file(part["file"]),
                _number(part["line"]),
                _number(part["column"]),
                text(part["message"]),
                text(part["text"]),
            )
            return
        known = (self._request.function,) if self._request.function else self._request.requires
        self.missing = tuple(name for name in known if name in _texts(found["missing"], len(known)))
        printed, cut = _printed(found)
        self.top = TopLevel(
            raised=self._raised(found["raised"]),
            left_out=_list(found["left_out"], 20, self._left_out),
            more_left_out=_number(found["more"]),
            defined=_texts(found["defined"], 50),
            printed=printed,
            printed_cut=cut,
        )

    def _result(self, found: dict[str, Any]) -> CallOutcome:
        printed, cut = _printed(found)
        raised = self._raised(found["raised"])
        arguments = self._request.calls[len(self.calls)].arguments
        changed = _texts(found["changed"], len(arguments))
        return CallOutcome(
            values=None if raised else self._values(found["values"]),
            raised=raised,
            changed=tuple(name for name in arguments if name in changed),
            printed=printed,
            printed_cut=cut,
            counts=dict(_list(found["counts"], 100, _count)),
        )

    def _values(self, found: Any) -> dict[str, Value]:
        decoder = Decoder()
        pairs = _list(found, len(self._names), _pair)
        if tuple(name for name, _ in pairs) != self._names:
            raise Refused("other values than those that were asked for")
        return {name: decoder.value(value) for name, value in pairs}

    def _raised(self, found: Any) -> Raised | None:
        if found is None:
            return None
        found = _mapping(found)
        return Raised(
            text(found["type"]),
            text(found["message"]),
            self._file(found["file"]),
            _number(found["line"]),
            text(found["text"]),
            text(found["module"]),
            found["memory"] is True,
        )

    def _left_out(self, found: Any) -> LeftOut:
        found = _mapping(found)
        return LeftOut(self._file(found["file"]), _number(found["line"]), text(found["text"]), text(found["why"]))

    def _file(self, found: Any) -> str:
        if found == "" or any(found == source.name for source in self._request.sources):
            return str(found)
        raise Refused("a file that is none of the sources")


class _Fields(dict[str, Any]):
    def __missing__(self, name: str) -> Any:
        raise Refused(f"nothing called {name}")


def _mapping(found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise Refused("no mapping where one belongs")
    return _Fields(found)


def _list(found: Any, most: int, read: Callable[[Any], T]) -> tuple[T, ...]:
    if not isinstance(found, list) or len(found) > most:
        raise Refused("no list where one belongs, or one that is too long")
    return tuple(read(item) for item in found)


def _texts(found: Any, most: int) -> tuple[str, ...]:
    return _list(found, most, text)


def _pair(found: Any) -> tuple[str, Any]:
    if not isinstance(found, list) or len(found) != 2:
        raise Refused("no pair where one belongs")
    return text(found[0]), found[1]


def _count(found: Any) -> tuple[str, int]:
    name, count = _pair(found)
    return name, _number(count)


def _number(found: Any) -> int:
    if type(found) is not int or not 0 <= found < _LARGEST:
        raise Refused("no number where one belongs")
    return found


def _printed(found: dict[str, Any]) -> tuple[str, bool]:
    return text(found["printed"], MOST_PRINTED), found["cut"] is True
