"""What format.md 1.7 says of Python answers, sentence by sentence."""

from __future__ import annotations

import numpy
import pytest

from grader.answers.program import Program
from grader.sandbox import Outcome
from tests.programs import GRADIENT, RUN, SQUARE, asked, mark, verdicts

RIGHT = "def f(x):\n    return (x * x).sum(), 2 * x\n"


def checks(item) -> dict[str, bool | None]:
    return {c.check: c.passed for c in item.checks}


@pytest.mark.parametrize("returned", [
    "y, 2 * x", "[y, 2 * x]", "{'y': y, 'g': 2 * x}", "{'g': (2 * x).tolist(), 'extra': 1, 'y': y}",
    "np.array([y]), tuple(2 * x)", "y, np.float32(2) * x.astype(np.float32)", "float(y), [float(2 * v) for v in x]",
    "Pair(y, 2 * x)", "y, (2 * x).astype(object)",
])  # fmt: skip
def test_values_come_back_in_many_forms(returned):
    head = "import numpy as np\nfrom collections import namedtuple\nPair = namedtuple('Pair', 'y g')\n"
    assert verdicts(SQUARE, f"{head}def f(x):\n    y = np.sum(x ** 2)\n    return {returned}\n") == ["correct"] * 2


@pytest.mark.parametrize(("returned", "words"), [
    ("2 * x[:, None]", "q came back as a matrix of 3 × 1 (3, 1), and a vector of 3 entries (3,) was asked for; its"),
    ("7.0", "one number"), ("None", "nothing (None)"), ("'text'", "a text"), ("{'g': 2 * x}", "without the key q"),
    ("np.ma.array(2 * x)", "a masked array"), ("2 * x + 0j", "complex numbers"), ("[[1], [2, 3]]", "different shapes"),
    ("(2 * x,)", "(1, 3)"), ("np.matrix(2 * x)", "(1, 3)"), ("2 * x, 1", "different shapes"),
])  # fmt: skip
def test_what_is_no_vector_is_named_in_one_sentence(returned, words):
    (item,) = mark(GRADIENT, f"import numpy as np\ndef f(x):\n    return {returned}\n").items
    assert item.verdict == "wrong"
    assert words in item.message
    assert item.message.count(". ") == 0


def test_one_key_may_be_returned_as_the_value_a_dict_or_a_tuple_of_one():
    one = asked("function: f\narguments: [x]\nreturns: {g: 'grad(y, x)'}")
    for returned in ("2 * x", "{'g': 2 * x}", "(2 * x,)", "list(2 * x)", "tuple(2 * x)"):
        assert verdicts(one, f"def f(x):\n    return {returned}\n") == ["correct"], returned


def test_an_array_of_one_entry_counts_as_a_number_with_a_remark():
    first = mark(SQUARE, "def f(x):\n    return [(x * x).sum()], 2 * x\n").items[0]
    assert (first.verdict, first.message) == ("correct", "An array of one entry was taken as a number.")


def test_too_few_and_too_many_values_are_counted():
    for returned, words in (("2 * x", "3 values where 2"), ("1, 2, 3", "3 values"), ("1.0", "one value where 2")):
        item = mark(SQUARE, f"def f(x):\n    return {returned}\n").items[0]
        assert item.verdict == "wrong"
        assert words in item.message


def test_every_check_is_reported():
    item = mark(SQUARE, RIGHT).items[1]
    names = ["shape", "finite", "value", "finite differences", "inputs unchanged", "repeatable"]
    assert checks(item) == dict.fromkeys(names, True)
    curve = next(c.curve for c in item.checks if c.check == "finite differences")
    assert len(curve) > 6


def test_a_right_program_costs_one_request():
    asked_for = []

    def run(request) -> Outcome:
        asked_for.append(request)
        return RUN(request)

    SQUARE.mark_program(Program((("p.py", RIGHT),)), run)
    assert len(asked_for) == 1


