"""Batched = looped: for random graphs of all operations, for Jacobians, labels, and arrays of more than two axes."""

from __future__ import annotations

import math
from typing import Any

import autograd
import numpy
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from grader.engine import Graph, Leaf
from tests.test_engine_random import CI, NAMESPACE, Drawn, assert_near, built, graphs

Array = Any
EXAMPLES = 3


@CI
@given(graphs(), st.data())
def test_a_batch_gives_what_a_loop_over_its_examples_gives(drawn: Drawn, data: st.DataObject) -> None:
    known, formulas = drawn
    graph = built(known, formulas)
    batch = data.draw(st.lists(st.sampled_from(graph.leaves), min_size=1, unique=True))
    wrt = data.draw(st.sampled_from([n for n in graph.leaves if n not in graph.labels]))
    wanted = [*graph.nodes, f"grad(o, {wrt})", f"jac({graph.nodes[0]}, {wrt})"]
    rng = numpy.random.default_rng(3)
    many = {n: examples_of(graph, n, known[n], rng) for n in batch}
    with numpy.errstate(all="ignore"):
        found = graph.compile(*wanted, batch=batch)(*(many.get(n, known[n]) for n in graph.leaves))
        one = graph.compile(*wanted)
        looped = [one(*(many[n][k] if n in many else known[n] for n in graph.leaves)) for k in range(EXAMPLES)]
    for quantity, f, *examples in zip(wanted, found, *looped, strict=True):
        expected = numpy.array(examples)
        assume(numpy.all(numpy.abs(expected) < 1e6))
        assert_near(f, expected, f"{quantity} of {formulas} in batches of {batch}")


def examples_of(graph: Graph, name: str, value: Array, rng: numpy.random.Generator) -> Array:
    if name in graph.labels:
        return rng.integers(graph.classes[name], size=(EXAMPLES, *numpy.shape(value)))
    return value + 0.1 * rng.normal(size=(EXAMPLES, *numpy.shape(value)))


def test_a_batch_may_have_any_length_one_and_none_included() -> None:
    graph = Graph({"h": "tanh(W @ x)", "o": "sum(h)"}, W=(2, 3), x=(3,))
    run = graph.compile("h", "grad(o, W)", batch=["x"])
    for length in (1, 5, 0):
        h, dW = run(numpy.ones((2, 3)), numpy.ones((length, 3)))
        assert (h.shape, dW.shape) == ((length, 2), (length, 2, 3))


def test_what_does_not_depend_on_the_batch_is_repeated() -> None:
    run = Graph({"a": "2 * s", "b": "x * s"}, x=(2,), s=()).compile("a", "b", batch=["x"])
    a, b = run(numpy.ones((3, 2)), 4.0)
    assert (a.tolist(), b.shape) == ([8.0, 8.0, 8.0], (3, 2))
    a += 1


# ---- arrays of any number of axes ---------------------------------------------------------------------------------

SHAPES: dict[str, tuple[int, ...]] = {"T": (2, 3, 4), "U": (5, 2, 4, 3), "M": (4, 3), "v": (4,), "r": (3,)}
FORMULAS = """
T @ M|T @ v|r @ T|v @ U|U @ T|U @ r|T @ U[0]|M @ T|U[0] @ T|M @ M.T @ M|T * M.T|U + U[0, 1] - r
T[0]|T[:, 1]|T[:, ::2, ::-1]|T[1, 2, 3]|T[:, None, 1:, None]|U[::-2, :, 3:0:-2]|U[-1, :, None, 2]|T[None]
sum(T, axis=(0, 2))|mean(U, axis=(1, -1), keepdims=true)|max(U, axis=(0, 2))|prod(T, axis=1)|min(T, axis=(0, 1, 2))
softmax(T, axis=1)|softmax(U, axis=(1, 3))|log_softmax(T, axis=(0, 1))|logsumexp(U, axis=(0, 2), keepdims=true)
cumsum(U, axis=2)|cumsum(T, axis=0)|norm(T)|norm(U) ** 2|norm(T, 1)
reshape(T, 4, 6)|reshape(U, 5, 2, 2, 2, 3)|reshape(T, -1, 2)|transpose(T)|transpose(U, 2, 0, 3, 1)|T.T|U.T
stack(T, 2 * T)|concat(T, T ** 2, axis=1)|concat(U, U, axis=-1)|outer(r, r) * T[:, :, :3]
tanh(T) * max(T, 0.1)|T ** 2 / (1 + T ** 2)
windows(T, (2, 3))|windows(U, (2, 2), 2)|sum(windows(U, (3, 1)) * M[:3, :1], axis=(-2, -1))
max(windows(T, (2, 2), 1), axis=(-2, -1))
where(T > M.T, T, M.T ** 2)|clip(U, -0.5, 0.5)|T * sum(U[0, 0] @ M.T, axis=1)
"""
TEXTS = [text for line in FORMULAS.split("\n") for text in line.split("|") if text and "..." not in text]


