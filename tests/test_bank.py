"""The problem bank and the sample class: what every file of `problems/` and `submissions/` promises to its readers.

The verdicts of the examples were computed apart from grader. What marking does with other problems is tested elsewhere.
"""

from __future__ import annotations

import itertools
import json
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import numpy
import pytest
import yaml

from grader.batch.assignment import Ready, make_ready
from grader.batch.examples import compare_examples
from grader.cli import main
from grader.questions import KINDS, option_models
from grader.spec.load import load_problem, load_problems
from grader.spec.problem import Problem
from tests.shared import ROOT

BANK = ROOT / "problems"
CLASS = ROOT / "submissions"
FILES = sorted(path for path in BANK.glob("*.yaml") if path.name != "assignment.yaml")
MODELINE = "# yaml-language-server: $schema=schema/problem.json"

COURSES_OWN_NUMBERS = {"gates", "sigmoid-neuron"}
"""Their numbers are those of the course's slides, with a 1 and an equal pair among them, and are kept."""

each_problem = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def load(path: pathlib.Path) -> Problem:
    return load_problem(path, option_models())


def content(path: pathlib.Path) -> dict[str, Any]:
    with path.open(encoding="utf-8") as stream:
        read: dict[str, Any] = yaml.safe_load(stream)
    return read


# -- the files -----------------------------------------------------------------------------------------------------


def test_every_problem_file_loads() -> None:
    assignment = load_problems(BANK, option_models())
    assert not assignment.broken, "\n\n".join(str(broken.errors) for broken in assignment.broken)
    assert [problem.id for problem in assignment.problems] == content(BANK / "assignment.yaml")["problems"]


@each_problem
def test_the_first_line_tells_editors_where_the_schema_is(path: pathlib.Path) -> None:
    assert path.read_text(encoding="utf-8").splitlines()[0] == MODELINE


@each_problem
def test_a_problem_says_what_it_is_and_where_it_comes_from(path: pathlib.Path) -> None:
    problem = content(path)
    assert problem["format"] == 1
    for key in ("title", "source", "statement"):
        assert problem[key].strip(), key
    for name, question in problem["questions"].items():
        assert question["title"].strip(), name


def test_the_assignment_orders_every_problem() -> None:
    ids = content(BANK / "assignment.yaml")["problems"]
    assert sorted(ids) == [path.stem for path in FILES]