def test_a_right_gradient_of_a_wrong_value_is_said_to_be_so():
    half = "def f(x):\n    return (x * x).sum() / 2, x\n"
    item = mark(SQUARE, half).items[1]
    assert item.verdict == "wrong"
    assert item.message.startswith("g is the gradient of the y that your function returns, but that y is not the one "
                                   "asked for: 7 instead of 14 at the printed point.")  # fmt: skip
    credit = asked("function: f\narguments: [x]\nreturns: {y: y, g: 'grad(y, x)'}\nfollow_through: 0.5")
    assert verdicts(credit, half) == ["wrong", "follow_through"]
    assert verdicts(credit, "def f(x):\n    return (x * x).sum() / 2, 2 * x\n") == ["wrong", "correct"]
    assert verdicts(credit, "def f(x):\n    return 0.0, 0 * x\n") == ["wrong", "wrong"]
    assert verdicts(credit, "def f(x):\n    return (x * x).sum(), x\n") == ["correct", "wrong"]


def test_inputs_that_are_written_to_are_a_remark_unless_that_is_forbidden():
    over = "def f(x):\n    x *= 2\n    return x\n"
    (item,) = mark(GRADIENT, over).items
    assert (item.verdict, checks(item)["inputs unchanged"]) == ("correct", False)
    strict = asked("function: f\narguments: [x]\nreturns: grad(y, x)\nforbid: [changed_inputs]")
    (item,) = mark(strict, over).items
    assert item.verdict == "wrong"
    assert item.message == "The function writes to its arguments (x), which is not allowed here."


@pytest.mark.parametrize("body", [
    "return 2 * x + 1e-10 * np.random.randn(3)",
    "state.append(1)\n    return 2 * x * (1 if len(state) % 2 else -1)",
    "state.append(1)\n    return 2 * x + 1e-9 * len(state)",
    "state.append(x)\n    return 2 * x if len(state) < 3 or (x != state[0]).any() else 3 * x",
])  # fmt: skip
def test_a_result_that_changes_from_call_to_call_is_wrong(body):
    (item,) = mark(GRADIENT, f"import numpy as np\nstate = []\ndef f(x):\n    {body}\n").items
    assert (item.verdict, checks(item)["repeatable"]) == ("wrong", False)


def test_a_cache_between_calls_is_nobodys_business():
    source = "cache = {}\ndef f(x):\n    k = x.tobytes()\n    cache.setdefault(k, 2 * x)\n    return cache[k]\n"
    assert verdicts(GRADIENT, source) == ["correct"]


def test_each_written_size_is_tried_and_no_other():
    sized = asked("function: f\narguments: [x]\nreturns: grad(y, x)\nshapes: [{x: [1]}, {x: [7]}]\ndraws: 1")
    assert sorted(p.values["x"].size for p in sized.points.hidden) == [1, 7]
    only = "import numpy as np\ndef f(x):\n    assert x.size in (1, 3, 7)\n    return 2 * x\n"
    assert verdicts(sized, only) == ["correct"]
    (item,) = mark(sized, "def f(x):\n    return 2 * x[:3]\n").items
    assert item.verdict == "wrong"
    (item,) = mark(sized, "import numpy as np\ndef f(x):\n    return x + x[0] if x.size == 1 else 2 * x\n").items
    assert item.verdict == "correct"


def test_labels_are_integers_from_0_scalars_floats_and_all_else_float64():
    graph = ("inputs: {W: [[1, 2], [3, 4]], s: 3, y: {label: [2, 1], classes: 2}, z: {label: 2, classes: 2}}\n"
             "  constants: {n: 4}\n  nodes: {o: \"sum(W[y]) + s * n + W[0, z]\"}")  # fmt: skip
    typed = asked("function: f\narguments: [W, s, y, z, n]\nreturns: o", graph)
    source = """
import numpy as np
def f(W, s, y, z, n):
    assert W.dtype == np.float64 and type(s) is float and type(n) is float
    assert y.dtype == np.int64 and type(z) is int and y.min() >= 0
    return W[[0, 1], y].sum() + s * n + W[0][z]
"""
    assert verdicts(typed, source) == ["correct"]


