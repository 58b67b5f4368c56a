"""Printing graphs: every operation of the table, brackets, names, numbers; what is simplified keeps its value."""

from __future__ import annotations

import math

import numpy
import pytest

from grader.engine import Graph, Leaf
from grader.engine.compile import compile_nodes
from grader.engine.latex import array_latex, latex, number_latex
from grader.engine.node import OPS, Node, constant, leaf
from grader.engine.reading import readable
from grader.engine.symbols import Symbols, accented
from grader.engine.transform import forward, reverse

SHAPES = {"x": (), "y": (), "u1": (), "u2": (), "v": (3,), "w": (3,), "A": (3, 3), "B": (2, 3), "k": (), "gamma": (2,)}


def graph_of(formula: str, functions: dict[str, str] | None = None) -> Graph:
    inputs = {name: Leaf(shape, 3 if name == "k" else None) for name, shape in SHAPES.items()}
    return Graph.build(inputs, {"out": formula}, functions)


def tex(formula: str, inline: bool = False) -> str:
    graph = graph_of(formula)
    return latex(graph.by_name["out"], Symbols(names=graph.names), leaves=graph.local_leaves("out"), inline=inline)


@pytest.mark.parametrize(
    ("formula", "printed"),
    [
        ("u1 * u2", "u_{1} u_{2}"),
        ("2 * u1 * u2", "2 u_{1} u_{2}"),
        ("u1 * 2", r"u_{1} \cdot 2"),
        ("x + y - (x - y)", "x + y - (x - y)"),
        ("x - (y + x)", "x - (y + x)"),
        ("(x + y) * x", "(x + y) x"),
        ("-(x + y)", "-(x + y)"),
        ("x - -y", "x - (-y)"),
        ("-x * y", "-x y"),
        ("x * -y", "x (-y)"),
        ("(x + y) ** 2", "(x + y)^{2}"),
        ("(-x) ** 2", "(-x)^{2}"),
        ("-x ** 2", "-x^{2}"),
        ("x ** 3 ** 2", "x^{3^{2}}"),
        ("(x ** 3) ** y", "(x^{3})^{y}"),
        ("x / y", r"\frac{x}{y}"),
        ("(x / y) ** 2", r"\left(\frac{x}{y}\right)^{2}"),
        ("x / (y / 2)", r"\frac{x}{\frac{y}{2}}"),
        ("tanh(x) ** 2", r"\tanh^{2}(x)"),
        ("1 - tanh(x) ** 2", r"1 - \tanh^{2}(x)"),
        ("sigmoid(x) ** 2", r"\sigma(x)^{2}"),
        ("sin(x / y)", r"\sin\left(\frac{x}{y}\right)"),
        ("exp(-x)", "e^{-x}"),
        ("exp(x) ** 2", "(e^{x})^{2}"),
        ("log1p(x + y)", r"\log(1 + x + y)"),
        ("sqrt(x + y)", r"\sqrt{x + y}"),
        ("abs(x - y)", r"\lvert x - y \rvert"),
        ("max(x, y)", r"\max(x, y)"),
        ("max(v)", r"\max(v)"),
        ("min(v)", r"\min(v)"),
        ("A @ v + w", "A v + w"),
        ("A.T @ (v + w)", r"A^\top (v + w)"),
        ("dot(v, w)", r"v^\top w"),
        ("dot(v, w) * x", r"(v^\top w) x"),
        ("outer(v, w)", r"v w^\top"),
        ("v * w", r"v \odot w"),
        ("(A @ v) * w", r"(A v) \odot w"),
        ("2 * v", "2 v"),
        ("v * 2", r"v \cdot 2"),
        ("x * v", "x v"),
        ("v * x", "x v"),
        ("sum(v)", r"\sum_{i} v_{i}"),
        ("sum(v * w)", r"\sum_{i} (v \odot w)_{i}"),
        ("sum(A)", r"\sum_{i,j} A_{ij}"),
        ("sum(A, axis=0)", r"\sum_{\text{axis }0} A"),
        ("sum((v - w) ** 2)", r"\lVert v - w \rVert^{2}"),
        ("sum(abs(v))", r"\lVert v \rVert_{1}"),
        ("norm(v)", r"\lVert v \rVert"),
        ("A ** 2", r"A^{\odot 2}"),
        ("inv(A)", "A^{-1}"),
        ("solve(A, v)", "A^{-1} v"),
        ("det(A)", r"\det(A)"),
        ("logdet(A)", r"\log\lvert\det(A)\rvert"),
        ("trace(A)", r"\operatorname{tr}(A)"),
        ("softmax(v)", r"\operatorname{softmax}(v)"),
        ("softmax(A, axis=0)", r"\operatorname{softmax}_{\text{axis }0}(A)"),
        ("-log_softmax(v)[k]", r"-\log\operatorname{softmax}(v)_{k}"),
        ("v[k]", "v_{k}"),
        ("onehot(k)", r"\operatorname{onehot}(k)"),
        ("v[0] * v[-1]", "v_{0} v_{2}"),
        ("A[1, 2]", "A_{1,2}"),
        ("A[:, 1]", "A[:, 1]"),
        ("gamma[0]", r"\gamma_{0}"),
        ("hstack(v, w)", "[v; w]"),
        ("stack(x, y)", r"\begin{pmatrix} x \\ y \end{pmatrix}"),
        ("where(x > 0, x, y)", r"\begin{cases} x & x > 0 \\ y & \text{otherwise} \end{cases}"),
        ("reshape(B, 3, 2)", r"\operatorname{reshape}_{3 \times 2}(B)"),
        ("2 * pi * x", r"2 \pi x"),
        ("1e-7 * x", r"10^{-7} x"),
        ("2.5e9 * x", r"2500000000 x"),
    ],
)
def test_a_formula_is_printed_as_on_the_board(formula, printed):
    assert tex(formula) == printed.replace("2500000000", r"2.5 \cdot 10^{9}")


