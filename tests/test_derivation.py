"""The chain rule written out: what is printed is evaluated beside what is marked, for the whole bank."""

from __future__ import annotations

import pathlib
import re

import numpy
import pytest

from grader.engine import Graph, Leaf
from grader.engine.compile import compile_nodes, prepared
from grader.engine.derivation import Derivations, joined
from grader.questions import option_models
from grader.spec.load import load_problem

PROBLEMS = sorted(p for p in pathlib.Path("problems").glob("*.yaml") if p.stem != "assignment")


def derivations(path: pathlib.Path) -> Derivations:
    problem = load_problem(path, option_models())
    first = next(n for n in problem.graph.inputs if n not in problem.graph.labels)
    return Derivations(
        problem.graph, problem.point, problem.symbols, seeds={first: numpy.ones(problem.graph.shape(first))}
    )


def two_paths() -> Derivations:
    graph = Graph.build({"u1": Leaf(()), "u2": Leaf(())}, {"u3": "u1 * u2", "u4": "u1 + u2", "u5": "2 * u3 * u4"})
    return Derivations(graph, {"u1": 3.0, "u2": 4.0}, seeds={"u1": 1.0})


def layer(functions: dict[str, str] | None = None, h: str = "tanh(z)") -> Derivations:
    inputs = {"W": Leaf((2, 3)), "x": Leaf((3,)), "b": Leaf((2,)), "V": Leaf((4, 2)), "y": Leaf((), 4)}
    nodes = {"z": "W @ x + b", "h": h, "l": "V @ h", "q": "log_softmax(l)", "o": "-q[y]"}
    rng = numpy.random.default_rng(1)
    point = {n: rng.normal(size=leaf.shape) for n, leaf in inputs.items() if n != "y"}
    return Derivations(Graph.build(inputs, nodes, functions), {**point, "y": 2})


def test_the_chain_rule_is_written_in_symbols_with_derivatives_and_with_numbers():
    d = two_paths().reverse("u1")
    slopes = [rf"\frac{{\partial u_{{{i}}}}}{{\partial u_{{1}}}}" for i in (3, 4)]
    assert d.in_symbols == rf"\bar{{u}}_{{1}} = \bar{{u}}_{{3}} {slopes[0]} + \bar{{u}}_{{4}} {slopes[1]}"
    assert d.with_local == r"\bar{u}_{1} = \bar{u}_{3} \cdot u_{2} + \bar{u}_{4} \cdot 1"
    assert d.with_numbers == r"\bar{u}_{1} = 14 \cdot 4 + 24 \cdot 1 = 56 + 24 = 80"
    assert d.worked == r"\bar{u}_{3} \cdot u_{2} + \bar{u}_{4} \cdot 1 = 56 + 24"
    assert [part.edge for part in d.parts] == [("u1", "u3"), ("u1", "u4")]


def test_the_output_starts_a_sweep_with_1():
    d = two_paths().reverse("u5")
    assert d.with_numbers == r"\bar{u}_{5} = 1"
    assert d.in_symbols == r"\bar{u}_{5} = 1"


def test_a_forward_step_has_its_formula_and_its_numbers():
    d = two_paths().forward("u5")
    assert d.with_local == "u_{5} = 2 u_{3} u_{4}"
    assert d.with_numbers == r"u_{5} = 2 \cdot 12 \cdot 7 = 168"


def test_a_tangent_step_adds_what_comes_along_its_edges():
    d = two_paths().tangent("u5")
    assert d.with_local == r"\dot{u}_{5} = 2 u_{4} \cdot \dot{u}_{3} + 2 u_{3} \cdot \dot{u}_{4}"
    assert d.with_numbers == r"\dot{u}_{5} = 14 \cdot 4 + 24 \cdot 1 = 56 + 24 = 80"


def test_a_tangent_step_leaves_out_what_does_not_move():
    d = two_paths().tangent("u3")
    assert d.with_local == r"\dot{u}_{3} = u_{2} \cdot \dot{u}_{1}"


def test_somebodys_own_earlier_values_can_be_put_in():
    d = two_paths().reverse("u1", items={"u3": 10.0})
    assert d.with_numbers == r"\bar{u}_{1} = 10 \cdot 4 + 24 \cdot 1 = 40 + 24 = 64"
    assert float(d.value) == 64


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("W", r"\bar{W} = \bar{z} x^\top"),
        ("x", r"\bar{x} = W^\top \bar{z}"),
        ("b", r"\bar{b} = \bar{z}"),
        ("h", r"\bar{h} = V^\top \bar{l}"),
        ("z", r"\bar{z} = \bar{h} \odot (1 - \tanh^{2}(z))"),
        ("l", r"\bar{l} = \bar{q} - (\sum_{i} \bar{q}_{i}) \, \operatorname{softmax}(l)"),
        ("q", r"\bar{q} = -\bar{o} \operatorname{onehot}(y)"),
    ],
)
def test_arrays_have_the_matrix_form_of_their_rule(name, printed):
    assert layer().reverse(name).with_local == printed