def test_the_first_convention_that_fits_all_items_is_named():
    graph = "inputs: {x: [1, 2, 3]}\n  nodes: {y: sum(x ** 2), m: y / 3}\n  output: m"
    either = asked("function: f\narguments: [x]\nany_of: [{o: y, g: 'grad(y, x)'}, {o: m, g: 'grad(m, x)'}]", graph)
    marked = mark(either, "def f(x):\n    return (x * x).mean(), 2 * x / 3\n")
    assert [i.verdict for i in marked.items] == ["correct"] * 2
    assert marked.message == "Read by the second convention of 2."
    assert marked.items[0].expected == pytest.approx(14 / 3)
    mixed = mark(either, "def f(x):\n    return (x * x).mean(), 2 * x\n")
    assert sorted(i.verdict for i in mixed.items) == ["correct", "wrong"]


def test_at_kinks_one_choice_holds_through_all_items():
    graph = "inputs: {x: [0, 1], v: [2, 3]}\n  nodes: {y: sum(relu(x) * v), z: sum(relu(x) * 5)}\n  output: y"
    kink = asked("function: f\narguments: [x, v]\nreturns: {gy: 'grad(y, x)', gz: 'grad(z, x)'}", graph)
    source = "import numpy as np\ndef f(x, v):\n    m = np.where(x == 0, {}, x > 0)\n    return m * v, {} * 5\n"
    for share in (0, 0.5, 1, 0.3):
        assert verdicts(kink, source.format(share, "m")) == ["correct"] * 2
    assert verdicts(kink, source.format(1.5, "m")) == ["wrong"] * 2
    assert verdicts(kink, source.format(0, "(x >= 0)")) == ["correct", "wrong"]


def test_what_raises_anywhere_is_wrong_with_the_students_own_line():
    source = (
        "import numpy as np\ndef f(x):\n    if x[0] != 1:\n        return helper(x)\n"
        "    return 2 * x\n\ndef helper(x):\n    return x.T.foo\n"
    )
    marked = mark(GRADIENT, source)
    assert marked.items[0].verdict == "wrong"
    assert marked.message == (
        "p.py, line 8: the function raised AttributeError: 'numpy.ndarray' object has no attribute 'foo'. "
        "It was called with x a vector of 3 entries.\n    return x.T.foo"
    )


def test_what_the_questions_own_call_raises_shows_that_call():
    called = asked("requires: [f]\ncall: |\n  y, g = f(x)\nreturns: {y: y, g: 'grad(y, x)'}")
    assert verdicts(called, RIGHT) == ["correct"] * 2
    marked = mark(called, "def f(x):\n    return 2 * x\n")
    assert "ValueError: too many values to unpack" in marked.message
    assert marked.message.endswith("\n    y, g = f(x)")


def test_a_missing_function_is_missing_and_its_name_said():
    marked = mark(GRADIENT, "def g(x):\n    return 2 * x\nf = 3\n")
    assert (marked.items[0].verdict, marked.message) == ("missing", "f is not defined at the top level of the file.")


def test_a_file_that_does_not_compile_is_unreadable_with_line_and_column():
    marked = mark(GRADIENT, "import numpy as np\ndef f(x):\n    return 2 * * x\n")
    assert marked.items[0].verdict == "unreadable"
    assert marked.message.startswith("p.py, line 3, column ")
    assert marked.message.endswith("return 2 * * x")


@pytest.mark.parametrize(("body", "words"), [
    ("while True: pass", "processor time"), ("return np.zeros(10**9)", "MemoryError"),
    ("raise SystemExit", "SystemExit"),
])  # fmt: skip
def test_what_uses_up_its_limits_is_wrong_and_says_which(body, words):
    quick = asked("function: f\narguments: [x]\nreturns: grad(y, x)\nlimits: {seconds: 0.3}")
    marked = mark(quick, f"import numpy as np\ndef f(x):\n    {body}\n")
    assert marked.items[0].verdict == "wrong"
    assert words in marked.message


def test_a_top_level_that_raises_loses_no_function():
    source = (
        "import os\nimport numpy as np\nimport seaborn\nX = np.load('data.npy')\nprint(X.shape)\n"
        "def f(x):\n    return 2 * x\n"
    )
    marked = mark(GRADIENT, source)
    assert marked.items[0].verdict == "correct"
    assert "does not run as a whole (p.py, line 1: " in marked.message
    assert "definitions and imports were tried alone" in marked.message
    needed = mark(GRADIENT, "import numpy as np\nX = np.load('data.npy')\ndef f(x):\n    return 2 * x + X\n")
    assert needed.items[0].verdict == "wrong"
    assert "NameError: name 'X' is not defined" in needed.message


