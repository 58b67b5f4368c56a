"""What comes back from student code that means well: values, messages, and what the top level left standing."""

from __future__ import annotations

import numpy as np
import pytest

from grader.sandbox import Call, Group, Limits, Listed, Request, Source, Unusable, as_array, parts
from tests.sandboxed import run, sandbox, submission, value

X = {"x": np.array([1.0, 2.0, 3.0])}
NP = "import numpy as np\n"


def test_a_function_is_called_by_position_with_arrays_floats_and_integers():
    source = NP + "def f(W, eta, y):\n    return [W.dtype == np.float64, type(eta) is float, type(y) is int]\n"
    found = value(source, {"A": np.eye(2), "rate": 0.5, "label": 3})
    assert found.array.all()


@pytest.mark.parametrize(
    ("returned", "expected"),
    [
        ("2.5", np.array(2.5)),
        ("3", np.array(3)),
        ("True", np.array(True)),
        ("np.float32(0.5)", np.array(0.5, np.float32)),
        ("np.arange(6).reshape(2, 3)", np.arange(6).reshape(2, 3)),
        ("np.arange(6.0).reshape(2, 3).T[::-1]", np.arange(6.0).reshape(2, 3).T[::-1]),
        ("np.ones(3, np.float16)", np.ones(3, np.float32)),
        ("np.array([1, 2], '>f8')", np.array([1.0, 2.0])),
        ("np.matrix([[1.0, 2.0]])", np.array([[1.0, 2.0]])),
        ("np.uint64(2**64 - 1)", np.array(2.0**64)),
        ("10**30", np.array(1e30)),
        ("np.array([1.0, 2], dtype=object)", np.array([1.0, 2.0])),
        ("np.empty((0, 3))", np.empty((0, 3))),
        ("np.array([np.nan, np.inf])", np.array([np.nan, np.inf])),
    ],
)
def test_numbers_and_arrays_come_back_as_plain_arrays(returned, expected):
    found = value(NP + f"def f():\n    return {returned}\n")
    assert type(found) is np.ndarray
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("returned", "what"),
    [
        ("None", "nothing (None)"),
        ("'text'", "a text"),
        ("(i for i in [1])", "a generator"),
        ("iter(int, 1)", "a callable_iterator"),
        ("{1, 2}", "a set"),
        ("f", "a function"),
        ("1j", "complex numbers"),
        ("np.ones(2) * 1j", "complex numbers"),
        ("np.ma.masked_all(3)", "a masked array"),
        ("np.zeros(2, [('a', 'f8')])", "a structured array"),
        ("np.array(['a'])", "an array that holds no numbers"),
        ("np.array([None])", "an array of Python objects"),
        ("np.broadcast_to(1.0, (10**10, 3))", "more than 8 MiB"),
        ("np.zeros(2**20 + 1)", "more than 8 MiB"),
        ("[1.0] * (2**20 + 1)", "more than 8 MiB"),
        ("range(10**12)", "more than 8 MiB"),
        ("10**400", "a number too large for floating point"),
        ("{1: 2}", "a mapping whose keys are not all names"),
        ("{str(i): i for i in range(2000)}", "a mapping of more than 1000 names"),
    ],
)
def test_what_holds_no_numbers_is_named(returned, what):
    assert value(NP + f"def f():\n    return {returned}\n") == Unusable(what)


def test_lists_of_numbers_are_arrays_and_others_are_groups():
    listed = value(NP + "def f():\n    return [[1, 2.5], (np.float64(3), True)]\n")
    assert isinstance(listed, Listed)
    np.testing.assert_array_equal(as_array(listed), [[1, 2.5], [3, 1]])
    group = value(NP + "def f():\n    return 1.5, np.ones(2), [[1], [2, 3]]\n")
    assert isinstance(group, Group)
    assert group.kind == "tuple"
    loss, gradient, ragged = parts(group)
    assert (loss, gradient.tolist(), type(ragged)) == (1.5, [1.0, 1.0], Group)
    assert isinstance(as_array(ragged), Unusable)
    np.testing.assert_array_equal(
        as_array(value(NP + "def f():\n    return [np.ones(2), np.zeros(2)]\n")), [[1, 1], [0, 0]]
    )