def test_the_table_of_the_readme_has_a_row_for_each_problem_and_no_other() -> None:
    rows = re.findall(r"^\| \[([\w-]+)\]\(([\w-]+)\.yaml\) \|", (BANK / "README.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(name for name, _ in rows) == [path.stem for path in FILES]
    assert all(name == file for name, file in rows)


def asked() -> set[str]:
    """The kinds of question that the bank asks."""
    return {question["ask"] for path in FILES for question in content(path)["questions"].values()}


def test_every_kind_that_is_built_is_asked_somewhere() -> None:
    assert asked() == {ask for ask, kind in KINDS.items() if kind.prepare is not None}


def test_the_readme_names_every_kind_that_its_exercises_wait_for() -> None:
    waiting = {ask for ask, kind in KINDS.items() if kind.prepare is None}
    text = (BANK / "README.md").read_text("utf-8")
    assert set(re.findall(r"`(\w+)`", text)) & set(KINDS) - {"function"} == waiting


# -- the examples --------------------------------------------------------------------------------------------------


def verdicts(expected: object) -> Iterator[str]:
    """The verdicts in what an example expects of one question."""
    if isinstance(expected, dict):
        yield from (verdict for item, verdict in expected.items() if item != "misconception")
    else:
        yield str(expected)


@each_problem
def test_every_question_has_right_and_wrong_examples(path: pathlib.Path) -> None:
    problem = content(path)
    expected = [item for example in problem["examples"] for item in example["expect"].items()]
    for question in problem["questions"]:
        of_question = [list(verdicts(value)) for name, value in expected if name == question]
        right = "needs_person" if problem["questions"][question]["ask"] == "text" else "correct"
        assert [right] in of_question, f"{question}: no right answer"
        assert any(set(found) - {right} for found in of_question), f"{question}: no wrong answer"


@each_problem
def test_no_two_examples_share_a_name(path: pathlib.Path) -> None:
    names = [example["name"] for example in content(path)["examples"]]
    assert len(names) == len(set(names))


@each_problem
def test_every_example_answers_what_it_expects_a_verdict_for(path: pathlib.Path) -> None:
    problem = content(path)
    in_python = {name for name, question in problem["questions"].items() if question["ask"] == "function"}
    for example in problem["examples"]:
        answered = set(example.get("answers", ())) | (in_python if "python" in example else set())
        assert set(example["expect"]) <= answered, example["name"]


@each_problem
def test_a_python_question_has_right_answers_in_more_than_one_style(path: pathlib.Path) -> None:
    problem = content(path)
    for name, question in problem["questions"].items():
        if question["ask"] == "function":
            right = [example["python"] for example in problem["examples"] if example["expect"] == {name: "correct"}]
            assert len(set(right)) > 1, name


def test_python_questions_use_all_that_a_function_question_offers() -> None:
    questions = [q for path in FILES for q in content(path)["questions"].values() if q["ask"] == "function"]
    used = {key for question in questions for key in question}
    assert {"function", "call", "requires", "given", "shapes", "returns", "any_of", "limits", "forbid"} <= used
    assert {word for question in questions for word in question.get("forbid", ())} == {
        "finite_differences",
        "changed_inputs",
    }


@pytest.fixture(scope="module")
def ready() -> Ready:
    return make_ready(BANK)


@each_problem
def test_every_example_gets_the_verdicts_that_it_expects(path: pathlib.Path, ready: Ready) -> None:
    problem = load(path)
    compared = list(compare_examples(ready, problem))
    assert compared
    found = [
        f"{comparison.example.name}: {expectation}"
        for comparison in compared
        for expectation in comparison.expectations
        if expectation.outcome == "disagreed"
    ]
    assert not found, "\n".join(found)


# -- the numbers ---------------------------------------------------------------------------------------------------


def printed(path: pathlib.Path) -> dict[str, numpy.ndarray]:
    """The printed inputs that are numbers; labels and constants are left out."""
    inputs = content(path)["graph"]["inputs"]
    values = {name: value.get("value") if isinstance(value, dict) else value for name, value in inputs.items()}
    return {name: numpy.array(value, float) for name, value in values.items() if value is not None}


@each_problem
def test_no_input_hides_a_mistake_by_a_0_a_1_or_an_equal_entry(path: pathlib.Path) -> None:
    if path.stem in COURSES_OWN_NUMBERS:
        pytest.skip("the course's own numbers")
    for name, value in printed(path).items():
        sizes = numpy.abs(value).ravel()
        assert not numpy.isin(sizes, [0, 1]).any(), name
        assert len(set(value.ravel())) == value.size, name
        assert value.ndim < 2 or value.shape != value.T.shape or not numpy.allclose(value, value.T), name
    scalars = [abs(float(value)) for value in printed(path).values() if value.ndim == 0]
    assert len(set(scalars)) == len(scalars)


def contributions(problem: Problem, name: str) -> dict[str, numpy.ndarray]:
    """What each node that reads `name` sends back to it: the node's adjoint times the local Jacobian."""
    graph, sent = problem.graph, {}
    for reader in graph.readers(name):
        wanted = graph.quantity(f"adjoint({reader})"), graph.quantity(f"edge({name}, {reader})")
        adjoint, jacobian = (numpy.asarray(value) for value in graph.evaluate(problem.point, *wanted))
        sent[reader] = adjoint.ravel() @ jacobian.reshape(adjoint.size, -1)
    return sent


@each_problem
def test_an_overwritten_contribution_shows(path: pathlib.Path) -> None:
    problem = load(path)
    graph = problem.graph
    data = {*graph.constants, *graph.labels}
    for name in graph.names if graph.output else ():
        if len(graph.readers(name)) > 1 and name not in data:
            sent = contributions(problem, name)
            assert all(numpy.abs(part).max() > 1e-3 for part in sent.values()), name
            for one, other in itertools.combinations(sent.values(), 2):
                assert not numpy.allclose(one, other), name


@each_problem
def test_the_transpose_of_a_gradient_shows(path: pathlib.Path) -> None:
    problem = load(path)
    graph = problem.graph
    for name in graph.inputs if graph.output else ():
        shape = graph.shape(name)
        if len(shape) == 2 and shape[0] == shape[1]:
            (gradient,) = graph.evaluate(problem.point, graph.quantity(f"grad({graph.output}, {name})"))
            assert not numpy.allclose(gradient, numpy.transpose(gradient)), name


@each_problem
def test_exchanged_factors_of_a_product_show(path: pathlib.Path) -> None:
    problem = load(path)
    values = problem.graph.values(problem.point)
    for name in problem.graph.nodes:
        product = re.fullmatch(r"(\w+) \* (\w+)", problem.graph.formula(name))
        factors = [values.get(factor) for factor in product.groups()] if product else []
        if product and all(factor is not None for factor in factors):
            assert not numpy.allclose(*numpy.abs(factors)), name


# -- the class -----------------------------------------------------------------------------------------------------

Marks = dict[str, dict[str, Any]]
"""Student -> their part of results.json."""


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Marks:
    folder = tmp_path_factory.mktemp("graded")
    assert main(["grade", str(BANK), str(CLASS), "-o", str(folder), "--no-pages"]) == 0
    results = json.loads((folder / "results.json").read_text("utf-8"))
    return {student["student"]: student for student in results["students"]}


def questions(student: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The questions of one student's results, each with its problem."""
    for problem in student["problems"]:
        yield from ((problem["problem"], question) for question in problem["questions"])


def test_the_class_has_all_its_students(graded: Marks) -> None:
    assert list(graded) == ["ada", *(f"s{number:02d}" for number in range(1, 17))]


def test_the_class_can_be_judged_as_a_whole(graded: Marks) -> None:
    verdicts = {question["verdict"] for student in graded.values() for _, question in questions(student)}
    assert verdicts == {"correct", "partial", "wrong", "missing", "unreadable", "needs_person"}


@pytest.mark.parametrize("student", ["s01", "s02"])
def test_who_has_everything_right_has_all_points_that_no_person_gives(graded: Marks, student: str) -> None:
    marks = graded[student]
    assert {question["verdict"] for _, question in questions(marks)} == {"correct", "needs_person"}
    assert marks["points"] == marks["judged_points"]


@pytest.mark.parametrize("student", sorted({*(f"s{n:02d}" for n in range(3, 17)), "ada"} - {"s12"}))
def test_everyone_else_has_a_story_and_something_right(graded: Marks, student: str) -> None:
    of_answered = [q["verdict"] for _, q in questions(graded[student]) if q["verdict"] != "missing"]
    assert "correct" in of_answered
    assert set(of_answered) - {"correct", "needs_person"}


def test_every_question_is_answered_by_someone(graded: Marks) -> None:
    marks = [(p, q["question"], q["verdict"]) for student in graded.values() for p, q in questions(student)]
    answered = {(problem, question) for problem, question, verdict in marks if verdict != "missing"}
    assert answered == {(problem, question) for problem, question, _ in marks}


def test_an_empty_folder_has_every_answer_missing(graded: Marks) -> None:
    assert {question["verdict"] for _, question in questions(graded["s12"])} == {"missing"}


def test_a_file_that_is_not_yaml_costs_itself_only(graded: Marks) -> None:
    verdicts: dict[str, set[str]] = {}
    for problem, question in questions(graded["s11"]):
        verdicts.setdefault(problem, set()).add(question["verdict"])
    assert verdicts.pop("two-paths") == {"unreadable"}
    assert verdicts.pop("three-layers") == {"missing", "unreadable"}
    assert set().union(*verdicts.values()) == {"correct", "missing"}


def test_an_early_slip_carried_on_costs_one_item(graded: Marks) -> None:
    for problem, question in questions(graded["s13"]):
        assert sum(item["verdict"] == "wrong" for item in question["items"]) <= 1, (problem, question["question"])


def test_a_decimal_comma_is_unreadable_and_the_message_says_what_to_write(graded: Marks) -> None:
    told = [
        item["message"] for _, q in questions(graded["s07"]) for item in q["items"] if item["verdict"] == "unreadable"
    ]
    assert told
    assert all(re.search(r"Write -?\d+\.\d+\.", message) for message in told)


def test_two_answers_to_one_question_are_both_named(graded: Marks) -> None:
    (question,) = [q for p, q in questions(graded["s16"]) if (p, q["question"]) == ("two-paths", "forward")]
    assert question["verdict"] == "unreadable"
    assert "s16/answers.yaml" in question["message"]
    assert "s16/two-paths.yaml" in question["message"]


def code(graded: Marks, student: str, problem: str, name: str = "code") -> dict[str, Any]:
    """The marks of a student's Python answer."""
    found = {(p, q["question"]): q for p, q in questions(graded[student])}
    assert found[problem, name]["ask"] == "function"
    return found[problem, name]


def test_a_notebook_is_run_without_its_magics_and_its_plots(graded: Marks) -> None:
    assert code(graded, "s03", "two-hidden-layers")["verdict"] == "correct"
    assert "matplotlib" in code(graded, "s03", "two-hidden-layers")["message"]


def test_a_missing_data_file_costs_no_function_that_does_not_read_it(graded: Marks) -> None:
    assert code(graded, "s16", "squared-norm")["verdict"] == "correct"
    assert "measurements.csv" in code(graded, "s16", "squared-norm")["message"]


def test_a_function_that_raises_is_wrong_with_its_own_line(graded: Marks) -> None:
    found = code(graded, "s07", "logistic-regression")
    assert found["verdict"] == "wrong"
    assert "NameError" in found["message"]
    assert "line 5" in found["message"]


def test_a_loop_that_never_ends_costs_its_own_question(graded: Marks) -> None:
    assert code(graded, "s14", "logistic-map")["verdict"] == "wrong"
    assert code(graded, "s14", "gradient-check")["verdict"] == "wrong"
    assert code(graded, "s14", "sum-of-sigmoids", "partials")["verdict"] == "partial"


def test_a_missing_function_is_missing_and_those_beside_it_count(graded: Marks) -> None:
    assert code(graded, "s10", "layer-with-cache", "affine")["verdict"] == "missing"
    assert code(graded, "s10", "layer-with-cache", "relu")["verdict"] == "correct"


def test_a_bracket_left_open_makes_the_python_of_that_problem_unreadable(graded: Marks) -> None:
    assert code(graded, "s11", "three-layers")["verdict"] == "unreadable"
    assert code(graded, "s11", "squared-norm")["verdict"] == "correct"


def test_the_gradient_of_another_loss_follows_where_the_question_gives_credit(graded: Marks) -> None:
    verdicts = {item["item"]: item["verdict"] for item in code(graded, "s13", "two-hidden-layers")["items"]}
    assert verdicts == {"o": "wrong", "dW1": "follow_through", "dW2": "follow_through", "dV": "follow_through"}


def test_the_schema_beside_the_problems_is_the_one_that_the_program_prints(capsys: pytest.CaptureFixture[str]) -> None:
    """Renewed by: grader schema problem > problems/schema/problem.json."""
    assert main(["schema", "problem"]) == 0
    assert capsys.readouterr().out == (ROOT / "problems/schema/problem.json").read_text(encoding="utf-8")
