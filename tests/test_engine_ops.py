"""Every row of the table of operations is right, in both modes and to second order, at its own check points.

One test for all rows: against extrapolated differences of the compiled value, and against the library autograd.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import autograd
import autograd.numpy as anp
import numpy
import pytest
from autograd.tracer import getval
from numpy.lib.stride_tricks import sliding_window_view

from grader.engine import numeric
from grader.engine.compile import compile_nodes, prepared
from grader.engine.node import OPS, Node, apply, leaf
from grader.engine.transform import forward, reverse

Array = Any

NO_POINTS = {
    "leaf": "has no arguments",
    "constant": "has no arguments",
    "named": "is the identity, and compiles to nothing",
    "onehot": "takes labels, of which no derivative is asked for",
}
"""Rows without check points, and why."""

NOT_ALONG = {
    ("where", 0): "a condition",
    ("where_share", 0): "a condition",
    ("gate", 0): "a mask",
    ("pick", 1): "a label",
}
"""Arguments along which nothing is differentiated."""

KINKED = {"relu", "abs", "leaky_relu", "maximum", "minimum", "max", "norm"}
"""Rows that have a kink among their check points; each must, and no other may."""


def _put(p: Array, key: Any, shape: tuple[int, ...]) -> Array:
    """By the matrix of 0 and 1 that puts each entry at its place, as autograd cannot assign."""
    places = numpy.arange(math.prod(shape)).reshape(shape)[key].reshape(-1)
    matrix = numpy.zeros((math.prod(shape), places.size))
    matrix[places, numpy.arange(places.size)] = 1
    return anp.reshape(anp.dot(matrix, anp.reshape(p, (-1,))), shape)


def _sum_to(x: Array, shape: tuple[int, ...]) -> Array:
    x = anp.sum(x, axis=tuple(range(anp.ndim(x) - len(shape)))) if anp.ndim(x) > len(shape) else x
    axes = tuple(i for i, (a, b) in enumerate(zip(x.shape, shape, strict=True)) if a != b)
    return anp.sum(x, axis=axes, keepdims=True) if axes else x


def _windows(x: Array, size: tuple[int, int], stride: int) -> Array:
    places = sliding_window_view(numpy.arange(x.size).reshape(x.shape), size)[::stride, ::stride]
    return anp.reshape(x, (-1,))[places]


def _overlapped(p: Array, stride: int, into: tuple[int, int]) -> Array:
    places = sliding_window_view(numpy.arange(math.prod(into)).reshape(into), p.shape[-2:])[::stride, ::stride]
    matrix = numpy.zeros((math.prod(into), p.size))
    matrix[places.reshape(-1), numpy.arange(p.size)] = 1
    return anp.reshape(anp.dot(matrix, anp.reshape(p, (-1,))), into)


def _softmax(x: Array, axis: Any, **_: Any) -> Array:
    powers = anp.exp(x - anp.max(x, axis=axis, keepdims=True))
    return powers / anp.sum(powers, axis=axis, keepdims=True)


def _positive(x: Array) -> Array:
    return numpy.where(getval(x) > 0, 1.0, 0.0)


def _falling(a: Array, b: Array, order: int) -> Array:
    return math.prod((b - k for k in range(order)), start=1.0) * a ** (b - order)


AUTOGRAD: dict[str, Callable[..., Array]] = {
    "neg": lambda a: -a,
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "pow": lambda a, b: a**b,
    "power_slope": _falling,
    "square": lambda x: x**2,
    **{
        name: getattr(anp, name)
        for name in (
            "exp log log1p sqrt sin cos tan sinh cosh tanh arcsin arccos arctan "  # noqa: SIM905
            "maximum minimum matmul diag abs".split()
        )
    },
    "sigmoid": lambda x: 1 / (1 + anp.exp(-x)),
    "softplus": lambda x: anp.log(1 + anp.exp(x)),
    "relu": lambda x: _positive(x) * x,
    "leaky_relu": lambda x, a: (_positive(x) + (1 - _positive(x)) * a) * x,
    "leaky_relu_slope": lambda x, a: _positive(x) + (1 - _positive(x)) * a + 0 * x,
    "where": lambda c, a, b: c * a + (1 - c) * b,
    "gate": lambda mask, x: mask * x,
    "reshape": lambda x, shape: anp.reshape(x, shape),
    "broadcast": lambda x, shape: x * numpy.ones(shape),
    "sum_to": _sum_to,
    "transpose": lambda x, axes: anp.transpose(x, axes),
    "index": lambda x, key: x[key],
    "put": _put,
    "windows": _windows,
    "overlapped": _overlapped,
    "sum": anp.sum,
    "mean": anp.mean,
    "max": anp.max,
    "logsumexp": lambda x, axis, keepdims: anp.log(anp.sum(anp.exp(x), axis=axis, keepdims=keepdims)),
    "softmax": _softmax,
    "log_softmax": lambda x, **options: anp.log(_softmax(x, **options)),
    "norm": lambda x, axis: anp.sqrt(anp.sum(x * x)),
    "direction": lambda x, axis: x / anp.sqrt(anp.sum(x * x)),
    "cumsum": lambda x, axis: anp.cumsum(x, axis=axis),
    "reverse_cumsum": lambda x, axis: anp.sum(x, axis=axis, keepdims=True) - anp.cumsum(x, axis=axis) + x,
    "inv": anp.linalg.inv,
    "det": anp.linalg.det,
    "cofactors": lambda a: anp.linalg.det(a) * anp.linalg.inv(a).T,
    "logdet": lambda a: anp.linalg.slogdet(a)[1],
    "solve": anp.linalg.solve,
    "concat": lambda *parts, axis: anp.concatenate(parts, axis=axis),
    "pick": lambda q, y: q[int(y)] if numpy.ndim(y) == 0 else q[numpy.arange(len(y)), y.astype(int)],
}

NOT_IN_AUTOGRAD = {
    "erf": "autograd has it only with SciPy",
    "normal_share": "autograd has erf only with SciPy",
    "gelu": "autograd has erf only with SciPy",
    "nonzero_or_1": "no function of the library; a part of the derivative of a power",
    **dict.fromkeys(
        ("sign", "relu_slope", "abs_slope", "max_first_share", "min_first_share", "where_share", "max_share"),
        "constant by pieces",
    ),
    **dict.fromkeys(("lt", "le", "gt", "ge", "eq"), "constant by pieces"),
}


# ---- where a row is checked ---------------------------------------------------------------------------------------


def own_points(name: str) -> Iterator[tuple[tuple[Array, ...], dict[str, Any]]]:
    """The check points of a row: arguments and parameters."""
    for point in OPS[name].at:
        params = dict(point[-1]) if isinstance(point[-1], dict) else {}
        args = point[:-1] if isinstance(point[-1], dict) else point
        yield tuple(numpy.asarray(a, dtype=float) for a in args), params


SHAPES: dict[int, list[tuple[tuple[int, ...], ...]]] = {
    1: [((3,),), ((2, 3),), ((1, 1),)],
    2: [((3,), (3,)), ((2, 3), ()), ((), (2, 3)), ((2, 3), (3,)), ((2, 1), (3,)), ((1, 3), (2, 1))],
    3: [((2, 3), (2, 3), ()), ((), (2, 1), (3,)), ((3,), (), (2, 1))],
}


def broadcasts(name: str) -> Iterator[tuple[tuple[Array, ...], dict[str, Any]]]:
    """Arrays of several shapes round the first check point of an elementwise row."""
    if OPS[name].elementwise:
        args, params = next(own_points(name))
        for shapes in SHAPES[len(args)]:
            filled = []
            for k, (a, shape) in enumerate(zip(args, shapes, strict=True)):
                spread = 0.0 if (name, k) in NOT_ALONG else 0.02
                steps = numpy.arange(math.prod(shape)).reshape(shape)
                filled.append(a.reshape(-1)[0] * (1 + spread * steps))
            yield tuple(filled), params


# ---- differences --------------------------------------------------------------------------------------------------


def extrapolated(quotient: Callable[[float], Array], h: float, order: int) -> Array:
    """Romberg's extrapolation to step 0 of a quotient whose error has the powers order, 2 order, … of the step."""
    table = [quotient(h / 2**i) for i in range(6)]
    for k in range(1, len(table)):
        factor = 2.0 ** (order * k)
        table = [(factor * b - a) / (factor - 1) for a, b in itertools.pairwise(table)]
    return table[0]


