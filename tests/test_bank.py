"""The problem bank and the sample class: what every file of `problems/` and `submissions/` promises to its readers.

The verdicts of the examples were computed apart from grader. What marking does with other problems is tested elsewhere.
"""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator
from typing import Any

import numpy
import pytest
import yaml

from tests.shared import ROOT

BANK = ROOT / "problems"
FILES = sorted(path for path in BANK.glob("*.yaml") if path.name != "assignment.yaml")
MODELINE = "# yaml-language-server: $schema=schema/problem.json"

COURSES_OWN_NUMBERS = {"gates", "sigmoid-neuron"}
"""Their numbers are those of the course's slides, with a 1 and an equal pair among them, and are kept."""

each_problem = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def content(path: pathlib.Path) -> dict[str, Any]:
    with path.open(encoding="utf-8") as stream:
        read: dict[str, Any] = yaml.safe_load(stream)
    return read


# -- the files -----------------------------------------------------------------------------------------------------


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
        assert ["correct"] in of_question, f"{question}: no right answer"
        assert any(set(found) - {"correct"} for found in of_question), f"{question}: no wrong answer"


@each_problem
def test_no_two_examples_share_a_name(path: pathlib.Path) -> None:
    names = [example["name"] for example in content(path)["examples"]]
    assert len(names) == len(set(names))


@each_problem
def test_every_example_answers_what_it_expects_a_verdict_for(path: pathlib.Path) -> None:
    for example in content(path)["examples"]:
        assert set(example["expect"]) <= set(example["answers"]), example["name"]


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
