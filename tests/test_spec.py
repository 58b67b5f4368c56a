"""Problem files: what is read, what is refused and in which words, hidden points, folders, JSON Schema."""

from __future__ import annotations

import re
import textwrap

import jsonschema
import numpy
import pytest

from grader.errors import ProblemErrors
from grader.questions import option_models
from grader.spec.document import plain, read
from grader.spec.draw import Distribution, generator
from grader.spec.load import load_problem, load_problems
from grader.spec.models import Digits, Relative
from grader.spec.schema import answers_schema, problem_schema
from tests.shared import ROOT, SHARED, needs

KINDS = option_models()
BASE = """\
graph:
  inputs: {u1: 3, u2: 4}
  nodes:
    u3: u1 * u2
    u4: u1 + u2
    u5: 2 * u3 * u4
questions:
  q: {ask: trace}
"""


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Loads a problem from its text, as the file `p.yaml`."""
    monkeypatch.chdir(tmp_path)

    def loaded(text, name="p.yaml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return load_problem(name, KINDS)

    return loaded


@pytest.fixture
def errors(load):
    """The errors of a text, each as (line:column, message, hint)."""

    def found(text):
        with pytest.raises(ProblemErrors) as caught:
            load(text)
        places = [str(error.place).removeprefix("p.yaml:") for error in caught.value.errors]
        return [(place, e.message, e.hint) for place, e in zip(places, caught.value.errors, strict=True)]

    return found


def graph(inputs, nodes="o: sum(x)", more=""):
    """A problem with these inputs and nodes, each text one or several lines, and one question."""
    parts = [("inputs", inputs), ("nodes", nodes)]
    lines = ["graph:"]
    for key, text in parts:
        lines += [f"  {key}:", textwrap.indent(textwrap.dedent(text), "    ")]
    return "\n".join([*lines, textwrap.indent(textwrap.dedent(more), "  "), "questions:", "  q: {ask: value}", ""])


# -- what a good file becomes


def test_a_plain_problem_has_defaults_for_all_that_it_leaves_out(load):
    problem = load(BASE, "two-paths.yaml")
    assert (problem.id, problem.title, problem.layout) == ("two-paths", "two-paths", "denominator")
    assert problem.tolerance == Digits(3)
    assert problem.graph.output == "u5"
    assert {name: float(value) for name, value in problem.point.items()} == {"u1": 3, "u2": 4}
    (question,) = problem.questions
    assert (question.name, question.letter, question.title, question.points) == ("q", "a", "q", 1.0)
    assert (question.options.feedback, question.options.partial, question.options.draws) == ("full", "items", 5)
    assert str(question.place_of("ask")) == "two-paths.yaml:8:12"


def test_a_question_takes_over_layout_and_tolerance_unless_it_has_its_own(load):
    text = "layout: either\ntolerance: {relative: 1e-6}\n" + BASE
    text += "  r: {ask: value, layout: numerator, tolerance: {digits: 2}, title: Read me}\n"
    first, second = load(text).questions
    assert (first.layout, first.tolerance) == ("either", Relative(1e-6, 0.0))
    assert (second.layout, second.tolerance, second.title, second.letter) == ("numerator", Digits(2), "Read me", "b")


def test_numbers_may_stand_where_text_belongs(load):
    text = BASE.replace("u5: 2 * u3 * u4", "u5: 2 * u3 * u4\n    u6: 1e-3\n  output: u5")
    text += "  c: {ask: choice, options: {1: 2, 2: 3.0, no: true}, right: 1, title: 7, prompt: 3}\n"
    problem = load("id: 2026\ntitle: 12\n" + text)
    assert (problem.id, problem.title) == ("2026", "12")
    assert problem.graph.formula("u6") == "1e-3"
    options = problem.question("c").options
    assert (options.options, options.right) == ({"1": "2", "2": "3.0", "no": "true"}, "1")


INPUTS = [
    ("x: 3", [3.0], ()),
    ("x: -0.5", [-0.5], ()),
    ("x: 1e-3", [0.001], ()),
    ("x: 3/4", [0.75], ()),
    ("x: exp(-1)", [0.36787944117144233], ()),
    ("x: [1, 1/2, sqrt(2)]", [1, 0.5, 1.4142135623730951], (3,)),
    ("x: [[1, 2], [3, 4], [5, 6]]", [1, 2, 3, 4, 5, 6], (3, 2)),
    ("x: {value: [[1, 2]], draw: normal}", [1, 2], (1, 2)),
]


@pytest.mark.parametrize(("text", "entries", "shape"), INPUTS)
def test_an_input_has_the_printed_value_and_its_shape(load, text, entries, shape):
    value = load(graph(text)).point["x"]
    assert value.shape == shape
    assert value.ravel().tolist() == entries


def test_labels_count_from_one_in_the_file_and_from_zero_inside(load):
    inputs = """\
        x: {shape: [3, 4], draw: normal}
        y: {label: 3, classes: 4}
        ys: {label: [2, 1, 4], classes: 4}
        yd: {label: {shape: [3]}, classes: 4}
    """
    problem = load(graph(inputs, "o: sum(x[ys]) + sum(x[yd]) + x[0][y]"))
    assert problem.point["y"].tolist() == 2
    assert problem.point["ys"].tolist() == [1, 0, 3]
    assert problem.point["yd"].shape == (3,)
    assert problem.graph.labels == ("y", "ys", "yd")
    for seed in range(20):
        point = problem.draw(numpy.random.default_rng(seed))
        assert point["ys"].shape == (3,)
        assert numpy.issubdtype(point["ys"].dtype, numpy.integer)
        assert all(0 <= label < 4 for label in [*point["ys"], *point["yd"], point["y"]])


def test_a_drawn_input_is_printed_with_two_decimals_and_always_the_same(load):
    text = graph("x: {shape: [2, 3, 4, 5], draw: normal}")
    first, again = load(text).point["x"], load(text).point["x"]
    other = load("id: another\n" + text).point["x"]
    assert first.shape == (2, 3, 4, 5)
    assert numpy.array_equal(first, again)
    assert not numpy.array_equal(first, other)
    assert numpy.array_equal(first, numpy.round(first, 2))


def test_a_small_range_keeps_digits_when_it_is_printed():
    narrow = Distribution("uniform", 0.001, 0.002).printed(generator("a"), (50,))
    assert len(set(narrow.tolist())) > 5
    assert narrow.min() >= 0.001
    assert narrow.max() <= 0.002


DRAWS = [
    ("normal", lambda a: a.min() < -1 and a.max() > 1),
    ("uniform", lambda a: a.min() >= 0 and a.max() <= 1),
    ("positive", lambda a: a.min() > 0),
    ("integers", lambda a: numpy.array_equal(a, numpy.round(a)) and a.min() < 0),
    ("{uniform: [-2, -1]}", lambda a: a.min() >= -2 and a.max() <= -1),
    ("{normal: [100, 1]}", lambda a: 95 < a.mean() < 105),
    ("{integers: [1, 3]}", lambda a: set(a.tolist()) == {1, 2, 3}),
]


@pytest.mark.parametrize(("draw", "holds"), DRAWS, ids=[d[0] for d in DRAWS])
def test_an_input_is_drawn_as_it_says(load, draw, holds):
    problem = load(graph(f"x: {{shape: [200], draw: {draw}}}"))
    assert holds(problem.point["x"])
    assert holds(problem.draw(numpy.random.default_rng(0))["x"])


def test_a_plain_input_is_drawn_like_its_printed_value(load):
    problem = load(graph("x: [30, -40]\np: [3, 4]\nz: [0, 0]", "o: sum(x) + sum(p) + sum(z)"))
    points = [problem.draw(numpy.random.default_rng(seed)) for seed in range(400)]
    drawn = {name: numpy.array([point[name] for point in points]) for name in ("x", "p", "z")}
    assert numpy.sqrt(numpy.mean(drawn["x"] ** 2)) == pytest.approx(numpy.sqrt(1250), rel=0.1)
    assert drawn["x"].min() < 0
    assert drawn["p"].min() > 0
    assert numpy.sqrt(numpy.mean(drawn["z"] ** 2)) == pytest.approx(1, rel=0.1)


def test_a_constant_is_the_same_at_every_point_unless_it_is_written_with_a_draw(load):
    more = "constants: {eta: 0.1, n: {value: 4, draw: {integers: [5, 9]}}, y: {label: 2, classes: 9}}\n"
    problem = load(graph("x: [1, 2]", "o: eta * sum(x) + n * x[y]", more).replace("classes: 9", "classes: 2"))
    points = [problem.draw(numpy.random.default_rng(seed)) for seed in range(20)]
    assert {float(point["eta"]) for point in points} == {0.1}
    assert {int(point["y"]) for point in points} == {1}
    assert {float(point["n"]) for point in points} <= {5, 6, 7, 8, 9}
    assert float(problem.point["n"]) == 4


def test_hidden_points_may_have_other_sizes(load):
    problem = load(graph("x: [1, 2]\nw: {shape: [2], draw: positive}", "o: dot(x, w)"))
    point = problem.draw(numpy.random.default_rng(0), {"x": (5,), "w": (5,)})
    assert point["x"].shape == point["w"].shape == (5,)


def test_a_pattern_stands_for_its_nodes_both_ends_included(load):
    nodes = """\
        l1: x
        "l{n}": {for: n in 2..4, formula: "4 * l{n-1} * (1 - l{n - 1})"}
        "k{i}_{i+1}": {for: i in 0..1, formula: "l{i+1} ** {2*i} * {i}"}
        o: l4 + k0_1 + k1_2
    """
    problem = load(graph("x: 0.2", nodes))
    assert problem.graph.formula("l4") == "4 * l3 * (1 - l3)"
    assert problem.graph.formula("k1_2") == "l2 ** 2 * 1"


# -- the voice: errors that style.md shows


def test_an_unknown_name_in_a_formula_is_shown_with_its_line_and_the_nearest_name(load):
    with pytest.raises(ProblemErrors) as caught:
        load(BASE.replace("2 * u3", "2 * u33"))
    assert str(caught.value) == (
        "p.yaml:6:13: the formula of u5 reads u33, which is no node and no input\n"
        "    6 |     u5: 2 * u33 * u4\n"
        "      |             ^^^\n"
        "      Known here: u1, u2, u3, u4. Did you mean u3?"
    )


def test_shapes_that_do_not_fit_are_shown_with_both_shapes(load):
    inputs = "W: {shape: [3, 4], draw: normal}\nx: [1, 2, 3]\nb: [1, 2, 3, 4]"
    with pytest.raises(ProblemErrors) as caught:
        load(graph(inputs, "z: W @ x + b\no: sum(z)"))
    assert str(caught.value) == (
        "p.yaml:7:8: W @ x does not fit: W is 3 × 4, x has 3 entries\n"
        "    7 |     z: W @ x + b\n"
        "      |        ^^^^^\n"
        "      The columns of W (4) and the entries of x (3) must agree. Did you mean W.T @ x?"
    )


def test_a_comma_in_flow_style_is_called_what_it_is(load):
    text = BASE.replace("{ask: trace}", "{ask: values, of: {dW: grad(u5, u1)}}")
    with pytest.raises(ProblemErrors) as caught:
        load(text)
    assert str(caught.value) == (
        "p.yaml:8:36: this comma ends the value: what follows it is read as another key\n"
        "    8 |   q: {ask: values, of: {dW: grad(u5, u1)}}\n"
        "      |                                    ^\n"
        '      Put the formula in quotes: {dW: "grad(u5, u1)"}'
    )


# -- mistakes of authors: what to put for what, then place, message and hint

MISTAKES = [
    ("questions:", "fromat: 1\nquestions:", "7:1", "a problem has no key fromat", "Did you mean format?"),
    ("graph:", "format: 2\ngraph:", "1:9", "this file is of format 2, and this version of grader reads", "format: 1"),
    ("graph:", "id: a b/c\ngraph:", "1:5", "the id a b/c has more than letters, digits, - and _", "Write id: a-b-c"),
    ("graph:", "id: answers\ngraph:", "1:5", "answers cannot be an id", "Write another id."),
    ("graph:", "layout: rows\ngraph:", "1:9", "layout cannot be the text rows", "denominator, numerator or either"),
    ("graph:", "tolerance: {digit: 3}\ngraph:", "1:13", "a tolerance has no key digit", "Did you mean digits?"),
    ("graph:", "tolerance: {digits: 0}\ngraph:", "1:21", "digits is a whole number from 1 to 15", "{digits: 3}"),
    ("graph:", "tolerance: 3\ngraph:", "1:12", "a tolerance was expected, and this is the number 3", "{digits: 3}"),
    ("u2: 4}", "u2: 4, u9: 1}", "2:26", "no node and no question reads the input u9", "leave it out"),
    ("u2: 4}", "u2: }", "2:19", "u2 has no value", "Write a number, a list of numbers"),
    ("u2: 4}", "u2: four}", "2:23", "four is not known here: a constant has no names", "3/4"),
    ("u2: 4}", "u2: 4, lambda: 1}", "2:26", "lambda is a word of Python and cannot be a name", "lambda_"),
    ("u2: 4}", "u2: 4, exp: 1}", "2:26", "exp is a function or quantity and cannot be a name", "exp_"),
    ("u2: 4}", "u2: 4, 2x: 1}", "2:26", "2x cannot be a name", "begins with a letter"),
    ("u2: 4}", "u2: 4, u-1: 1}", "2:26", "u-1 cannot be a name", "Write u_1, say."),
    ("u2: 4}", "u2: 4, u3: 1}", "4:5", "u3 stands here a second time; the first is at line 2", "another name"),
    ("u2: 4}", "u2: [[1, 2], [3]]}", "2:32", "this row has 1 entry, and the first has 2 entries", "equally long"),
    ("u2: 4}", "u2: [1, [3]]}", "2:27", "a number was expected, as before it, and this is a list", ""),
    ("u2: 4}", "u2: {shape: [3]}}", "2:23", "how u2 is drawn is missing", "Write draw: normal"),
    ("u2: 4}", "u2: {shape: [3], draw: norml}}", "2:42", "the text norml is no way to draw", "{uniform: [a, b]}"),
    ("u2: 4}", "u2: {shape: [0], draw: normal}}", "2:32", "a size is a whole number from 1", ""),
    ("u2: 4}", "u2: {shape: 3, draw: normal}}", "2:31", "a shape was expected, and this is the number 3", "[3, 2]"),
    ("u2: 4}", "u2: {vlaue: 3}}", "2:24", "an input has no key vlaue", "Did you mean value?"),
    ("u2: 4}", "u2: {label: 4, classes: 3}}", "2:31", "a label is a whole number from 1 to 3, and this is", ""),
    ("u2: 4}", "u2: {label: 4}}", "2:23", "the number of classes of u2 is missing", "{label: 2, classes: 3}"),
    ("u2: 4}", "u2: 4}\n  constants: {eta: true}", "3:20", "a number was expected, and this is true", ""),
    ("u2: 4}", "u2: 4}\n  functions: {f: tanhh}", "3:18", "tanhh is no function of one number", "tanh"),
    ("u5: 2 *", "u5: 2 ^", "6:11", "^ is not a power here", "**"),
    ("u5: 2 *", "u5: 2 ", "6:10", "two factors stand side by side", "2 * u3 * u4"),
    ("u4: u1 + u2", "u4:", "5:5", "a formula was expected, and nothing stands here", "u1 * u2"),
    ("u4: u1 + u2", "u4: [u1]", "5:9", "a name or formula or a mapping was expected, and this is a list", ""),
    ("u4: u1 + u2", "u4: u1 + u5", "6:18", "these nodes read each other in a circle: u4 -> u5 -> u4", "A value"),
    (
        "u4: u1 + u2",
        'u4: u1 + u2\n    "u4{n}": {for: n, formula: u1}',
        "6:20",
        "the numbers of a pattern were expected",
        "n in 2..4",
    ),
    ("u4: u1 + u2", "u4: u1 + u2\n    w: {for: n in 2..4, formula: u1}", "6:5", "w is one name for 3 nodes", '"w{n}"'),
    (
        "u4: u1 + u2",
        'u4: u1 + u2\n    "w{n}": {for: n in 0..4, formula: "u{n-1}"}',
        "6:41",
        "{n-1} is -1 for n = 0",
        "",
    ),
    (
        "u4: u1 + u2",
        'u4: u1 + u2\n    "w{n}": {for: n in 1..2, formula: "u{m}"}',
        "6:41",
        "{m} is no number of this pattern",
        "{n}",
    ),
    ("u4: u1 + u2", 'u4: u1 + u2\n    "w{n}": {for: n in 1..90000, formula: u1}', "6:19", "more than 10,000 nodes", ""),
    ("questions:", "  output: u6\nquestions:", "7:11", "the output u6 is no node and no input", "Known here: u3"),
    ("{ask: trace}", "{ask: tracee}", "8:12", "tracee is no kind of question", "Did you mean trace?"),
    ("{ask: trace}", "{mode: reverse}", "8:3", "the question q does not say what it asks", "Write ask: and one of"),
    ("{ask: trace}", "trace", "8:6", "a question was expected, and this is the text trace", "{ask: value}"),
    ("{ask: trace}", "{ask: trace, mod: forward}", "8:19", "a trace question has no key mod", "Did you mean mode?"),
    ("{ask: trace}", "{ask: trace, points: -1}", "8:27", "points is at least 0, and this is the number -1", ""),
    ("{ask: trace}", "{ask: trace, points: ten}", "8:27", "a number was expected, and this is the text ten", ""),
    ("{ask: trace}", "{ask: trace, follow_through: 2}", "8:35", "follow_through is at most 1", ""),
    ("{ask: trace}", "{ask: trace, draws: 1.5}", "8:26", "a whole number was expected, and this is", ""),
    ("{ask: trace}", "{ask: trace, hints: look}", "8:26", "a list was expected, and this is the text look", "hints"),
    (
        "{ask: trace}",
        "{ask: trace, feedback: some}",
        "8:29",
        "feedback cannot be the text some",
        "full, verdict or none",
    ),
    ("{ask: trace}", "{ask: trace, depends_on: p}", "8:31", "p is no question of this problem", "Known here: q."),
    ("{ask: trace}", "{ask: trace, depends_on: q}", "8:31", "these questions depend on each other in a circle", ""),
    ("questions:\n  q: {ask: trace}", "questions: {}", "7:1", "there are no questions", "name: {ask: value}"),
    ("questions:\n  q: {ask: trace}", "", "1:1", "a problem needs questions, and it is missing", "name → question"),
]


@pytest.mark.parametrize(("old", "new", "place", "message", "hint"), MISTAKES, ids=[m[3][:50] for m in MISTAKES])
def test_a_mistake_of_an_author_has_one_error_at_its_place(errors, old, new, place, message, hint):
    assert BASE.count(old) == 1
    found = errors(BASE.replace(old, new))
    assert len(found) == 1, found
    assert found[0][0] == place
    assert message in found[0][1]
    assert hint in found[0][2]
    assert "invalid" not in " ".join(found[0]).lower()


def test_all_errors_of_a_file_are_reported_at_once(errors):
    text = BASE.replace("u2: 4", "u2: [[1], 2]").replace("u1 * u2", "u1 * u7").replace("u1 + u2", "u1 + u9")
    text = text.replace("{ask: trace}", "{ask: trace, mode: back, points: x}\n  r: {ask: foo}")
    text = "fromat: 1\n" + text + "examples:\n  - {expect: {q: right, s: correct}}\n"
    places = [place for place, _, _ in errors(text)]
    assert places == ["1:1", "3:29", "5:14", "6:14", "9:25", "9:39", "10:12", "12:18", "12:25"]


def test_what_could_not_be_read_gives_no_errors_of_its_own_elsewhere(errors):
    text = BASE.replace("u1: 3", "u1: [1, [2]]").replace("u2: 4", "u2: {value: 4, drow: normal}")
    assert len(errors(text)) == 2
    pattern = BASE.replace("u4: u1 + u2", '"u{n}": {for: n in 4.4, formula: u1 + u2}')
    assert [place for place, _, _ in errors(pattern)] == ["5:19"]


def test_an_error_in_a_block_of_text_points_to_its_beginning(errors):
    text = BASE.replace("u5: 2 * u3 * u4", "u5: >\n      2 * u3\n      * u44")
    assert errors(text)[0][0] == "6:9"


def test_columns_count_behind_the_quote_of_a_quoted_formula(errors):
    assert errors(BASE.replace("2 * u3 * u4", "'2 * u33 * u4'"))[0][0] == "6:14"


def test_very_many_errors_are_cut(errors):
    nodes = "\n".join(f"    n{i}: u1 + missing{i}" for i in range(300))
    found = errors(BASE.replace("    u3: u1 * u2", f"    u3: u1 * u2\n{nodes}"))
    assert len(found) == 101
    assert any("more errors are not shown" in message for _, message, _ in found)


def test_an_input_is_read_where_a_question_names_it(load):
    text = BASE.replace("u2: 4}", "u2: 4, a: 1, b: 2, c: 3, d: 4}")
    text += '  v: {ask: value, of: "a + u1"}\n  g: {ask: gradient, wrt: [u1, b]}\n'
    text += "  f: {ask: function, function: f, arguments: [c], returns: u5}\n"
    text += "  e: {ask: expression, equals: u5, in: [d, u1]}\n"
    assert len(load(text).questions) == 5


def test_a_huge_array_is_refused(errors):
    found = errors(graph("x: {shape: [1000, 1001], draw: normal}"))
    assert "more than 1,000,000 entries" in found[0][1]
    found = errors(
        graph("x: {shape: [1000, 600], draw: normal}\nw: {shape: [1000, 600], draw: normal}", "o: sum(x + w)")
    )
    assert "the inputs together have more than 1,000,000 entries" in found[0][1]


def test_a_number_cannot_depend_on_a_function_that_may_be_any(errors, load):
    inputs, nodes, more = "x: [1, 2]", "h: g(x)\no: sum(h) + x[0]", "functions: {g: any}\n"
    assert "o has no value: it depends on g" in errors(graph(inputs, nodes, more))[0][1]
    steady = graph(inputs, nodes, more).replace("{ask: value}", '{ask: value, of: "edge(h, o)"}')
    assert load(steady).graph.output == "o"


# -- examples

EXPECTATIONS = [
    ("{q: right}", "10:17", "the text right is no verdict of a question", "correct, partial"),
    ("{q: follow_through}", "10:17", "the text follow_through is no verdict of a question", "correct"),
    ("{qq: correct}", "10:14", "qq is no question of this problem", "Did you mean q?"),
    ("{q: {u33: correct}}", "10:18", "u33 is no item of q", "Did you mean u"),
    ("{q: {u3: partial}}", "10:22", "the text partial is no verdict of an item", "follow_through"),
    ("{q: {misconception: [a]}}", "10:33", "the id of a misconception was expected, and this is a list", ""),
]


@pytest.mark.parametrize(("expect", "place", "message", "hint"), EXPECTATIONS)
def test_a_word_of_an_example_that_means_nothing_is_an_error(errors, expect, place, message, hint):
    ((found, said, proposed),) = errors(f"{BASE}examples:\n  - expect: {expect}\n")
    assert found == place
    assert message in said
    assert hint in proposed


def test_an_example_keeps_its_answers_with_places(load):
    text = BASE + textwrap.dedent("""\
        examples:
          - name: all right
            answers: {q: {u3: 12.0}}
            python: |
              def f(): pass
            expect: {q: {u3: correct, misconception: null, verdict: wrong}}
          - expect: {q: missing}
    """)
    first, second = load(text).examples
    assert first.name == "all right"
    assert first.answers.get("q").get("u3").raw == "12.0"
    assert first.python == "def f(): pass\n"
    assert first.expect == {"q": {"u3": "correct", "misconception": None, "verdict": "wrong"}}
    assert (second.name, second.answers, second.python) == ("example 2", None, None)


def test_an_example_of_an_unknown_question_is_an_error(errors):
    found = errors(BASE + "examples:\n  - answers: {z: 1}\n")
    assert found == [("10:15", "z is no question of this problem", "Known here: q.")]


# -- folders


@pytest.fixture
def folder(tmp_path):
    """Writes problem files into a folder and loads it."""

    def loaded(**files):
        for name, text in files.items():
            (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
        return load_problems(tmp_path, KINDS)

    return loaded


def test_a_folder_is_an_assignment_in_the_order_of_the_file_names(folder, tmp_path):
    (tmp_path / "notes.txt").write_text("not a problem")
    (tmp_path / ".hidden.yaml").write_text("not a problem")
    found = folder(b=BASE, a=BASE)
    assert [problem.id for problem in found.problems] == ["a", "b"]
    assert (found.title, found.release, found.broken) == (tmp_path.name, False, ())


def test_assignment_yaml_gives_title_order_weights_and_release(folder):
    text = "title: Week 3\nproblems: [b, a]\nweights: {b: 2.5}\nrelease: true\n"
    found = folder(a=BASE, b=BASE, c=BASE, assignment=text)
    assert (found.title, found.release, found.weights) == ("Week 3", True, {"b": 2.5})
    assert [problem.id for problem in found.problems] == ["b", "a"]
    assert [problem.questions[0].points for problem in found.problems] == [2.5, 1.0]
    assert all(problem.questions[0].release for problem in found.problems)


def test_a_broken_file_is_listed_and_stops_nothing(folder):
    found = folder(a=BASE, b="id: other\ngraph: 3", c="{")
    assert [problem.id for problem in found.problems] == ["a"]
    assert [broken.id for broken in found.broken] == ["other", "c"]
    assert all(broken.errors.errors for broken in found.broken)


def test_files_with_one_id_are_all_broken(folder):
    found = folder(a="id: x\n" + BASE, b="id: x\n" + BASE, c=BASE)
    assert [problem.id for problem in found.problems] == ["c"]
    assert len(found.broken) == 2
    assert "the id x is also that of" in str(found.broken[0].errors)


ASSIGNMENTS = [
    ("problems: [a, bb]", "no problem here has the id bb", "Did you mean"),
    ("weights: {z: 2}", "no problem here has the id z", "Known here: a, b."),
    ("weights: {a: -1}", "a is at least 0, and this is the number -1", ""),
    ("realease: true", "an assignment has no key realease", "Did you mean release?"),
    ("release: maybe", "true or false was expected, and this is the text maybe", ""),
    ("title: [", "the file ends here", ""),
    ("- a", "a mapping was expected, and this is a list", ""),
]


@pytest.mark.parametrize(("text", "message", "hint"), ASSIGNMENTS)
def test_an_assignment_file_with_a_mistake_is_refused(folder, text, message, hint):
    with pytest.raises(ProblemErrors, match=re.escape(message)) as caught:
        folder(a=BASE, b=BASE, assignment=text)
    assert hint in str(caught.value)
    assert "assignment.yaml:1:" in str(caught.value)


def test_a_folder_without_problems_is_refused(tmp_path):
    with pytest.raises(ProblemErrors, match="holds no problem file"):
        load_problems(tmp_path, KINDS)


def test_one_file_is_an_assignment_of_one(tmp_path):
    (tmp_path / "a.yaml").write_text("title: One\n" + BASE)
    (tmp_path / "b.yaml").write_text("id: two\n")
    assert load_problems(tmp_path / "a.yaml", KINDS).title == "One"
    broken = load_problems(tmp_path / "b.yaml", KINDS)
    assert (broken.problems, broken.broken[0].id) == ((), "two")


@pytest.mark.parametrize("kind", ["missing", "link", "folder", "large", "latin"])
def test_a_file_that_cannot_be_opened_is_an_error_with_its_name(tmp_path, kind):
    path = tmp_path / "p.yaml"
    {
        "missing": lambda: None,
        "link": lambda: path.symlink_to("/etc/hostname"),
        "folder": path.mkdir,
        "large": lambda: path.write_bytes(b"#" * (2**20 + 1)),
        "latin": lambda: path.write_bytes(b"title: caf\xe9"),
    }[kind]()
    with pytest.raises(ProblemErrors, match=r"p\.yaml:1:"):
        load_problem(path, KINDS)


# -- JSON Schema


def test_the_schema_of_problems_is_a_schema_and_accepts_the_problems_of_the_bank():
    schema = problem_schema(KINDS)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    files = [path for path in sorted((ROOT / "problems").glob("*.yaml")) if path.stem != "assignment"]
    assert files
    for path in files:
        assert list(validator.iter_errors(plain(read(path.read_text(), path.name, ValueError)))) == []


@pytest.mark.parametrize(
    "text",
    [
        BASE.replace("{ask: trace}", "{ask: tracee}"),
        BASE.replace("{ask: trace}", "{ask: trace, mod: forward}"),
        BASE.replace("{ask: trace}", "{ask: trace, mode: back}"),
        BASE.replace("{ask: trace}", "{ask: trace, points: -1}"),
        BASE.replace("{ask: trace}", "{ask: expression}"),
        BASE.replace("u1: 3", "u1: {shape: [3]}"),
        BASE.replace("graph:", "layout: rows\ngraph:"),
        BASE + "examples: [{expect: {q: right}}]\n",
        BASE + "fromat: 1\n",
    ],
)
def test_the_schema_of_problems_refuses_what_the_reader_refuses(errors, text):
    assert errors(text)
    validator = jsonschema.Draft202012Validator(problem_schema(KINDS))
    assert list(validator.iter_errors(plain(read(text, "f", ValueError))))


def test_every_option_in_the_schema_has_a_description():
    definitions = problem_schema(KINDS)["$defs"]
    for ask in KINDS:
        for name, option in definitions[f"{ask}-question"]["properties"].items():
            assert option.get("description"), f"{ask}: {name}"


def test_the_schema_of_answers_accepts_both_forms():
    schema = answers_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    answers = {"forward": {"u3": 12, "u4": [1, "1/2"]}, "formula": "2 * u1", "order": ["a", "b"], "dW": [[1, 2]]}
    assert list(validator.iter_errors({"problem": "two-paths", "answers": answers})) == []
    assert list(validator.iter_errors({"problems": {"two-paths": {"answers": answers}}})) == []
    assert list(validator.iter_errors({"answer": {}}))


# -- the shared exercises


@needs("key")
@pytest.mark.parametrize("path", sorted((SHARED / "key").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_shared_exercise_loads_without_an_error_and_by_the_schema(path):
    problem = load_problem(path, KINDS)
    assert problem.id == path.stem
    assert problem.questions
    assert problem.examples
    validator = jsonschema.Draft202012Validator(problem_schema(KINDS))
    assert list(validator.iter_errors(plain(problem.document))) == []
