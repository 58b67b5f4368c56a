"""Formulas: everything that format.md 1.2 allows is read and means what NumPy means by it; all else is refused.

A refusal is a FormulaError with its columns and what to write instead, never another exception, never slow or large.
"""

from __future__ import annotations

import math
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grader.engine import Graph, GraphErrors, Leaf, UnknownName, names_read, read_constant
from grader.engine.formula import FUNCTIONS, FormulaError, Scope, Unfit, parse, read_formula
from grader.engine.node import leaf

Array = Any
CI = settings(derandomize=True, deadline=None, max_examples=1500)

POINT: dict[str, Array] = {
    "s": 0.7,
    "n": 3.0,
    "x": numpy.array([0.5, -1.2, 2.0]),
    "c": numpy.array([1.5, -0.5]),
    "X": numpy.array([[1.0, -2.0, 0.5], [0.3, 4.0, -1.5]]),
    "A": numpy.array([[2.0, -1.0, 0.5], [0.3, 1.5, -0.7], [1.0, 0.4, 3.0]]),
    "Z": numpy.array([[1.0, 0.0, 2.0], [3.0, 0.0, 0.0]]),
    "y": 2,
    "Y": numpy.array([2, 0]),
}
CLASSES = {"y": 3, "Y": 3}
LOCAL = {"g": "tanh", "h": "z -> z / (1 + abs(z))", "phi": "any", "one": "z -> 1", "twice": "t -> h(h(t))"}


def graph_of(nodes: dict[str, str], functions: dict[str, str] | None = None) -> Graph:
    inputs = {name: Leaf(numpy.shape(value), CLASSES.get(name)) for name, value in POINT.items()}
    return Graph.build(inputs, nodes, LOCAL if functions is None else functions)


def value(text: str, **point: Array) -> Array:
    graph = graph_of({"o": text})
    return graph.values({**POINT, **point})["o"]


def error_of(text: str) -> FormulaError:
    with pytest.raises(GraphErrors) as caught:
        graph_of({"o": text})
    ((where, error),) = caught.value.errors
    assert where == ("nodes", "o")
    assert 0 <= error.start < error.end
    return error


s, n, x, c, X, A, Z = (POINT[name] for name in "s n x c X A Z".split())  # noqa: SIM905
SOFTMAX = numpy.exp(X) / numpy.exp(X).sum(axis=1, keepdims=True)

