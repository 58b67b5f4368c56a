"""check_gradient: right gradients pass, wrong ones fail, and what cannot be decided is said to be so."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import numpy
import pytest

import grader
from grader import check_gradient
from grader.engine.probing import Probe
from grader.engine.slopes import Line
from tests.bench import gradcheck

X = numpy.array([0.3, -1.2, 0.8, 2.0, -0.4])
A = numpy.array([[0.5, -0.2, 1.0], [0.7, 0.4, -0.9]])


def f(x):
    return float(numpy.sum(numpy.tanh(x) ** 2))


def df(x):
    return 2 * numpy.tanh(x) * (1 - numpy.tanh(x) ** 2)


def changed(g, entry, value):
    out = numpy.array(g, dtype=float)
    out[entry] = value
    return out


# -- random hard cases


@pytest.mark.parametrize("build", gradcheck.CASES, ids=lambda build: build.__name__)
def test_no_draw_gets_a_wrong_verdict(build):
    for number in range(12):
        rng = numpy.random.default_rng([99, number])
        case = build(rng)
        if case.right is not None:
            found = gradcheck.outcome(gradcheck.by_grader, case, case.right, True)
            assert found == "right passed" or build is gradcheck.whole_numbers
        wrongs = gradcheck._wrongs(rng, case.right) if case.wrongs is None else case.wrongs
        for kind, wrong in wrongs.items():
            if gradcheck._decidable(case, wrong):
                found = gradcheck.outcome(gradcheck.by_grader, case, wrong, False)
                allowed = found == "wrong undecided" and build in (gradcheck.dropout, gradcheck.whole_numbers)
                assert found == "wrong failed" or allowed, (number, kind)


# -- the result


def test_a_result_is_frozen_data():
    result = check_gradient(f, df, X)
    assert (result.verdict, result.passed, result.worst) == ("passed", True, None)
    assert result.error <= result.estimate < 1e-9
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.verdict = "failed"


def test_the_same_arguments_give_the_same_result():
    assert dataclasses.astuple(check_gradient(f, df, X)) == dataclasses.astuple(check_gradient(f, df, X))


def test_a_wrong_entry_is_named_with_both_values():
    result = check_gradient(f, changed(df(X), 3, 1.0), X)
    assert (result.verdict, result.passed, result.worst) == ("failed", False, (3,))
    assert result.claimed == pytest.approx(1.0)
    assert result.measured == pytest.approx(df(X)[3], rel=1e-9)
    assert result.error == pytest.approx(1 - df(X)[3], rel=1e-6)
    assert result.reason.startswith("Entry [3] of the gradient is 1, and the values of f give 0.1362")


def test_the_index_of_a_matrix_entry_has_two_numbers():
    def g(W):
        return A[:, :2].T @ numpy.cos(A[:, :2] @ W)

    W = numpy.array([[0.1, 0.4, -1.0], [0.6, -0.3, 0.2]])
    result = check_gradient(lambda W: numpy.sin(A[:, :2] @ W).sum(), g, W)
    assert result.passed
    result = check_gradient(lambda W: numpy.sin(A[:, :2] @ W).sum(), changed(g(W), (1, 2), 9.0), W)
    assert result.worst == (1, 2)


@pytest.mark.parametrize(("factor", "words"), [(-1, "the sign is the other one"), (2, "twice as much"), (0.5, "half")])
def test_the_reason_names_a_plain_factor(factor, words):
    assert words in check_gradient(f, factor * df(X), X).reason


def test_the_curve_falls_by_truncation_and_rises_by_rounding():
    steps, errors = zip(*check_gradient(f, df, X).curve, strict=True)
    assert list(steps) == sorted(steps, reverse=True)
    assert min(errors) < 1e-3 * errors[0]
    assert min(errors) < 1e-2 * errors[-1]


def test_a_number_is_a_point_too():
    assert check_gradient(lambda x: x**3, lambda x: 3 * x**2, 2.0).passed
    result = check_gradient(lambda x: x**3, 11.0, 2.0)
    assert (result.passed, result.worst) == (False, ())


def test_whole_numbers_as_the_point_are_no_obstacle():
    assert check_gradient(lambda x: x @ x, lambda x: 2 * x, [1, 2, 3]).passed
    assert check_gradient(lambda x: x @ x, [2, 4, 6], [1, 2, 3]).passed


def test_a_point_without_entries_passes():
    assert check_gradient(lambda x: 1.0, numpy.zeros(0), []).passed


@pytest.mark.parametrize(("x", "error"), [(["a"], TypeError), ([1j], TypeError), ([numpy.nan], ValueError)])
def test_what_is_no_point_raises(x, error):
    with pytest.raises(error, match="x "):
        check_gradient(f, df, x)


def test_directions_are_counted():
    with pytest.raises(ValueError, match="at least one"):
        check_gradient(f, df, X, directions=0)
    fewer, more = (check_gradient(f, df, X, directions=n).evaluations for n in (1, 4))
    assert fewer < more


# -- cost


def test_a_right_gradient_of_1000_entries_costs_a_tenth_of_the_naive_loop_or_less():
    x = numpy.random.default_rng(0).normal(size=1000)
    assert check_gradient(f, df, x).evaluations <= 200


def test_evaluations_are_all_calls():
    calls = 0

    def counted(x):
        nonlocal calls
        calls += 1
        return f(x)

    for gradient in (df(X), 2 * df(X)):
        calls = 0
        assert check_gradient(counted, gradient, X).evaluations == calls


def test_a_vectorized_function_is_asked_for_many_points_at_once():
    shapes = []

    def many(X):
        shapes.append(X.shape)
        return numpy.sum(numpy.tanh(X) ** 2, axis=(1, 2))

    x = X[:4].reshape(2, 2)
    assert check_gradient(many, df, x, vectorized=True).passed
    assert check_gradient(many, lambda x: 1.01 * df(x), x, vectorized=True).passed is False
    assert all(shape[1:] == (2, 2) for shape in shapes)
    assert len(shapes) < 60


def test_that_rows_of_a_block_round_in_their_own_ways_is_no_want_of_repeatability():
    def many(X):
        return numpy.tanh(X).sum(axis=1) * (1 + 1e-16 * (numpy.arange(len(X)) + 2))

    result = check_gradient(many, lambda x: 1 - numpy.tanh(x) ** 2, X, vectorized=True)
    assert result.passed
    assert "repeatable" not in result.reason


# -- what is odd about f


def test_f_and_the_gradient_get_copies():
    def greedy(x):
        x *= 0.5
        return f(x)

    x = X.copy()
    result = check_gradient(greedy, lambda x: 0.5 * df(0.5 * x), x)
    assert result.passed
    assert numpy.array_equal(x, X)
    assert "f changes its input; it was given copies." in result.reason


def test_a_function_that_is_not_repeatable_is_said_to_be():
    rng = numpy.random.default_rng(0)
    slightly = check_gradient(lambda x: f(x) + 1e-10 * rng.normal(), df, X)
    assert slightly.passed
    assert "f is not repeatable: its values at the same x differ by up to" in slightly.reason
    wholly = check_gradient(lambda x: rng.normal(), df, X)
    assert wholly.passed is None
    assert wholly.reason.startswith("The noise of f hides its slope. f is not repeatable")


def test_a_function_that_counts_its_calls_is_not_repeatable():
    state = [0.0]

    def drifting(x):
        state[0] += 1e-9
        return f(x) + state[0]

    result = check_gradient(drifting, df, X)
    assert result.passed is not False
    assert "not repeatable" in result.reason


@pytest.mark.parametrize("scale", [1.0, 1e-12, 1e12])
def test_float32_inside_is_said_and_allowed_for(scale):
    def rounded(x):
        return scale * float(numpy.sum(numpy.tanh(x.astype(numpy.float32)) ** 2))

    result = check_gradient(rounded, scale * df(X), X)
    assert result.passed
    assert "digits, as with float32 inside, and the gradient was judged by that." in result.reason
    assert check_gradient(rounded, scale * changed(df(X), 2, 1.05 * df(X)[2]), X).passed is False


@pytest.mark.parametrize("value", [numpy.nan, numpy.inf, -numpy.inf])
def test_nothing_is_the_gradient_of_what_is_no_number(value):
    result = check_gradient(lambda x: value, df, X)
    assert (result.verdict, result.reason) == ("failed", f"f is {value} at x, so it has no gradient there.")


def test_an_entry_that_is_not_finite_fails_and_is_named():
    result = check_gradient(f, changed(df(X), 2, numpy.nan), X)
    assert (result.verdict, result.worst, result.reason) == ("failed", (2,), "Entry [2] of the gradient is nan.")


def test_a_gradient_of_another_shape_fails_with_both_shapes():
    result = check_gradient(f, df(X)[:, None], X)
    assert (result.verdict, result.reason) == ("failed", "The gradient has shape (5, 1), and x has shape (5,).")


def test_a_function_that_returns_an_array_fails_with_both_shapes():
    result = check_gradient(numpy.tanh, df, X)
    assert result.verdict == "failed"
    assert result.reason == "f returned an array of shape (5,) where one number was expected, of shape ()."


def test_a_vectorized_function_that_returns_another_shape_fails_with_both_shapes():
    result = check_gradient(numpy.tanh, df, X, vectorized=True)
    assert result.verdict == "failed"
    assert "shape (1, 5)" in result.reason
    assert "shape (1,) was expected" in result.reason


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "f returned None where a number was expected."),
        ("3", "f returned a value of type str where a number was expected."),
        (1 + 2j, "f returned a value of type complex: a complex number, where a real one was expected."),
        ({}, "f returned a value of type dict where a number was expected."),
    ],
)
def test_what_f_returned_instead_of_a_number_is_named(value, words):
    assert check_gradient(lambda x: value, df, X).reason == words


@pytest.mark.parametrize("value", [None, "3", 1 + 2j, [[1], [2, 3]]])
def test_a_gradient_that_is_no_array_of_numbers_fails(value):
    result = check_gradient(f, lambda x: value, X)
    assert result.verdict == "failed"
    assert result.reason.startswith("The gradient is ")


def test_a_function_that_raises_leaves_the_gradient_undecided():
    result = check_gradient(lambda x: 1 / 0, df, X)
    assert result.verdict == "undecided"
    assert result.reason.startswith("f raised ZeroDivisionError: division by zero (")
    assert "test_differences.py, line " in result.reason


def test_a_gradient_that_raises_fails():
    result = check_gradient(f, lambda x: x.nothing, X)
    assert result.verdict == "failed"
    assert "The gradient raised AttributeError: " in result.reason


def test_exceptions_and_nan_beside_the_point_only_shorten_the_steps():
    import math

    x = numpy.array([1e-5, 2e-5])
    assert check_gradient(lambda x: math.log(x[0]) + math.log(x[1]), 1 / x, x).passed


def test_whole_numbers_are_constant_or_undecided():
    assert check_gradient(lambda x: 3, numpy.zeros(5), X).passed
    constant = check_gradient(lambda x: 3, df, X)
    assert constant.verdict == "failed"
    assert "f returns whole numbers, and is constant around x" in constant.reason
    rounded = check_gradient(lambda x: int(100 * x @ x), lambda x: 200 * x, X)
    assert rounded.verdict == "undecided"
    assert "Return a float that is not rounded." in rounded.reason


# -- kinks


@pytest.mark.parametrize("slope", [-1, -0.3, 0, 0.5, 1])
def test_at_a_kink_any_entry_between_the_sides_passes(slope):
    x = changed(X, 1, 0.0)
    assert check_gradient(lambda x: float(numpy.abs(x).sum()), changed(numpy.sign(x), 1, slope), x).passed


@pytest.mark.parametrize("slope", [-1.01, 1.01, 3])
def test_at_a_kink_an_entry_outside_the_sides_fails(slope):
    x = changed(X, 1, 0.0)
    result = check_gradient(lambda x: float(numpy.abs(x).sum()), changed(numpy.sign(x), 1, slope), x)
    assert (result.verdict, result.worst) == ("failed", (1,))
    assert result.reason.endswith("the values of f give -1 to 1, at a kink.")


def test_a_wrong_entry_beside_a_kink_is_found():
    x = changed(X, 1, 0.0)
    result = check_gradient(lambda x: float(numpy.abs(x).sum()), changed(numpy.sign(x), 3, 1.001), x)
    assert (result.verdict, result.worst) == ("failed", (3,))


def test_two_right_entries_that_no_slope_combines_fail_along_a_direction():
    result = check_gradient(lambda x: float(numpy.max(x)), numpy.ones(4), numpy.full(4, 0.7))
    assert (result.verdict, result.worst) == ("failed", None)
    assert "though each entry alone may fit" in result.reason


def test_the_corner_of_a_domain_is_entered_from_inside():
    x = numpy.zeros(6)
    assert check_gradient(lambda x: float((x**1.5 + x).sum()), numpy.ones(6), x).passed
    assert check_gradient(lambda x: float((x**1.5 + x).sum()), changed(numpy.ones(6), 2, 1.5), x).passed is False


# -- each guard is shown to bite


def test_without_the_look_for_jumps_float32_would_be_taken_for_a_flat_function(monkeypatch):
    def rounded(x):
        return float(numpy.sum(numpy.tanh(x.astype(numpy.float32)) ** 2))

    monkeypatch.setattr(Line, "_jumps", lambda *_: False)
    assert check_gradient(rounded, df, X).passed is False


def test_the_noise_of_cancellation_is_measured():
    probe = Probe(lambda x: f(x) * 1e6 - f(x) * (1e6 - 1), X, X.shape)
    probe.begin()
    line = Line(probe, df(X))
    before = line.noise
    line.sample_noise(X)
    assert line.noise > 1e4 * before


def test_importing_grader_loads_no_numpy():
    code = "import sys, grader; assert 'numpy' not in sys.modules; grader.check_gradient; assert 'numpy' in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert {"check_gradient", "GradientCheck"} <= set(dir(grader))
    with pytest.raises(AttributeError, match="check_gradients"):
        grader.check_gradients  # noqa: B018 - the access is what is tested
