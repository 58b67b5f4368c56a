"""Random graphs of all operations: reverse mode = forward mode = autograd, and edges put together = whole derivatives.

The same text is read twice: by the engine, and by Python itself over functions of autograd's NumPy.
"""

from __future__ import annotations

import functools
import itertools
import math
import operator
import warnings
from typing import Any

import autograd
import autograd.numpy as anp
import numpy
from autograd.extend import defvjp, primitive
from autograd.tracer import getval
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from grader.engine import Graph, Leaf
from grader.engine.compile import compile_nodes, prepared
from grader.engine.formula import FUNCTIONS
from grader.engine.node import leaf
from grader.engine.transform import forward, reverse

Array = Any
Drawn = tuple[dict[str, Any], dict[str, str]]

CI = settings(
    derandomize=True,
    deadline=None,
    max_examples=300,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)

# ---- an independent interpreter -----------------------------------------------------------------------------------


def _axes(x: Array, axis: Any) -> tuple[int, ...]:
    ndim = anp.ndim(x)
    axes = range(ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
    return tuple(a % ndim for a in axes)


def _prod(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    for a in sorted(_axes(x, axis), reverse=True):
        x = functools.reduce(operator.mul, [x[(slice(None),) * a + (i,)] for i in range(x.shape[a])])
        x = anp.expand_dims(x, a) if keepdims else x
    return x


def _extreme(pair: Any, whole: Any) -> Any:
    return lambda a, *b, **options: pair(a, *b) if b else whole(a, **options)


def _softmax(x: Array, axis: Any = -1) -> Array:
    powers = anp.exp(x - anp.max(x, axis=axis, keepdims=True))
    return powers / anp.sum(powers, axis=axis, keepdims=True)


def _logsumexp(x: Array, axis: Any = -1, keepdims: bool = False) -> Array:
    top = numpy.max(getval(x))
    return anp.log(anp.sum(anp.exp(x - top), axis=axis, keepdims=keepdims)) + top


def _log_softmax(x: Array, axis: Any = -1) -> Array:
    shifted = x - numpy.max(getval(x), axis=axis, keepdims=True)
    return shifted - anp.log(anp.sum(anp.exp(shifted), axis=axis, keepdims=True))


def _where(condition: Array, a: Array, b: Array) -> Array:
    share = numpy.where(getval(condition), 1.0, 0.0)
    return share * a + (1 - share) * b


def _pick(q: Array, y: Array) -> Array:
    return q[y] if numpy.ndim(y) == 0 else q[numpy.arange(len(y)), y]


def _windows(x: Array, size: tuple[int, int], stride: int = 1) -> Array:
    (height, width), (rows, columns) = size, numpy.shape(x)[-2:]
    return anp.stack(
        [
            anp.stack([x[..., i : i + height, j : j + width] for j in range(0, columns - width + 1, stride)], axis=-3)
            for i in range(0, rows - height + 1, stride)
        ],
        axis=-4,
    )


def _column(x: Array) -> Array:
    return anp.reshape(x, (-1, 1)) if anp.ndim(x) < 2 else x


def _row(x: Array) -> Array:
    return anp.reshape(x, (1, -1)) if anp.ndim(x) < 2 else x


@primitive
def _erf(x: Array) -> Array:
    return numpy.vectorize(math.erf, otypes=[float])(x)


defvjp(_erf, lambda y, x: lambda p: p * 2 / math.sqrt(math.pi) * anp.exp(-(x**2)))

NAMESPACE: dict[str, Any] = {
    "true": True,
    "pi": math.pi,
    **{
        name: getattr(anp, name)
        for name in (
            "exp log log1p sqrt square abs sign sin cos tan sinh cosh tanh arcsin arccos arctan "  # noqa: SIM905
            "sum mean dot outer diag trace".split()
        )
    },
    "sigmoid": lambda x: 1 / (1 + anp.exp(-x)),
    "relu": lambda x: _where(x > 0, x, 0.0),
    "leaky_relu": lambda x, a: _where(x > 0, x, a * x),
    "softplus": lambda x: anp.log(1 + anp.exp(x)),
    "gelu": lambda x: x * 0.5 * (1 + _erf(x / math.sqrt(2))),
    "erf": _erf,
    "max": _extreme(anp.maximum, anp.max),
    "min": _extreme(anp.minimum, anp.min),
    "prod": _prod,
    "norm": lambda x, order=2: anp.sqrt(anp.sum(x**2)) if order == 2 else anp.sum(anp.abs(x)),
    "cumsum": lambda x, axis=-1: anp.cumsum(x, axis=axis),
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "logsumexp": _logsumexp,
    "cross_entropy": lambda q, y: -anp.sum(_pick(_log_softmax(q), y)),
    "hstack": lambda *parts: anp.concatenate([_column(x) for x in parts], axis=1),
    "vstack": lambda *parts: anp.concatenate([_row(x) for x in parts], axis=0),
    "concat": lambda *parts, axis=0: anp.concatenate(parts, axis=axis),
    "stack": lambda *parts: anp.stack(parts),
    "reshape": lambda x, *shape: anp.reshape(x, shape),
    "transpose": lambda x, *axes: anp.transpose(x, axes or None),
    "inv": anp.linalg.inv,
    "det": anp.linalg.det,
    "logdet": lambda a: anp.linalg.slogdet(a)[1],
    "solve": anp.linalg.solve,
    "where": _where,
    "clip": lambda x, low, high: anp.minimum(anp.maximum(x, low), high),
    "onehot": lambda y: numpy.eye(3)[y],
    "windows": _windows,
    "size": lambda x: float(numpy.size(getval(x))),
    "rows": lambda x: float(numpy.shape(getval(x))[0]),
    "columns": lambda x: float(numpy.shape(getval(x))[-1]),
}


def interpreted(formulas: dict[str, str], point: dict[str, Array]) -> dict[str, Array]:
    """The values of all nodes, by Python's own evaluation."""
    known = dict(point)
    for name, text in formulas.items():
        known[name] = eval(text, {**NAMESPACE, **known})
    return known


# ---- random graphs ------------------------------------------------------------------------------------------------

ENTRY_BY_ENTRY = """
exp(tanh({a}))|log(1.1 + square({a}))|log1p({a} ** 2)|sqrt(0.5 + square({a}))|square({a})|abs({a})|sign({a}) * {a}
sin({a})|cos({a})|tan(0.9 * tanh({a}))|sinh(tanh({a}))|cosh(tanh({a}))|tanh({a})|arcsin(0.9 * tanh({a}))
arccos(0.9 * tanh({a}))|arctan({a})|sigmoid({a})|relu({a})|leaky_relu({a}, 0.1)|softplus({a})|gelu({a})|erf({a})
-{a}|tanh({a}) ** 3|{a} ** 1|{a} ** 0 + {a}|(0.2 + {a} ** 2) ** -1.5|where({a} > 0.1, {a}, exp(0.1 * {a}))
clip({a}, -0.5, 0.8)|clip({a}, {s}, 1 + {s} ** 2)|where({s} <= {a}, {a} * {s}, {s})|{a} / size({a})|pi * {a} - 1e-1
"""
PAIRS = """
{a} + {b}|{a} - {b}|{a} * {b}|{a} / (1.5 + {b} ** 2)|(1.2 + tanh({a}) ** 2) ** tanh({b})|max({a}, {b})|min({a}, {b})
where({a} < {b}, {a}, {b} * {a})|leaky_relu({a}, {b})|{a} ** 2 - 2 * {a} * {b}|where({a} >= {b}, 1, {b})
"""
REDUCTIONS = """
sum({a}{o})|mean({a}{o})|prod(tanh({a}){o})|max({a}{o})|min({a}{o})
"""
WHOLE = """
norm(0.3 + {a} ** 2)|norm({a}, 1)|sum({a}) * {a}|softmax({a})|log_softmax({a})|logsumexp({a})|cumsum({a})|{a}[0]
{a}[-1]|{a}[0:1]|{a}[::2]|{a}[::-1]|{a}.T|transpose({a})|{a}[None]|reshape({a}, size({a}))|reshape({a}, 1, size({a}))
stack({a}, {a} ** 2)|concat({a}, 2 * {a})|hstack({a}, {a})|vstack({a}, {a})|rows({a}) * {a}
"""
MATRICES = """
{a}[:, 0]|{a}[0, :]|{a}[:, None, 0]|{a}[-1, ::2]|softmax({a}, axis=0)|log_softmax({a}, axis=0)|cumsum({a}, axis=0)
logsumexp({a}, axis=0)|logsumexp({a}, axis=1, keepdims=true)|logsumexp({a}, axis=(0, 1))|softmax({a}, axis=(0, 1))
concat({a}, {a}, axis=1)|transpose({a}, 1, 0)|sum({a}, axis=(0, 1))|{a} @ {a}.T|columns({a}) * {a}|{a}.T @ {a}
sum(windows({a}, (1, 2)), axis=(-2, -1))|max(windows({a}, (2, 1), 2), axis=(2, 3))|windows({a}, (1, 1), 2)[0, -1]
"""
SQUARES = """
inv(A + 0.1 * tanh({a}))|det(tanh({a}))|logdet(A + 0.1 * tanh({a}))|solve(A + 0.1 * tanh({a}), x)|trace({a})|diag({a})
solve(A, {a})
"""
VECTORS = "outer({a}, {a})|dot({a}, {a})|diag({a})|{a} @ {a}|{a}[:, None]|hstack({a}, 2 * {a})"
LABELS = """
cross_entropy(V, y)|V[y]|cross_entropy(Q, Y)|onehot(y) * V|onehot(Y) * Q|softmax(V)[y]|cross_entropy(tanh(Q) * 5, Y)
"""
OPTIONS = ["", ", axis=0", ", axis=-1", ", keepdims=true", ", axis=0, keepdims=true"]


def _split(text: str) -> list[str]:
    return [t for line in text.split("\n") for t in line.split("|") if t]


@st.composite
def graphs(draw: st.DrawFn) -> Drawn:
    """A point (values of inputs) and formulas, the last one a number that depends on everything."""
    rng = numpy.random.default_rng(draw(st.integers(0, 10**6)))
    n, m = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    shapes: dict[str, tuple[int, ...]] = {"s": (), "x": (n,), "W": (m, n), "A": (n, n), "V": (3,), "Q": (2, 3)}
    point = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    point["A"] += 2 * n * numpy.eye(n)
    known = {**point, "y": numpy.intp(rng.integers(3)), "Y": rng.integers(3, size=2)}
    formulas: dict[str, str] = {}
    for k in range(draw(st.integers(1, 7))):
        text = _formula(draw, known)
        try:
            with numpy.errstate(all="ignore"):
                value = eval(text, {**NAMESPACE, **known})
        except (ValueError, IndexError, TypeError, numpy.exceptions.AxisError):
            continue
        if numpy.ndim(value) <= 2 and numpy.all(numpy.abs(value) < 1e3):
            formulas[f"u{k}"], known[f"u{k}"] = text, value
    assume(formulas)
    ends = [name for name in formulas if not any(name in text for text in formulas.values())]
    formulas["o"] = " + ".join(f"sum({name} * {0.3 + 0.1 * i:.1f})" for i, name in enumerate(ends))
    return known, formulas


def _formula(draw: st.DrawFn, known: dict[str, Array]) -> str:
    names = [name for name in known if name not in ("y", "Y")]
    a = draw(st.sampled_from(names[::-1]))
    ndim, shape = numpy.ndim(known[a]), numpy.shape(known[a])
    kinds = [ENTRY_BY_ENTRY, PAIRS, *([REDUCTIONS, WHOLE] if ndim else []), *([VECTORS] if ndim == 1 else [])]
    kinds += [MATRICES] if ndim == 2 else []
    kinds += [SQUARES] * 2 if shape == known["A"].shape else []
    kinds += [LABELS, "{a} @ {b}"]
    template = draw(st.sampled_from(_split(draw(st.sampled_from(kinds)))))
    b = draw(st.sampled_from(names))
    return template.format(a=a, b=b, s="s", o=draw(st.sampled_from(OPTIONS)))


LEAVES = {"y": 3, "Y": 3}


def built(known: dict[str, Array], formulas: dict[str, str]) -> Graph:
    inputs = {n: Leaf(numpy.shape(v), LEAVES.get(n)) for n, v in known.items() if n not in formulas}
    return Graph.build(inputs, dict(reversed(formulas.items())), output="o")


def test_every_function_of_formulas_occurs_in_the_random_graphs() -> None:
    texts = " ".join([ENTRY_BY_ENTRY, PAIRS, REDUCTIONS, WHOLE, MATRICES, SQUARES, VECTORS, LABELS])
    assert [f for f in FUNCTIONS if f"{f}(" not in texts] == []
    assert set(FUNCTIONS) - set(NAMESPACE) == set()


def assert_near(found: Array, expected: Array, what: str) -> None:
    scale = float(numpy.max(numpy.abs(expected), initial=1e-3))
    assert numpy.shape(found) == numpy.shape(expected), what
    numpy.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11 * scale, err_msg=what)


@CI
@given(graphs())
def test_values_and_gradients_in_both_modes_are_those_of_autograd(drawn: Drawn) -> None:
    known, formulas = drawn
    graph = built(known, formulas)
    values = graph.values(known)
    for name in formulas:
        assert_near(values[name], known[name] if name != "o" else values["o"], f"{name} of {formulas}")
    for x in graph.inputs:
        if x in graph.labels:
            continue
        others = {n: v for n, v in known.items() if n not in formulas and n != x}
        expected = gradient(formulas, others, x, known[x])
        assume(numpy.all(numpy.isfinite(expected)))
        direction = numpy.cos(1.0 + numpy.arange(expected.size)).reshape(expected.shape)
        t = leaf("t", expected.shape)
        moved = forward(graph.by_name["o"], {graph.by_name[x]: t})
        (back,) = graph.evaluate(known, graph.quantity(f"grad(o, {x})"))
        (forth,) = compiled_with(graph, known, moved, t, direction)
        assert_near(back, expected, f"grad(o, {x}) of {formulas}")
        scale = float(numpy.sum(numpy.abs(back * direction)))
        assert abs(forth - numpy.sum(back * direction)) <= 1e-10 * (scale + 1e-3), f"tangent by {x} of {formulas}"


def gradient(formulas: dict[str, str], others: dict[str, Array], x: str, value: Array) -> Array:
    """Autograd's gradient of `o`; 0 where it does not depend on `x`, of which autograd warns."""
    with numpy.errstate(all="ignore"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Output seems independent of input")
        return numpy.asarray(autograd.grad(lambda v: interpreted(formulas, {**others, x: v})["o"])(value))


def compiled_with(graph: Graph, known: dict[str, Array], node: Any, extra: Any, value: Array) -> tuple[Array, ...]:
    inputs = [graph.by_name[n] for n in graph.leaves]
    run = compile_nodes([node], [*inputs, extra])
    return run(*(prepared(known[n]) for n in graph.leaves), prepared(value))


@CI
@given(graphs())
def test_vjp_and_jvp_are_adjoint_and_rows_of_jacobians_are_gradients(drawn: Drawn) -> None:
    known, formulas = drawn
    graph = built(known, formulas)
    u = graph.nodes[0]
    for x in (n for n in graph.inputs if n not in graph.labels):
        y, wrt = graph.by_name[u], graph.by_name[x]
        p, t = leaf("p", y.shape), leaf("t", wrt.shape)
        rng = numpy.random.default_rng(0)
        seed, direction = rng.normal(size=y.shape), rng.normal(size=wrt.shape)
        (back,) = compiled_with(graph, known, reverse(y, [wrt], p)[0], p, seed)
        (forth,) = compiled_with(graph, known, forward(y, {wrt: t}), t, direction)
        (matrix,) = graph.evaluate(known, graph.quantity(f"jac({u}, {x})"))
        assume(numpy.all(numpy.isfinite(matrix)))
        assert matrix.shape == (y.size, wrt.size)
        assert_near(back.reshape(-1), seed.reshape(-1) @ matrix, f"{u} by {x} of {formulas}")
        assert_near(numpy.reshape(forth, -1), matrix @ direction.reshape(-1), f"{u} by {x} of {formulas}")


@CI
@given(graphs())
def test_products_of_edges_summed_over_all_paths_are_the_gradient(drawn: Drawn) -> None:
    known, formulas = drawn
    graph = built(known, formulas)
    edges = [(j, i) for j, i in graph.edges if j not in graph.labels]
    found = graph.evaluate(known, *(graph.edge(j, i) for j, i in edges))
    size = {n: graph.by_name[n].size for n in graph.names}
    local = {(j, i): numpy.reshape(m, (size[i], size[j])) for (j, i), m in zip(edges, found, strict=True)}
    assume(all(numpy.all(numpy.isfinite(m)) for m in local.values()))
    adjoint = {"o": numpy.ones((1, 1))}
    for j in reversed(graph.names):
        parts = [adjoint[i] @ local[j, i] for i in graph.readers(j) if (j, i) in local and i in adjoint]
        if parts:
            adjoint[j] = sum(parts[1:], parts[0])
    for name, along_paths in adjoint.items():
        (whole,) = graph.evaluate(known, graph.quantity(f"adjoint({name})"))
        assert_near(numpy.reshape(whole, (1, -1)), along_paths, f"{name} of {formulas}")


@CI
@given(graphs(), st.data())
def test_hessians_are_symmetric(drawn: Drawn, data: st.DataObject) -> None:
    known, formulas = drawn
    graph = built(known, formulas)
    x = data.draw(st.sampled_from([n for n in graph.inputs if n not in graph.labels]))
    (hessian,) = graph.evaluate(known, graph.quantity(f"hess(o, {x})"))
    matrix = numpy.reshape(hessian, (graph.by_name[x].size, -1))
    assume(numpy.all(numpy.isfinite(matrix)))
    scale = float(numpy.max(numpy.abs(matrix), initial=1e-3))
    numpy.testing.assert_allclose(matrix, matrix.T, atol=1e-9 * scale, err_msg=str(formulas))


def test_the_order_of_a_file_and_of_evaluation_do_not_matter() -> None:
    texts = {"c": "a * b", "b": "a + x", "a": "x ** 2"}
    for order in itertools.permutations(texts):
        graph = Graph.build({"x": Leaf(())}, {n: texts[n] for n in order})
        assert graph.nodes == ("a", "b", "c")
        assert graph.values({"x": 3.0})["c"] == 9.0 * 12.0