def meaning(text: str, point: dict[str, Array]) -> Array:
    return eval(text, {**NAMESPACE, **point})


@pytest.mark.parametrize("text", TEXTS)
def test_an_array_of_more_axes_has_numpys_value_and_autograds_gradient_alone_and_in_a_batch(text: str) -> None:
    rng = numpy.random.default_rng(sum(map(ord, text)))
    point = {name: rng.normal(size=shape) for name, shape in SHAPES.items()}
    value = meaning(text, point)
    weights = numpy.cos(numpy.arange(numpy.size(value))).reshape(numpy.shape(value))
    graph = Graph({"y": text, "o": "sum(y * p)"}, **SHAPES, p=weights.shape)
    read = list(graph.parents("y"))
    wanted = ["y", *(f"grad(o, {x})" for x in read)]
    y, *gradients = graph.compile(*wanted)(*point.values(), weights)
    assert_near(y, value, text)
    for x, found in zip(read, gradients, strict=True):

        def total(v: Array, x: str = x) -> Array:
            return NAMESPACE["sum"](meaning(text, {**point, x: v}) * weights)

        assert_near(found, autograd.grad(total)(point[x]), f"{text} by {x}")
    for x in read:
        many = point[x] + 0.1 * rng.normal(size=(EXAMPLES, *SHAPES[x]))
        batched = graph.compile(*wanted, batch=[x])(*({**point, x: many}).values(), weights)
        looped = [graph.compile(*wanted)(*({**point, x: many[k]}).values(), weights) for k in range(EXAMPLES)]
        for quantity, b, *examples in zip(wanted, batched, *looped, strict=True):
            assert_near(b, numpy.array(examples), f"{quantity} of {text} in a batch of {x}")


@pytest.mark.parametrize("text", ["T @ M", "softmax(T, axis=1)", "windows(T, (2, 2))", "T.T @ T[:, 0]", "norm(T) * T"])
def test_jacobians_of_more_axes_are_flattened_by_rows_and_hessians_are_symmetric(text: str) -> None:
    point = {name: numpy.random.default_rng(1).normal(size=shape) for name, shape in SHAPES.items()}
    graph = Graph({"y": text, "o": "sum(tanh(y) ** 2)"}, **SHAPES)
    matrix, hessian, product = graph.compile("jac(y, T)", "hess(o, T)", "hvp(o, T, T)")(*point.values())
    expected = autograd.jacobian(lambda v: meaning(text, {**point, "T": v}))(point["T"])
    assert_near(matrix, expected.reshape(math.prod(graph.shape("y")), 24), text)
    numpy.testing.assert_allclose(hessian, hessian.T, atol=1e-12 * numpy.max(numpy.abs(hessian)))
    assert_near(product.reshape(-1), hessian @ point["T"].reshape(-1), text)


def test_labels_of_a_batch_pick_from_the_example_beside_them() -> None:
    graph = Graph.build({"x": Leaf((4,)), "y": Leaf((), 3), "W": Leaf((3, 4))}, {"o": "cross_entropy(W @ x, y)"})
    run = graph.compile("o", "grad(o, W)", batch=["x", "y"])
    one = graph.compile("o", "grad(o, W)")
    x, y, W = numpy.eye(4), numpy.array([0, 2, 1, 2]), numpy.arange(12.0).reshape(3, 4) / 5
    looped = [one(a, b, W) for a, b in zip(x, y, strict=True)]
    for found, *examples in zip(run(x, y, W), *looped, strict=True):
        numpy.testing.assert_allclose(found, examples, rtol=1e-13, atol=1e-15)
