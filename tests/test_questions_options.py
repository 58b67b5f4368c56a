"""The options of every kind of question: what an author may write, and what is said to a mistake."""

from __future__ import annotations

import numpy
import pytest

from grader.errors import ProblemErrors
from grader.questions import KINDS, option_models
from grader.spec.load import load_problem
from grader.spec.models import QuestionOptions

HEAD = """\
graph:
  inputs:
    x: [1, -0.5, 2]
    W: [[0.5, -0.2, 0.3], [0.1, 0.8, -0.6]]
    b: [0.2, -0.1]
    s: 0.4
    y: {label: 2, classes: 2}
  constants: {eta: 0.1}
  functions: {g: tanh}
  nodes:
    z: W @ x + b
    h: g(z)
    q: log_softmax(h)
    o: -q[y] + s * eta
questions:
"""
LINE = HEAD.count("\n") + 1


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Loads a problem with one question `k`, from the question's text."""
    monkeypatch.chdir(tmp_path)

    def loaded(question, head=HEAD):
        (tmp_path / "p.yaml").write_text(f"{head}  k: {question}\n", encoding="utf-8")
        return load_problem("p.yaml", option_models())

    return loaded


GOOD = {
    "value": ["{ask: value}", '{ask: value, of: "W - eta * grad(o, W)"}', "{ask: value, of: 2}"],
    "values": [
        "{ask: values, of: [z, h]}",
        '{ask: values, of: {dW: "grad(o, W)", step: b - eta * adjoint(b)}}',
        "{ask: values}",
    ],
    "gradient": [
        "{ask: gradient}",
        "{ask: gradient, wrt: W}",
        "{ask: gradient, wrt: [W, b], subgradient: zero}",
        "{ask: gradient, of: sum(z), wrt: h}",
    ],
    "jacobian": ["{ask: jacobian, of: z, wrt: W}", "{ask: jacobian, wrt: x}"],
    "edge_jacobians": ["{ask: edge_jacobians}", "{ask: edge_jacobians, edges: [z->h, x -> z]}"],
    "trace": [
        "{ask: trace}",
        "{ask: trace, mode: forward, nodes: [z, o], follow_through: 0}",
        "{ask: trace, mode: reverse, nodes: [o, q, x]}",
        "{ask: trace, mode: tangent, seed: s}",
        "{ask: trace, mode: tangent, seed: {s: 1, b: [1/2, -1]}}",
    ],
    "expression": [
        '{ask: expression, equals: "grad(o, W)", in: [x, q, y], forbid: [softmax, "@", g], up_to: factor}',
        "{ask: expression, equals: o}",
    ],
    "chain": ["{ask: chain, wrt: W}", "{ask: chain, of: q, wrt: z}"],
    "paths": ["{ask: paths, from: x, to: o}"],
    "leaves": ["{ask: leaves}"],
    "edges": ["{ask: edges, partial: none}"],
    "order": ["{ask: order}"],
    "equations": ["{ask: equations}", "{ask: equations, nodes: [o], structure: free}"],
    "gradient_graph": ["{ask: gradient_graph, targets: {h: d_h, z: d_z}}"],
    "choice": [
        "{ask: choice, options: {1: one, no: two}, right: no}",
        "{ask: choice, options: {a: one, b: two}, right: [a, b], shuffle: true}",
    ],
    "text": ["{ask: text, rubric: names both}", "{ask: text}"],
    "function": [
        '{ask: function, function: f, arguments: [W, b, x, y, eta], returns: {loss: o, dW: "grad(o, W)"}}',
        "{ask: function, function: f, arguments: [], returns: o, forbid: [finite_differences, changed_inputs]}",
        "{ask: function, function: f, arguments: [s], any_of: [{loss: o}, {loss: 2 * o}], limits: {seconds: 0.5}}",
        "{ask: function, function: f, arguments: [x, W, b, y], returns: o, shapes: [{x: [4], W: [2, 4]}]}",
        "{ask: function, call: 'a, c = f(x, W); d = g(u, c)', requires: [f, g], "
        'given: {u: {shape: [2], draw: normal}}, returns: {a: z, d: "vjp(z, x, u)"}, limits: {memory: 128 MiB}}',
    ],
}