MEANINGS: list[tuple[str, Array]] = [
    # numbers, names and operators
    ("1.5e-3 * x + .5", 1.5e-3 * x + 0.5),
    ("2 * pi", 2 * math.pi),
    ("-x ** 2", -(x**2)),
    ("(-x) ** 2", x**2),
    ("2 ** -1", 0.5),
    ("2 ** 3 ** 2", 512.0),
    ("x - 1 - 2", x - 3),
    ("x / 2 / c[0]", x / 2 / 1.5),
    ("+x", x),
    ("X @ x", X @ x),
    ("x @ X.T", x @ X.T),
    ("x @ x", x @ x),
    ("X.T @ X", X.T @ X),
    ("x.T", x),
    ("X + x", X + x),
    ("X * c[:, None]", X * c[:, None]),
    ("x ** n", x**3),
    ("1 / 0", math.inf),
    ("x\n  + 1", x + 1),
    ("x − 1", x - 1),
    ("2 × x · s", 2 * x * s),
    # indexing
    ("x[0]", x[0]),
    ("x[-1]", x[-1]),
    ("x[0:5:2]", x[0:5:2]),
    ("x[::-1]", x[::-1]),
    ("x[:-1]", x[:-1]),
    ("X[:, 1]", X[:, 1]),
    ("X[1]", X[1]),
    ("X[1, 2]", X[1, 2]),
    ("X[:1, ::2]", X[:1, ::2]),
    ("x[None, :]", x[None, :]),
    ("c[:, None]", c[:, None]),
    ("x[size(x) - 1]", x[2]),
    ("X[rows(X) - 1, columns(X) - 1]", X[1, 2]),
    ("x[y]", x[2]),
    ("X[Y]", numpy.array([X[0, 2], X[1, 0]])),
    # entry by entry
    *[(f"{f}(x)", getattr(numpy, f)(x)) for f in "exp square abs sign sin cos tan sinh cosh tanh arctan".split()],  # noqa: SIM905
    *[(f"{f}(x ** 2)", getattr(numpy, f)(x**2)) for f in ("log", "log1p", "sqrt")],
    *[(f"{f}(x / 3)", getattr(numpy, f)(x / 3)) for f in ("arcsin", "arccos")],
    ("sigmoid(x)", 1 / (1 + numpy.exp(-x))),
    ("softplus(x)", numpy.log(1 + numpy.exp(x))),
    ("relu(x)", numpy.maximum(x, 0)),
    ("leaky_relu(x, 0.01)", numpy.where(x > 0, x, 0.01 * x)),
    ("erf(x)", numpy.array([math.erf(v) for v in x])),
    ("gelu(x)", numpy.array([v * 0.5 * (1 + math.erf(v / math.sqrt(2))) for v in x])),
    ("max(X, x)", numpy.maximum(X, x)),
    ("min(x, 0.1)", numpy.minimum(x, 0.1)),
    ("clip(x, -1, 1)", numpy.clip(x, -1, 1)),
    ("clip(x, 2, 1)", numpy.clip(x, 2, 1)),
    ("where(x > 0, x, -1)", numpy.where(x > 0, x, -1)),
    ("where(x <= s, X, s)", numpy.where(x <= s, X, s)),
    ("where(s < 1, x, 0)", x),
    ("where(s >= 1, x, 0)", 0 * x),
    ("where(x == 2, 1, 0)", numpy.array([0.0, 0.0, 1.0])),
    # reductions
    ("sum(X)", X.sum()),
    ("sum(X, axis=0)", X.sum(axis=0)),
    ("sum(X, axis=-1, keepdims=true)", X.sum(axis=-1, keepdims=True)),
    ("sum(X, keepdims=true)", X.sum(keepdims=True)),
    ("sum(X, axis=(0, 1))", X.sum()),
    ("sum(s)", s),
    ("mean(X, axis=1)", X.mean(axis=1)),
    ("prod(X)", X.prod()),
    ("prod(X, axis=0)", X.prod(axis=0)),
    ("prod(X, axis=1, keepdims=true)", X.prod(axis=1, keepdims=True)),
    ("prod(Z)", 0.0),
    ("prod(x[0:0])", 1.0),
    ("sum(x[0:0])", 0.0),
    ("max(X)", 4.0),
    ("max(X, axis=0)", X.max(axis=0)),
    ("min(X, axis=1, keepdims=true)", X.min(axis=1, keepdims=True)),
    ("softmax(X)", SOFTMAX),
    ("softmax(X, axis=0)", numpy.exp(X) / numpy.exp(X).sum(axis=0)),
    ("log_softmax(X)", numpy.log(SOFTMAX)),
    ("logsumexp(X)", numpy.log(numpy.exp(X).sum(axis=1))),
    ("logsumexp(X, axis=0, keepdims=true)", numpy.log(numpy.exp(X).sum(axis=0, keepdims=True))),
    ("cumsum(X)", numpy.cumsum(X, axis=-1)),
    ("cumsum(X, axis=0)", numpy.cumsum(X, axis=0)),
    ("norm(X)", numpy.sqrt((X**2).sum())),
    ("norm(x, 1)", numpy.abs(x).sum()),
    ("norm(x, 2) ** 2", (x**2).sum()),
    ("square(norm(X))", (X**2).sum()),
    # labels
    ("cross_entropy(x, y)", -numpy.log(numpy.exp(x) / numpy.exp(x).sum())[2]),
    ("cross_entropy(X, Y)", -numpy.log(SOFTMAX[0, 2]) - numpy.log(SOFTMAX[1, 0])),
    ("onehot(y)", numpy.array([0.0, 0.0, 1.0])),
    ("onehot(Y)", numpy.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])),
    ("onehot(y, 4)", numpy.array([0.0, 0.0, 1.0, 0.0])),
    # arrays from arrays
    ("dot(x, x)", x @ x),
    ("dot(X, x)", X @ x),
    ("dot(2, x)", 2 * x),
    ("outer(c, x)", numpy.outer(c, x)),
    ("hstack(X, c)", numpy.column_stack([X, c])),
    ("hstack(x, x)", numpy.column_stack([x, x])),
    ("vstack(X, x)", numpy.vstack([X, x])),
    ("vstack(x, x)", numpy.vstack([x, x])),
    ("concat(x, c)", numpy.concatenate([x, c])),
    ("concat(X, 2 * X, axis=1)", numpy.concatenate([X, 2 * X], axis=1)),
    ("concat(X, A, axis=0)", numpy.concatenate([X, A], axis=0)),
    ("stack(x, 2 * x)", numpy.stack([x, 2 * x])),
    ("stack(s, 2, s)", numpy.array([s, 2, s])),
    ("reshape(X, 3, 2)", X.reshape(3, 2)),
    ("reshape(X, (3, 2))", X.reshape(3, 2)),
    ("reshape(X, -1, 2)", X.reshape(3, 2)),
    ("reshape(X, size(X))", X.reshape(6)),
    ("reshape(s, 1, 1)", numpy.array([[s]])),
    ("transpose(X)", X.T),
    ("transpose(X, 1, 0)", X.T),
    ("transpose(X, 0, 1)", X),
    ("diag(x)", numpy.diag(x)),
    ("diag(A)", numpy.diag(A)),
    ("windows(X, (2, 2))", numpy.array([[X[:, :2], X[:, 1:]]])),
    ("windows(X, (1, 2), 2)", X[:1, :2].reshape(1, 1, 1, 2)),
    ("trace(A)", numpy.trace(A)),
    ("inv(A)", numpy.linalg.inv(A)),
    ("det(A)", numpy.linalg.det(A)),
    ("logdet(-A)", numpy.log(abs(numpy.linalg.det(A)))),
    ("solve(A, x)", numpy.linalg.solve(A, x)),
    ("solve(A, X.T)", numpy.linalg.solve(A, X.T)),
    ("size(X) + rows(X) / columns(X)", 6 + 2 / 3),
    ("size(s) + size(c)", 3.0),
    # local functions
    ("g(x)", numpy.tanh(x)),
    ("g'(x)", 1 - numpy.tanh(x) ** 2),
    ("g''(x)", -2 * numpy.tanh(x) * (1 - numpy.tanh(x) ** 2)),
    ("tanh'(x)", 1 - numpy.tanh(x) ** 2),
    ("sin’’(X)", -numpy.sin(X)),
    ("h(X)", X / (1 + numpy.abs(X))),
    ("h'(x)", 1 / (1 + numpy.abs(x)) ** 2),
    ("one(X)", numpy.ones_like(X)),
    ("one'(X)", numpy.zeros_like(X)),
    ("twice(s)", s / (1 + 2 * s)),
    ("phi(x) - phi(x)", 0 * x),
]


