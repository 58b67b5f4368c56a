"""Marks an answer to a problem, both given as text, through the very code that `grade` runs."""

from __future__ import annotations

import pathlib
import tempfile

from grader.answers.read import ProblemAnswers, Submission
from grader.errors import AnswerError
from grader.marking import PreparedProblem, mark_submission, prepare
from grader.marking.results import ItemResult, QuestionResult, StudentResult
from grader.questions import option_models
from grader.spec import document
from grader.spec.load import load_problem


def problem(text: str) -> PreparedProblem:
    """A problem file with this text, ready for marking; raises ProblemErrors as the program does."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "p.yaml"
        path.write_text(text, encoding="utf-8")
        return prepare(load_problem(path, option_models()))


def student(prepared: PreparedProblem, answers: str) -> StudentResult:
    """The marks of a student whose `answers:` have this text."""
    tree = document.read(answers, "answers.yaml", AnswerError, keep_damage=True)
    assert isinstance(tree, document.Mapping)
    given = {key.raw: value for key, value in tree.entries}
    return mark_submission([prepared], Submission("s", {prepared.problem.id: ProblemAnswers(given)}))


def question(prepared: PreparedProblem, answers: str, name: str = "q") -> QuestionResult:
    """The mark of one question."""
    found = student(prepared, answers).problems[0].questions
    return next(q for q in found if q.question == name)


def items(prepared: PreparedProblem, answers: str, name: str = "q") -> dict[str, ItemResult]:
    """The marks of a question's items by name."""
    return {i.item: i for i in question(prepared, answers, name).items}


def verdicts(prepared: PreparedProblem, answers: str, name: str = "q") -> dict[str, str]:
    """The verdicts of a question's items by name."""
    return {n: i.verdict for n, i in items(prepared, answers, name).items()}