UNKNOWN = "is no node and no input"
BAD = {
    "value": [
        ("of: zz", "zz is no node and no input", "Did you mean z?"),
        ('of: "grad(z, W)"', "needs a number, and z is", "jac"),
    ],
    "values": [
        ("of: [z, hh]", UNKNOWN, "Did you mean h?"),
        ("of: {a: zz}", UNKNOWN, "Did you mean z?"),
        ("of: z", "a list or a mapping was expected, and this is the text z", ""),
        ("of: []", "nothing is asked for", "name: quantity"),
    ],
    "gradient": [
        ("wrt: V", "V is no node and no input", "Known here"),
        ("wrt: [W, y]", "y is a label, and no derivative by a label exists", ""),
        ("of: z, wrt: W", "only the gradient of a number is asked for", ""),
        ("wrt: {W: 1}", "a name or formula or a list was expected, and this is a mapping", ""),
        ("wrt: []", "nothing is asked for", "Write a name"),
    ],
    "jacobian": [
        ("of: z", "a jacobian question needs wrt, and it is missing", "wrt"),
        ("of: zz, wrt: W", UNKNOWN, "Did you mean z?"),
        ("of: z, wrt: y", "y is a label", ""),
    ],
    "edge_jacobians": [
        ("edges: [z->o]", "there is no edge from z to o", "o reads q, y, s, eta."),
        ("edges: [z-h]", "an edge was expected, and this is the text z-h", "Write u1->u3."),
        ("edges: [z->hh]", "hh is no node and no input", "Did you mean h?"),
        ("edges: [y->o]", "y is a label", ""),
        ("edges: [o->x]", "there is no edge from o to x", "x is an input and reads nothing."),
    ],
    "trace": [
        ("mode: backward", "mode cannot be the text backward", "forward, reverse or tangent"),
        ("nodes: [z, x]", "x has no item in a forward trace", "computed nodes"),
        ("mode: reverse, nodes: [y]", "y has no item in a reverse trace", "not labels and constants"),
        ("mode: tangent", "a tangent trace needs a seed", "Write seed:"),
        ("mode: tangent, seed: b", "b is no number, so its tangent has to be written", "Write seed: {b: …}"),
        ("mode: tangent, seed: {b: [1, 2, 3]}", "the tangent of b has the shape of b, 2 entries", ""),
        ("mode: tangent, seed: {b: [1, x]}", "x is not known here", ""),
        ("seed: s", "a forward trace has no seed", "mode: tangent"),
    ],
    "expression": [
        ("in: [x]", "an expression question needs equals, and it is missing", "the quantity"),
        ("equals: o, in: [x, ww]", UNKNOWN, "Known here"),
        ("equals: o, forbid: [sofmax]", "sofmax is no operation", "Did you mean softmax?"),
        ("equals: o, up_to: sign", "up_to cannot be the text sign", "constant or factor"),
        ("equals: ", "a formula was expected, and nothing stands here", "u1 * u2"),
    ],
    "chain": [
        ("of: o", "a chain question needs wrt, and it is missing", ""),
        ("of: sum(z), wrt: W", "sum(z) is no node and no input", ""),
        ("wrt: y", "y is a label", ""),
    ],
    "paths": [("from: x", "a paths question needs to", ""), ("from: x, to: oo", UNKNOWN, "Did you mean o?")],
    "leaves": [("wrt: x", "a leaves question has no key wrt", "Known here")],
    "edges": [("edge: x", "an edges question has no key edge", "Known here")],
    "order": [("nodes: [x]", "an order question has no key nodes", "Known here")],
    "equations": [
        ("nodes: [x]", "x is an input, no node", "Known here: z, h, q, o."),
        ("structure: same", "structure cannot be the text same", "Write free."),
    ],
    "gradient_graph": [
        ("points: 2", "a gradient_graph question needs targets", ""),
        ("targets: {hh: d}", UNKNOWN, "Did you mean h?"),
        ("targets: {h: d h}", "d h cannot be a name", "Write d_h, say."),
        ("targets: {h: z}", "z is a name of the graph, so the gradient by h needs another", "d_h"),
        ("targets: {h: d, z: d}", "d is the gradient by h already", "d_z"),
    ],
    "choice": [
        ("options: {a: 1, b: 2}, right: c", "c is no option", "Known here: a, b."),
        ("options: {a: 1, b: 2}, right: [a, c]", "c is no option", "Known here: a, b."),
        ("options: [a, b], right: a", "a mapping was expected, and this is a list", "key → what it says"),
        ("options: {a: 1}", "a choice question needs right", ""),
        ("options: {a: 1}, right: a, shuffle: maybe", "true or false was expected", ""),
    ],
    "text": [("rubrik: x", "a text question has no key rubrik", "Did you mean rubric?")],
    "function": [
        ("returns: o", "this question does not name the function that is asked for", "function:"),
        ("function: f, returns: o", "what the function is called with is missing", "arguments:"),
        ("function: f, arguments: [x]", "what the function returns is missing", "returns:"),
        ("function: f, arguments: [x, z], returns: o", "z is a node, no input, constant or given", "Known here"),
        ("function: f, arguments: [x, v], returns: o", "v is no input, constant or given", "Known here"),
        ("function: f-1, arguments: [x], returns: o", "f-1 cannot be the name of a function", ""),
        ("function: f, arguments: [x], returns: {a: zz}", UNKNOWN, "Did you mean z?"),
        ("function: f, arguments: [x], returns: o, any_of: [{a: o}]", "any_of stands instead of returns", "Leave one"),
        ("function: f, arguments: [x], any_of: [{a: o}, {b: o}]", "all of any_of return the same names", "returns a"),
        ("function: f, call: 'a = f(x)', returns: {a: o}", "call stands instead of function", "Leave one"),
        ("call: 'a = f(x', returns: {a: o}", "call cannot be read as Python (line 1 of it)", "Write statements"),
        ("call: 'a = f(x)', returns: {b: o}", "call leaves no variable b behind", "It leaves a."),
        ("call: 'a = f(x)', returns: o", "with call, each quantity needs the name of a variable", "{name: quantity}"),
        ("call: 'a = f(x)', arguments: [x], returns: {a: o}", "call says itself what is passed", "Leave them out."),
        ("function: f, arguments: [x], returns: o, given: {z: 1}", "z is a name of the graph already", "another name"),
        ("function: f, arguments: [x], returns: o, given: {v: [1, []]}", "a number was expected, as before it", ""),
        ("function: f, arguments: [x], returns: o, shapes: [{x: [4]}]", "with these sizes, z: W @ x does not fit", ""),
        ("function: f, arguments: [x], returns: o, shapes: [{v: [4]}]", "v is no input, constant or given", ""),
        (
            "function: f, arguments: [x], returns: o, shapes: [{x: 4}]",
            "a shape was expected, and this is the number 4",
            "",
        ),
        ("function: f, arguments: [x], returns: o, shapes: [{eta: [4]}]", "so its size stays", "with a draw"),
        ("function: f, arguments: [x], returns: o, limits: {seconds: 0}", "seconds is more than 0", ""),
        (
            "function: f, arguments: [x], returns: o, limits: {memory: 256}",
            "an amount of memory was expected",
            "256 MiB",
        ),
        ("function: f, arguments: [x], returns: o, limits: {memory: 1 GB, cpu: 1}", "limits has no key cpu", "seconds"),
        ("function: f, arguments: [x], returns: o, forbid: [numpy]", "forbid cannot be the text numpy", "finite_diff"),
    ],
}

