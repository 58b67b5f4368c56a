"""Graphs of named nodes: their order, edges and output, what is wrong with them, and every quantity of format.md 1.3.

Each quantity is compared with an independent number: by hand, by differences, or by the library autograd.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable
from typing import Any

import autograd
import autograd.numpy as anp
import numpy
import pytest

from grader.engine import RESERVED_NAMES, FormulaError, Graph, GraphErrors, Leaf, Unfit, UnknownName
from grader.engine.formula import FUNCTIONS
from grader.engine.graph import QUANTITIES

Array = Any
Errors = list[tuple[tuple[str, ...], FormulaError]]

TWO_PATHS = {"u3": "u1 * u2", "u4": "u1 + u2", "u5": "2 * u3 * u4"}


def two_paths() -> Graph:
    return Graph.build({"u1": Leaf(()), "u2": Leaf(())}, TWO_PATHS)


def errors_of(inputs: dict[str, Leaf], nodes: dict[str, str], **more: Any) -> Errors:
    with pytest.raises(GraphErrors) as caught:
        Graph.build(inputs, nodes, **more)
    return caught.value.errors


# ---- names, edges, order, output ----------------------------------------------------------------------------------


@pytest.mark.parametrize("order", list(itertools.permutations(TWO_PATHS)), ids=" ".join)
def test_the_order_of_evaluation_comes_from_the_graph(order: tuple[str, ...]) -> None:
    graph = Graph.build({"u1": Leaf(()), "u2": Leaf(())}, {name: TWO_PATHS[name] for name in order})
    assert graph.nodes[-1] == "u5"
    assert graph.names[:2] == ("u1", "u2")
    assert graph.values({"u1": 3, "u2": 4}) == {"u1": 3, "u2": 4, "u3": 12, "u4": 7, "u5": 168}


def test_a_file_in_order_is_evaluated_in_its_own_order() -> None:
    nodes = {"b": "x + 1", "a": "x + 2", "d": "b * a", "c": "a * 2", "o": "c + d"}
    assert Graph.build({"x": Leaf(())}, nodes).nodes == tuple(nodes)


def test_parents_readers_and_edges_are_those_of_the_formulas() -> None:
    graph = two_paths()
    assert graph.parents("u5") == ("u3", "u4")
    assert graph.parents("u1") == ()
    assert graph.readers("u1") == ("u3", "u4")
    assert graph.readers("u5") == ()
    assert graph.edges == (("u1", "u3"), ("u2", "u3"), ("u1", "u4"), ("u2", "u4"), ("u3", "u5"), ("u4", "u5"))
    assert graph.formula("u5") == "2 * u3 * u4"


def test_a_parent_that_is_read_twice_is_one_edge() -> None:
    graph = Graph.build({"x": Leaf(())}, {"o": "x * x + sin(x)"})
    assert graph.edges == (("x", "o"),)


def test_a_label_is_a_parent_and_a_keyword_is_not() -> None:
    graph = Graph.build(
        {"q": Leaf((3,)), "y": Leaf((), 3), "axis": Leaf(())}, {"o": "q[y] + sum(q, axis=0)", "p": "axis + o"}
    )
    assert graph.parents("o") == ("q", "y")
    assert graph.labels == ("y",)


def test_constants_are_told_from_inputs() -> None:
    graph = Graph.build({"x": Leaf(()), "eta": Leaf(())}, {"o": "eta * x"}, constants=frozenset({"eta"}))
    assert graph.inputs == ("x",)
    assert graph.constants == ("eta",)
    assert graph.names == ("x", "eta", "o")


def test_the_output_is_the_one_node_that_nothing_reads() -> None:
    assert two_paths().output == "u5"


def test_two_nodes_that_nothing_reads_leave_no_output() -> None:
    graph = Graph.build({"x": Leaf(())}, {"a": "x + 1", "b": "x + 2"})
    assert graph.output is None
    with pytest.raises(FormulaError, match="needs the output"):
        graph.quantity("adjoint(x)")


def test_an_output_that_is_named_counts() -> None:
    graph = Graph.build({"x": Leaf(())}, {"a": "x ** 2", "b": "a + 2"}, output="a")
    assert graph.output == "a"
    assert graph.evaluate({"x": 3.0}, graph.quantity("adjoint(x)")) == (6.0,)


def test_an_output_that_does_not_exist_is_an_error_of_its_own() -> None:
    ((where, error),) = errors_of({"x": Leaf(())}, {"a": "x + 1"}, output="b")
    assert where == ("output",)
    assert "the output b is no node and no input" in error.message


def test_numbers_come_as_numbers_and_arrays_as_arrays() -> None:
    graph = Graph.build({"x": Leaf((2,))}, {"a": "x[0]", "b": "where(a > 0, a, 0)", "c": "x * b", "d": "sum(c[None])"})
    for name in graph.names:
        (found,) = graph.evaluate({"x": [1.0, 2.0]}, graph.by_name[name])
        assert numpy.shape(found) == graph.shape(name)
        assert isinstance(found, numpy.ndarray if graph.shape(name) else numpy.float64)


# ---- what is wrong ------------------------------------------------------------------------------------------------


def test_all_errors_are_reported_at_once_each_at_its_place() -> None:
    nodes = {"a": "x + q", "b": "x @ x", "c": "2 x", "d": "a + b", "e": "sin(x, x)", "f": "x + 1"}
    found = errors_of({"x": Leaf(())}, nodes, functions={"g": "nothing"})
    assert sorted(where for where, _ in found) == [
        ("functions", "g"),
        ("nodes", "a"),
        ("nodes", "b"),
        ("nodes", "c"),
        ("nodes", "e"),
    ]
    errors = {where[1]: error for where, error in found}
    assert isinstance(errors["a"], UnknownName)
    assert isinstance(errors["b"], Unfit)
    assert (errors["c"].start, errors["c"].end) == (1, 3)


def test_what_reads_a_broken_node_or_function_is_not_blamed_for_it() -> None:
    nodes = {"a": "x +", "b": "a + 1", "c": "b + g(x)"}
    found = errors_of({"x": Leaf(())}, nodes, functions={"g": "z -> z +", "h": "z -> g(z)"})
    assert [where for where, _ in found] == [("functions", "g"), ("nodes", "a")]


@pytest.mark.parametrize(
    ("nodes", "at", "columns", "message"),
    [
        ({"a": "2 * a + 1"}, "a", (4, 5), "a reads itself"),
        ({"a": "b + x", "b": "2 * a"}, "b", (4, 5), "these nodes read each other in a circle: a -> b -> a"),
        ({"o": "c", "a": "c", "b": "a", "c": "x + b"}, "a", (0, 1), "in a circle: c -> b -> a -> c"),
    ],
)
def test_a_circle_is_named_once(nodes: dict[str, str], at: str, columns: tuple[int, int], message: str) -> None:
    ((where, error),) = errors_of({"x": Leaf(())}, nodes)
    assert where == ("nodes", at)
    assert (error.start, error.end) == columns
    assert message in error.message


def test_a_long_circle_is_reported_in_bounded_words() -> None:
    nodes = {f"u{k}": f"u{k - 1} + 1" for k in range(1, 2000)} | {"u0": "u1999 + x"}
    ((_, error),) = errors_of({"x": Leaf(())}, nodes)
    assert "…" in error.message
    assert len(error.message) < 300


def test_many_circles_cost_no_time() -> None:
    nodes = {f"u{k}": f"u{k + 1} + u{max(k - 1, 0)}" for k in range(5000)} | {"u5000": "x"}
    began = time.process_time()
    found = errors_of({"x": Leaf(())}, nodes)
    assert 1 <= len(found) <= 40
    assert time.process_time() - began < 10


def test_a_graph_of_too_many_entries_is_refused() -> None:
    nodes = {f"u{k}": f"x * {k}" for k in range(20)}
    ((where, error),) = errors_of({"x": Leaf((600, 1000))}, nodes)
    assert "entries" in error.message
    assert where[0] == "nodes"


def test_reserved_names_are_all_functions_and_quantities() -> None:
    assert {*FUNCTIONS, *QUANTITIES, "pi"} == RESERVED_NAMES
    assert {"grad", "jac", "edge", "adjoint", "tangent", "jvp", "vjp", "path"} <= RESERVED_NAMES
    assert {"hess", "hvp", "forward_difference", "central_difference"} <= RESERVED_NAMES


# ---- quantities ---------------------------------------------------------------------------------------------------

RNG = numpy.random.default_rng(7)
POINT: dict[str, Array] = {
    "W": RNG.normal(size=(2, 3)),
    "V": RNG.normal(size=(3, 2)),
    "x": RNG.normal(size=3),
    "b": RNG.normal(size=2),
    "t": 0.3,
    "y": 1,
    "eta": 0.1,
}
NET = {
    "z": "W @ x + b",
    "h": "tanh(z)",
    "q": "V @ h + t * x",
    "l": "cross_entropy(q, y)",
    "r": "t ** 2 * sum(h ** 2)",
    "o": "l + r",
}


def net() -> Graph:
    inputs = {name: Leaf(numpy.shape(v), 3 if name == "y" else None) for name, v in POINT.items()}
    return Graph.build(inputs, NET, constants=frozenset({"eta"}))


def loss(W: Array, V: Array, x: Array, b: Array, t: Array) -> Array:
    """The same network for autograd."""
    h = anp.tanh(anp.dot(W, x) + b)
    q = anp.dot(V, h) + t * x
    return anp.log(anp.sum(anp.exp(q))) - q[POINT["y"]] + t**2 * anp.sum(h**2)


def scores(W: Array, V: Array, x: Array, b: Array, t: Array) -> Array:
    return anp.dot(V, anp.tanh(anp.dot(W, x) + b)) + t * x


ARGUMENTS = ("W", "V", "x", "b", "t")
VALUES = tuple(numpy.asarray(POINT[name]) for name in ARGUMENTS)


def quantity(text: str, graph: Graph | None = None) -> Array:
    graph = graph or net()
    (found,) = graph.evaluate(POINT, graph.quantity(text))
    assert numpy.shape(found) == graph.quantity(text).shape
    return found


@pytest.mark.parametrize("name", ARGUMENTS)
def test_grad_is_in_the_shape_of_its_variable(name: str) -> None:
    expected = autograd.grad(loss, ARGUMENTS.index(name))(*VALUES)
    for text in (f"grad(o, {name})", f"adjoint({name})"):
        found = quantity(text)
        assert numpy.shape(found) == numpy.shape(POINT[name])
        numpy.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_jac_is_size_by_size_flattened_by_rows(name: str) -> None:
    size = numpy.size(POINT[name])
    expected = autograd.jacobian(scores, ARGUMENTS.index(name))(*VALUES).reshape(3, size)
    found = quantity(f"jac(q, {name})")
    assert found.shape == (3, size)
    numpy.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


def test_jac_of_numbers_is_a_matrix_too() -> None:
    assert quantity("jac(o, t)").shape == (1, 1)
    assert quantity("jac(W, W)").shape == (6, 6)
    numpy.testing.assert_array_equal(quantity("jac(W, W)"), numpy.eye(6))


def test_adjoints_of_interior_nodes_count_every_path() -> None:
    h = numpy.tanh(POINT["W"] @ POINT["x"] + POINT["b"])
    q = POINT["V"] @ h + POINT["t"] * POINT["x"]
    p = numpy.exp(q) / numpy.exp(q).sum()
    dq = p - numpy.eye(3)[POINT["y"]]
    dh = POINT["V"].T @ dq + POINT["t"] ** 2 * 2 * h
    numpy.testing.assert_allclose(quantity("adjoint(q)"), dq, rtol=1e-12)
    numpy.testing.assert_allclose(quantity("adjoint(h)"), dh, rtol=1e-12)
    numpy.testing.assert_allclose(quantity("grad(o, z)"), dh * (1 - h**2), rtol=1e-12)
    assert quantity("adjoint(o)") == 1
    assert quantity("adjoint(l)") == 1


def test_edges_hold_other_parents_fixed() -> None:
    h = numpy.tanh(POINT["W"] @ POINT["x"] + POINT["b"])
    numpy.testing.assert_allclose(quantity("edge(h, q)"), POINT["V"], rtol=1e-15)
    numpy.testing.assert_allclose(quantity("edge(x, q)"), POINT["t"] * numpy.eye(3), rtol=1e-15)
    numpy.testing.assert_allclose(quantity("edge(h, r)"), POINT["t"] ** 2 * 2 * h[None, :], rtol=1e-14)
    numpy.testing.assert_allclose(quantity("edge(z, h)"), numpy.diag(1 - h**2), rtol=1e-14)
    assert quantity("edge(t, q)").shape == (3, 1)
    edge = quantity("edge(t, r)")
    assert numpy.shape(edge) == ()
    assert edge == pytest.approx(2 * POINT["t"] * numpy.sum(h**2))


def test_a_path_is_the_product_of_its_edges() -> None:
    graph = two_paths()
    point = {"u1": 3.0, "u2": 4.0}
    for text, expected in {
        "path(u1, u3, u5)": 2 * 4 * 7,
        "path(u1, u4, u5)": 2 * 12,
        "path(u2, u3)": 3,
        "path(u1, u3, u5) + path(u1, u4, u5)": 80,
    }.items():
        assert graph.evaluate(point, graph.quantity(text)) == (expected,)
    found = quantity("path(x, z, h, q)")
    assert found.shape == (3, 3)
    h = numpy.tanh(POINT["W"] @ POINT["x"] + POINT["b"])
    numpy.testing.assert_allclose(found, POINT["V"] @ numpy.diag(1 - h**2) @ POINT["W"], rtol=1e-13)
    assert quantity("path(x, q, l)").shape == (1, 3)


def test_forward_mode_gives_tangents() -> None:
    by_t = numpy.asarray(autograd.jacobian(scores, 4)(*VALUES))
    numpy.testing.assert_allclose(quantity("tangent(q, t)"), by_t, rtol=1e-13)
    assert quantity("tangent(t, t)") == 1
    direction = autograd.grad(loss, 0)(*VALUES)
    moved = numpy.sum(direction * POINT["W"])
    assert quantity("jvp(o, W, W)") == pytest.approx(moved, rel=1e-12)
    assert quantity("jvp(o, W, grad(o, W))") == pytest.approx(numpy.sum(direction**2), rel=1e-12)
    assert quantity("jvp(q, h, stack(1, 0))").tolist() == POINT["V"][:, 0].tolist()


def test_vjp_is_the_transposed_jacobian_of_a_seed() -> None:
    jacobian = quantity("jac(q, W)")
    numpy.testing.assert_allclose(quantity("vjp(q, W, x)"), (POINT["x"] @ jacobian).reshape(2, 3), rtol=1e-12)


def test_hessians_are_those_of_autograd() -> None:
    expected = autograd.hessian(loss, 2)(*VALUES)
    numpy.testing.assert_allclose(quantity("hess(o, x)"), expected, rtol=1e-11, atol=1e-14)
    numpy.testing.assert_allclose(quantity("hvp(o, x, x)"), expected @ POINT["x"], rtol=1e-11)
    assert quantity("hess(o, W)").shape == (6, 6)
    second = autograd.grad(autograd.grad(loss, 4), 4)(*VALUES)
    assert numpy.shape(quantity("hess(o, t)")) == ()
    assert quantity("hess(o, t)") == pytest.approx(second, rel=1e-11)


def test_quantities_nest() -> None:
    gradient = autograd.grad(loss, 2)

    def length(x: Array) -> Array:
        return anp.sqrt(anp.sum(gradient(VALUES[0], VALUES[1], x, *VALUES[3:]) ** 2))

    expected = autograd.grad(length)(VALUES[2])
    numpy.testing.assert_allclose(quantity("grad(norm(grad(o, x)), x)"), expected, rtol=1e-10)
    step = quantity("W - eta * grad(o, W)")
    numpy.testing.assert_allclose(step, POINT["W"] - 0.1 * autograd.grad(loss, 0)(*VALUES), rtol=1e-12)
    numpy.testing.assert_allclose(quantity("jac(grad(o, x), x)"), quantity("hess(o, x)"), rtol=1e-12, atol=1e-15)


def test_third_derivatives_are_exact() -> None:
    graph = Graph.build({"x": Leaf(())}, {"o": "exp(2 * x) + x ** 5"})
    (found,) = graph.evaluate({"x": 0.5}, graph.quantity("grad(grad(grad(o, x), x), x)"))
    assert found == pytest.approx(8 * math.exp(1.0) + 60 * 0.25, rel=1e-14)


@pytest.mark.parametrize("name", ["x", "t"])
def test_difference_quotients_are_entry_by_entry(name: str) -> None:
    h = 1e-3
    k = ARGUMENTS.index(name)

    def at(f: Callable[..., Array], step: Array) -> Array:
        return f(*VALUES[:k], VALUES[k] + step, *VALUES[k + 1 :])

    for f, output in ((loss, "o"), (scores, "q")):
        units = numpy.eye(VALUES[k].size).reshape(-1, *VALUES[k].shape) * h
        ahead = numpy.array([(at(f, u) - at(f, 0 * u)) / h for u in units]).T
        both = numpy.array([(at(f, u) - at(f, -u)) / (2 * h) for u in units]).T
        shape = VALUES[k].shape if output == "o" else (3, VALUES[k].size)
        for text, expected in (("forward", ahead), ("central", both)):
            found = quantity(f"{text}_difference({output}, {name}, 1e-3)")
            assert numpy.shape(found) == shape
            numpy.testing.assert_allclose(found, expected.reshape(shape), rtol=1e-9, atol=1e-10)


def test_difference_quotients_by_interior_nodes_go_on_from_there() -> None:
    graph = two_paths()
    (found,) = graph.evaluate({"u1": 3.0, "u2": 4.0}, graph.quantity("central_difference(u5, u3, 0.5)"))
    assert found == pytest.approx(14.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("grad(u3, u4)", 0.0),
        ("tangent(u3, u4)", 0.0),
        ("jac(u1, u2)", [[0.0]]),
        ("vjp(u1, u2, 1)", 0.0),
        ("hess(u1, u2)", 0.0),
        ("forward_difference(u1, u2, 0.1)", 0.0),
        ("grad(size(u1) + 0 * u1, u2)", 0.0),
    ],
)
def test_where_no_path_leads_a_derivative_is_0(text: str, expected: Array) -> None:
    graph = two_paths()
    (found,) = graph.evaluate({"u1": 3.0, "u2": 4.0}, graph.quantity(text))
    assert numpy.array_equal(found, expected)


def test_derivatives_by_constants_are_those_of_any_number() -> None:
    graph = Graph.build({"x": Leaf(()), "n": Leaf(())}, {"o": "x ** n"}, constants=frozenset({"n"}))
    assert graph.evaluate({"x": 2.0, "n": 3.0}, graph.quantity("grad(o, x)")) == (12.0,)


WRONG_QUANTITIES: list[tuple[str, tuple[int, int], type[FormulaError], str]] = [
    ("grad(q, x)", (5, 6), Unfit, "grad(o, x) needs a number, and q is a vector of 3 entries"),
    ("grad(o, y)", (8, 9), Unfit, "y is a label, and no derivative by a label exists"),
    ("jac(q, y)", (7, 8), Unfit, "y is a label"),
    ("edge(y, l)", (5, 6), Unfit, "y is a label"),
    ("grad(o, q + 1)", (8, 13), FormulaError, "a name of the graph is needed here, and this is q + 1"),
    ("grad(o, xx)", (8, 10), UnknownName, "xx is no node and no input"),
    ("grad(oo, x)", (5, 7), UnknownName, "oo is no node and no input"),
    ("grad(o)", (0, 7), FormulaError, "grad takes 2 arguments, and this has 1"),
    ("grad(o, x, axis=0)", (0, 18), FormulaError, "grad has no options"),
    ("grad", (0, 4), FormulaError, "grad is a function"),
    ("edge(x, h)", (0, 10), FormulaError, "there is no edge from x to h: h reads z"),
    ("edge(h, x)", (0, 10), FormulaError, "there is no edge from h to x: x is an input"),
    ("path(x, z, q)", (0, 13), FormulaError, "there is no edge from z to q: q reads V, h, t, x"),
    ("path(x)", (0, 7), FormulaError, "path takes"),
    ("tangent(o, x)", (0, 13), Unfit, "tangent(u, x) moves a number, and x is a vector of 3 entries"),
    ("jvp(o, x, b)", (10, 11), Unfit, "x is a vector of 3 entries, and this is a vector of 2 entries"),
    ("vjp(q, x, b)", (10, 11), Unfit, "q is a vector of 3 entries, and this is a vector of 2 entries"),
    ("hess(q, x)", (5, 6), Unfit, "hess(o, x) needs a number"),
    ("central_difference(o, x, b)", (25, 26), Unfit, "the step is a number, and this is a vector of 2 entries"),
    ("adjoint(o + 1)", (8, 13), FormulaError, "a name of the graph is needed here"),
]


@pytest.mark.parametrize(("text", "columns", "kind", "message"), WRONG_QUANTITIES, ids=[w[0] for w in WRONG_QUANTITIES])
def test_a_quantity_that_makes_no_sense_is_refused_at_its_place(
    text: str, columns: tuple[int, int], kind: type[FormulaError], message: str
) -> None:
    with pytest.raises(kind) as caught:
        net().quantity(text)
    assert message in caught.value.message
    assert (caught.value.start, caught.value.end) == columns


def test_quantities_have_no_place_in_the_formulas_of_nodes() -> None:
    ((where, error),) = errors_of({"x": Leaf(())}, {"a": "x ** 2", "b": "grad(a, x)"})
    assert where == ("nodes", "b")
    assert "grad is no function that is known here" in error.message


def test_adjoints_need_an_output_that_is_a_number() -> None:
    graph = Graph.build({"x": Leaf((3,))}, {"a": "x ** 2"})
    with pytest.raises(Unfit, match="adjoint\\(u\\) needs an output that is a number"):
        graph.quantity("adjoint(x)")


# ---- long graphs --------------------------------------------------------------------------------------------------


def test_a_chain_of_20_000_nodes_is_built_differentiated_and_compiled_without_recursion() -> None:
    length = 20_000
    nodes = {f"u{k}": f"u{k - 1} * 1.5" if k % 2 else f"u{k - 1} / 1.5" for k in range(1, length)} | {"u0": "x ** 2"}
    graph = Graph.build({"x": Leaf(())}, nodes)
    assert graph.output == f"u{length - 1}"
    gradient = graph.quantity("adjoint(x)")
    value, slope = graph.evaluate({"x": 3.0}, graph.by_name[f"u{length - 1}"], gradient)
    assert value == pytest.approx(9 * 1.5, rel=1e-9)
    assert slope == pytest.approx(6 * 1.5, rel=1e-9)
    assert graph.evaluate({"x": 3.0}, graph.quantity("tangent(u9, x)")) == (pytest.approx(9.0),)
    assert graph.evaluate({"x": 3.0}, graph.edge("u19997", "u19998")) == (pytest.approx(1 / 1.5),)


def test_building_takes_time_in_proportion_to_length() -> None:
    def seconds(length: int) -> float:
        nodes = {f"u{k}": f"sin(u{k - 1})" for k in range(1, length)} | {"u0": "x + 1"}
        began = time.process_time()
        Graph.build({"x": Leaf(())}, nodes)
        return time.process_time() - began

    seconds(500)
    short, long = min(seconds(1000) for _ in range(3)), seconds(8000)
    assert long < 25 * short


def test_a_node_that_a_thousand_others_read_gets_all_their_contributions() -> None:
    nodes = {f"a{k}": f"{k} * x" for k in range(1000)}
    nodes |= {f"s{k}": " + ".join(f"a{j}" for j in range(k, k + 100)) for k in range(0, 1000, 100)}
    nodes["o"] = " + ".join(f"s{k}" for k in range(0, 1000, 100))
    graph = Graph.build({"x": Leaf(())}, nodes)
    assert graph.evaluate({"x": 1.0}, graph.quantity("adjoint(x)")) == (sum(range(1000)),)
    assert len(graph.readers("x")) == 1000
