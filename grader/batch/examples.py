"""A problem's own examples, graded like hand-ins and held against what their author expects of them.

What this version cannot judge is skipped: answers to kinds of question that are not built yet, and misconceptions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from grader.answers.program import Program
from grader.answers.read import ProblemAnswers, Submission
from grader.batch.assignment import Ready
from grader.batch.grading import grade_submission
from grader.marking.results import ProblemResult
from grader.questions import KINDS
from grader.spec.document import Scalar
from grader.spec.problem import Example, Problem

Outcome = Literal["agreed", "disagreed", "skipped"]
_ACCEPTED = ("correct", "follow_through")
_REFUSED = ("wrong", "unreadable", "missing", "partial")


@dataclass(frozen=True, slots=True)
class Expectation:
    """One word of `expect`. `item` is None for the whole question; `said` is what marking says, None where nothing."""

    question: str
    item: str | None
    wanted: str | None
    said: str | None
    outcome: Outcome
    message: str | None = None

    @property
    def right_refused(self) -> bool:
        """A right answer was not taken as one."""
        return self.outcome == "disagreed" and self.wanted == "correct" and self.said in _REFUSED

    @property
    def wrong_accepted(self) -> bool:
        """A wrong answer was taken as right."""
        return self.outcome == "disagreed" and self.wanted in ("wrong", "unreadable") and self.said in _ACCEPTED


@dataclass(frozen=True, slots=True)
class Comparison:
    """An example and what became of each expectation."""

    example: Example
    expectations: tuple[Expectation, ...]

    @property
    def outcome(self) -> Outcome:
        """`disagreed` where anything does, `skipped` where nothing could be compared."""
        found = {expectation.outcome for expectation in self.expectations}
        return "disagreed" if "disagreed" in found else "agreed" if "agreed" in found else "skipped"


def compare_examples(ready: Ready, problem: Problem) -> Iterator[Comparison]:
    """Grade the examples of one of the problems of `ready`."""
    for example in problem.examples:
        result = grade_submission(ready, _handed_in(ready, problem, example)).result
        marks = next(p for p in result.problems if p.problem == problem.id)
        yield Comparison(example, tuple(expectations(problem, example, marks)))


def expectations(problem: Problem, example: Example, marks: ProblemResult) -> Iterator[Expectation]:
    """What the author expects of the example, beside what `marks` say."""
    for question, wanted in example.expect.items():
        built = KINDS[problem.question(question).options.ask].prepare is not None
        for item, word in (wanted if isinstance(wanted, dict) else {"verdict": wanted}).items():
            yield _expectation(question, item, word, marks, built)


def _expectation(question: str, item: str, word: Any, marks: ProblemResult, built: bool) -> Expectation:
    named = None if item == "verdict" else item
    wanted = word.get("verdict") if isinstance(word, dict) else word
    marked = next((q for q in marks.questions if q.question == question), None)
    part = marked if named is None or marked is None else next((i for i in marked.items if i.item == item), None)
    said = part.verdict if part else None
    if not built or item == "misconception" or wanted is None:
        return Expectation(question, named, wanted, said, "skipped")
    outcome: Outcome = "agreed" if said == wanted else "disagreed"
    message = (part and part.message) or (marked and marked.message) or marks.message
    return Expectation(question, named, wanted, said, outcome, message)


def _handed_in(ready: Ready, problem: Problem, example: Example) -> Submission:
    """The example as if a student had handed it in; its answers keep their places in the problem's file."""
    answers = {} if example.answers is None else {key.raw: value for key, value in example.answers.entries}
    given = {name: a for name, a in answers.items() if not (isinstance(a, Scalar) and a.value is None)}
    program = None if example.python is None else Program(((f"{problem.id}.py", example.python),))
    empty = {id_: ProblemAnswers() for id_ in ready.questions}
    return Submission(example.name, empty | {problem.id: ProblemAnswers(answers=given, program=program)})