def test_a_pair_of_numbers_can_be_split_into_two():
    assert [float(part) for part in parts(value("def f():\n    return 1.5, 2\n"))] == [1.5, 2.0]


def test_mappings_and_named_tuples_keep_their_names_and_order():
    source = (
        "import collections\nP = collections.namedtuple('P', 'a b')\ndef f():\n    return {'p': P(1.0, 2.0), 'q': 3}\n"
    )
    found = value(source)
    assert list(found) == ["p", "q"]
    assert found["p"].kind == "tuple"


def test_a_list_within_itself_ends():
    found = value("def f():\n    a = [1.0, 'x']\n    a.append(a)\n    return a\n")
    while isinstance(found, Group):
        found = found.items[-1]
    assert found == Unusable("lists within lists without end")


def test_statements_see_the_module_and_the_arguments_and_leave_variables():
    source = (
        "x = 'not this one'\ndef forward(x):\n    return x.sum(), (x,)\ndef backward(d, c):\n    return d + 0 * c[0]\n"
    )
    statements = "out, cache = forward(x)\ndx = backward(dout, cache)\nleft = [v for v in x]\n"
    request = Request(
        (Source("layer.py", source),),
        (Call({**X, "dout": 2.0}),),
        statements=statements,
        requires=("forward", "backward"),
        reads=("out", "dx", "left", "absent"),
    )
    outcome = sandbox().run(request)
    found = outcome.calls[0].values
    assert list(found) == ["out", "dx", "left", "absent"]
    assert (float(found["out"]), found["dx"].tolist()) == (6.0, [2.0, 2.0, 2.0])
    assert found["absent"] == Unusable("nothing: the variable was not set")


def test_what_statements_raise_outside_the_students_code_has_no_line_of_theirs():
    source = Source("a.py", "def g(): return 1\n")
    request = Request((source,), (Call({}),), statements="a, b = g()", requires=("g",), reads=("a",))
    raised = sandbox().run(request).calls[0].raised
    assert (raised.type, raised.file, raised.line) == ("TypeError", "", 0)


def test_every_call_gets_fresh_arguments_and_says_which_were_changed():
    source = "def f(x, y):\n    s = x.sum()\n    x[0] = 9\n    return s\n"
    points = [{"x": np.ones(3), "y": np.ones(2)}] * 2
    outcome = run(source, *points)
    assert [float(call.values[""]) for call in outcome.calls] == [3.0, 3.0]
    assert [call.changed for call in outcome.calls] == [("x",), ("x",)]


def test_a_reshaped_argument_counts_as_changed():
    assert run("def f(x):\n    x.shape = (3, 1)\n    return 1\n", X).calls[0].changed == ("x",)


def test_calls_of_the_students_own_functions_are_counted():
    source = (
        "def loss(x):\n    return x.sum()\ndef f(x):\n    g = lambda v: loss(v)\n    return [g(x) for _ in range(5)]\n"
    )
    counts = run(source, X, count=True).calls[0].counts
    assert (counts["f"], counts["loss"], counts["<lambda>"]) == (1, 5, 5)
    assert run(source, X).calls[0].counts == {}


def test_a_missing_function_is_missing_and_what_is_there_is_named():
    outcome = run("def gradiant(x):\n    return x\n", X, function="gradient")
    assert (outcome.state, outcome.missing, outcome.top.defined) == ("missing", ("gradient",), ("gradiant",))


def test_a_name_that_is_no_function_is_missing():
    assert run("f = 3\n").state == "missing"