@pytest.mark.parametrize(("text", "expected"), MEANINGS, ids=[text for text, _ in MEANINGS])
def test_a_formula_means_what_numpy_means(text: str, expected: Array) -> None:
    found = value(text)
    assert numpy.shape(found) == numpy.shape(expected)
    numpy.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-14)


def test_every_function_of_formulas_has_a_meaning_here() -> None:
    texts = " ".join(text for text, _ in MEANINGS)
    assert [f for f in FUNCTIONS if f"{f}(" not in texts] == []


# ---- refusals -----------------------------------------------------------------------------------------------------

REFUSED: list[tuple[str, tuple[int, int], str, str]] = [
    # what, columns, message, hint
    ("", (0, 1), "there is no formula here", "2 * x"),
    ("x +", (2, 3), "the formula stops here, and something is missing", ""),
    ("(x + 1", (0, 1), "this ( is not closed", ")"),
    ("x + 1)", (5, 6), "this ) closes nothing", "("),
    ("x[0)", (3, 4), "this ) closes nothing", ""),
    ("x + * 2", (4, 5), "* does not fit here", ""),
    ("2 s x", (1, 3), "two factors stand side by side", "2 * s * x"),
    ("2s", (1, 2), "two factors stand side by side", "2 * s"),
    ("(x)s", (3, 4), "two factors stand side by side", "(x) * s"),
    ("x(2)", (0, 4), "x is no function", "x * (2)"),
    ("(x)(s + 1)", (0, 10), "x is no function", "(x) * (s + 1)"),
    ("x ^ 2", (2, 3), "^ is not a power here", "**"),
    ("X'", (1, 2), "' is no transpose here", "X.T"),
    ("(X @ A)'", (7, 8), "' is no transpose here", ".T"),
    ("7,5 * x", (0, 7), "a number was expected, and this is two: 7 and 5", "7.5"),
    ("[1, 2]", (0, 6), "this is a list", ""),
    ("x, s", (0, 4), "this is a list", ""),
    ("\\frac{x}{2}", (0, 1), "\\ has no meaning", "not as LaTeX"),
    ("|x|", (0, 1), "| has no meaning", "abs(x)"),
    ("5 % 2", (2, 3), "% has no meaning", "0.05"),
    ("x # comment", (2, 3), "# has no meaning", ""),
    ("x; s", (1, 2), "; has no meaning", ""),
    ("x = 2", (2, 3), "= does not fit here", ""),
    ("(x := 2)", (1, 7), "is no part of a formula", ""),
    ("x // 2", (0, 6), "an operator that formulas do not have", ""),
    ("x << 2", (0, 6), "an operator that formulas do not have", ""),
    ("x and s", (0, 7), "is no part of a formula", ""),
    ("not x", (0, 5), "is no part of a formula", ""),
    ("x if s else x", (0, 13), "is no part of a formula", ""),
    ("lambda z: z", (0, 11), "is no part of a formula", ""),
    ("[z for z in x]", (0, 14), "is no part of a formula", ""),
    ("sum(z for z in x)", (3, 17), "is no part of a formula", ""),
    ("__import__('os')", (11, 12), "' is no transpose here", ""),
    ("__import__(x)", (0, 10), "__import__ is no function that is known here", ""),
    ("eval(x)", (0, 4), "eval is no function that is known here", ""),
    ("x.__class__", (0, 11), "is no part of a formula", ""),
    ("x.shape", (0, 7), "is no part of a formula", ""),
    ("exp.T", (0, 3), "exp is a function", "exp(…)"),
    ("'text'", (0, 1), "' is no transpose here", ""),
    ('"text"', (0, 1), '" has no meaning', ""),
    ("b'text'", (1, 2), "' is no transpose here", ""),
    ("f'{x}'", (2, 3), "{ has no meaning", ""),
    ("...", (0, 3), "... is no number", ""),
    ("None", (0, 4), "None is no number", ""),
    ("True + 1", (0, 4), "True is no number", ""),
    ("1_000", (0, 5), "is no decimal number", ""),
    ("0x1F", (0, 4), "is no decimal number", ""),
    ("2j", (0, 2), "2j is no number", ""),
    ("٣ + x", (0, 1), "does not fit here", ""),
    ("x + \0", (4, 5), "'\\x00' has no meaning", ""),
    ("x > 0", (0, 5), "a comparison stands only as the first argument of where", ""),
    ("where(x, 1, 0)", (6, 7), "needs one comparison first", "where(x > 0"),
    ("where(0 < x < 1, 1, 0)", (6, 15), "needs one comparison first", ""),
    ("where(x != 0, 1, 0)", (6, 12), "needs one comparison first", ""),
    ("where(x is s, 1, 0)", (6, 12), "needs one comparison first", ""),
    ("sum(*x)", (0, 7), "* and ** do not unpack anything here", ""),
    ("sum(**x)", (0, 8), "* and ** do not unpack anything here", ""),
    ("sum(x, dtype=1)", (7, 14), "sum has no option dtype", "axis and keepdims"),
    ("exp(x, axis=0)", (7, 13), "exp has no option axis", "It takes none."),
    ("sum(x, keepdims=1)", (16, 17), "keepdims is true or false", ""),
    ("sum(x, axis=1)", (12, 13), "there is no axis 1", ""),
    ("sum(X, axis=(0, 0))", (12, 18), "an axis is named twice", ""),
    ("sum(x, axis=s)", (12, 13), "a whole number is needed here", ""),
    ("max(x, x, axis=0)", (0, 17), "max(a, b) is taken entry by entry", ""),
    ("max(x, x, x)", (0, 12), "max takes 1 to 2 arguments, and this has 3", ""),
    ("leaky_relu(x)", (0, 13), "leaky_relu takes 2 arguments, and this has 1", ""),
    ("norm(x, 3)", (8, 9), "the Euclidean norm", ""),
    ("max(x[0:0])", (0, 11), "an axis without entries has no mean and no largest entry", ""),
    ("mean(x[0:0])", (0, 12), "an axis without entries", ""),
    ("x[3]", (0, 4), "index 3 is outside: that axis has 3 entries", ""),
    ("x[0, 0]", (0, 7), "2 indices for a vector of 3 entries", ""),
    ("x[1.5]", (2, 5), "a whole number is needed here", ""),
    ("x[s]", (2, 3), "a whole number is needed here", ""),
    ("x[::0]", (2, 5), "a step of 0 leads nowhere", ""),
    ("x[()]", (0, 5), "an index is missing", ""),
    ("x[]", (2, 3), "] does not fit here", ""),
    ("x[..., 0]", (2, 5), "... is no number", ""),
    ("x[x > 0]", (2, 7), "a comparison stands only", ""),
    ("c[y]", (2, 3), "y is one of 3 classes, and c has 2 of them", ""),
    ("X[y]", (0, 4), "a label picks an entry of a vector", ""),
    ("cross_entropy(x, x)", (17, 18), "a label input is needed here, and this is x", ""),
    ("cross_entropy(c, y)", (17, 18), "y is one of 3 classes, and c has 2 of them", ""),
    ("onehot(x)", (7, 8), "onehot takes a label input, and this is x", ""),
    ("transpose(X, 0)", (0, 15), "does not name each of the 2 axes once", ""),
    ("det(X)", (0, 6), "a square matrix is needed, this is 2 × 3", ""),
    ("solve(A, c)", (0, 11), "the rows of A and those of c must agree", ""),
    ("x @ s", (0, 5), "x @ s does not fit", "a number is multiplied with *"),
    ("x + c", (0, 5), "x + c does not fit: x has 3 entries, c has 2 entries", ""),
    ("A @ X", (0, 5), "A @ X does not fit: A is 3 × 3, X is 2 × 3", "Did you mean A @ X.T?"),
    ("reshape(x, 4)", (0, 13), "3 entries do not fill a vector of 4 entries", ""),
    ("windows(X, (3, 2))", (0, 18), "a window of 3 × 2 has no place in 2 × 3", ""),
    ("windows(x, (1, 1))", (0, 18), "windows lie over the last two axes, and this is a vector of 3 entries", ""),
    ("windows(X, 2)", (11, 12), "the size of a window is its height and its width", "As in windows(x, (2, 2), 1)."),
    ("windows(X, (1, 1), 0)", (19, 20), "a stride is 1 or more", ""),
    ("sin", (0, 3), "sin is a function", "sin(…)"),
    ("g", (0, 1), "g is a function", "g(…)"),
    ("softmax'(x)", (0, 8), "softmax is no function of one number", ""),
    ("g(x, x)", (0, 7), "g takes 1 argument, and this has 2", ""),
    ("tanh'''''(x)", (0, 9), "at most 4 derivatives", ""),
    ("xx + 1", (0, 2), "xx is no node and no input", "Did you mean x?"),
    ("tanhh(x)", (0, 5), "tanhh is no function that is known here", "Did you mean tanh?"),
    ("xé + qq", (0, 2), "xé is no node", ""),
    ("ééé + (x @ c)", (0, 3), "ééé is no node", ""),
    ("2 * x − qq", (8, 10), "qq is no node and no input", ""),
    ("g''(qq)", (4, 6), "qq is no node and no input", ""),
]