@pytest.mark.parametrize(
    ("formula", "printed"),
    [
        ("x / y", "x / y"),
        ("1 / (x + y)", "1 / (x + y)"),
        ("x / y * 2", r"(x / y) \cdot 2"),
        ("x / (x * y)", "x / (x y)"),
        ("where(x > 0, x, y)", r"x \text{ if } x > 0 \text{ else } y"),
        ("stack(x, y)", "[x; y]"),
    ],
)
def test_on_one_line_quotients_have_a_stroke_and_brackets(formula, printed):
    assert tex(formula, inline=True) == printed


def test_an_entry_is_not_printed_like_a_name():
    graph = Graph.build({"w": Leaf((2,)), "w0": Leaf(())}, {"out": "w[0] * w0"})
    assert latex(graph.by_name["out"], Symbols(names=graph.names)) == "w[0] w_{0}"


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("u1", "u_{1}"), ("gamma", r"\gamma"), ("W1", "W_{1}"), ("alpha12", r"\alpha_{12}"), ("loss", r"\mathrm{loss}"),
        ("yhat", r"\hat{y}"), ("d_h", "d_{h}"), ("w_out", r"w_{\mathrm{out}}"), ("x1_2", "x_{1,2}"),
        ("dW", r"\mathrm{dW}"),
        ("l", "l"), ("Phi", r"\Phi"), ("loss1", r"\mathrm{loss}_{1}"), ("z_1", "z_{1}"),
    ],
)  # fmt: skip
def test_a_name_is_printed_by_habit(name, printed):
    assert Symbols()(name) == printed


def test_an_author_says_how_a_name_is_printed():
    symbols = Symbols({"z1": "z^1", "yhat": r"\hat y", "W1": "W^{(1)}", "loss": r"\ell"})
    assert symbols("z1") == "z^1"
    assert symbols.adjoint("z1") == r"\bar{z}^1"
    assert symbols.adjoint("yhat") == r"\bar{\hat y}"
    assert symbols.adjoint("W1") == r"\bar{W}^{(1)}"
    assert symbols.tangent("loss") == r"\dot{\ell}"
    assert accented(r"\bar", "u_{1}") == r"\bar{u}_{1}"


@pytest.mark.parametrize(
    ("number", "printed"),
    [(3, "3"), (-0.0, "0"), (0.1, "0.1"), (1 / 3, "0.333333"), (1e-9, "10^{-9}"), (-2.5e-7, r"-2.5 \cdot 10^{-7}"),
     (1234567, r"1.23457 \cdot 10^{6}"), (math.inf, r"\infty"), (-math.inf, r"-\infty"), (math.nan, r"\mathrm{nan}")],
)  # fmt: skip
def test_a_number_has_six_significant_digits(number, printed):
    assert number_latex(number).tex == printed


def test_small_arrays_are_written_out_and_large_ones_by_their_shape():
    assert array_latex([[1, 2], [3, 4]]).tex == r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}"
    assert array_latex([1, -2]).tex == r"\begin{pmatrix} 1 \\ -2 \end{pmatrix}"
    assert array_latex(numpy.zeros((6, 2))).tex == r"[6 \times 2]"
    assert array_latex(numpy.zeros((2, 2, 2))).tex == r"[2 \times 2 \times 2]"


def points():
    for name, op in OPS.items():
        for number, point in enumerate(op.at):
            yield pytest.param(op, point, id=f"{name}-{number}")


