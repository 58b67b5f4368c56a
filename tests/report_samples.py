"""Results made by hand, for the tests of the reports: no marking is needed to see whether they are written well."""

from __future__ import annotations

from dataclasses import replace

import numpy

from grader.marking.results import (
    Check,
    ItemResult,
    ProblemResult,
    ProblemSummary,
    QuestionResult,
    StudentResult,
    Value,
    Verdict,
)
from grader.report import Head

CARET = """\
s07/two-paths.yaml:3:17: a number was expected, and this is two: 7 and 0
    3 |   forward: {u4: 7,0}
      |                 ^^^
      Write 7.0. This answer was not read, so it was not marked; the others were."""

HEAD = Head(
    "Sheet 5: paths & products",
    (ProblemSummary("two-paths", "A product of a product and a sum", 10), ProblemSummary("net", "A small network", 6)),
)


def array(value: object) -> numpy.ndarray:
    """A value as marking gives it."""
    return numpy.array(value, dtype=float)


def item(name: str, verdict: Verdict = "correct", answer: Value = None, expected: Value = None,
         message: str | None = None) -> ItemResult:  # fmt: skip
    """An item without checks."""
    return ItemResult(name, verdict, answer, expected, None, message)


def question(name: str, verdict: Verdict, points: float | None, max_points: float, *items: ItemResult,
             ask: str = "trace", title: str = "", message: str | None = None) -> QuestionResult:  # fmt: skip
    """A question whose title is its name where none is given."""
    return QuestionResult(name, ask, title or name, verdict, points, max_points, items, None, message)


def problem(name: str, title: str, *questions: QuestionResult, message: str | None = None) -> ProblemResult:
    """A problem whose points are those of its questions."""
    judged = [q for q in questions if q.points is not None]
    points = sum(q.points for q in judged if q.points is not None)
    return ProblemResult(
        name, title, points, sum(q.max_points for q in questions), sum(q.max_points for q in judged), questions, message
    )


def student(name: str, *problems: ProblemResult, messages: tuple[str, ...] = (),
            first: tuple[str, str, str] | None = None) -> StudentResult:  # fmt: skip
    """A student whose points are those of the problems."""
    return StudentResult(
        name,
        sum(p.points for p in problems),
        sum(p.max_points for p in problems),
        sum(p.judged_points for p in problems),
        problems,
        messages=messages,
        first_to_fix=first,
    )


def two_paths(u1: float = 24) -> ProblemResult:
    """One node wrong, one follow-through, one unreadable value."""
    return problem(
        "two-paths",
        "A product of a product and a sum",
        question("forward", "partial", 2, 3,
                 item("u3", "correct", array(12), array(12)),
                 item("u4", "unreadable", "7,0", array(7), CARET),
                 item("u5", "correct", array(168), array(168)), title="Forward values"),
        question("backward", "partial", 4, 5,
                 item("u5", "correct", array(1), array(1)),
                 item("u4", "correct", array(24), array(24)),
                 item("u3", "correct", array(14), array(14)),
                 item("u2", "follow_through", array(66.5), array(66), "Right for your own u4."),
                 item("u1", "wrong", array(u1), array(80), "u1 feeds u3 and u4. 24 is what comes back through u4 "
                      "alone; the contributions add."), title="Adjoints"),
        question("locals", "missing", 0, 2, item("u1->u3", "missing", None, array(4)),
                 item("u2->u3", "missing", None, array(3)), ask="edge_jacobians"),
    )  # fmt: skip


def net() -> ProblemResult:
    """Matrices, a formula, a Python answer that was not checked, a text for a person."""
    checks = (Check("shape", True, "3 × 2"), Check("value", False, "both entries differ"),
              Check("finite differences", None, "no forward value was returned"))  # fmt: skip
    return problem(
        "net",
        "A small network",
        question("W", "wrong", 0, 2,
                 item("W", "wrong", array([[1, 2], [3, 4.25], [-1e-7, 12345678]]), array([[1, 3], [2, 4.25], [0, 1]]),
                      "Right up to transposition. You gave 3 × 2; this course writes the gradient of W in the shape of "
                      "W, 2 × 3."), ask="gradient", title="Gradient of W"),
        question("formula", "correct", 1, 1,
                 item("formula", "correct", "2 * u1 * u2 * (u1 + u2)", "2 * u1 * u2 * (u1 + u2)"), ask="expression"),
        question("code", "not_checked", None, 2,
                 ItemResult("dW", "not_checked", None, None, None, "The function was stopped by the clock while the "
                            "machine was busy, twice; this costs no points and needs a second look.", checks),
                 ask="function"),
        question("why", "needs_person", None, 1, item("why", "needs_person", "Because it is a sum."), ask="text"),
        message=None,
    )  # fmt: skip


def ada() -> StudentResult:
    """A student with something of everything."""
    return student(
        "ada", two_paths(), net(), first=("two-paths", "backward", "u1"),
        messages=("notes.txt was left alone: it has the name of no problem.",),
    )  # fmt: skip


def redacted(result: StudentResult, hidden: str) -> StudentResult:
    """The copy for the student, as marking makes it, with every question hidden alike."""

    def of(q: QuestionResult) -> QuestionResult:
        if hidden == "all":
            return replace(q, hidden="all", verdict="needs_person", points=None, message=None, misconception=None,
                           items=tuple(ItemResult(i.item, "needs_person", i.answer) for i in q.items))  # fmt: skip
        return replace(q, hidden="expected", items=tuple(replace(i, expected=None, checks=()) for i in q.items))

    problems = [problem(p.problem, p.title, *map(of, p.questions), message=p.message) for p in result.problems]
    first = None if hidden == "all" else result.first_to_fix
    return student(result.student, *problems, messages=result.messages, first=first)
