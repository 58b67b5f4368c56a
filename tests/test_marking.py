"""Verdicts of questions, points and totals, and what a student may see (format.md 1.6 and 4)."""

from __future__ import annotations

import pytest

from grader.marking import for_student
from grader.marking.marks import question_verdict
from grader.marking.results import ItemResult, StudentResult
from tests.marked import problem, question, student, verdicts

VALUES = """
graph:
  inputs: {x: 2}
  nodes: {a: 3 * x, b: a + 1.2345, o: a * b}
questions:
  q: {ask: values, of: [a, b, o], points: 3%s}
"""


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (("correct", "correct"), "correct"),
        (("missing", "missing"), "missing"),
        (("unreadable", "unreadable"), "unreadable"),
        (("not_checked",), "not_checked"),
        (("needs_person",), "needs_person"),
        (("correct", "wrong"), "partial"),
        (("follow_through", "wrong"), "partial"),
        (("follow_through", "follow_through"), "partial"),
        (("correct", "missing"), "partial"),
        (("wrong", "missing"), "wrong"),
        (("unreadable", "missing"), "wrong"),
        (("wrong", "wrong"), "wrong"),
    ],
)
def test_the_verdict_of_a_question_follows_from_those_of_its_items(verdicts: tuple[str, ...], expected: str) -> None:
    items = [ItemResult(str(n), v) for n, v in enumerate(verdicts)]  # type: ignore[arg-type]
    assert question_verdict(items, "items") == expected
    assert question_verdict(items, "none") == expected.replace("partial", "wrong")


def test_points_are_shared_by_the_items_alike() -> None:
    found = question(problem(VALUES % ""), "q: {a: 6, b: 7.23, o: 1}")
    assert found.verdict == "partial"
    assert found.points == pytest.approx(2)


def test_all_or_nothing_gives_nothing_for_a_part() -> None:
    strict = problem(VALUES % ", partial: none")
    assert (question(strict, "q: {a: 6, b: 7.23, o: 1}").verdict, question(strict, "q: {a: 6}").points) == ("wrong", 0)
    assert question(strict, "q: {a: 6, b: 7.23, o: 43.4}").points == 3


@pytest.mark.parametrize("answers", ["{}", "q:", "q: null", "q: ''", "q: {}", "q: {a: , b: ~}"])
def test_nothing_given_is_missing(answers: str) -> None:
    found = question(problem(VALUES % ""), answers)
    assert found.verdict == "missing"
    assert found.points == 0
    assert found.items[0].expected is not None


@pytest.mark.parametrize("answer", ["5", "[1, 2, 3]", "six"])
def test_an_answer_without_names_says_which_names_are_wanted(answer: str) -> None:
    found = question(problem(VALUES % ""), f"q: {answer}")
    assert found.verdict == "unreadable"
    assert "a, b, o" in str(found.message)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("six", "a number was expected"),
        ("7,0", "Write 7.0"),
        ("2 sqrt(2)", "2 * sqrt(2)"),
        ("true", "a number was expected"),
        ("[1, [2]]", ""),
        ("{c: 1}", "mapping"),
    ],
)
def test_an_item_that_cannot_be_read_costs_itself_only_and_says_why(answer: str, words: str) -> None:
    found = question(problem(VALUES % ""), f"q: {{a: 6, b: {answer}, o: 43.4}}")
    assert [i.verdict for i in found.items] == ["correct", "unreadable", "correct"]
    assert words in str(found.items[1].message)


def test_a_name_that_is_not_asked_for_is_remarked_upon_and_costs_nothing() -> None:
    found = question(problem(VALUES % ""), "q: {a: 6, b: 7.23, o: 43.4, 0: 1, aa: 2}")
    assert found.verdict == "correct"
    assert "aa is not asked for" in str(found.message)
    assert "Did you mean a?" in str(found.message)


def test_too_few_digits_are_called_that() -> None:
    found = question(problem(VALUES % ""), "q: {b: 7.2}")
    assert "too few: 3 significant digits are asked for" in str(found.items[1].message)


def test_a_mapping_for_one_value_is_not_read() -> None:
    one = problem("graph: {inputs: {x: 2}, nodes: {o: 3 * x}}\nquestions: {q: {ask: value}}")
    assert verdicts(one, "q: 6") == {"q": "correct"}
    assert verdicts(one, "q: {o: 6}") == {"q": "unreadable"}


def test_a_gradient_by_one_default_input_may_be_written_with_or_without_its_name() -> None:
    one = problem("graph: {inputs: {x: 2}, nodes: {o: 3 * x}}\nquestions: {q: {ask: gradient}}")
    assert verdicts(one, "q: 3") == {"x": "correct"}
    assert verdicts(one, "q: {x: 3}") == {"x": "correct"}


FEEDBACK = """
graph:
  inputs: {x: 2}
  nodes: {a: 3 * x, b: a + 1.2345, o: a * b}
questions:
  open: {ask: value, of: a}
  hidden: {ask: value, of: b, feedback: verdict, points: 2}
  closed: {ask: value, of: o, feedback: none, points: 4}
"""


def shown(answers: str) -> StudentResult:
    prepared = problem(FEEDBACK)
    return for_student(student(prepared, answers), [prepared])


def test_a_students_copy_holds_what_feedback_allows() -> None:
    copy = shown("open: 5\nhidden: 5\nclosed: 5")
    full, verdict, received = copy.problems[0].questions
    assert full.items[0].expected is not None
    assert (verdict.verdict, verdict.points, verdict.items[0].expected, verdict.items[0].message) == (
        "wrong",
        0,
        None,
        None,
    )
    assert received.hidden == "all"
    assert (received.points, received.items[0].expected, received.items[0].message) == (None, None, None)
    assert received.items[0].verdict != "wrong"
    assert (copy.points, copy.max_points, copy.judged_points) == (0, 3, 3)


@pytest.mark.parametrize("answers", ["closed: 43.4", "closed: 5"])
def test_a_right_and_a_wrong_answer_look_alike_where_only_receipt_is_shown(answers: str) -> None:
    copy = shown(answers)
    question = copy.problems[0].questions[2]
    assert question.verdict == "needs_person"
    assert copy.points == 0
    assert copy.first_to_fix != ("p", "closed", "closed")


def test_release_shows_everything(tmp_path: pytest.TempPathFactory) -> None:
    from pathlib import Path

    from grader.marking import prepare
    from grader.questions import option_models
    from grader.spec.load import load_problem

    path = Path(str(tmp_path)) / "p.yaml"
    path.write_text(FEEDBACK, encoding="utf-8")
    prepared = prepare(load_problem(path, option_models(), release=True))
    result = student(prepared, "open: 5\nhidden: 5\nclosed: 5")
    assert for_student(result, [prepared]).problems[0].questions == result.problems[0].questions


def test_what_to_fix_first_is_the_first_wrong_item_in_the_order_of_the_computation() -> None:
    prepared = problem("""
graph: {inputs: {x: 2}, nodes: {a: 3 * x, b: a + 1, o: a * b}}
questions:
  f: {ask: trace}
  q: {ask: trace, mode: reverse}
""")
    assert student(prepared, "f: {a: 6, b: 7, o: 42}\nq: {x: 9, o: 1, b: 5, a: 13}").first_to_fix == ("p", "q", "b")
    assert student(prepared, "f: {a: 6, b: 7, o: 42}\nq: {x: 39, o: 1, b: 6}").first_to_fix == ("p", "q", "a")
    assert student(prepared, "f: {a: 6, b: 7, o: 42}\nq: {x: 39, o: 1, b: 6, a: 13}").first_to_fix is None
