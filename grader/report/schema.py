"""JSON Schema of results.json, for editors and other programs; it describes, and is not used to write.

Fields may be added to the format, so further ones are allowed everywhere.
"""

from __future__ import annotations

from typing import Any, get_args

from grader.marking.results import Verdict

_TEXT: dict[str, Any] = {"type": "string"}
_MAYBE_TEXT: dict[str, Any] = {"type": ["string", "null"]}
_POINTS: dict[str, Any] = {"type": "number", "minimum": 0}
_MAYBE_POINTS: dict[str, Any] = {"type": ["number", "null"], "minimum": 0}
_VERDICTS: tuple[str, ...] = get_args(Verdict)


def results_schema() -> dict[str, Any]:
    """The schema, draft 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Results of grader, format 1",
        **_record(
            {
                "format": {"const": 1},
                "grader": {**_TEXT, "description": "The version that wrote this."},
                "title": _TEXT,
                "sandbox": {**_MAYBE_TEXT, "description": "The tier that Python answers ran under."},
                "problems": _list_of({"id": _TEXT, "title": _TEXT, "points": _POINTS}),
                "students": {"type": "array", "items": {"$ref": "#/$defs/student"}},
            },
            files={"type": "array", "items": _TEXT, "description": "What the run wrote, relative to this file."},
        ),
        "$defs": {"student": _student(), "problem": _problem(), "question": _question(), "item": _item(),
                  "value": _value()},
    }  # fmt: skip


def _student() -> dict[str, Any]:
    return _record(
        {
            "student": _TEXT,
            "variant": {"type": "integer"},
            "points": _POINTS,
            "max_points": _POINTS,
            "judged_points": {**_POINTS, "description": "Out of how many points `points` are."},
            "problems": {"type": "array", "items": {"$ref": "#/$defs/problem"}},
        },
        messages={"type": "array", "items": _TEXT, "description": "About files that no problem claims."},
    )


def _problem() -> dict[str, Any]:
    return _record({
        "problem": _TEXT,
        "points": _POINTS,
        "max_points": _POINTS,
        "judged_points": _POINTS,
        "message": _MAYBE_TEXT,
        "questions": {"type": "array", "items": {"$ref": "#/$defs/question"}},
    })  # fmt: skip


def _question() -> dict[str, Any]:
    return _record({
        "question": _TEXT,
        "ask": _TEXT,
        "verdict": {"enum": [v for v in _VERDICTS if v != "follow_through"]},
        "points": {**_MAYBE_POINTS, "description": "null while an item is not checked or waits for a person."},
        "max_points": _POINTS,
        "misconception": _MAYBE_TEXT,
        "message": _MAYBE_TEXT,
        "items": {"type": "array", "items": {"$ref": "#/$defs/item"}},
    })  # fmt: skip


def _item() -> dict[str, Any]:
    return _record({
        "item": _TEXT,
        "verdict": {"enum": [v for v in _VERDICTS if v != "partial"]},
        "answer": {"$ref": "#/$defs/value"},
        "expected": {"$ref": "#/$defs/value"},
        "misconception": _MAYBE_TEXT,
        "message": _MAYBE_TEXT,
        "checks": _list_of({"check": _TEXT, "passed": {"type": ["boolean", "null"]}, "detail": _TEXT}),
    })  # fmt: skip


def _value() -> dict[str, Any]:
    return {
        "description": "A number, nested lists of numbers, text as it was written, or null. NaN and infinities are "
        '"nan", "inf" and "-inf".',
        "type": ["number", "string", "null", "array"],
        "items": {"$ref": "#/$defs/value", "not": {"type": "null"}},
    }


def _list_of(fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": _record(fields)}


def _record(fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(fields), "properties": fields | more}