@pytest.mark.parametrize(("text", "columns", "message", "hint"), REFUSED, ids=[r[0] for r in REFUSED])
def test_what_is_no_formula_is_refused_at_its_place(
    text: str, columns: tuple[int, int], message: str, hint: str
) -> None:
    error = error_of(text)
    assert message in error.message
    assert hint in error.hint
    assert (error.start, error.end) == columns


def test_unknown_names_and_shapes_that_do_not_fit_are_told_apart() -> None:
    assert isinstance(error_of("qq + 1"), UnknownName)
    assert isinstance(error_of("tanhh(x)"), UnknownName)
    assert isinstance(error_of("x + c"), Unfit)
    assert not isinstance(error_of("x +"), UnknownName | Unfit)


def test_an_unknown_name_is_shown_with_what_is_known_and_what_is_near() -> None:
    with pytest.raises(GraphErrors) as caught:
        Graph.build({"u1": Leaf(()), "u2": Leaf(())}, {"u3": "u1 * u2", "u4": "u1 + u2", "u5": "2 * u33 * u4"})
    ((where, error),) = caught.value.errors
    assert where == ("nodes", "u5")
    assert (error.start, error.end) == (4, 7)
    assert error.message == "u33 is no node and no input"
    assert error.hint == "Known here: u1, u2, u3, u4. Did you mean u3?"


