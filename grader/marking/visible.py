"""What a student may see: the copy of a result from which all that `feedback` and `release` hide is taken out.

Hidden things are removed from the data, so that no writer can show them: expected values, and the words, verdicts,
points and totals that would give them away.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from grader.marking.marks import PreparedProblem, first_to_fix
from grader.marking.results import ItemResult, ProblemResult, QuestionResult, StudentResult
from grader.spec.problem import Question

KEPT = ("missing", "unreadable", "not_checked", "needs_person")
"""Verdicts whose messages are about what was handed in, or about the machine, and tell nothing of what is right."""

IN_DOUBT = "The reference solution of this problem is in doubt, so nothing was checked; this costs no points."


def for_student(result: StudentResult, prepared: Iterable[PreparedProblem]) -> StudentResult:
    """A student's copy of their result; totals add up what the copy shows."""
    prepared = tuple(prepared)
    questions = {p.problem.id: {q.name: q for q in p.problem.questions} for p in prepared}
    doubted = {p.problem.id for p in prepared if p.doubt is not None}
    problems = tuple(
        _without_doubt(p) if p.problem in doubted else _problem(p, questions.get(p.problem, {}))
        for p in result.problems
    )
    return replace(
        result,
        points=sum(p.points for p in problems),
        max_points=sum(p.max_points for p in problems),
        judged_points=sum(p.judged_points for p in problems),
        problems=problems,
        first_to_fix=first_to_fix(problems),
    )


def _without_doubt(problem: ProblemResult) -> ProblemResult:
    """A problem whose key is in doubt: the words about it name values, which are the instructor's."""
    questions = tuple(
        replace(q, message=IN_DOUBT, items=tuple(ItemResult(i.item, i.verdict, message=IN_DOUBT) for i in q.items))
        for q in problem.questions
    )
    return replace(problem, questions=questions)


def _problem(problem: ProblemResult, questions: dict[str, Question]) -> ProblemResult:
    found = tuple(_question(q, questions.get(q.question)) for q in problem.questions)
    open_ones = [q for q in found if q.hidden != "all"]
    return replace(
        problem,
        points=sum(q.points for q in open_ones if q.points is not None),
        max_points=sum(q.max_points for q in open_ones),
        judged_points=sum(q.max_points for q in open_ones if q.points is not None),
        questions=found,
    )


def _question(result: QuestionResult, question: Question | None) -> QuestionResult:
    if question is None or question.release or question.options.feedback == "full":
        return result
    if question.options.feedback == "verdict":
        return replace(result, items=tuple(_without_expected(i) for i in result.items), hidden="expected")
    if result.verdict in ("missing", "unreadable"):
        return replace(result, items=tuple(_without_expected(i) for i in result.items), points=None, hidden="all")
    items = tuple(ItemResult(i.item, "needs_person", i.answer) for i in result.items)
    return replace(
        result, verdict="needs_person", points=None, items=items, misconception=None, message=None, hidden="all"
    )


def _without_expected(item: ItemResult) -> ItemResult:
    return replace(item, expected=None, message=item.message if item.verdict in KEPT else None, checks=())
