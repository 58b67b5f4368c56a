"""When an answer is right: shapes, digits as typed, zeros, NaN, layouts, kinks and ties (format.md 1.4 and 1.5)."""

from __future__ import annotations

import pytest

from grader.marking import PreparedProblem
from tests.marked import problem, question


def value(of: str, inputs: str = "x: 2", options: str = "") -> PreparedProblem:
    return problem(f"""
graph:
  inputs: {{{inputs}}}
  nodes: {{n: "{of}"}}
questions:
  q: {{ask: value, of: n{options}}}
""")


def verdict(prepared: PreparedProblem, answer: str) -> str:
    return question(prepared, f"q: {answer}").verdict


@pytest.mark.parametrize(
    ("expected", "answer", "right"),
    [
        ("0.783484 + 0 * x", "0.783", True),
        ("0.783484 + 0 * x", "0.784", False),
        ("0.783484 + 0 * x", "0.78", False),
        ("0.783484 + 0 * x", "0.7835", True),
        ("0.783484 + 0 * x", "0.783484", True),
        ("0.783484 + 0 * x", "783484/1000000", True),
        ("0.125 + 0 * x", "0.1255", True),
        ("0.125 + 0 * x", "0.1245", True),
        ("0.125 + 0 * x", "0.12551", False),
        ("1.005 + 0 * x", "1.00", True),
        ("1.005 + 0 * x", "1.01", True),
        ("168 + 0 * x", "168.4", True),
        ("168 + 0 * x", "1.68e2", True),
        ("168 + 0 * x", "170", False),
        ("16843 + 0 * x", "16800", True),
        ("16843 + 0 * x", "16900", False),
        ("-0.0123456 + 0 * x", "-0.0123", True),
        ("-0.0123456 + 0 * x", "0.0123", False),
        ("1 - 1e-14 + 0 * x", "0.996", True),
        ("1e-30 * x", "2e-30", True),
        ("1e-30 * x", "0", False),
        ("1e300 * x", "2e300", True),
    ],
)
def test_a_number_is_right_within_half_a_unit_of_the_third_digit(expected: str, answer: str, right: bool) -> None:
    assert verdict(value(expected), answer) == ("correct" if right else "wrong")


def test_an_entry_may_be_rounded_to_the_decimals_that_give_the_digits_of_the_largest_entry() -> None:
    vector = value("stack(14.02, 0.0321, -3.3333 + 0 * x)")
    assert verdict(vector, "[14.0, 0.0, -3.3]") == "correct"
    assert verdict(vector, "[14, 0, -3]") == "wrong"
    assert verdict(vector, "[14.0, 0.1, -3.3]") == "wrong"


def test_a_scalar_is_not_broadcast_to_a_matrix() -> None:
    matrix = value("stack(stack(x, x), stack(x, x))")
    assert verdict(matrix, "[[2, 2], [2, 2]]") == "correct"
    assert verdict(matrix, "2") == "wrong"
    assert verdict(matrix, "[2, 2]") == "wrong"
    assert verdict(matrix, "[[2, 2]]") == "wrong"
    assert verdict(matrix, "[[[2, 2], [2, 2]]]") == "unreadable"


@pytest.mark.parametrize("answer", ["[2]", "[[2]]", "[]"])
def test_an_array_of_one_entry_is_no_number(answer: str) -> None:
    assert verdict(value("x"), answer) == "wrong"