def test_a_product_that_does_not_fit_names_both_and_what_would() -> None:
    with pytest.raises(GraphErrors) as caught:
        Graph.build({"W": Leaf((3, 4)), "x": Leaf((3,)), "b": Leaf((4,))}, {"z": "W @ x + b"})
    ((where, error),) = caught.value.errors
    assert where == ("nodes", "z")
    assert (error.start, error.end) == (0, 5)
    assert error.message == "W @ x does not fit: W is 3 × 4, x has 3 entries"
    assert error.hint == "The columns of W (4) and the entries of x (3) must agree. Did you mean W.T @ x?"


def test_a_prime_that_needs_an_entry_by_entry_function_says_so() -> None:
    with pytest.raises(GraphErrors, match="entry by entry"):
        graph_of({"o": "sum(p'(x))"}, {"p": "z -> z / sum(z)"})


def test_what_does_not_fit_inside_a_local_function_is_shown_where_it_is_called() -> None:
    with pytest.raises(GraphErrors) as caught:
        graph_of({"o": "sum(x) + sum(p(X))"}, {"p": "z -> z + z.T"})
    ((where, error),) = caught.value.errors
    assert where == ("nodes", "o")
    assert "z + z.T does not fit" in error.message
    assert (error.start, error.end) == (13, 17)


@pytest.mark.parametrize(
    ("text", "start", "message"),
    [
        ("tanhh", 0, "tanhh is no function of one number"),
        ("z -> z + q", 9, "q is no node and no input"),
        ("z -> z +", 7, "something is missing"),
        ("z -> p(z)", 5, "p is no function that is known here"),
        ("", 0, "is no function of one number"),
    ],
)
def test_a_local_function_that_cannot_be_read_is_shown_in_its_own_text(text: str, start: int, message: str) -> None:
    with pytest.raises(GraphErrors) as caught:
        graph_of({"o": "sum(x)"}, {"p": text})
    where, error = caught.value.errors[0]
    assert where == ("functions", "p")
    assert message in error.message
    assert error.start == start


def test_local_functions_may_use_each_other_in_any_order() -> None:
    graph = graph_of({"o": "sum(p(x))"}, {"p": "z -> q(z) + 1", "q": "r", "r": "z -> 2 * z"})
    assert graph.values(POINT)["o"] == pytest.approx(numpy.sum(2 * x + 1))


def test_unspecified_functions_differ_and_are_smooth() -> None:
    graph = graph_of({"a": "p(x)", "b": "q(x)", "o": "sum(a - b)"}, {"p": "any", "q": "any"})
    found = graph.values(POINT)
    assert numpy.all(numpy.abs(found["a"] - found["b"]) > 1e-3)
    h = 1e-6
    (slope,) = graph.evaluate(POINT, graph.quantity("p'(x)"))
    up, down = (graph.values({**POINT, "x": x + e})["a"] for e in (h, -h))
    numpy.testing.assert_allclose(slope, (up - down) / (2 * h), rtol=1e-7)


# ---- numerically delicate places ----------------------------------------------------------------------------------

