"""results.json: every mark, complete, for other programs (format.md 4).

Streamed, with one item on a line, so that it can be compared and read; the same input gives the same bytes. The file
gets its name when it is complete. Its last field lists what the run wrote.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import ClassVar

import numpy

from grader.marking.results import ItemResult, ProblemResult, QuestionResult, StudentResult, Value
from grader.report.folder import FILES_LINE, RESULTS, Folder
from grader.report.numbers import rounded
from grader.report.text import encodable
from grader.report.writer import Head, Summary

FORMAT = 1
_WHOLE = 2.0**53
"""Below it a whole number is written without a fraction."""


class ResultsJson:
    """The instructor's results; the last writer, since it lists the files of the others."""

    pages: ClassVar[bool] = False
    last: ClassVar[bool] = True

    def __init__(self, head: Head) -> None:
        self._head = head

    def part(self, result: StudentResult, shown: StudentResult) -> str:
        """The lines of one student."""
        return student_json(result)

    def open(self, folder: Folder) -> None:
        """Write the head."""
        head = self._head
        self._folder = folder
        self._file = folder.create(RESULTS)
        self._between = "\n"
        first = {"format": FORMAT, "grader": head.grader, "title": head.title, "sandbox": head.sandbox}
        problems = [_object({"id": p.id, "title": p.title, "points": _points(p.points)}) for p in head.problems]
        self._file.write(f'{_object(first)[:-1]},\n "problems": [{_lines(problems, 2)}],\n "students": [')

    def add(self, part: str) -> None:
        """Write one student."""
        self._file.write(f"{self._between}  {part}")
        self._between = ",\n"

    def close(self, summary: Summary) -> None:
        """List the files and give this one its name."""
        names = _lines((json.dumps(name) for name in sorted(self._folder.files)), 2)
        self._file.write(f"],\n{FILES_LINE}{names}]}}\n")
        self._file.commit()


WRITER = ResultsJson


def student_json(result: StudentResult) -> str:
    """One entry of `students`, as JSON text on several lines."""
    fields = {
        "student": result.student,
        "variant": result.variant,
        "points": _points(result.points),
        "max_points": _points(result.max_points),
        "judged_points": _points(result.judged_points),
    }
    return _nested(fields, "problems", map(_problem, result.problems), 3, {"messages": list(result.messages)})


def _problem(result: ProblemResult) -> str:
    fields = {
        "problem": result.problem,
        "points": _points(result.points),
        "max_points": _points(result.max_points),
        "judged_points": _points(result.judged_points),
        "message": result.message,
    }
    return _nested(fields, "questions", map(_question, result.questions), 4)


def _question(result: QuestionResult) -> str:
    fields = {
        "question": result.question,
        "ask": result.ask,
        "verdict": result.verdict,
        "points": _points(result.points),
        "max_points": _points(result.max_points),
        "misconception": result.misconception,
        "message": result.message,
    }
    return _nested(fields, "items", map(_item, result.items), 5)


def _item(result: ItemResult) -> str:
    """The one line of which there are many, and so put together by hand."""
    checks = [_object({"check": c.check, "passed": c.passed, "detail": c.detail}) for c in result.checks]
    return (
        f'{{"item": {_text(result.item)}, "verdict": {_text(result.verdict)}, '
        f'"answer": {_value(result.answer)}, "expected": {_value(result.expected)}, '
        f'"misconception": {_text(result.misconception)}, "message": {_text(result.message)}, '
        f'"checks": [{", ".join(checks)}]}}'
    )


def _text(text: str | None) -> str:
    return "null" if text is None else json.dumps(encodable(text))


def _value(value: Value) -> str:
    return "null" if value is None else _text(value) if isinstance(value, str) else _encode(plain(value))


def _nested(
    fields: Mapping[str, object], key: str, parts: Iterable[str], indent: int, after: Mapping[str, object] | None = None
) -> str:
    """An object with a list at its end, one part of the list on a line, and the fields after it."""
    end = f", {_object(after)[1:]}" if after else "}"
    return f'{_object(fields)[:-1]}, "{key}": [{_lines(parts, indent)}]{end}'


def _lines(parts: Iterable[str], indent: int) -> str:
    return ",".join(f"\n{' ' * indent}{part}" for part in parts)


def _object(fields: Mapping[str, object]) -> str:
    return _encode({name: plain(value) for name, value in fields.items()})


_encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False).encode


_ARRAYS = (numpy.ndarray, numpy.generic)


def _points(points: float | None) -> float | None:
    return None if points is None else rounded(points)


def plain(value: object) -> object:
    """JSON's own types: arrays as nested lists, whole numbers without a fraction, NaN and infinity as words."""
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, _ARRAYS):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return value


def _number(number: float) -> float | int | str:
    if not math.isfinite(number):
        return repr(number)
    return int(number) if number.is_integer() and abs(number) < _WHOLE else number
