"""problems/<id>.html: one problem in the class, for instructors: where the first error is, which wrong answers are
frequent, and what became of every item.

What is counted comes from `statistics`. A drawing of the graph is put in by whoever has one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from grader.marking import PreparedProblem
from grader.marking.results import ProblemSummary, Value, Verdict
from grader.report.explained import Explained
from grader.report.findings import reading, signed
from grader.report.names import safe_name, stands
from grader.report.numbers import Shown, shown
from grader.report.pages import render
from grader.report.states import STATES, State
from grader.report.statistics import QuestionStatistics
from grader.report.writer import Head

FOLDER = "problems"
MOST_ANSWERS = 8
"""How many wrong answers are shown of an item."""
MOST_ITEMS = 400
"""How many items of a question are listed."""
_COLUMNS: tuple[Verdict, ...] = (
    "correct", "follow_through", "wrong", "missing", "unreadable", "not_checked", "needs_person"
)  # fmt: skip
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,99}")


def page_names(problems: Sequence[str]) -> dict[str, str]:
    """Where the page of each problem is, from the report folder: by its id wherever that can be a file's name."""
    folded = [problem.casefold() for problem in problems]
    return {
        problem: f"{FOLDER}/{problem if _can_be_a_name(problem, folded) else safe_name(problem)}.html"
        for problem in problems
    }


def _can_be_a_name(problem: str, folded: Sequence[str]) -> bool:
    return bool(_PLAIN.fullmatch(problem)) and stands(problem.lower()[:50]) and folded.count(problem.casefold()) == 1


def problem_html(
    problem: ProblemSummary,
    questions: Sequence[QuestionStatistics],
    head: Head,
    drawings: Mapping[str, Markup] | None = None,
) -> str:
    """The page of a problem; `drawings` has the graph with the shares of first errors, for questions by name."""
    prepared = head.prepared.get(problem.id)
    return render(
        "problem.html",
        head=head,
        problem=problem,
        several=len(head.problems) != 1,
        source=prepared.problem.source if prepared else None,
        questions=questions,
        drawings=drawings if drawings is not None else _drawings(prepared, questions),
        expected={question.question: _expected(head, question) for question in questions},
        columns={question.question: _columns(question) for question in questions},
        reading=reading,
        signed=signed,
        most_answers=MOST_ANSWERS,
        most_items=MOST_ITEMS,
    )


def _drawings(prepared: PreparedProblem | None, questions: Sequence[QuestionStatistics]) -> dict[str, Markup]:
    """The graph with the shares of first errors, for each question along it in which somebody failed."""
    if prepared is None:
        return {}
    explained = Explained(prepared)
    found = {}
    for question in questions:
        if question.follows_the_graph and question.failed:
            counts = {item: count for item, (count, _) in question.share_of_first_errors().items()}
            asked = prepared.problem.question(question.question)
            found[question.question] = explained.shares(asked, counts, question.tried, f"g-{question.letter}")
    return {name: drawing for name, drawing in found.items() if drawing is not None}


def _columns(question: QuestionStatistics) -> list[tuple[Verdict, State]]:
    """The verdicts that items of the question have, and the two that everybody looks for."""
    found = {verdict for item in question.items.values() for verdict in item.verdicts}
    return [(verdict, STATES[verdict]) for verdict in _COLUMNS if verdict in found or verdict in ("correct", "wrong")]


def _expected(head: Head, question: QuestionStatistics) -> dict[str, Shown]:
    """The expected value of each item, where the problem is there to ask."""
    prepared = head.prepared.get(question.problem)
    asked = prepared.asked.get(question.question) if prepared else None
    values: Mapping[str, Value] = asked.expected() if asked else {}
    return {item: shown(value) for item, value in values.items()}