BIG = numpy.array([1000.0, -1000.0, 999.0])
E1 = math.exp(-1.0)
DELICATE: list[tuple[str, Array, Array, Array]] = [
    # formula of v, v, its value, its gradient
    ("sum(softmax(v) * [1, 0, 0])".replace("[1, 0, 0]", "onehot(k)"), BIG, 1 / (1 + E1), None),
    ("log_softmax(v)[1]", BIG, -2000 - math.log1p(E1), [-1 / (1 + E1), 1.0, -E1 / (1 + E1)]),
    ("logsumexp(v)", BIG, 1000 + math.log1p(E1), [1 / (1 + E1), 0.0, E1 / (1 + E1)]),
    ("logsumexp(-v * v)", BIG, -998001.0, [0.0, 0.0, -1998.0]),
    ("cross_entropy(v, k)", numpy.array([-1000.0, 1000.0, 0.0]), 2000.0, [-1.0, 1.0, 0.0]),
    ("sum(sigmoid(v))", numpy.array([800.0, -800.0, 0.0]), 1.5, [0.0, 0.0, 0.25]),
    ("sum(softplus(v))", numpy.array([800.0, -800.0, 0.0]), 800 + math.log(2), [1.0, 0.0, 0.5]),
    ("log(sigmoid(v))", -700.0, -700.0, 1.0),
    ("sigmoid(v)", -40.0, math.exp(-40) / (1 + math.exp(-40)), math.exp(-40) / (1 + math.exp(-40)) ** 2),
    ("sum(tanh(v))", numpy.array([400.0, -400.0]), 0.0, [0.0, 0.0]),
    ("gelu(v)", -8.0, -8.0 * 0.5 * math.erfc(8 / math.sqrt(2)), None),
    ("sum(gelu(v))", numpy.array([60.0, -60.0]), 60.0, [1.0, 0.0]),
    ("erf(v)", 50.0, 1.0, 0.0),
    ("sum(arctan(v))", numpy.array([1e200, -1e200]), 0.0, [0.0, 0.0]),
    ("arcsin(v)", 1 - 2.0**-40, None, 2.0**20 / math.sqrt(2 - 2.0**-40)),
    ("v ** 3", 0.0, 0.0, 0.0),
    ("v ** 2", 0.0, 0.0, 0.0),
    ("v ** 1", 0.0, 0.0, 1.0),
    ("v ** 0", 0.0, 1.0, 0.0),
    ("v ** 0.5", 0.0, 0.0, math.inf),
    ("v ** 1.5", 0.0, 0.0, 0.0),
    ("v ** 3", -2.0, -8.0, 12.0),
    ("v ** -2", -2.0, 0.25, 0.25),
    ("v ** (1 / 3)", -8.0, math.nan, math.nan),
    ("sum(v ** onehot(k))", numpy.zeros(3), 2.0, [1.0, 0.0, 0.0]),
    ("sum(2 ** v)", numpy.array([0.0, 1.0]), 3.0, [math.log(2), 2 * math.log(2)]),
    ("0 ** v", 2.0, 0.0, 0.0),
    ("sqrt(v)", 0.0, 0.0, math.inf),
    ("norm(v)", numpy.zeros(3), 0.0, [0.0, 0.0, 0.0]),
    ("norm(v) ** 2", numpy.zeros(3), 0.0, [0.0, 0.0, 0.0]),
    ("norm(v)", numpy.array([3e200, 4e200]), 5e200, [0.6, 0.8]),
    ("norm(v)", numpy.array([3e-200, 4e-200]), 5e-200, [0.6, 0.8]),
    ("prod(v)", numpy.array([2.0, 0.0, 3.0]), 0.0, [0.0, 6.0, 0.0]),
    ("prod(v)", numpy.zeros(3), 0.0, [0.0, 0.0, 0.0]),
    ("1 / v", 0.0, math.inf, -math.inf),
    ("log(v)", 1e-300, math.log(1e-300), 1e300),
    ("log1p(v)", 1e-300, 1e-300, 1.0),
    ("det(v)", numpy.array([[1.0, 2.0], [2.0, 4.0]]), 0.0, [[4.0, -2.0], [-2.0, 1.0]]),
    ("det(v)", numpy.zeros((2, 2)), 0.0, numpy.zeros((2, 2))),
    ("det(v)", numpy.diag([0.0, 2.0, 3.0]), 0.0, numpy.diag([6.0, 0.0, 0.0])),
    # what is not looked at leaves nothing behind
    ("sum(where(v > 0, sqrt(v), 0))", numpy.array([-1.0, 0.0, 4.0]), 2.0, [0.0, 0.0, 0.25]),
    ("sum(where(v > 0, log(v) * v, v ** 3))", numpy.array([0.0, 1.0]), 0.0, [0.0, 1.0]),
    ("where(v == 0, 1, sin(v) / v)", 0.0, 1.0, 0.0),
    ("where(v > 700, 0, exp(v))", 800.0, 0.0, 0.0),
    ("where(sum(v) > 0, sum(log(v)), 3)", numpy.array([-1.0, 0.0]), 3.0, [0.0, 0.0]),
    ("where(sum(v) > 0, sum(A @ log(v)), 3)", numpy.array([-1.0, 0.0, -2.0]), 3.0, [0.0, 0.0, 0.0]),
    ("max(log(v), -5)", 0.0, -5.0, 0.0),
    ("clip(log(v), -5, 5)", 0.0, -5.0, 0.0),
    ("max(log(v))", numpy.array([0.0, 2.0]), math.log(2), [0.0, 0.5]),
    ("log(v)[0]", numpy.array([2.0, 0.0]), math.log(2), [0.5, 0.0]),
    ("-log(v)[k]", numpy.array([2.0, 0.0, 0.0]), -math.log(2), [-0.5, 0.0, 0.0]),
    ("sum(log(v)[0:2] * 2)", numpy.array([1.0, 2.0, 0.0]), 2 * math.log(2), [2.0, 1.0, 0.0]),
]


@pytest.mark.parametrize(("text", "v", "expected", "gradient"), DELICATE, ids=[f"{t} at {v}" for t, v, *_ in DELICATE])
def test_edges_of_domains_give_right_values_and_derivatives_without_warnings(
    text: str, v: Array, expected: Array, gradient: Array
) -> None:
    graph = Graph.build({"v": Leaf(numpy.shape(v)), "k": Leaf((), 3), "A": Leaf((3, 3))}, {"o": text})
    point = {"v": v, "k": 0, "A": A}
    (found, back) = graph.evaluate(point, graph.by_name["o"], graph.quantity("grad(o, v)"))
    (forth,) = graph.evaluate(point, graph.quantity("jac(o, v)"))
    if expected is not None:
        numpy.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-300)
    if gradient is not None:
        numpy.testing.assert_allclose(back, gradient, rtol=1e-12, atol=1e-14)
        numpy.testing.assert_allclose(numpy.reshape(forth, -1), numpy.reshape(back, -1), rtol=1e-12, atol=1e-14)