def test_printed_output_is_shown_and_bounded():
    marked = mark(GRADIENT, "print('top')\ndef f(x):\n    print('x is', x)\n    return 2 * x\n")
    assert marked.message == "It printed:\n    top\n    x is [1. 2. 3.]"
    flood = mark(GRADIENT, "def f(x):\n    for i in range(500): print('line', i)\n    return 2 * x\n").message
    assert flood.startswith("It printed (the beginning):\n")
    assert len(flood) < 900


def test_what_the_machine_kept_from_finishing_is_not_checked():
    full = Outcome("not_checked", "the disk is full")
    marked = SQUARE.mark_program(Program((("p.py", RIGHT),)), lambda request: full)
    assert {i.verdict for i in marked.items} == {"not_checked"}
    assert marked.message == "Not checked: the disk is full. This costs no points."


def test_a_float64_result_is_held_to_float64():
    for factor, verdict in (("1 + 5e-7", "correct"), ("1 + 5e-6", "wrong"), ("1 + 5e-4", "wrong")):
        assert verdicts(GRADIENT, f"def f(x):\n    return 2 * x * ({factor})\n") == [verdict]
    single = "import numpy as np\ndef f(x):\n    return (2 * x * {}).astype(np.float32)\n"
    assert verdicts(GRADIENT, single.format("1")) == ["correct"]
    assert verdicts(GRADIENT, single.format("1.0001")) == ["wrong"]


def test_where_0_is_expected_the_size_of_what_cancels_counts():
    graph = "inputs: {x: [1, 2, 3]}\n  nodes: {y: '(sum(x) - 6) ** 2 + x[0] - x[0]'}"
    zero = asked("function: f\narguments: [x]\nreturns: {y: y, g: 'grad(y, x)'}", graph)
    assert verdicts(zero, "def f(x):\n    s = x.sum() - 6\n    return s * s, [2 * s] * 3\n") == ["correct"] * 2
    assert verdicts(zero, "def f(x):\n    s = x.sum() - 6.1\n    return s * s, [2 * s] * 3\n") == ["wrong"] * 2


def test_the_counterexample_is_small_and_whole():
    graph = "inputs: {x: {value: [1, 2, 3], draw: normal}}\n  nodes: {y: sum(x ** 2)}"
    sized = asked("function: f\narguments: [x]\nreturns: grad(y, x)\nshapes: [{x: [9]}, {x: [1]}]", graph)
    (item,) = mark(sized, "def f(x):\n    return 3 * x\n").items
    assert item.message in (
        "At x = [1] your q is [3], and [2] is right.", "At x = [-1] your q is [-3], and [-2] is right."
    )  # fmt: skip
    (item,) = mark(sized, "def f(x):\n    return 2 * abs(x)\n").items
    assert item.message == "At x = [-1] your q is [2], and [-2] is right."
    (item,) = mark(sized, "def f(x):\n    return 2 * x if x.size < 9 else 0 * x\n").items
    assert item.message.startswith("At x = [")
    assert item.message.count("0") >= 8
    (item,) = mark(sized, "def f(x):\n"
        "    return 2 * x if abs(x).max() > 5 or (x == x.round()).all() else 3 * x\n").items
    assert item.verdict == "wrong"


def test_numbers_that_are_not_finite_are_never_right():
    item = mark(SQUARE, "import numpy as np\ndef f(x):\n    return np.nan, 2 * x / (x - x)\n").items[1]
    assert (item.verdict, checks(item)["finite"]) == ("wrong", False)


def test_arguments_are_fresh_at_every_call():
    source = (
        "seen = []\ndef f(x):\n    seen.append(x)\n    for one in seen[:-1]:\n        one[:] = 99\n"
        "    g = 2 * x\n    x[:] = -1\n    return g\n"
    )
    assert verdicts(GRADIENT, source) == ["correct"]


def test_expected_values_are_arrays_of_the_reference():
    assert numpy.array_equal(GRADIENT.expected()["q"], [2, 4, 6])
