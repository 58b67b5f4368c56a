"""`grader check`: one hand-in in the terminal, or as a document like results.json; only what a student may see."""

from __future__ import annotations

import json

from grader import __version__
from grader.answers.find import find_submission
from grader.batch.assignment import Ready
from grader.batch.grading import grade_handin
from grader.cli.grade import ROUNDING
from grader.cli.inputs import open_handins, open_problems
from grader.cli.outcome import first_of
from grader.cli.terminal import bold, indented, painted, safe, say, value_text
from grader.marking.results import ItemResult, ProblemResult, QuestionResult, StudentResult
from grader.report.numbers import points_text
from grader.report.results_json import FORMAT, student_json
from grader.report.states import STATES, state_of
from grader.sandbox import Tier


def check(problem: str, answers: str, *, as_json: bool, fail_under: float | None, sandbox: Tier) -> int:
    """Check, print, and return the exit status."""
    ready = open_problems(problem, sandbox)
    graded = grade_handin(ready, open_handins(find_submission, answers, ready))
    if as_json:
        say(_document(ready, graded.shown))
    else:
        _say_student(graded.shown)
    result = graded.result
    return first_of(
        not_checked=not ready.all_checkable or graded.not_checked,
        missed=fail_under is not None
        and result.judged_points > 0
        and result.points / result.judged_points * 100 < fail_under - ROUNDING,
    )


def _document(ready: Ready, shown: StudentResult) -> str:
    """What results.json holds of one student."""
    problems = [{"id": p.id, "title": p.title, "points": p.points} for p in ready.summaries]
    head = {"format": FORMAT, "grader": __version__, "title": ready.title, "sandbox": ready.tier, "problems": problems}
    return json.dumps({**head, "students": [json.loads(student_json(shown))]}, indent=1)


def _say_student(shown: StudentResult) -> None:
    for message in shown.messages:
        say(safe(message, lines=True) + "\n")
    for number, problem in enumerate(shown.problems):
        if number:
            say()
        _say_problem(problem)
    if shown.first_to_fix:
        problem_id, question, item = (safe(part) for part in shown.first_to_fix)
        where = question if item == question else f"{question}, {item}"
        say(f"\nBegin with {f'{problem_id}: ' if len(shown.problems) > 1 else ''}{where}.")


def _say_problem(problem: ProblemResult) -> None:
    points = f"{points_text(problem.points)} of {points_text(problem.judged_points)} points"
    say(f"{bold(safe(problem.title))}    {points}")
    if problem.message:
        say(indented(safe(problem.message, lines=True), 2))
    for question in problem.questions:
        _say_question(question)


def _say_question(question: QuestionResult) -> None:
    state = state_of(question)
    head = painted(state, f"{state.sign} {state.word}")
    points = ""
    if question.hidden != "all" and question.points is not None:
        points = f"  {points_text(question.points)} of {points_text(question.max_points)}"
    title = "" if question.title == question.question else f" ({safe(question.title)})"
    say(f"\n  {bold(safe(question.question))}{title}  {head}{points}")
    if question.hidden == "all":
        return
    for item in question.items:
        if item.verdict != "correct":
            _say_item(item, question)
    if question.message:
        say(indented(safe(question.message, lines=True), 6))


def _say_item(item: ItemResult, question: QuestionResult) -> None:
    state = STATES[item.verdict]
    single = len(question.items) == 1 and item.item == question.question
    name = "" if single else f"{safe(item.item)}: "
    answer = "" if item.answer is None else value_text(item.answer)
    expected = "" if item.expected is None else value_text(item.expected)
    if "\n" in answer + expected:
        say(f"    {painted(state, state.sign)} {name}{state.word}")
        for label, text in (("you gave", answer), ("expected", expected)):
            if text:
                say(f"      {label}\n{indented(text, 8)}")
    else:
        parts = [state.word, answer and f"you gave {answer}", expected and f"expected {expected}"]
        say(f"    {painted(state, state.sign)} {name}{', '.join(part for part in parts if part)}")
    if item.message and not (question.message or "").startswith(item.message):
        say(indented(safe(item.message, lines=True), 6))
    for one in item.checks:
        sign = {True: "✓", False: "✗", None: "⊘"}[one.passed]
        say(indented(f"{sign} {safe(one.check)}: {safe(one.detail, lines=True)}", 6))