SECOND: list[tuple[str, float, float]] = [
    ("v ** 3", 0.0, 0.0),
    ("v ** 2", 0.0, 2.0),
    ("v ** 1", 0.0, 0.0),
    ("v ** 0", 0.0, 0.0),
    ("v ** n", 0.0, 0.0),
    ("norm(stack(v, 0)) ** 2", 0.0, 2.0),
    ("where(v > 0, v ** 1.5, 0)", -1.0, 0.0),
    ("relu(v) ** 2", -1.0, 0.0),
    ("sigmoid(v)", 800.0, 0.0),
    ("softplus(v)", -800.0, 0.0),
    ("logsumexp(stack(v, 1000))", -1000.0, 0.0),
]


@pytest.mark.parametrize(("text", "v", "expected"), SECOND, ids=[f"{t} at {v}" for t, v, _ in SECOND])
def test_second_derivatives_are_finite_where_mathematics_has_them(text: str, v: float, expected: float) -> None:
    graph = Graph.build({"v": Leaf(()), "n": Leaf(())}, {"o": text + " + 0 * n"})
    nested, hessian = graph.evaluate(
        {"v": v, "n": 3.0}, graph.quantity("grad(grad(o, v), v)"), graph.quantity("hess(o, v)")
    )
    assert nested == pytest.approx(expected)
    assert hessian == pytest.approx(expected)


# ---- constants and names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3/4", 0.75),
        ("sqrt(2)", math.sqrt(2)),
        ("exp(-1)", math.exp(-1)),
        ("2^3", 8.0),
        ("(-1)^3", -1.0),
        ("-pi/2", -math.pi / 2),
        ("1/0", math.inf),
        ("-1/0", -math.inf),
        ("1e400", math.inf),
        ("9**9**9**9", math.inf),
    ],
)
def test_a_constant_formula_is_a_number(text: str, expected: float) -> None:
    found = read_constant(text)
    assert type(found) is float
    assert found == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("text", ["0/0", "log(-1)", "sqrt(-1)", "(-8) ^ (1/3)"])
def test_a_constant_without_a_value_is_nan(text: str) -> None:
    assert math.isnan(read_constant(text))


@pytest.mark.parametrize("text", ["x", "u1 + 2", "stack(1, 2)", "", "1 2", "7,5", "[1]"])
def test_what_is_not_one_number_is_no_constant(text: str) -> None:
    with pytest.raises(FormulaError):
        read_constant(text)


def test_names_are_those_that_are_read_in_order_of_appearance() -> None:
    assert names_read("b * g(a) + sum(X[:, y], axis=0, keepdims=true) - b * pi") == ("b", "a", "X", "y")


# ---- bounds -------------------------------------------------------------------------------------------------------

HOSTILE = {
    "10,000 brackets": "(" * 10_000 + "1" + ")" * 10_000,
    "1,990 brackets": "(" * 1990 + "1" + ")" * 1990,
    "10,000 unary minus": "-" * 10_000 + "1",
    "3,900 unary minus": "-" * 3_900 + "1",
    "a sum of 5,000 terms": "1" + "+1" * 5000,
    "a sum of 1,900 terms": "1" + "+1" * 1900,
    "1,300 powers": "2" + "**2" * 1300,
    "200 powers": "2" + "**2" * 200,
    "digits that stop": "9" * 3990 + "+",
    "names that stop": "a" * 3990 + "+",
    "digits and spaces": "9 " * 1999,
    "many primes": "a" * 2000 + "+" + "b'(1)" * 390,
    "primes alone": "'" * 4000,
    "a name's many primes": "tanh" + "'" * 50 + "(1)",
    "exponents": "1e5e" * 990,
    "commas": "1," * 1999 + "+",
    "attributes": "a" + ".T" * 1990,
    "subscripts": "x" + "[0]" * 1300,
    "comparisons": "1" + "<1" * 1900,
    "nots": "not " * 990 + "1",
    "lambdas": "lambda:" * 500 + "1",
    "a large digit string": "9" * 3999,
    "a large exponent": "1e" + "9" * 3990,
    "calls": "exp(" * 60 + "1" + ")" * 60,
    "signs in calls": "exp(-" * 59 + "-" * 60 + "1" + ")" * 59,
    "spaces": " " * 3999 + "(",
    "dots": "." * 3999,
    "unicode digits": "٣" * 3999,
    "combining marks": "x" + "\u0301" * 3990,
    "surrogates": "\ud800" * 100,
}


def refusal(read: Callable[[], Any]) -> FormulaError | None:
    """The FormulaError that reading raises, if it does; every other exception comes through."""
    try:
        read()
    except FormulaError as error:
        return error
    return None


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_formula_is_read_or_refused_within_a_fraction_of_a_second(name: str) -> None:
    began = time.process_time()
    refused = refusal(lambda: read_constant(HOSTILE[name]))
    assert refused is None or 0 <= refused.start < refused.end <= len(HOSTILE[name]) + 1
    assert time.process_time() - began < 1.0