ASKS = (
    "chain choice edge_jacobians edges equations expression function gradient gradient_graph jacobian leaves order "
    "paths text trace value values"
)


def test_every_kind_of_the_format_is_found_by_being_there():
    assert list(KINDS) == ASKS.split()
    assert all(kind.ask == ask for ask, kind in KINDS.items())


@pytest.mark.parametrize("ask", KINDS)
def test_every_kind_has_options_that_extend_the_common_ones(ask):
    own = set(KINDS[ask].options.model_fields)
    assert set(QuestionOptions.model_fields) <= own
    assert GOOD[ask]
    assert BAD[ask]


@pytest.mark.parametrize(("ask", "question"), [(ask, text) for ask, texts in GOOD.items() for text in texts])
def test_what_the_format_allows_is_read(load, ask, question):
    problem = load(question)
    (question,) = problem.questions
    assert question.options.ask == ask
    assert question.options.items("k", problem.graph)


@pytest.mark.parametrize(
    ("ask", "options", "message", "hint"), [(ask, *case) for ask, cases in BAD.items() for case in cases]
)
def test_a_mistake_in_the_options_has_one_error_with_its_place(load, ask, options, message, hint):
    with pytest.raises(ProblemErrors) as caught:
        load(f"{{ask: {ask}, {options}}}")
    (error,) = caught.value.errors
    assert message in error.message
    assert hint in error.hint
    assert error.place.line == LINE
    assert error.place.column >= 3


COMMON = [
    ("points: -2", "points is at least 0, and this is the number -2"),
    ("points: two", "a number was expected, and this is the text two"),
    ("points: .inf", "a finite number was expected"),
    ("follow_through: 1.5", "follow_through is at most 1, and this is the number 1.5"),
    ("draws: 0", "draws is at least 1"),
    ("feedback: never", "feedback cannot be the text never"),
    ("partial: some", "partial cannot be the text some"),
    ("layout: row", "layout cannot be the text row"),
    ("subgradient: middle", "subgradient cannot be the text middle"),
    ("tolerance: {digits: 99}", "digits is a whole number from 1 to 15"),
    ("tolerance: {relative: -1}", "relative is a number from 0"),
    ("tolerance: {digits: 3, absolute: 1}", "a tolerance is given by digits or by relative and absolute"),
    ("hints: [[a]]", "text was expected, and this is a list"),
    ("depends_on: nothing", "nothing is no question of this problem"),
    ("titel: a", "question has no key titel"),
    ("prompt: {a: 1}", "text was expected, and this is a mapping"),
]