@pytest.mark.parametrize(
    ("of", "answer", "right"),
    [
        ("0.1 + 0.2 - 0.3 + 0 * x", "0", True),
        ("0.1 + 0.2 - 0.3 + 0 * x", "0.0004", True),
        ("0.1 + 0.2 - 0.3 + 0 * x", "0.01", False),
        ("x - 2", "0", True),
        ("x - 2", "0.004", True),
        ("x - 2", "0.006", False),
        ("0 * x", "0", True),
        ("0 * x", "0.0001", False),
        ("0 * x", "-0.0", True),
        ("sin(pi * x)", "0", True),
        ("sin(pi * x)", "sin(2 * pi)", True),
        ("sin(pi * x)", "0.001", False),
        ("relu(-x - 1)", "0", True),
        ("relu(-x - 1)", "0.001", False),
        ("(x - 2) / 0.0001", "1.25", False),
        ("(x - 2) / 0.0001", "0", True),
    ],
)
def test_an_expected_zero_is_right_near_the_terms_that_cancel_and_else_only_as_zero(
    of: str, answer: str, right: bool
) -> None:
    assert verdict(value(of), answer) == ("correct" if right else "wrong")


@pytest.mark.parametrize("answer", [".nan", ".inf", "-.inf", "1e400", "0 / 0"])
def test_nan_and_infinity_are_never_right(answer: str) -> None:
    assert verdict(value("x"), answer) == "wrong"
    assert verdict(value("x - 2"), answer) == "wrong"


def test_a_relative_tolerance_is_taken_entry_by_entry() -> None:
    vector = value("stack(x, 100 * x)", options=", tolerance: {relative: 0.01, absolute: 0.1}")
    assert verdict(vector, "[2.11, 201.9]") == "correct"
    assert verdict(vector, "[2.13, 200]") == "wrong"
    assert verdict(vector, "[2, 203]") == "wrong"


GRADIENT = """
layout: {layout}
graph:
  inputs: {{W: [[1, -2, 0.5], [0.25, 3, -1]], v: [1, 2, -3], S: [[1, 2], [3, 4]]}}
  nodes: {{o: sum(square(W @ v)) + sum(S * square(S))}}
questions:
  W: {{ask: gradient, wrt: W}}
  v: {{ask: gradient, wrt: v}}
  S: {{ask: gradient, wrt: S}}
"""
W = "[[-9, -18, 27], [18.5, 37, -55.5]]"
W_TURNED = "[[-9, 18.5], [-18, 37], [27, -55.5]]"
V = "[-4.375, 73.5, -23]"
V_ROW = "[[-4.375, 73.5, -23]]"
V_COLUMN = "[[-4.375], [73.5], [-23]]"
S = "[[3, 12], [27, 48]]"
S_TURNED = "[[3, 27], [12, 48]]"


@pytest.mark.parametrize(
    ("layout", "name", "answer", "right"),
    [
        ("denominator", "W", W, True),
        ("denominator", "W", W_TURNED, False),
        ("numerator", "W", W, False),
        ("numerator", "W", W_TURNED, True),
        ("either", "W", W, True),
        ("either", "W", W_TURNED, True),
        ("denominator", "v", V, True),
        ("numerator", "v", V, True),
        ("denominator", "v", V_COLUMN, True),
        ("denominator", "v", V_ROW, False),
        ("numerator", "v", V_ROW, True),
        ("numerator", "v", V_COLUMN, False),
        ("either", "v", V_ROW, True),
        ("either", "v", V_COLUMN, True),
        ("denominator", "S", S, True),
        ("denominator", "S", S_TURNED, False),
        ("numerator", "S", S, False),
        ("numerator", "S", S_TURNED, True),
        ("either", "S", S_TURNED, True),
    ],
)
def test_a_gradient_is_right_in_the_layout_of_the_course(layout: str, name: str, answer: str, right: bool) -> None:
    found = question(problem(GRADIENT.format(layout=layout)), f"{name}: {answer}", name)
    assert found.verdict == ("correct" if right else "wrong")
    if not right:
        assert "up to transposition" in str(found.items[0].message)


def test_a_wrong_answer_in_the_other_layout_is_just_wrong() -> None:
    found = question(problem(GRADIENT.format(layout="denominator")), "W: [[9, 18.5], [-18, 37], [27, -55.5]]", "W")
    assert found.verdict == "wrong"
    assert "up to transposition" not in str(found.items[0].message)


