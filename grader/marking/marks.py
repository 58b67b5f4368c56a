"""From evidence to marks: verdicts of questions, points, totals, and what to fix first.

The rules of format.md 1.6 and 4. Points are kept unrounded here; writers round them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy

from grader.answers.program import read_program
from grader.answers.read import ProblemAnswers, Submission
from grader.engine.certify import disagreements
from grader.errors import AnswerError
from grader.marking.results import ItemResult, ProblemResult, QuestionResult, StudentResult, Verdict
from grader.questions import KINDS
from grader.questions.evidence import Asked, Marked
from grader.questions.programs import Programs, Run
from grader.spec.document import Value
from grader.spec.problem import Problem, Question

NOT_BUILT = "This version of grader cannot check {} questions yet; this costs no points."
DOUBT = (
    "The reference solution is in doubt: along one direction {} has the slope {:.6g}, and its values have {:.6g}, "
    "at {}. Nothing of this problem was checked; this costs no points."
)
CERTIFY_SEED = 20
NO_SANDBOX = "Python answers are not run here; this costs no points."
TO_FIX: tuple[Verdict, ...] = ("wrong", "unreadable", "missing")


@dataclass(frozen=True, eq=False)
class PreparedProblem:
    """A problem whose questions are solved, ready for any number of submissions. `asked` lacks kinds not built yet.

    `doubt` says where a derivative of the key does not fit the values (None: nowhere); then nothing is marked.
    """

    problem: Problem
    asked: Mapping[str, Asked]
    doubt: str | None = None


def prepare(problem: Problem) -> PreparedProblem:
    """Solve every question of a problem once, and hold the derivatives of the key against numerical ones."""
    asked: dict[str, Asked] = {}
    for question in problem.questions:
        solve = KINDS[question.options.ask].prepare
        if solve is not None:
            asked[question.name] = solve(problem, question)
    return PreparedProblem(problem, asked, _doubt(problem, asked))


def _doubt(problem: Problem, asked: Mapping[str, Asked]) -> str | None:
    """What the key does not certify: the quantity, both slopes and the point, in words for author and developer."""
    claims = [claim for question in asked.values() for claim in question.claims]
    drawn = problem.draw(numpy.random.default_rng(CERTIFY_SEED))
    found = disagreements(problem.graph, claims, [problem.point, drawn])
    if not found:
        return None
    worst = found[0]
    at = ", ".join(f"{name} = {numpy.asarray(value).tolist()}" for name, value in worst.point.items())
    return DOUBT.format(worst.text, worst.claimed, worst.measured, at)


def mark_submission(
    prepared: Iterable[PreparedProblem], submission: Submission, run: Run | None = None
) -> StudentResult:
    """The marks of one student for every problem of the assignment; `run` runs programs (None: nothing does)."""
    none = ProblemAnswers()
    problems = tuple(_mark_problem(p, submission.problems.get(p.problem.id, none), run) for p in prepared)
    messages = list(submission.messages)
    if submission.left_alone:
        messages.append(f"These files were left alone: {', '.join(submission.left_alone)}.")
    return StudentResult(
        submission.student,
        sum(p.points for p in problems),
        sum(p.max_points for p in problems),
        sum(p.judged_points for p in problems),
        problems,
        messages=tuple(messages),
        first_to_fix=first_to_fix(problems),
    )


def first_to_fix(problems: Iterable[ProblemResult]) -> tuple[str, str, str] | None:
    """The first item that went wrong, in the order of the computation; where none did, what was not read or given."""
    problems = tuple(problems)
    for verdict in TO_FIX:
        for problem in problems:
            for question in problem.questions:
                for item in question.items:
                    if item.verdict == verdict:
                        return problem.problem, question.question, item.item
    return None


def _mark_problem(prepared: PreparedProblem, answers: ProblemAnswers, run: Run | None) -> ProblemResult:
    problem = prepared.problem
    marked: dict[str, Marked] = {}
    questions: dict[str, QuestionResult] = {}
    for question in _in_order(problem.questions):
        if prepared.doubt is not None:
            items = (ItemResult(question.name, "not_checked", message=prepared.doubt),)
            questions[question.name] = _result(question, items, prepared.doubt)
            continue
        asked = prepared.asked.get(question.name)
        if isinstance(asked, Programs):
            questions[question.name] = _mark_program(question, asked, answers, run)
        else:
            questions[question.name] = _mark_question(question, asked, answers, marked)
    found = tuple(questions[q.name] for q in problem.questions)
    return ProblemResult(
        problem.id,
        problem.title,
        sum(q.points for q in found if q.points is not None),
        sum(q.max_points for q in found),
        sum(q.max_points for q in found if q.points is not None),
        found,
        answers.message,
    )


def _in_order(questions: Sequence[Question]) -> list[Question]:
    """Questions after those that they depend on, otherwise in the order of the file."""
    by_name = {q.name: q for q in questions}
    done: dict[str, Question] = {}
    for question in questions:
        chain = [question]
        while (before := chain[-1].options.depends_on) in by_name and before not in done and len(chain) <= len(by_name):
            chain.append(by_name[str(before)])
        done.update({q.name: q for q in reversed(chain) if q.name not in done})
    return list(done.values())


def _mark_question(
    question: Question, asked: Asked | None, answers: ProblemAnswers, marked: dict[str, Marked]
) -> QuestionResult:
    reason = answers.unreadable.get(question.name)
    answer = answers.answers.get(question.name)
    if asked is None:
        return _not_built(question, answer, answers, reason)
    if reason is not None:
        items = tuple(ItemResult(n, "unreadable", expected=asked.expected()[n]) for n in asked.items)
        return _result(question, items, reason)
    evidence = asked.mark(answer, marked.get(question.options.depends_on or ""))
    marked[question.name] = evidence
    found = tuple(ItemResult(e.item, e.verdict, e.answer, e.expected, None, e.message) for e in evidence.items)
    return _result(question, found, evidence.message, answer)


def _mark_program(question: Question, asked: Programs, answers: ProblemAnswers, run: Run | None) -> QuestionResult:
    """A program is found in a file of its own, whatever became of the file of answers."""
    refused = answers.python_unreadable
    try:
        program = answers.program or (read_program(answers.python) if not refused else None)
    except AnswerError as error:
        refused = str(error)
    if refused or (program is None and question.name in answers.unreadable and not answers.python):
        message = refused or answers.unreadable[question.name]
        items = tuple(ItemResult(n, "unreadable", expected=e) for n, e in asked.expected().items())
        return _result(question, items, message)
    if program is None:
        if question.name in answers.answers:
            items = tuple(ItemResult(n, "unreadable", expected=e) for n, e in asked.expected().items())
            return _result(question, items, "A program is handed in as a file of its own, .py or .ipynb.")
        evidence = asked.mark(None, None)
    elif run is None:
        items = tuple(ItemResult(n, "not_checked", message=NO_SANDBOX) for n in asked.items)
        return _result(question, items, NO_SANDBOX)
    else:
        evidence = asked.mark_program(program, run)
    found = tuple(
        ItemResult(e.item, e.verdict, e.answer, e.expected, None, e.message, e.checks) for e in evidence.items
    )
    return _result(question, found, evidence.message)


def _not_built(
    question: Question, answer: Value | None, answers: ProblemAnswers, reason: str | None
) -> QuestionResult:
    """A kind that this version reads and cannot mark: an answer is not checked; none at all is missing."""
    if reason is not None:
        return _result(question, (ItemResult(question.name, "unreadable"),), reason)
    if answer is None:
        return _result(question, (ItemResult(question.name, "missing"),), None)
    message = NOT_BUILT.format(question.options.ask)
    return _result(question, (ItemResult(question.name, "not_checked", message=message),), message)


def _result(
    question: Question, items: tuple[ItemResult, ...], message: str | None, written: Value | None = None
) -> QuestionResult:
    verdict = question_verdict(items, question.options.partial)
    return QuestionResult(
        question.name,
        question.options.ask,
        question.title,
        verdict,
        _points(question, items, verdict),
        question.points,
        items,
        message=message,
        written=written,
    )


def question_verdict(items: Sequence[ItemResult], partial: str) -> Verdict:
    """The verdict of a question from those of its items (format.md 1.6)."""
    verdicts = {item.verdict for item in items}
    if len(verdicts) == 1 and verdicts <= {"correct", "missing", "unreadable", "not_checked", "needs_person"}:
        return next(iter(verdicts))
    if verdicts & {"correct", "follow_through"} and partial == "items":
        return "partial"
    return "wrong"


def _points(question: Question, items: Sequence[ItemResult], verdict: Verdict) -> float | None:
    """The points of a question; None while an item is not judged."""
    if any(item.verdict in ("not_checked", "needs_person") for item in items):
        return None
    if question.options.partial == "none":
        return question.points if verdict == "correct" else 0.0
    credit = {"correct": 1.0, "follow_through": question.options.follow_through}
    return question.points * sum(credit.get(item.verdict, 0.0) for item in items) / len(items)
