"""Errors of the models and of formulas as errors of the author: at their place, in plain words.

pydantic says where in the data and what kind of error; the document knows the line; the words are ours.
"""

from __future__ import annotations

import re
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from grader.engine import FormulaError
from grader.errors import Place, ProblemError, did_you_mean
from grader.spec.document import Mapping, Scalar, Value, at
from grader.spec.fields import describe, known_here, shortened
from grader.spec.models import Section

Path = tuple[str | int, ...]
IN_FULL = 500


def problem_errors(found: ValidationError, document: Value, path: Path, model: type[Section]) -> list[ProblemError]:
    """All errors of a validation; `path` leads from the document to what was validated.

    Of very many, those after the first say the same without what could have been written instead: nobody reads them.
    """
    errors = found.errors(include_url=False)
    full = [_problem_error(error, document, path, model) for error in errors[:IN_FULL]]
    rest = (error["loc"] for error in errors[IN_FULL:])
    return full + [ProblemError("more is wrong here", key_place(document, (*path, *loc))) for loc in rest]


def _problem_error(error: Any, document: Value, path: Path, model: type[Section]) -> ProblemError:
    loc = tuple(step for step in error["loc"] if not (isinstance(step, str) and step.startswith("<")))
    context = error.get("ctx", {})
    owner = _model_at(model, loc[:-1])
    called = _called(owner)
    key = str(loc[-1]) if loc else ""
    here = (*path, *loc)
    match error["type"]:
        case "grader":
            inner = (*here, *context["path"])
            place = place_of(document, inner, context["span"])
            return ProblemError(context["message"], place, context["hint"])
        case "missing":
            missing = f"{called} needs {key}, and it is missing"
            return ProblemError(missing, key_place(document, here[:-1]), _description(owner, key))
        case "extra_forbidden":
            hint = known_here(key, _keys(owner))
            return ProblemError(f"{called} has no key {shortened(key)}", key_place(document, here), hint)
        case "literal_error":
            words = re.findall(r"'([^']*)'", context["expected"])
            found = describe(error["input"])
            hint = f"Write {_either(words)}. {did_you_mean(str(error['input']), words)}"
            return ProblemError(f"{_named(loc)} cannot be {found}", place_of(document, here), hint.strip())
        case "greater_than_equal" | "less_than_equal" | "greater_than":
            sign, bound = next(iter(context.items()))
            side = {"ge": "at least", "le": "at most", "gt": "more than"}[sign]
            message = f"{_named(loc)} is {side} {bound:g}, and this is {describe(error['input'])}"
            return ProblemError(message, place_of(document, here))
    wanted = _WANTED.get(error["type"]) or _tags(context) or "something else"
    message = f"{wanted} was expected, and this is {describe(error['input'])}"
    return ProblemError(message, place_of(document, here), _description(owner, key))


_WANTED = {
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
    "string_type": "text",
}


def _tags(context: dict[str, Any]) -> str:
    words = {"<text>": "a name or formula", "<list>": "a list", "<mapping>": "a mapping"}
    return _either([words[tag] for tag in words if f"'{tag}'" in str(context.get("expected_tags", ""))])


def _either(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _named(loc: Path) -> str:
    """The last key of a path: what stands in a list is called as the list."""
    return str(next((step for step in reversed(loc) if isinstance(step, str)), "this"))


def _called(model: type[Section]) -> str:
    ask = get_args(model.model_fields["ask"].annotation) if "ask" in model.model_fields else ()
    if not ask:
        return model.called
    return f"a{'n' if ask[0][0] in 'aeiou' else ''} {ask[0]} question"


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _description(model: type[BaseModel], key: str) -> str:
    for name, field in model.model_fields.items():
        if key in (name, field.alias) and field.description:
            return f"{key}: {field.description}."
    return ""


def _model_at(model: type[Section], loc: Path) -> type[Section]:
    """The model of the section that `loc` leads to."""
    for step in loc:
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        if isinstance(step, str) and step in fields:
            model = _section_in(fields[step].annotation) or model
    return model


def _section_in(annotation: Any) -> type[Section] | None:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next((found for part in get_args(annotation) if (found := _section_in(part))), None)


# -- places --------------------------------------------------------------------------------------------------------


def place_of(document: Value, path: Path, span: tuple[int, int] | None = None) -> Place:
    """The place of the value at `path`; a last step `[key]name` means the key. `span` are offsets into a text."""
    if path and isinstance(path[-1], str) and path[-1].startswith("[key]"):
        return key_place(document, (*path[:-1], path[-1].removeprefix("[key]")))
    value = at(document, path)
    if span is not None and isinstance(value, Scalar):
        return place_in(value, *span)
    if isinstance(value, Scalar) and value.value is None and not value.raw:
        return key_place(document, path)
    return value.place


def key_place(document: Value, path: Path) -> Place:
    """The place of the key that `path` ends with, or of the nearest value above it."""
    for length in range(len(path), 0, -1):
        above = at(document, path[: length - 1])
        key = above.key(str(path[length - 1])) if isinstance(above, Mapping) else None
        if key is not None:
            return key.place
        if isinstance(path[length - 1], int):
            return at(document, path[:length]).place
    return document.place


def place_in(scalar: Scalar, start: int, end: int) -> Place:
    """A stretch of a scalar's text: exact where the text stands in the file as it is, else the whole scalar."""
    shift = 1 if scalar.quoted else 0
    column = scalar.place.column - 1 + shift
    if scalar.place.text[column : column + len(scalar.raw)] != scalar.raw:
        return scalar.place
    return scalar.place.shifted(shift + start, max(1, end - start))


def formula_error(error: FormulaError, scalar: Value, prefix: str = "") -> ProblemError:
    """An error of a formula that `scalar` holds."""
    place = place_in(scalar, error.start, error.end) if isinstance(scalar, Scalar) else scalar.place
    return ProblemError(prefix + error.message, place, error.hint)