LARGE = [
    "reshape(x, 10 ** 9)",
    "onehot(y, 10 ** 9)",
    "onehot(Y, 999999)",
    "outer(L, L)",
    "L[:, None] + L[None, :]",
    "L[:, None] @ L[None, :]",
    "diag(L)",
    "sum(outer(L, L))",
    "jac(L, L)",
    "forward_difference(L, L, 0.1)",
    "hess(sum(L ** 3), L)",
    "x[10 ** 30]",
    "L" + " * L" * 100,
]


@pytest.mark.parametrize("text", LARGE, ids=lambda t: t[:30])
def test_what_would_be_large_is_refused_before_it_is_made(text: str) -> None:
    inputs = {"x": Leaf((3,)), "y": Leaf((), 3), "Y": Leaf((5,), 3), "L": Leaf((100_000,))}
    graph = Graph.build(inputs, {"o": "sum(L) + sum(x) + onehot(y)[0] + onehot(Y)[0, 0]"})
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(FormulaError):
        graph.quantity(text)
    assert time.process_time() - began < 1.0
    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()


def test_functions_that_double_each_other_are_refused_before_they_cost_anything() -> None:
    functions = {"f0": "z -> z * z", **{f"f{k}": f"z -> f{k - 1}(f{k - 1}(z))" for k in range(1, 40)}}
    began = time.process_time()
    with pytest.raises(GraphErrors, match="operations"):
        graph_of({"o": "sum(f39(x))"}, functions)
    assert time.process_time() - began < 10.0


def test_functions_that_call_each_other_500_deep_are_no_recursion_error() -> None:
    functions = {"f0": "z -> z", **{f"f{k}": f"z -> f{k - 1}(z)" for k in range(1, 500)}}
    with pytest.raises(GraphErrors, match="nested too deep"):
        graph_of({"o": "sum(f499(x))"}, functions)


def test_derivatives_of_derivatives_are_refused_before_they_explode() -> None:
    text = "o"
    for _ in range(40):
        text = f"grad({text}, s)"
    graph = graph_of({"o": "tanh(sin(s) * exp(s) / (1 + s ** 2)) ** s"})
    began = time.process_time()
    with pytest.raises(FormulaError, match="operations"):
        graph.quantity(text)
    assert time.process_time() - began < 20.0


# ---- any text at all ----------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        "x",
        "X",
        "s",
        "y",
        "Y",
        "c",
        "A",
        "g",
        "g'",
        "h",
        "phi",
        "sum(",
        "exp(",
        "max(",
        "where(",
        "cross_entropy(",
        "onehot(",
        "hstack(",
        "reshape(",
        "softmax(",
        "norm(",
        "size(",
        "inv(",
        "(",
        ")",
        "[",
        "]",
        ",",
        ":",
        "+",
        "-",
        "*",
        "/",
        "**",
        "@",
        ".T",
        ".",
        "<",
        "<=",
        "==",
        ">",
        "=",
        "axis=",
        "keepdims=",
        "true",
        "0",
        "1",
        "2",
        "-1",
        "1.5",
        "1e3",
        "7,5",
        "pi",
        "None",
        ":",
        "^",
        "'",
        "é",
        "−",
        "lambda",
        "for",
        "in",
        "if",
        "else",
        "not",
        "_",
        "__class__",
        "windows(",
        "solve(",
        "det(",
        "transpose(",
        "diag(",
        "prod(",
        "cumsum(",
        "concat(",
        "stack(",
        "clip(",
        "leaky_relu(",
    ]
)
LEAVES = {name: leaf(name, numpy.shape(v)) for name, v in POINT.items()}
ANY_SCOPE = Scope(LEAVES, {"g": lambda z: z, "h": lambda z: z * z}, CLASSES)


def read_anything(text: str) -> None:
    error = refusal(lambda: read_formula(text, ANY_SCOPE))
    if error is not None:
        assert 0 <= error.start < error.end
        assert error.start <= len(text)
        assert error.message
        f"{error.message} {error.hint}".encode()


@CI
@given(st.text(max_size=60))
@example("\ud800")
@example("x\u2028+ 1")
@example("\x0cx +")
@example("\ufeffx")
def test_no_text_makes_another_exception(text: str) -> None:
    read_anything(text)
    for reader in (read_constant, names_read, parse):
        refusal(lambda reader=reader: reader(text))


@CI
@given(st.lists(PIECES, max_size=14), st.sampled_from(["", " "]))
def test_no_row_of_pieces_of_formulas_makes_another_exception(pieces: list[str], between: str) -> None:
    read_anything(between.join(pieces))


@CI
@given(st.sampled_from([text for text, _ in MEANINGS]), st.data())
def test_no_mutation_of_a_formula_makes_another_exception(text: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        drop = data.draw(st.integers(0, 3))
        text = text[:at] + data.draw(st.one_of(st.just(""), PIECES, st.characters())) + text[at + drop :]
    read_anything(text)
    try:
        graph = graph_of({"o": text})
    except GraphErrors:
        return
    assert numpy.shape(graph.values(POINT)["o"]) == graph.shape("o")
