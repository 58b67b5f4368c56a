"""`grader gradcheck`: exit statuses, what is printed, and whose mistake it is."""

from __future__ import annotations

import json
import sys

import pytest

from grader.cli import main

LOSS = """\
import numpy

print("loading")


def value(x):
    return float(numpy.sum(numpy.tanh(x) ** 2))


def values(X):
    return numpy.sum(numpy.tanh(X) ** 2, axis=1)


def gradient(x):
    return 2 * numpy.tanh(x) * (1 - numpy.tanh(x) ** 2)


def wrong(x):
    return -gradient(x)


def raising(x):
    return [][1]


def random(x):
    return numpy.random.default_rng().normal()


def leaving(x):
    raise SystemExit(0)


number = 3
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with a module and points, in which the test runs; what was imported from it is forgotten."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name, text in {
        "a_loss.py": LOSS,
        "broken_loss.py": "def value(x):\n    return (\n",
        "failing_loss.py": "import numpy\n\nnumpy.nothing\n",
        "x.yaml": "[0.3, -1.2, 1e-1, 2]\n",
        "x.json": "[[0.3, -1.2], [1, 2]]",
        "number.yaml": "0.5\n",
    }.items():
        (tmp_path / name).write_text(text)
    yield tmp_path
    for name in ("a_loss", "broken_loss", "failing_loss"):
        sys.modules.pop(name, None)


def run(function="value", gradient="gradient", at="x.yaml", *more):
    names = (name if ":" in name else f"a_loss:{name}" for name in (function, gradient))
    function, gradient = names
    return main(["gradcheck", function, "--gradient", gradient, "--at", at, *more])


@pytest.mark.parametrize(
    ("function", "gradient", "status"),
    [("value", "gradient", 0), ("value", "wrong", 1), ("random", "gradient", 3), ("raising", "gradient", 3)],
)
def test_the_exit_status_is_the_verdict(function, gradient, status):
    assert run(function, gradient) == status


@pytest.mark.parametrize("at", ["x.yaml", "x.json", "number.yaml"])
def test_the_point_is_a_number_or_nested_lists(at):
    assert run(at=at) == 0


def test_the_verdict_is_printed_with_its_reason_and_the_errors_over_the_steps(capsys):
    assert run("value", "wrong") == 1
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert lines[0] == "✗ failed"
    assert lines[1].startswith("  Entry [")
    assert lines[1].endswith(": the sign is the other one.")
    assert lines[3].startswith("  error       2 ± ")
    assert lines[4].startswith("  worst entry [")
    assert "  step, relative  error of the difference quotient" in lines
    assert printed.err == "loading\n"


def test_json_holds_the_fields_of_the_result(capsys):
    assert run("value", "gradient", "x.yaml", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"] == "passed"
    assert found["passed"] is True
    assert found["worst"] is None
    assert found["error"] < 1e-9
    assert set(found["curve"][0]) == {"step", "error"}


def test_what_is_not_finite_is_null_in_json(capsys):
    assert run("raising", "gradient", "x.yaml", "--json") == 3
    assert json.loads(capsys.readouterr().out)["error"] is None


def test_many_points_at_once(capsys):
    assert run("values", "gradient", "x.yaml", "--vectorized", "--directions", "2") == 0
    assert run("values", "wrong", "x.yaml", "--vectorized") == 1


@pytest.mark.parametrize("function", ["raising", "leaving"])
def test_an_exception_of_the_function_is_reported_with_type_and_line(capsys, function):
    assert run(function) == 3
    printed = capsys.readouterr()
    kind = {"raising": "IndexError: list index out of range", "leaving": "SystemExit: 0"}[function]
    line = LOSS[: LOSS.index(f"def {function}")].count("\n") + 2
    assert f"f raised {kind} (" in printed.out
    assert f"a_loss.py, line {line})" in printed.out
    assert "Traceback" not in printed.out + printed.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("value", "nothing"), "--gradient: the module a_loss has no nothing"),
        (("number", "gradient"), "MODULE:FUNCTION: a_loss:number is a int, and a function belongs here"),
        (("no_such_module:f", "gradient"), "there is no module no_such_module in this folder"),
        (("a_loss:", "gradient"), "module:function belongs here, as losses:mean_square"),
        (("broken_loss:value", "gradient"), "cannot be imported: SyntaxError: "),
        (("failing_loss:value", "gradient"), "cannot be imported: AttributeError: "),
    ],
)
def test_a_wrong_command_line_exits_with_2(capsys, arguments, words):
    assert run(*arguments) == 2
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error


def test_a_failed_import_names_the_line(capsys):
    assert run("failing_loss:value") == 2
    assert "failing_loss.py, line 3)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[0.3, a]", "x.yaml:1:7: a number was expected, and this is a"),
        ("[0.3, [1]]", "x.yaml:1:7: this entry has the shape (1,), and the first of its list has ()"),
        ("x: 3", "x.yaml:1:1: a number or a list was expected, and this is a mapping"),
        ("[1, true]", "x.yaml:1:5: a number was expected"),
        ("[1, .nan]", "entries that are not finite"),
        ("[1, 2", "x.yaml:"),
    ],
)
def test_a_point_that_cannot_be_read_is_shown_with_its_place(folder, capsys, text, words):
    (folder / "x.yaml").write_text(text)
    assert run() == 2
    assert words in capsys.readouterr().err