@dataclasses.dataclass
class Slopes:
    """Numerical Jacobians of a function by one argument: central, and to the left and right of the point."""

    central: Array
    left: Array
    right: Array

    @property
    def kinked(self) -> Array:
        return numpy.abs(self.left - self.right) > 1e-4 * (1 + numpy.abs(self.central))


def differences(function: Callable[..., Array], args: tuple[Array, ...], k: int) -> Slopes:
    def moved(j: int, step: float) -> Array:
        x = numpy.array(args[k], dtype=float, order="C")
        x.reshape(-1)[j] += step
        return numpy.asarray(function(*args[:k], x, *args[k + 1 :]), dtype=float).reshape(-1)

    here = numpy.asarray(function(*args), dtype=float).reshape(-1)
    columns: dict[str, list[Array]] = {"central": [], "left": [], "right": []}
    for j in range(args[k].size):
        h = 0.02 * max(abs(float(args[k].reshape(-1)[j])), 0.5)
        columns["central"].append(extrapolated(lambda s, j=j: (moved(j, s) - moved(j, -s)) / (2 * s), h, 2))
        columns["left"].append(extrapolated(lambda s, j=j: (here - moved(j, -s)) / s, h, 1))
        columns["right"].append(extrapolated(lambda s, j=j: (moved(j, s) - here) / s, h, 1))
    return Slopes(**{name: numpy.array(c).reshape(-1, here.size).T for name, c in columns.items()})


