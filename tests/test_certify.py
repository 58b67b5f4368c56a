"""The key certifies itself: every derivative that answers are held against fits the values, or nothing is marked."""

from __future__ import annotations

from dataclasses import replace

import numpy
import pytest

from grader.engine import Graph, Leaf
from grader.engine.certify import claims_in, disagreements
from grader.engine.node import OPS, Node, apply
from grader.marking import for_student
from tests.marked import problem, student

GRAPH = Graph.build(
    {"x": Leaf((3,)), "W": Leaf((2, 3)), "s": Leaf(())},
    {"z": "W @ x", "h": "tanh(z)", "k": "sum(relu(z))", "o": "s * sum(square(h)) + k"},
)
POINT = {
    "x": numpy.array([0.3, -1.2, 0.8]),
    "W": numpy.array([[0.5, -0.2, 1.0], [0.7, 0.4, -0.9]]),
    "s": numpy.array(1.7),
}
QUANTITIES = [
    "grad(o, W)",
    "adjoint(h)",
    "jac(h, x)",
    "edge(z, h)",
    "edge(x, z)",
    "tangent(o, s)",
    "jvp(h, x, x)",
    "vjp(h, W, adjoint(h))",
    "hess(o, x)",
    "hvp(o, x, x)",
    "x - 0.1 * grad(norm(grad(o, x)), x)",
]
AROUND_TANH = ("adjoint(h)", "edge(x, z)", "tangent(o, s)")


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_right_derivatives_agree_with_the_values(quantity: str) -> None:
    claims = claims_in(GRAPH, quantity)
    assert claims
    assert disagreements(GRAPH, claims, [POINT]) == []


@pytest.mark.parametrize("quantity", [q for q in QUANTITIES if q not in AROUND_TANH])
def test_a_wrong_rule_is_caught(quantity: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(p: Node, y: Node, x: Node) -> Node:
        return p * (1.001 - y * y)

    monkeypatch.setitem(OPS, "tanh", replace(OPS["tanh"], vjp=(wrong,), jvp=(wrong,)))
    graph = Graph.build(
        {"x": Leaf((3,)), "W": Leaf((2, 3)), "s": Leaf(())},
        {"z": "W @ x", "h": "tanh(z)", "k": "sum(relu(z))", "o": "s * sum(square(h)) + k"},
    )
    assert disagreements(graph, claims_in(graph, quantity), [POINT])


def test_at_a_kink_any_slope_between_the_one_sided_ones_agrees() -> None:
    graph = Graph.build({"x": Leaf(())}, {"o": "3 * relu(x) + sin(x)"})
    assert disagreements(graph, claims_in(graph, "grad(o, x)"), [{"x": numpy.array(0.0)}]) == []


PROBLEM = """
graph:
  inputs: {x: 0.7}
  nodes: {h: tanh(x), o: 3 * h}
questions:
  f: {ask: trace}
  q: {ask: trace, mode: reverse}
"""


def test_a_planted_wrong_rule_makes_a_problem_not_checked_and_names_quantity_values_and_point(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = problem(PROBLEM)
    assert right.doubt is None
    wrong = replace(OPS["tanh"], vjp=(lambda p, y, x: p * apply("square", y),))
    monkeypatch.setitem(OPS, "tanh", wrong)
    doubted = problem(PROBLEM)
    assert doubted.doubt is not None
    for part in ("grad(o, x)", "x = 0.7", "the slope"):
        assert part in doubted.doubt
    result = student(doubted, "f: {h: 0.604, o: 1.81}")
    assert {q.verdict for q in result.problems[0].questions} == {"not_checked"}
    assert (result.points, result.judged_points) == (0, 0)
    shown = for_student(result, [doubted])
    assert all("0.7" not in str(q.message) + str(q.items) for q in shown.problems[0].questions)
    assert student(right, "f: {h: 0.604, o: 1.81}").problems[0].questions[0].verdict == "correct"