def applied(op, point):
    params = point[-1] if isinstance(point[-1], dict) else {}
    values = [numpy.asarray(v, dtype=float) for v in point if not isinstance(v, dict)]
    leaves = [leaf(f"a{i}", v.shape) for i, v in enumerate(values)]
    return Node(op, tuple(leaves), params, op.shape(tuple(v.shape for v in values), params)), leaves, values


@pytest.mark.parametrize(("op", "point"), list(points()))
def test_every_operation_and_its_derivatives_are_printed_and_keep_their_value(op, point):
    node, leaves, values = applied(op, point)
    seed = leaf("seed", node.shape)
    rng = numpy.random.default_rng(3)
    moving = [a for a, rule in zip(leaves, op.vjp, strict=False) if rule is not None]
    back = reverse(node, moving, seed)
    forth = [forward(node, {a: constant(numpy.ones(a.shape))}) for a in moving]
    derivatives = [node, *back, *forth]
    shown = readable(derivatives, frozenset({*leaves, seed}), frozenset({seed}))
    inputs = [*leaves, seed]
    given = [v[()] for v in (*values, rng.normal(size=node.shape))]
    for before, after in zip(derivatives, shown, strict=True):
        assert after.shape == before.shape
        expected, found = compile_nodes([before, after], inputs)(*given)
        numpy.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    for inline in (False, True):
        for one in shown:
            text = latex(one, Symbols(), inline=inline)
            assert text.strip()
            assert text.count("{") == text.count("}"), text
            assert text.count("(") == text.count(")"), text


def test_a_shared_part_does_not_make_a_text_explode():
    node = leaf("x", ())
    for _ in range(200):
        node = node * node
    assert len(latex(node, Symbols())) < 10_000


def test_a_long_sum_is_printed_without_recursion():
    node = leaf("x", ())
    for _ in range(5000):
        node = node + leaf("y", ())
    assert latex(node, Symbols())
    assert latex(readable([node])[0], Symbols())


def derivative(formula: str, wrt: str) -> str:
    graph = graph_of(formula)
    leaves = frozenset(graph.by_name.values())
    back = reverse(graph.by_name["out"], [graph.by_name[wrt]], constant(1.0), graph.local_leaves("out"))[0]
    return latex(readable([back], leaves)[0], Symbols(names=graph.names), leaves=leaves)


@pytest.mark.parametrize(
    ("formula", "wrt", "printed"),
    [
        ("2 * u1 * u2", "u1", "2 u_{2}"),
        ("u1 + u2", "u1", "1"),
        ("u1 - u2", "u2", "-1"),
        ("u1 * u1", "u1", "2 u_{1}"),
        ("u1 * u1 * u1", "u1", "3 u_{1}^{2}"),
        ("x ** 3", "x", "3 x^{2}"),
        ("1 / x", "x", r"-\frac{1}{x^{2}}"),
        ("x / y", "y", r"-\frac{x}{y^{2}}"),
        ("sqrt(x)", "x", r"\frac{1}{2 \sqrt{x}}"),
        ("log(x)", "x", r"\frac{1}{x}"),
        ("tanh(x)", "x", r"1 - \tanh^{2}(x)"),
        ("sigmoid(x)", "x", r"\sigma(x) \, (1 - \sigma(x))"),
        ("exp(2 * x)", "x", "2 e^{2 x}"),
        ("sin(x * y)", "x", r"y \, \cos(x y)"),
        ("4 * x * (1 - x)", "x", "4 - 8 x"),
        ("sum(v ** 2)", "v", "2 v"),
        ("0.5 * sum((v - w) ** 2)", "v", "v - w"),
        ("0.5 * sum((v - w) ** 2)", "w", "w - v"),
        ("dot(v, w)", "v", "w"),
        ("sum(v)", "v", r"\mathbf{1}"),
        ("mean(v)", "v", r"\frac{1}{3} \mathbf{1}"),
        ("-log_softmax(v)[k]", "v", r"\operatorname{softmax}(v) - \operatorname{onehot}(k)"),
        ("v[0] ** 2 * v[1]", "v", r"\begin{pmatrix} 2 v_{1} v_{0} \\ v_{0}^{2} \\ 0 \end{pmatrix}"),
        ("norm(v)", "v", r"\frac{v}{\lVert v \rVert}"),
        ("logdet(A)", "A", r"A^{-\top}"),
        ("relu(x)", "x", "[x > 0]"),
    ],
)
def test_a_derivative_is_printed_as_a_lecturer_writes_it(formula, wrt, printed):
    assert derivative(formula, wrt) == printed
