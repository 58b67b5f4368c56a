"""Programs as files and notebooks: what is taken of them, what is dropped, and what is said of those that are none."""

from __future__ import annotations

import json
import pathlib

import pytest

from grader.answers.find import find_submissions
from grader.batch.assignment import make_ready
from grader.batch.grading import grade_handin
from tests.programs import notebook

PROBLEM = """
format: 1
id: p
graph: {inputs: {x: [1, 2, 3]}, nodes: {y: sum(x ** 2)}}
questions: {q: {ask: function, function: f, arguments: [x], returns: "grad(y, x)"}}
"""
RIGHT = b"def f(x):\n    return 2 * x\n"


def graded(tmp_path: pathlib.Path, **files: bytes):
    """The question's result for a student with these files (`__` is a dot in their names)."""
    (tmp_path / "p.yaml").write_text(PROBLEM)
    folder = tmp_path / "hand" / "s"
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name.replace("__", ".")).write_bytes(data)
    ready = make_ready(tmp_path / "p.yaml")
    (handin,) = find_submissions(str(tmp_path / "hand"), ["p"])
    return grade_handin(ready, handin).result.problems[0].questions[0]


def test_code_cells_run_in_order_and_outputs_never(tmp_path):
    cells = "import numpy as np", "def f(x):\n    return two * x", "two = 2\nprint('hi')"
    assert graded(tmp_path, p__ipynb=notebook(*cells)).verdict == "correct"


def test_outputs_are_no_code(tmp_path):
    assert graded(tmp_path, p__ipynb=notebook("x = 1")).verdict == "missing"


def test_magics_and_shell_escapes_are_dropped_with_a_note(tmp_path):
    cells = (
        "%matplotlib inline\n!pip install torch\nimport numpy as np\nnp.sum?\nfiles = !ls\nt = %timeit -o np.sum([1])",
        "%%time\ntwo = 2",
        "%%bash\nrm -rf /",
        "if True:\n    %load_ext autoreload\nnote = '''\n%not a magic\n'''  # :(\n%autoreload 2",
        "def f(x):\n    assert note == '\\n%not a magic\\n'\n    return (two * (x\n      % 1e9))",
    )
    found = graded(tmp_path, p__ipynb=notebook(*cells))
    assert found.verdict == "correct"
    assert "lines for the notebook itself (magics, shell commands) were left out of " in found.message


def test_a_cell_that_fails_costs_no_function(tmp_path):
    cells = "import numpy as np", "data = np.load('data.npz')", "def f(x):\n    return np.multiply(2, x)"
    found = graded(tmp_path, p__ipynb=notebook(*cells))
    assert found.verdict == "correct"
    assert "p.ipynb, code cell 2, line 1: " in found.message


def test_places_in_notebooks_are_cell_and_line(tmp_path):
    found = graded(tmp_path, p__ipynb=notebook("x = 1", "%time\ndef f(x):\n    return x.foo"))
    assert found.verdict == "wrong"
    assert "p.ipynb, code cell 2, line 3: the function raised AttributeError" in found.message
    broken = notebook("x = 1", "def f(x:\n    return x")
    (tmp_path / "again").mkdir()
    found = graded(tmp_path / "again", p__ipynb=broken)
    assert found.verdict == "unreadable"
    assert "p.ipynb, code cell 2, line 1" in found.message


@pytest.mark.parametrize(("data", "words"), [
    (b"def f(x): return 2 * x", "it is not JSON"),
    (b"{}", "it has no cells"),
    (notebook("# f", kind="markdown"), "no code cell"),
    (b"\xff\xfe", "is not UTF-8 text"),
    (json.dumps({"cells": [3, None, {"cell_type": "code", "source": 5}]}).encode(), "no code cell"),
])  # fmt: skip
def test_what_is_no_notebook_is_unreadable_and_says_why(tmp_path, data, words):
    found = graded(tmp_path, p__ipynb=data)
    assert found.verdict == "unreadable"
    assert words in found.message


def test_two_programs_make_the_question_unreadable_and_both_are_named(tmp_path):
    found = graded(tmp_path, p__py=RIGHT, p__ipynb=notebook(RIGHT.decode()))
    assert found.verdict == "unreadable"
    assert "p.py" in found.message
    assert "p.ipynb" in found.message


@pytest.mark.parametrize("data", [
    RIGHT, b"\xef\xbb\xbf" + RIGHT, RIGHT.replace(b"\n", b"\r\n"), "# é\n".encode() + RIGHT,
    "# -*- coding: latin-1 -*-\n# é\n".encode("latin-1") + RIGHT,
])  # fmt: skip
def test_a_file_may_declare_its_encoding(tmp_path, data):
    assert graded(tmp_path, p__py=data).verdict == "correct"


@pytest.mark.parametrize(("data", "words"), [
    ("# é\n".encode("latin-1") + RIGHT, "p.py is not UTF-8 text (line 1)"),
    (RIGHT + b"\n# \0\n", "NUL character in line 4"),
    (b"# coding: klingon\n" + RIGHT, "p.py is not UTF-8 text"),
])  # fmt: skip
def test_a_file_that_is_no_text_is_unreadable_and_says_where(tmp_path, data, words):
    found = graded(tmp_path, p__py=data)
    assert found.verdict == "unreadable"
    assert words in found.message


def test_a_program_in_the_file_of_answers_is_asked_for_as_a_file(tmp_path):
    found = graded(tmp_path, p__yaml=b"answers: {q: 2 * x}")
    assert found.verdict == "unreadable"
    assert ".py or .ipynb" in found.message
