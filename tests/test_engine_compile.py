"""Compiled functions: the same values as the plain steps, at the edges of domains too, and good manners.

What is held against it: the graph as it was read, compiled step by step without rewriting, and NumPy itself.
"""

from __future__ import annotations

import math
import time
from typing import Any

import numpy
import pytest
from hypothesis import given

import grader
from grader.engine import Graph, Leaf
from grader.engine.compile import compile_nodes, prepared
from tests.test_engine_random import CI, Drawn, assert_near, built, graphs

Array = Any
RNG = numpy.random.default_rng(8)

# ---- the same values ----------------------------------------------------------------------------------------------


@CI
@given(graphs())
def test_a_compiled_function_has_the_values_of_the_graph_step_by_step(drawn: Drawn) -> None:
    known, formulas = drawn
    graph = built(known, formulas)
    wanted = [*graph.nodes, *(f"grad(o, {x})" for x in graph.inputs if x not in graph.labels)]
    leaves = [graph.by_name[n] for n in graph.leaves]
    before = {n: numpy.copy(known[n]) for n in graph.leaves}
    with numpy.errstate(all="ignore"):
        plainly = compile_nodes([graph.quantity(q) for q in wanted], leaves)
        expected = plainly(*(prepared(known[n]) for n in graph.leaves))
        run = graph.compile(*wanted)
        found = run(*(known[n] for n in graph.leaves))
        kept = [numpy.copy(f) for f in found]
        again = run(*(numpy.cos(known[n]) if n not in graph.labels else known[n] for n in graph.leaves))
    assert len(again) == len(found)
    for quantity, f, k, e in zip(wanted, found, kept, expected, strict=True):
        assert_near(f, e, f"{quantity} of {formulas}")
        assert numpy.array_equal(f, k, equal_nan=True), f"{quantity} of {formulas} changed by a later call"
    for name, value in before.items():
        assert numpy.array_equal(known[name], value), f"{name} of {formulas} changed"


@pytest.mark.parametrize(
    "quantity",
    [
        "hess(o, x)",
        "hvp(o, x, v)",
        "jac(h, x)",
        "vjp(h, x, h)",
        "jvp(h, x, v)",
        "tangent(o, s)",
        "adjoint(h)",
        "edge(x, z)",
        "path(x, z, h)",
        "grad(norm(grad(o, x)), x)",
        "hess(o + sum(jac(h, x) ** 2), x) @ x",
        "x - 0.1 * grad(o, x)",
        "central_difference(o, x, 1e-3) - grad(o, x)",
    ],
)
def test_every_quantity_compiles_and_takes_inputs_that_only_it_reads(quantity: str) -> None:
    graph = Graph({"z": "W @ x", "h": "tanh(s * z)", "o": "sum(h ** 2)"}, W=(3, 4), x=(4,), s=(), v=(4,))
    point = {"W": RNG.normal(size=(3, 4)), "x": RNG.normal(size=4), "s": 0.7, "v": RNG.normal(size=4)}
    (expected,) = graph.evaluate(point, graph.quantity(quantity))
    assert_near(graph.compile(quantity)(*point.values()), expected, quantity)


def test_convolution_and_pooling_written_with_windows_are_those_of_a_loop() -> None:
    graph = Graph(
        {
            "c": "sum(windows(x, (3, 2))[:, None] * K[None, :, :, None, None], axis=(2, 5, 6)) + b[:, None, None]",
            "p": "max(windows(relu(c), (2, 3), 2), axis=(-2, -1))",
            "o": "sum(p ** 2)",
        },
        x=(2, 3, 8, 9),
        K=(4, 3, 3, 2),
        b=(4,),
    )
    x, K, b = RNG.normal(size=(2, 3, 8, 9)), RNG.normal(size=(4, 3, 3, 2)), RNG.normal(size=4)
    c, p, dx, dK = graph.compile("c", "p", "grad(o, x)", "grad(o, K)")(x, K, b)
    expected = looped_convolution(x, K, b)
    numpy.testing.assert_allclose(c, expected, rtol=1e-12)
    numpy.testing.assert_array_equal(p, looped_pooling(numpy.maximum(c, 0)))
    for value, gradient, name in ((x, dx, 0), (K, dK, 1)):
        direction = RNG.normal(size=value.shape)

        def moved(step: float, direction: Array = direction, name: int = name) -> float:
            args = [x, K, b]
            args[name] = args[name] + step * direction
            return float(numpy.sum(looped_pooling(numpy.maximum(looped_convolution(*args), 0)) ** 2))

        assert numpy.sum(gradient * direction) == pytest.approx((moved(1e-6) - moved(-1e-6)) / 2e-6, rel=1e-6)


def looped_convolution(x: Array, K: Array, b: Array) -> Array:
    (images, _, height, width), (filters, _, rows, columns) = x.shape, K.shape
    out = numpy.empty((images, filters, height - rows + 1, width - columns + 1))
    for n, k, i, j in numpy.ndindex(out.shape):
        out[n, k, i, j] = numpy.sum(x[n, :, i : i + rows, j : j + columns] * K[k]) + b[k]
    return out