KINKS = """
graph:
  inputs: {z: [0, 1.5], a: 2, b: 2, u: [3, 1, 3], w: [0, 0]}
  nodes:
    r: sum(relu(z) * z + 3 * relu(z))
    m: 5 * max(a, b)
    t: 4 * max(u)
    n: norm(w)
    s: where(a > b, 2 * a, a + b)
    j: where(a > b, 2 * a, b)
    c: relu(0.1 + 0.2 - 0.3 + 0 * a)
    o: r + m + t + n + s + j + c
questions:
  z: {ask: gradient, of: r, wrt: z}
  z0: {ask: gradient, of: r, wrt: z, subgradient: zero}
  z1: {ask: gradient, of: r, wrt: z, subgradient: right}
  ab: {ask: gradient, of: m, wrt: [a, b]}
  u: {ask: gradient, of: t, wrt: u}
  w: {ask: gradient, of: n, wrt: w}
  s: {ask: gradient, of: s, wrt: [a, b]}
"""


@pytest.mark.parametrize(
    ("name", "answer", "verdict"),
    [
        ("z", "[0, 6]", "correct"),
        ("z", "[3, 6]", "correct"),
        ("z", "[1.5, 6]", "correct"),
        ("z", "[3.1, 6]", "wrong"),
        ("z", "[-0.1, 6]", "wrong"),
        ("z0", "[0, 6]", "correct"),
        ("z0", "[1.5, 6]", "wrong"),
        ("z1", "[3, 6]", "correct"),
        ("z1", "[0, 6]", "wrong"),
        ("ab", "{a: 5, b: 0}", "correct"),
        ("ab", "{a: 2.5, b: 2.5}", "correct"),
        ("ab", "{a: 1, b: 4}", "correct"),
        ("ab", "{a: 5, b: 5}", "partial"),
        ("ab", "{a: 6, b: -1}", "wrong"),
        ("u", "[4, 0, 0]", "correct"),
        ("u", "[1, 0, 3]", "correct"),
        ("u", "[4, 0, 4]", "wrong"),
        ("u", "[2, 1, 1]", "wrong"),
        ("w", "[0, 0]", "correct"),
        ("w", "[0.6, -0.8]", "correct"),
        ("w", "[0.6, -0.9]", "wrong"),
        ("s", "{a: 2, b: 0}", "correct"),
        ("s", "{a: 1, b: 1}", "correct"),
        ("s", "{a: 1.5, b: 0.5}", "correct"),
        ("s", "{a: 2, b: 1}", "partial"),
    ],
)
def test_at_a_kink_any_value_between_the_one_sided_derivatives_is_right(name: str, answer: str, verdict: str) -> None:
    assert question(problem(KINKS), f"{name}: {answer}", name).verdict == verdict


TRACE_AT_A_KINK = """
graph:
  inputs: {x: 0, y: 2}
  nodes:
    h: relu(x)
    a: 3 * h
    b: y * h
    o: a + b + x
questions:
  q: {ask: trace, mode: reverse}
  t: {ask: trace, mode: tangent, seed: x}
"""


def test_one_choice_at_a_kink_holds_through_a_whole_trace() -> None:
    prepared = problem(TRACE_AT_A_KINK)
    right = "{o: 1, b: 1, a: 1, h: 5, y: 0, x: %s}"
    for x in ("1", "6", "3.5"):
        assert question(prepared, f"q: {right % x}").verdict == "correct"
    assert question(prepared, f"q: {right % '7'}").verdict == "partial"
    assert question(prepared, "t: {h: 0.5, a: 1.5, b: 1, o: 3.5}", "t").verdict == "correct"
    mixed = question(prepared, "t: {h: 0.5, a: 3, b: 1, o: 3.5}", "t")
    assert [i.verdict for i in mixed.items] == ["correct", "wrong", "correct", "correct"]
