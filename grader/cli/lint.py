"""`grader lint`: errors, doubtful places and the outcome of the examples, for the author of problem files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from grader.batch.assignment import Ready, Unusable, make_ready
from grader.batch.doubts import Doubt, doubts
from grader.batch.examples import Comparison, Expectation, compare_examples
from grader.batch.grading import grade_submission, no_answers
from grader.cli.outcome import first_of
from grader.cli.terminal import bold, indented, say
from grader.errors import NotChecked, Place, render
from grader.report.text import visible
from grader.spec.problem import Problem

_SHOWN = 20
"""The most examples of a problem that are listed."""


@dataclass(frozen=True, slots=True)
class _Linted:
    """What was found in a problem file that can be used."""

    problem: Problem
    doubts: list[Doubt]
    comparisons: list[Comparison]
    doubt_of_key: str | None

    @property
    def disagreements(self) -> Iterator[tuple[Comparison, Expectation]]:
        return ((c, e) for c in self.comparisons for e in c.expectations if e.outcome == "disagreed")

    @property
    def clean(self) -> bool:
        return not self.doubts and self.doubt_of_key is None and not any(self.disagreements)


def lint(path: str, *, as_json: bool) -> int:
    """Look through the problems at `path`, print what is found, and return the exit status."""
    ready = make_ready(path)
    linted = list(_linted(ready))
    if as_json:
        entries = [*map(_unusable_entry, ready.unusable), *map(_entry, linted)]
        say(json.dumps({"format": 1, "problems": entries}, indent=1))
    else:
        for unusable in ready.unusable:
            _say_errors(unusable)
        for one in linted:
            _say_linted(one)
    return first_of(
        unusable=not ready.problems,
        not_checked=bool(ready.doubts) or any(map(_is_ours, ready.unusable)),
        missed=bool(ready.unusable) or not all(one.clean for one in linted),
    )


def _linted(ready: Ready) -> Iterator[_Linted]:
    solutions = grade_submission(ready, no_answers(ready)).result.problems
    for prepared, solution in zip(ready.problems, solutions, strict=False):
        problem = prepared.problem
        comparisons = list(compare_examples(ready, problem)) if prepared.doubt is None else []
        yield _Linted(problem, doubts(problem, solution), comparisons, prepared.doubt)


def _is_ours(unusable: Unusable) -> bool:
    return any(isinstance(error, NotChecked) for error in unusable.errors)


# -- in the terminal


def _say_errors(unusable: Unusable) -> None:
    for error in unusable.errors:
        say(visible(str(error), lines=True) + "\n")


def _say_linted(one: _Linted) -> None:
    for doubt in one.doubts:
        say(visible(render(f"doubtful: {doubt.message}", doubt.place, doubt.hint), lines=True) + "\n")
    if one.doubt_of_key:
        say(visible(f"{one.problem.file}: {one.doubt_of_key}\n", lines=True))
    for comparison, expectation in list(one.disagreements)[:_SHOWN]:
        say(visible(_disagreement(comparison, expectation), lines=True) + "\n")
    hidden = len(list(one.disagreements)) - _SHOWN
    if hidden > 0:
        say(f"{hidden} more disagreements are not shown.\n")
    counts = _examples(one)
    total = sum(counts.values())
    words = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    unread = _misconceptions(one)
    if unread:
        words += f"; {unread} misconception{'' if unread == 1 else 's'} skipped"
    say(f"{bold(one.problem.file)}: {total} {'example' if total == 1 else 'examples'}: {words}")


def _disagreement(comparison: Comparison, expectation: Expectation) -> str:
    where = expectation.question if expectation.item is None else f"{expectation.question}, {expectation.item}"
    said = expectation.said or "nothing, for it has no such item"
    message = f"in the example {comparison.example.name!r}, {where} is {said}; {expectation.wanted} is expected"
    text = render(message, _line_only(comparison.example.place))
    return f"{text}\n{indented(expectation.message, 6)}" if expectation.message else text


def _line_only(place: Place) -> Place:
    """The place without its line, which says nothing here: an example begins with a dash."""
    return Place(place.file, place.line, place.column)


def _examples(one: _Linted) -> dict[str, int]:
    found = Counter(comparison.outcome for comparison in one.comparisons)
    return {outcome: found[outcome] for outcome in ("agreed", "disagreed", "skipped")}


def _misconceptions(one: _Linted) -> int:
    """How many misconceptions are expected, which this version does not look for."""
    words = (e for c in one.comparisons for e in c.expectations)
    return sum(e.item == "misconception" and e.outcome == "skipped" for e in words)


# -- as JSON


def _unusable_entry(unusable: Unusable) -> dict[str, Any]:
    errors = [_placed(error.message, error.place, error.hint) for error in unusable.errors]
    return {
        "problem": unusable.id,
        "file": unusable.file,
        "errors": errors,
        "doubts": [],
        "key_in_doubt": None,
        "examples": None,
    }


def _entry(one: _Linted) -> dict[str, Any]:
    verdicts = Counter(e.outcome for c in one.comparisons for e in c.expectations)
    return {
        "problem": one.problem.id,
        "file": one.problem.file,
        "errors": [],
        "doubts": [_placed(doubt.message, doubt.place, doubt.hint) for doubt in one.doubts],
        "key_in_doubt": one.doubt_of_key,
        "examples": {
            **_examples(one),
            "misconceptions": {"skipped": _misconceptions(one)},
            "verdicts": {outcome: verdicts[outcome] for outcome in ("agreed", "disagreed", "skipped")},
            "disagreements": [
                {
                    "example": comparison.example.name,
                    "line": comparison.example.place.line,
                    "question": expectation.question,
                    "item": expectation.item,
                    "expected": expectation.wanted,
                    "verdict": expectation.said,
                    "message": expectation.message,
                }
                for comparison, expectation in one.disagreements
            ],
        },
    }


def _placed(message: str, place: Place | None, hint: str) -> dict[str, Any]:
    where = {"file": place.file, "line": place.line, "column": place.column} if place else {}
    return {**where, "message": message, "hint": hint}