@pytest.mark.parametrize(
    ("source", "line", "says"),
    [
        ("x = 1\ndef f(x)\n    return x\n", 2, "expected ':'"),
        ("def f():\n  return 1\n\0", 3, "null byte"),
        ("(" * 40_000 + ")" * 40_000, 1, "parenthes"),
        ("x = " + "1+" * 100_000 + "1", 0, "nested too deeply"),
        ("  x = 1\n", 1, "unexpected indent"),
    ],
)
def test_what_does_not_compile_is_said_with_its_line(source, line, says):
    outcome = run(source)
    assert (outcome.state, outcome.syntax.line, outcome.syntax.file) == ("syntax", line, "answer.py")
    assert says in outcome.syntax.message


def test_an_exception_shows_type_message_and_the_students_own_line_only():
    source = NP + "def g(x):\n    return np.linalg.inv(x)\ndef f(x):\n    return g(x)\n"
    raised = run(source, {"x": np.zeros((2, 2))}).calls[0].raised
    assert (raised.type, raised.file, raised.line, raised.text) == (
        "LinAlgError",
        "answer.py",
        3,
        "    return np.linalg.inv(x)",
    )
    assert raised.message == "Singular matrix"


@pytest.mark.parametrize("error", ["KeyboardInterrupt()", "SystemExit(0)", "GeneratorExit()", "Own('gone')"])
def test_exceptions_that_are_no_exception_are_raised_like_others(error):
    source = f"class Own(BaseException):\n    pass\ndef f(x):\n    raise {error}\n"
    outcome = run(source, X, X)
    assert (outcome.state, len(outcome.calls)) == ("ok", 2)
    assert outcome.calls[1].raised.type in error


def test_a_message_that_cannot_be_read_or_is_endless_is_bounded():
    source = "class E(Exception):\n    def __str__(self):\n        raise KeyboardInterrupt\ndef f():\n    raise E\n"
    assert run(source).calls[0].raised.message == "(a message that could not be read)"
    assert len(run("def f():\n    raise ValueError('x' * 10**6)\n").calls[0].raised.message) == 1000
    assert run("def f():\n    raise ValueError('\\ud800')\n").calls[0].raised.message == "\\ud800"


def test_what_is_printed_comes_back_bounded_for_each_call():
    source = (
        "import sys\nprint('loading')\ndef f(x):\n    print('x' * 9)\n    print('oh', file=sys.stderr)\n    return 1\n"
    )
    outcome = run(source, X, X)
    assert outcome.top.printed == "loading\n"
    assert [call.printed for call in outcome.calls] == ["xxxxxxxxx\noh\n"] * 2
    flood = run("def f():\n    for _ in range(99):\n        print('A' * 9999)\n    return 1\n").calls[0]
    assert (len(flood.printed), flood.printed_cut) == (10_000, True)


def test_warnings_show_the_students_line():
    printed = run(NP + "def f(x):\n    return 1 / (x * 0)\n", X).calls[0].printed
    assert "answer.py:3: RuntimeWarning: divide by zero" in printed
    assert "return 1 / (x * 0)" in printed


def test_where_the_top_level_fails_definitions_and_the_imports_that_work_are_tried_alone():
    source = (
        "import numpy as np, matplotlib.pyplot as plt\n"
        "from scipy.special import expit\n"
        "data = np.load('data.npy')\n"
        "SCALE = np.float64(2)\n"
        "plt.plot(data)\n"
        "class Net:\n    w = SCALE\n"
        "def f(x):\n    return Net.w * x\n"
        "print('trained', f(data))\n"
    )
    outcome = run(source, X)
    assert outcome.calls[0].values[""].tolist() == [2.0, 4.0, 6.0]
    assert (outcome.top.raised.type, outcome.top.raised.module) == ("ModuleNotFoundError", "matplotlib.pyplot")
    assert [left.line for left in outcome.top.left_out] == [1, 2, 3, 5, 10]
    assert [bool(left.why) for left in outcome.top.left_out] == [True, True, True, False, False]


def test_only_what_the_function_itself_needs_can_make_it_fail():
    outcome = run("import torch\ndef f(x):\n    return torch.tensor(x)\n", X)
    assert (outcome.calls[0].raised.type, outcome.calls[0].raised.line) == ("NameError", 3)