def test_a_transposed_jacobian_stands_before_the_adjoint_of_an_array():
    assert layer().reverse("h").in_symbols == r"\bar{h} = \left(\frac{\partial l}{\partial h}\right)^\top \bar{l}"


@pytest.mark.parametrize("text", ["any", "z -> z / (1 + abs(z))"])
def test_a_function_of_the_authors_stays_a_function(text):
    d = layer({"g": text}, "g(z)")
    assert d.forward("h").with_local == "h = g(z)"
    assert d.reverse("z").with_local == r"\bar{z} = \bar{h} \odot g'(z)"
    assert d.edge("z", "h").symbol == r"\operatorname{diag}(g'(z))"


def test_another_name_of_a_function_is_printed_as_that_function():
    assert layer({"g": "tanh"}, "g(z)").reverse("z").with_local == r"\bar{z} = \bar{h} \odot (1 - \tanh^{2}(z))"


@pytest.mark.parametrize(
    ("edge", "symbol", "constant"),
    [
        (("x", "z"), "W", False),
        (("b", "z"), "I", True),
        (("W", "z"), r"I \otimes x^\top", False),
        (("z", "h"), r"\operatorname{diag}(1 - \tanh^{2}(z))", False),
        (("l", "q"), r"I - \mathbf{1} \, \operatorname{softmax}(l)^\top", False),
    ],
)
def test_a_local_jacobian_has_its_matrix(edge, symbol, constant):
    found = layer().edge(*edge)
    assert (found.symbol, found.constant) == (symbol, constant)


def test_large_arrays_are_not_written_out():
    graph = Graph.build({"W": Leaf((20, 30)), "x": Leaf((30,))}, {"z": "W @ x", "s": "sum(z)"})
    d = Derivations(graph, {"W": numpy.ones((20, 30)), "x": numpy.ones(30)}).reverse("W")
    assert d.with_local == r"\bar{W} = \bar{z} x^\top"
    assert d.with_numbers == r"\bar{W} = [20 \times 30]"


def test_a_subgradient_that_the_author_fixes_is_the_number_that_is_put_in():
    graph = Graph.build({"x": Leaf(())}, {"h": "relu(x)"})
    found = {how: Derivations(graph, {"x": 0.0}, subgradient=how).reverse("x") for how in ("zero", "right")}
    assert [d.with_numbers for d in found.values()] == [r"\bar{x} = 1 \cdot 0 = 0", r"\bar{x} = 1 \cdot 1 = 1"]


@pytest.mark.parametrize("path", PROBLEMS, ids=lambda p: p.stem)
def test_every_contribution_is_worth_what_its_printed_form_says(path):
    d = derivations(path)
    names = d.reading.graph.by_name
    for mode, items, sweep in (("reverse", d.adjoints, d.adjoints), ("tangent", d.tangents, d.graph.nodes)):
        for name in sweep:
            found = d.of(mode, name)
            for part in found.parts:
                earlier = part.edge[1] if mode == "reverse" else part.edge[0]
                run = compile_nodes(d.reading.expanded([part.shown]), [*names.values(), part.seed])
                value = run(*(prepared(d.values[n]) for n in names), prepared(items[earlier]))[0]
                numpy.testing.assert_allclose(value, part.value, rtol=1e-9, atol=1e-12)
            if found.parts:
                numpy.testing.assert_allclose(sum(p.value for p in found.parts), found.value, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("path", PROBLEMS, ids=lambda p: p.stem)
def test_adjoints_are_the_gradients_of_the_engine(path):
    d = derivations(path)
    for name, adjoint in d.adjoints.items():
        point = {n: d.values[n] for n in d.graph.leaves}
        expected = d.graph.evaluate(point, d.graph.quantity(f"grad({d.output}, {name})"))[0]
        numpy.testing.assert_allclose(adjoint, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("path", PROBLEMS, ids=lambda p: p.stem)
def test_numbers_that_are_put_in_come_to_the_result(path):
    d = derivations(path)
    for name in d.adjoints:
        found = d.reverse(name)
        for text in (found.numbers, found.sums):
            if text and not found.value.shape and "pmatrix" not in text:
                plain = re.sub(r"10\^\{(-?\d+)\}", r"1e\1", text).replace(r"\cdot", "*").replace("[", "(")
                assert eval(plain) == pytest.approx(float(found.value), rel=1e-4, abs=1e-6)


def test_terms_are_joined_with_their_signs():
    assert joined(["a", "-b", "c"]) == "a - b + c"
    assert joined(["-a"]) == "-a"
