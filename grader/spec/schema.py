"""JSON Schema of problem files and answer files, for the language servers of editors and for other programs.

Made from the models, so that it says what `load` reads; what needs the graph (names, shapes) only `load` can say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grader.spec.fields import ARRAY_SCHEMA
from grader.spec.inputs import INPUT_SCHEMA
from grader.spec.load import ITEM_VERDICTS, QUESTION_VERDICTS
from grader.spec.models import ProblemFile, QuestionOptions

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]


def problem_schema(kinds: Mapping[str, type[QuestionOptions]]) -> Schema:
    """The schema of a problem file; the options of a question depend on its `ask`."""
    schema = _plain(ProblemFile.model_json_schema(by_alias=True))
    definitions: Schema = schema.pop("$defs", {})
    branches = []
    for ask, model in kinds.items():
        own = _plain(model.model_json_schema(by_alias=True))
        definitions.update(own.pop("$defs", {}))
        own["properties"]["ask"] = {"const": ask, "description": own.pop("description", "")}
        definitions[f"{ask}-question"] = own
        asked = {"properties": {"ask": {"const": ask}}, "required": ["ask"]}
        branches.append({"if": asked, "then": {"$ref": f"#/$defs/{ask}-question"}})
    definitions["question"] = {
        "type": "object",
        "description": "one question; its keys depend on `ask`",
        "required": ["ask"],
        "properties": {"ask": {"enum": list(kinds), "description": "the kind of question"}},
        "allOf": branches,
    }
    properties = schema["properties"]
    properties["questions"] = {
        "type": "object",
        "description": "name → question",
        "minProperties": 1,
        "additionalProperties": {"$ref": "#/$defs/question"},
    }
    definitions["ExampleSection"]["properties"]["expect"]["additionalProperties"] = _EXPECTATION
    return _headed(schema, definitions, "A problem of grader")


_EXPECTATION: Schema = {
    "anyOf": [
        {"enum": list(QUESTION_VERDICTS)},
        {
            "type": "object",
            "description": "item → verdict",
            "properties": {
                "verdict": {"enum": list(QUESTION_VERDICTS), "description": "of the whole question"},
                "misconception": {"type": ["string", "null"], "description": "its id; null: none may be claimed"},
            },
            "additionalProperties": {"enum": list(ITEM_VERDICTS)},
        },
    ]
}


def answers_schema() -> Schema:
    """The schema of an answer file, for one problem or for several (`answers.yaml`)."""
    answers = {
        "type": "object",
        "description": "question → answer",
        "additionalProperties": {
            "anyOf": [
                *ARRAY_SCHEMA["anyOf"],
                {"type": "array", "items": {"type": ["string", "number"]}},
                {"type": "object", "additionalProperties": ARRAY_SCHEMA},
                {"type": "null"},
            ]
        },
    }
    one = {
        "type": "object",
        "properties": {
            "problem": {"type": "string", "description": "the problem's id, checked when there"},
            "answers": {"$ref": "#/$defs/answers"},
        },
        "required": ["answers"],
        "additionalProperties": False,
    }
    several = {
        "type": "object",
        "properties": {
            "problems": {
                "type": "object",
                "description": "problem → its answers",
                "additionalProperties": {
                    "type": "object",
                    "properties": {"answers": {"$ref": "#/$defs/answers"}},
                    "required": ["answers"],
                    "additionalProperties": False,
                },
            }
        },
        "required": ["problems"],
        "additionalProperties": False,
    }
    return _headed({"anyOf": [one, several]}, {"answers": answers}, "Answers to problems of grader")


def _headed(schema: Schema, definitions: Schema, title: str) -> Schema:
    definitions = {"input": INPUT_SCHEMA, **definitions} if "input" in _references(schema, definitions) else definitions
    return {"$schema": DIALECT, "title": title, **schema, "$defs": dict(sorted(definitions.items()))}


def _references(*schemas: Any) -> set[str]:
    """The names of all definitions that are referred to."""
    found: set[str] = set()
    waiting = list(schemas)
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if isinstance(part.get("$ref"), str):
                found.add(part["$ref"].rpartition("/")[2])
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
    return found


def _plain(schema: Any) -> Any:
    """What pydantic writes, without what editors have no use for: titles made from names, null beside a type."""
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if schema == INPUT_SCHEMA:
        return {"$ref": "#/$defs/input"}
    plain: Schema = {}
    for key, part in schema.items():
        if key in ("properties", "$defs"):
            plain[key] = {name: _plain(inner) for name, inner in part.items()}
        elif key == "anyOf" and {"type": "null"} in part and len(part) == 2:
            plain.update({**_plain(next(inner for inner in part if inner != {"type": "null"})), **plain})
        elif key != "title" and not (key == "default" and part in (None, [], {})):
            plain[key] = part if key in ("default", "enum", "const", "description") else _plain(part)
    return plain