def looped_pooling(x: Array) -> Array:
    out = numpy.empty((*x.shape[:2], (x.shape[2] - 2) // 2 + 1, (x.shape[3] - 3) // 2 + 1))
    for n, k, i, j in numpy.ndindex(out.shape):
        out[n, k, i, j] = numpy.max(x[n, k, 2 * i : 2 * i + 2, 2 * j : 2 * j + 3])
    return out


# ---- edges of domains ---------------------------------------------------------------------------------------------

EDGES = [
    ("log(x)", [1e-300, 1e-5], [1e300, 1e5]),
    ("sqrt(x)", [1e-300, 4.0], [5e149, 0.25]),
    ("sigmoid(x)", [800.0, -800.0], [0.0, 0.0]),
    ("log(1 + exp(-abs(x)))", [800.0, -800.0], [0.0, 0.0]),
    ("softplus(x)", [1000.0, -1000.0], [1.0, 0.0]),
    ("tanh(x)", [1000.0, -1000.0], [0.0, 0.0]),
    ("norm(x)", [0.0, 0.0], [0.0, 0.0]),
    ("norm(x)", [3e200, 4e200], [0.6, 0.8]),
    ("norm(x) ** 2", [0.0, 0.0], [0.0, 0.0]),
    ("logsumexp(x)", [1000.0, -1000.0], [1.0, 0.0]),
    ("logsumexp(x)", [-1000.0, -1000.0], [0.5, 0.5]),
    ("softmax(x)[0]", [1000.0, -1000.0], [0.0, 0.0]),
    ("log_softmax(x)[1]", [1000.0, -1000.0], [-1.0, 1.0]),
    ("cross_entropy(x, y)", [1000.0, -1000.0], [1.0, -1.0]),
    ("relu(x)", [0.0, -0.0], [0.0, 0.0]),
    ("abs(x)", [0.0, -0.0], [0.0, 0.0]),
    ("max(x)", [2.0, 2.0], [0.5, 0.5]),
    ("x ** 2", [0.0, -1.0], [0.0, -2.0]),
    ("x ** 1", [0.0, -1.0], [1.0, 1.0]),
    ("prod(x)", [0.0, 0.0], [0.0, 0.0]),
    ("sqrt(max(x, 1e-12))", [-1.0, 4.0], [0.0, 0.25]),
]


@pytest.mark.parametrize(("formula", "x", "slope"), EDGES)
def test_at_the_edge_of_a_domain_values_and_slopes_are_right_and_nothing_warns(
    formula: str, x: list[float], slope: list[float]
) -> None:
    graph = Graph.build({"x": Leaf((2,)), "y": Leaf((), 2)}, {"o": f"sum({formula})"})
    value, gradient = graph.compile("o", "grad(o, x)")(numpy.array(x), 1)
    assert numpy.isfinite(value)
    numpy.testing.assert_allclose(gradient, slope, rtol=1e-13, atol=1e-300)


def test_square_roots_and_logarithms_at_0_have_numpys_values() -> None:
    graph = Graph({"a": "sqrt(x)", "b": "log(x)", "c": "where(x > 0, b, 0)"}, x=(2,))
    with numpy.errstate(all="ignore"):
        a, b, da, dc = graph.compile("a", "b", "grad(sum(a), x)", "grad(sum(c), x)")(numpy.array([0.0, 1.0]))
    assert (a.tolist(), b.tolist()) == ([0.0, 1.0], [-math.inf, 0.0])
    assert (da.tolist(), dc.tolist()) == ([math.inf, 0.5], [0.0, 1.0])


# ---- numbers --------------------------------------------------------------------------------------------------------

NUMBERS = [
    ("1 / x", 0.0, math.inf, -math.inf),
    ("x / x", 0.0, math.nan, math.nan),
    ("log(x)", 0.0, -math.inf, math.inf),
    ("log(x)", -1.0, math.nan, -1.0),
    ("sqrt(x)", -1.0, math.nan, math.nan),
    ("exp(x)", 1000.0, math.inf, math.inf),
    ("x ** -1", 0.0, math.inf, -math.inf),
    ("x ** 0.5", -2.0, math.nan, math.nan),
    ("x ** 3", 1e200, math.inf, math.inf),
    ("sinh(x)", 1e4, math.inf, math.inf),
    ("arcsin(x)", 2.0, math.nan, math.nan),
    ("sin(x)", math.inf, math.nan, math.nan),
    ("sigmoid(x)", -800.0, 0.0, 0.0),
    ("tanh(x)", 800.0, 1.0, 0.0),
    ("relu(x)", math.nan, math.nan, 0.0),
    ("max(x, 1)", math.nan, math.nan, 0.0),
    ("where(x > 0, log(x), 2 * x)", -3.0, -6.0, 2.0),
    ("where(x >= 1, 1 / x, 0)", 0.0, 0.0, 0.0),
]


@pytest.mark.parametrize(("formula", "x", "value", "slope"), NUMBERS)
def test_where_python_refuses_a_number_the_value_is_numpys_and_a_plain_float(
    formula: str, x: float, value: float, slope: float
) -> None:
    run = Graph({"o": formula}, x=()).compile("o", "grad(o, x)")
    found = run(x)
    assert [type(f) for f in found] == [float, float]
    numpy.testing.assert_array_equal(found, (value, slope))


def test_a_number_alone_comes_back_as_a_float() -> None:
    run = Graph({"o": "1 / x"}, x=()).compile("o")
    assert (run(4.0), run(0.0)) == (0.25, math.inf)
    assert type(run(0.0)) is float


def test_a_graph_of_numbers_is_plain_python() -> None:
    run = Graph({"o": "x * sin(x) + 1"}, x=()).compile("o", "grad(o, x)")
    assert "numpy" not in run.source.replace("in_numpy", "")
    assert run(2.0) == (2.0 * math.sin(2.0) + 1, math.sin(2.0) + 2.0 * math.cos(2.0))


# ---- manners --------------------------------------------------------------------------------------------------------


def test_whole_numbers_and_float32_are_computed_with_as_float64() -> None:
    graph = Graph({"o": "sum((A @ x) ** 3) / s"}, A=(2, 2), x=(2,), s=())
    run = graph.compile("o", "grad(o, x)")
    A, x = numpy.array([[3000000, 1], [2, 5]]), numpy.array([7, -2])
    expected = run(A.astype(float), x.astype(float), 3.0)
    for given_A, given_x, s in ((A, x, 3), (A.astype("f"), x.astype("i4"), numpy.float32(3)), (A.tolist(), x, 3)):
        if isinstance(given_A, list):
            with pytest.raises(AttributeError, match="dtype"):
                run(given_A, given_x, s)
            continue
        value, gradient = run(given_A, given_x, s)
        assert (value, gradient.dtype) == (expected[0], numpy.float64)
        numpy.testing.assert_array_equal(gradient, expected[1])


def test_a_number_beside_arrays_may_be_0_where_it_divides() -> None:
    run = Graph({"o": "sum(x) / s"}, x=(2,), s=()).compile("o")
    with numpy.errstate(all="ignore"):
        assert run(numpy.ones(2), 0) == math.inf


def test_arguments_may_have_names_that_the_source_uses_itself() -> None:
    names = "v1 c0 s1 r1 e1 n numpy numeric exp_ in_numpy run abs_ float len negative floats v1_".split()  # noqa: SIM905
    formulas = {"o": " + ".join(f"{i}.5 * exp({name}) * sigmoid({name})" for i, name in enumerate(names))}
    point = RNG.normal(size=len(names))
    expected = sum((i + 0.5) * math.exp(a) / (1 + math.exp(-a)) for i, a in enumerate(point))
    assert Graph(formulas, **dict.fromkeys(names, ())).compile("o")(*point) == pytest.approx(expected, rel=1e-14)
    arrays = Graph({"o": f"sum({formulas['o']})"}, **dict.fromkeys(names, (1,)))
    assert arrays.compile("o")(*point[:, None]) == pytest.approx(expected, rel=1e-14)


def test_results_can_be_written_to_without_changing_anything_else() -> None:
    graph = Graph({"a": "x[None, :] + 0 * W", "b": "a.T", "c": "windows(W, (1, 2))", "d": "diag(W)"}, x=(2,), W=(2, 2))
    run = graph.compile("a", "b", "c", "d", "x", "W", "grad(sum(x[None, :] * W), W)")
    x, W = numpy.ones(2), numpy.eye(2)
    for result in run(x, W):
        result += 1
    assert (x.tolist(), W.tolist()) == ([1, 1], [[1, 0], [0, 1]])


def test_a_graph_knows_what_is_wrong_with_its_formulas_and_quantities() -> None:
    with pytest.raises(grader.engine.GraphErrors, match="does not fit"):
        Graph({"z": "W @ x"}, W=(2, 3), x=(2,))
    with pytest.raises(grader.engine.FormulaError, match="q is no node"):
        Graph({"z": "2 * x"}, x=()).compile("grad(z, q)")


def test_a_long_chain_needs_no_recursion_and_is_built_in_time_proportional_to_its_length() -> None:
    def seconds(n: int) -> float:
        nodes = {f"u{i}": f"{'sin' if i % 2 else 'tanh'}(u{i - 1})" for i in range(1, n + 1)}
        start = time.process_time()
        run = Graph(nodes, u0=()).compile(f"u{n}", f"grad(u{n}, u0)")
        spent = time.process_time() - start
        u, slope = 0.7, 1.0
        for i in range(1, n + 1):
            slope *= math.cos(u) if i % 2 else 1 - math.tanh(u) ** 2
            u = math.sin(u) if i % 2 else math.tanh(u)
        assert run(0.7) == pytest.approx((u, slope), rel=1e-9)
        return spent

    assert seconds(20_000) < 40 * seconds(2_000)