def assert_slopes(found: Array, expected: Slopes, what: str) -> None:
    """Equal where the function is smooth, between the one-sided slopes at a kink; nan where differences are."""
    low, high = numpy.minimum(expected.left, expected.right), numpy.maximum(expected.left, expected.right)
    smooth = ~expected.kinked
    numpy.testing.assert_allclose(found[smooth], expected.central[smooth], rtol=2e-7, atol=2e-8, err_msg=what)
    inside = (found >= low - 1e-6) & (found <= high + 1e-6)
    assert numpy.all(inside[~smooth]), f"{what}: {found} is not between {low} and {high}"


NO_COMPLEX_FORM = {
    **dict.fromkeys(("erf", "normal_share", "gelu", "softplus"), "NumPy has none of complex numbers"),
    **dict.fromkeys(("sigmoid", "norm", "direction", "abs", "leaky_relu", "relu"), "looks at the modulus or the sign"),
    **dict.fromkeys(("maximum", "minimum", "max", "where", "gate", "nonzero_or_1"), "compares"),
    **dict.fromkeys(("logdet", "cofactors"), "NumPy's is real"),
    **dict.fromkeys(("put", "overlapped", "pick", "leaky_relu_slope"), "fills an array of floats, or looks up"),
}


def complex_steps(name: str, args: tuple[Array, ...], params: dict[str, Any], k: int) -> Array:
    """The Jacobian by argument k from the imaginary part of the value a tiny step off the real axis: exact."""
    names = [f"a{i}" for i in range(len(args))]
    node = apply(name, *(leaf(n, a.shape) for n, a in zip(names, args, strict=True)), **params)
    columns = []
    for unit in numpy.eye(args[k].size).reshape(-1, *args[k].shape):
        given = dict(zip(names, [*args[:k], args[k] + 1e-200j * unit, *args[k + 1 :]], strict=True))
        value = eval(node.op.emit(names, node), {"numpy": numpy, "numeric": numeric, **given})
        columns.append(numpy.imag(value).reshape(-1) / 1e-200)
    return numpy.array(columns).reshape(args[k].size, node.size).T


# ---- the check of a row -------------------------------------------------------------------------------------------