@pytest.mark.parametrize(("options", "message"), COMMON)
@pytest.mark.parametrize("ask", KINDS)
def test_the_common_options_are_checked_for_every_kind(load, ask, options, message):
    question = GOOD[ask][0]
    for option in ("follow_through", "subgradient", "partial"):
        if options.startswith(option) and f"{option}:" in question:
            pytest.skip("the sample has this option already")
    with pytest.raises(ProblemErrors) as caught:
        load(f"{question[:-1]}, {options}}}")
    (error,) = caught.value.errors
    assert message in error.message


def test_follow_through_is_on_where_the_format_says_so():
    defaults = {ask: model.model_fields["follow_through"].default for ask, model in option_models().items()}
    assert {ask for ask, default in defaults.items() if default == 1} == {"trace", "equations", "gradient_graph"}
    assert {default for ask, default in defaults.items()} == {0, 1}


ITEMS = [
    ("{ask: value}", ("k",)),
    ("{ask: values, of: [z, h]}", ("z", "h")),
    ("{ask: values}", ("o",)),
    ("{ask: gradient, wrt: W}", ("k",)),
    ("{ask: gradient, wrt: [W]}", ("W",)),
    ("{ask: gradient}", ("x", "W", "b", "s")),
    ("{ask: trace}", ("z", "h", "q", "o")),
    ("{ask: trace, mode: reverse}", ("o", "q", "h", "z", "s", "b", "W", "x")),
    ("{ask: edge_jacobians}", ("W->z", "x->z", "b->z", "z->h", "h->q", "q->o", "s->o")),
    ("{ask: gradient_graph, targets: {h: d_h}}", ("d_h",)),
    ("{ask: function, function: f, arguments: [], returns: o}", ("k",)),
    ("{ask: function, function: f, arguments: [], returns: {a: o, b: z}}", ("a", "b")),
]


@pytest.mark.parametrize(("question", "items"), ITEMS)
def test_the_items_of_a_question_are_those_of_the_format(load, question, items):
    problem = load(question)
    assert problem.questions[0].options.items("k", problem.graph) == items


def test_the_limits_of_a_function_are_seconds_and_bytes(load):
    options = load("{ask: function, function: f, arguments: [], returns: o}").questions[0].options
    assert (options.limits.seconds, options.limits.memory) == (2.0, 256 * 2**20)
    text = "{ask: function, function: f, arguments: [], returns: o, limits: {seconds: 1, memory: 1 GB}}"
    limits = load(text).questions[0].options.limits
    assert (limits.seconds, limits.memory) == (1.0, 10**9)


def test_given_arguments_have_printed_and_drawn_values(load):
    text = (
        "{ask: function, function: f, arguments: [u, x], returns: sum(u * x), given: {u: {shape: [3], draw: positive}}}"
    )
    question = load(text).questions[0]
    assert question.given_point["u"].shape == (3,)
    assert numpy.all(question.given["u"].draw(numpy.random.default_rng(0), (7,)) > 0)


def test_a_tangent_seed_is_an_array_for_each_input(load):
    problem = load("{ask: trace, mode: tangent, seed: {s: 2, b: [1/2, 1]}}")
    seeds = problem.questions[0].options.seeds(problem.graph)
    assert {name: seed.tolist() for name, seed in seeds.items()} == {"s": 2.0, "b": [0.5, 1.0]}


TWO_ENDS = HEAD.replace("o: -q[y] + s * eta", "o: -q[y] + s * eta\n    p: sum(h)")


@pytest.mark.parametrize(
    "question",
    ["{ask: value}", "{ask: gradient}", "{ask: trace, mode: reverse}", "{ask: chain, wrt: W}", "{ask: values}"],
)
def test_a_question_that_needs_the_output_says_where_there_is_more_than_one(load, question):
    with pytest.raises(ProblemErrors) as caught:
        load(question, TWO_ENDS)
    (error,) = caught.value.errors
    assert error.message == "this needs an output, and o and p are read by nothing"
    assert error.place.line == LINE + 1


def test_what_needs_no_output_is_read_where_there_is_more_than_one(load):
    assert load("{ask: trace}", TWO_ENDS).graph.output is None


@pytest.mark.parametrize("question", ["{ask: gradient}", "{ask: trace, mode: reverse}"])
def test_what_is_differentiated_is_a_number(load, question):
    with pytest.raises(ProblemErrors, match="h is no number, and only the gradient of a number is asked for"):
        load(
            question,
            HEAD.replace("    q: log_softmax(h)\n    o: -q[y] + s * eta\n", "    r: s * eta * b[y]\n  output: h\n"),
        )
