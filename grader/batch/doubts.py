"""What is allowed in a problem file and is yet most likely a slip: one function for each rule, found in `RULES`.

Only what an author would want to change is a doubt; whatever is a matter of taste or of the course is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy

from grader.errors import Place
from grader.marking.results import ProblemResult
from grader.spec.document import Scalar, Value, walk
from grader.spec.problem import Problem
from grader.spec.wording import key_place

Found = Iterator["Doubt"]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A doubtful place: what was found, and what to write instead."""

    message: str
    place: Place | None
    hint: str


def doubts(problem: Problem, solution: ProblemResult) -> list[Doubt]:
    """All doubts about a problem; `solution` is what marking says of an empty hand-in, with expected values."""
    return [doubt for rule in RULES for doubt in rule(problem, solution)]


def _values_that_are_no_numbers(problem: Problem, solution: ProblemResult) -> Found:
    for question in solution.questions:
        for item in question.items:
            expected = item.expected
            if isinstance(expected, numpy.ndarray | float) and not numpy.isfinite(expected).all():
                place = problem.question(question.question).place
                message = f"the expected value of {_named(question.question, item.item)} is not finite"
                yield Doubt(message, place, "Choose another point, or another formula.")


def _nodes_for_nothing(problem: Problem, solution: ProblemResult) -> Found:
    if not {q.options.ask for q in problem.questions} <= _ABOUT_NAMED_NODES:
        return
    words = {word for q in problem.questions for value in walk(q.value) for word in _words(value)}
    for name in problem.graph.nodes:
        if name != problem.graph.output and not problem.graph.readers(name) and name not in words:
            place = key_place(problem.document, ("graph", "nodes", name))
            yield Doubt(f"no node reads {name}, and no question asks for it", place, "Ask for it, or leave it out.")


_ABOUT_NAMED_NODES = {"value", "values", "gradient", "jacobian", "expression", "chain", "paths", "function"}
"""The kinds that ask only for what they name; the others may be about the whole graph."""


def _credit_that_nothing_earns(problem: Problem, solution: ProblemResult) -> Found:
    for question in problem.questions:
        items = question.options.items(question.name, problem.graph)
        if question.value.key("follow_through") and items and len(items) == 1 and not question.options.depends_on:
            message = f"{question.name} has one item and depends on no question, so there is nothing to follow through"
            yield Doubt(
                message, question.place_of("follow_through"), "Add depends_on: and a question, or leave it out."
            )


def _maths_without_an_end(problem: Problem, solution: ProblemResult) -> Found:
    for value in _prose(problem):
        if len(re.findall(r"(?<!\\)\$", str(value.value))) % 2:
            yield Doubt("a $ begins maths here that no $ ends", value.place, r"Close it, or write \$ for the sign.")


def _html_that_is_only_shown(problem: Problem, solution: ProblemResult) -> Found:
    for value in _prose(problem):
        if found := _TAG.search(str(value.value)):
            yield Doubt(f"{found[0]} is shown as it stands: HTML is not obeyed", value.place, "Write Markdown.")


_TAG = re.compile(r"</?(?:b|i|p|a|br|div|em|img|li|ol|pre|span|strong|sub|sup|table|u|ul)\b[^<>]*>")


def _examples_that_expect_nothing(problem: Problem, solution: ProblemResult) -> Found:
    for example in problem.examples:
        if not example.expect:
            yield Doubt(f"the example {example.name!r} expects nothing", example.place, "Add expect: and a verdict.")


RULES: tuple[Callable[[Problem, ProblemResult], Found], ...] = (
    _values_that_are_no_numbers,
    _nodes_for_nothing,
    _credit_that_nothing_earns,
    _maths_without_an_end,
    _html_that_is_only_shown,
    _examples_that_expect_nothing,
)


def _named(question: str, item: str) -> str:
    return question if item == question else f"{item} in {question}"


def _words(value: Value) -> list[str]:
    return re.findall(r"[^\W\d]\w*", value.raw) if isinstance(value, Scalar) else []


def _prose(problem: Problem) -> Iterator[Scalar]:
    """Everything that is read as Markdown, as it stands in the file."""
    values = [problem.document.get("statement")]
    for question in problem.questions:
        values.append(question.value.get("prompt"))
        hints = question.value.get("hints")
        values += getattr(hints, "items", ())
    yield from (value for value in values if isinstance(value, Scalar))