def function_of(nodes: list[Node], inputs: list[Node]) -> Callable[..., Array]:
    run = compile_nodes(nodes, inputs)
    return lambda *values: numpy.asarray(run(*(prepared(v) for v in values))[0], dtype=float)


def jacobians(y: Node, x: Node, inputs: list[Node], values: tuple[Array, ...]) -> tuple[Array, Array]:
    """The Jacobian by reverse and by forward mode, a unit seed at a time."""
    p, t = leaf("p", y.shape), leaf("t", x.shape)
    back = function_of([reverse(y, [x], p)[0]], [*inputs, p])
    forth = function_of([forward(y, {x: t})], [*inputs, t])
    rows = [back(*values, unit.reshape(y.shape)).reshape(-1) for unit in numpy.eye(y.size)]
    columns = [forth(*values, unit.reshape(x.shape)).reshape(-1) for unit in numpy.eye(x.size)]
    return numpy.array(rows).reshape(y.size, x.size), numpy.array(columns).reshape(x.size, y.size).T


def check_first_order(name: str, args: tuple[Array, ...], params: dict[str, Any]) -> bool:
    """Check both modes against differences and autograd; returns whether the function is smooth here."""
    inputs = [leaf(f"x{k}", a.shape) for k, a in enumerate(args)]
    y = apply(name, *inputs, **params)
    value = function_of([y], inputs)
    assert value(*args).shape == y.shape, f"{name}: the shape rule says {y.shape}"
    smooth = True
    for k, x in enumerate(inputs):
        if (name, k) in NOT_ALONG:
            assert OPS[name].vjp[k] is None
            continue
        what = f"{name}{tuple(a.tolist() for a in args)} by argument {k}"
        back, forth = jacobians(y, x, inputs, args)
        numpy.testing.assert_allclose(back, forth, rtol=1e-12, atol=1e-14, err_msg=f"{what}: VJP and JVP")
        slopes = differences(value, args, k)
        assert_slopes(back, slopes, what)
        smooth &= not numpy.any(slopes.kinked)
        if name in AUTOGRAD and not numpy.any(slopes.kinked):
            other = autograd.jacobian(lambda *a: AUTOGRAD[name](*a, **params), k)(*args)
            message = f"{what}: autograd"
            numpy.testing.assert_allclose(back, other.reshape(back.shape), rtol=1e-10, atol=1e-12, err_msg=message)
    return smooth


def check_second_order(name: str, args: tuple[Array, ...], params: dict[str, Any]) -> None:
    """Check derivatives of each mode's derivative, in both modes, against differences of the first."""
    inputs = [leaf(f"x{k}", a.shape) for k, a in enumerate(args)]
    y = apply(name, *inputs, **params)
    seeds = numpy.random.default_rng(1)
    for k, x in enumerate(inputs):
        p, t = leaf("p", y.shape), leaf("t", x.shape)
        for seed, first in ((p, reverse(y, [x], p)[0]), (t, forward(y, {x: t}))):
            given, values = [*inputs, seed], (*args, seeds.normal(size=seed.shape))
            run = function_of([first], given)
            for m, z in enumerate(inputs):
                if (name, m) in NOT_ALONG or (name, k) in NOT_ALONG:
                    continue
                back, forth = jacobians(first, z, given, values)
                what = f"{name}{tuple(a.tolist() for a in args)}, second derivative by arguments {k} and {m}"
                numpy.testing.assert_allclose(back, forth, rtol=1e-11, atol=1e-13, err_msg=f"{what}: VJP and JVP")
                expected = differences(run, values, m).central
                there = numpy.isfinite(expected)  # at the edge of a domain there are no differences
                numpy.testing.assert_allclose(back[there], expected[there], rtol=2e-6, atol=2e-7, err_msg=what)


def check_row(name: str) -> bool:
    """The whole check of a row; returns whether a kink was among its points."""
    kinked = False
    with numpy.errstate(all="ignore"):
        for args, params in own_points(name):
            smooth = check_first_order(name, args, params)
            kinked |= not smooth
            if smooth:
                check_second_order(name, args, params)
        for args, params in broadcasts(name):
            check_first_order(name, args, params)
    return kinked