def test_a_program_that_ends_itself_keeps_what_was_defined_before():
    assert float(value("def f():\n    return 1\nraise SystemExit\n")) == 1.0
    outcome = run("raise KeyboardInterrupt\ndef f():\n    return 1\n")
    assert (outcome.state, outcome.top.raised.type) == ("missing", "KeyboardInterrupt")


def test_the_part_for_scripts_does_not_run():
    assert float(value("def f():\n    return 1\nif __name__ == '__main__':\n    raise SystemExit\n")) == 1.0


def test_cells_run_in_one_module_and_exceptions_name_the_cell():
    cells = (Source("cell 1", "import numpy as np\n"), Source("cell 2", "def f(x):\n    return np.nothing\n"))
    raised = sandbox().run(Request(cells, (Call(X),), function="f")).calls[0].raised
    assert (raised.file, raised.line) == ("cell 2", 2)


def test_dataclasses_postponed_annotations_and_globals_work():
    source = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\nimport typing\ncount = 0\n"
        "@dataclass\nclass P:\n    a: float = 1.0\n"
        "def f() -> unknown:\n    global count\n    count += 1\n    return P().a + count\n"
    )
    assert float(value(source)) == 2.0


def test_unseeded_random_numbers_are_the_same_from_run_to_run_and_not_from_call_to_call():
    source = NP + "import random\ndef f():\n    return [random.random(), np.random.rand(), hash('a') % 1000]\n"
    first, second = run(source, {}, {}), run(source, {}, {})
    one, two = (call.values[""].array.tolist() for call in first.calls)
    assert one[:2] != two[:2]
    assert [call.values[""].array.tolist() for call in second.calls] == [one, two]


def test_nothing_of_one_submission_is_left_for_the_next():
    imports = "import numpy as np, builtins\n"
    run(imports + "np.left = builtins.left = 1\nnp.sum = None\ndef f():\n    return 1\n")
    looks = "[hasattr(np, 'left'), hasattr(builtins, 'left'), np.sum is None]"
    assert not value(imports + f"def f():\n    return {looks}\n").array.any()


def test_processor_time_is_final_and_what_ended_before_is_kept():
    source = "n = 0\ndef f():\n    global n\n    n += 1\n    while n > 1:\n        pass\n    return n\n"
    outcome = run(source, {}, {}, {}, limits=Limits(0.3))
    assert (outcome.state, outcome.during, len(outcome.calls)) == ("timeout", "call 2", 1)


def test_all_calls_together_have_a_limit_too():
    source = "import time\ndef f():\n    time.sleep(0.2)\n    return 1\n"
    outcome = run(source, *[{}] * 50, limits=Limits(0.5, total=0.5))
    assert outcome.state == "timeout"
    assert 0 < len(outcome.calls) < 50


def test_waiting_counts_as_computing():
    assert run("import time\ntime.sleep(10**6)\ndef f():\n    return 1\n", limits=Limits(0.2)).state == "timeout"


def test_too_much_memory_is_an_exception_of_the_students():
    raised = run("def f():\n    return [bytearray(10**8) for _ in range(10)]\n").calls[0].raised
    assert (raised.type, raised.memory) == ("MemoryError", True)


def test_memory_within_the_limit_is_there():
    assert float(value(NP + "def f():\n    return np.ones(2**24).sum()\n")) == 2.0**24


def test_many_requests_keep_their_order():
    requests = [submission(f"def f():\n    return {n}\n") for n in range(40)]
    assert [float(outcome.calls[0].values[""]) for outcome in sandbox().run_all(requests)] == list(range(40))


def test_a_source_of_many_megabytes_is_not_run():
    assert run("# " + "x" * 2**21).state == "unusable"


def test_large_arguments_and_results_pass():
    big = np.arange(2.0**19).reshape(512, -1)
    found = value("def f(x):\n    return 2 * x\n", {"x": big})
    np.testing.assert_array_equal(found, 2 * big)


def test_a_request_names_a_function_or_statements():
    with pytest.raises(ValueError, match="either a function or statements"):
        Request((), (), function="f", statements="f()")