CHECKED = [name for name in OPS if name not in NO_POINTS]


@pytest.mark.parametrize("name", CHECKED)
def test_a_row_is_right_in_both_modes_and_to_second_order(name: str) -> None:
    assert check_row(name) == (name in KINKED)


@pytest.mark.parametrize("name", [n for n in CHECKED if any(OPS[n].vjp) and n not in NO_COMPLEX_FORM])
def test_a_row_that_numpy_has_of_complex_numbers_is_right_to_rounding(name: str) -> None:
    for args, params in own_points(name):
        inputs = [leaf(f"x{k}", a.shape) for k, a in enumerate(args)]
        y = apply(name, *inputs, **params)
        for k, x in enumerate(inputs):
            if name == "pow" and k == 1 and numpy.any(args[0] <= 0):
                continue  # another exponent leaves the real numbers
            with numpy.errstate(all="ignore"):
                back, forth = jacobians(y, x, inputs, args)
                expected = complex_steps(name, args, params, k)
            there = numpy.isfinite(expected)
            for found in (back, forth):
                numpy.testing.assert_allclose(found[there], expected[there], rtol=5e-14, atol=1e-15, err_msg=name)


@pytest.mark.parametrize("name", CHECKED)
def test_a_row_has_points_to_check_it_at_and_can_be_printed(name: str) -> None:
    row = OPS[name]
    assert row.at, f"{name} has no check points"
    assert row.latex, f"{name} has no LaTeX"
    assert len(row.vjp) == len(row.jvp)
    assert [r is None for r in row.vjp] == [r is None for r in row.jvp]
    if row.elementwise:
        assert [r is None for r in row.vjp] == [s is None for s in row.slopes]


def test_rows_without_points_or_without_a_counterpart_in_autograd_are_named_with_a_reason() -> None:
    assert {name for name, row in OPS.items() if not row.at} == set(NO_POINTS)
    assert set(OPS) - set(NO_POINTS) == set(AUTOGRAD) | set(NOT_IN_AUTOGRAD)
    assert not set(AUTOGRAD) & set(NOT_IN_AUTOGRAD)


def _scaled(rule: Callable[..., Node] | None) -> Callable[..., Node] | None:
    return None if rule is None else lambda p, y, *x: 1.001 * rule(p, y, *x)


@pytest.mark.parametrize("mode", ["vjp", "jvp"])
@pytest.mark.parametrize("name", [name for name in CHECKED if any(OPS[name].vjp)])
def test_a_rule_that_is_wrong_by_a_thousandth_is_caught(name: str, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    row = OPS[name]
    monkeypatch.setitem(OPS, name, dataclasses.replace(row, **{mode: tuple(_scaled(r) for r in getattr(row, mode))}))
    if not any(numpy.any(jacobian_at(name, args, params)) for args, params in own_points(name)):
        pytest.skip("its derivative is 0 at all its points")
    with pytest.raises(AssertionError):
        check_row(name)


def jacobian_at(name: str, args: tuple[Array, ...], params: dict[str, Any]) -> Array:
    inputs = [leaf(f"x{k}", a.shape) for k, a in enumerate(args)]
    y = apply(name, *inputs, **params)
    with numpy.errstate(all="ignore"):
        return numpy.concatenate([jacobians(y, x, inputs, args)[0].reshape(-1) for x in inputs])


def test_a_rule_that_is_right_only_in_value_is_caught_at_second_order(monkeypatch: pytest.MonkeyPatch) -> None:
    held = dataclasses.replace(OPS["sign"], name="held", emit=lambda args, node: args[0])
    monkeypatch.setitem(OPS, "held", held)

    def rule(p: Node, y: Node, x: Node) -> Node:
        return p * 2 * apply("held", x)

    monkeypatch.setitem(OPS, "square", dataclasses.replace(OPS["square"], vjp=(rule,), jvp=(rule,)))
    with pytest.raises(AssertionError, match="second derivative"):
        check_row("square")
