"""Follow-through: what is right from a student's own earlier values, and when following proves nothing."""

from __future__ import annotations

import pytest

from tests.marked import items, problem, question, verdicts

TWO_PATHS = """
graph:
  inputs: {u1: 3, u2: 4}
  nodes: {u3: u1 * u2, u4: u1 + u2, u5: 2 * u3 * u4}
questions:
  f: {ask: trace, mode: forward%s}
  q: {ask: trace, mode: reverse%s}
"""
PLAIN = problem(TWO_PATHS % ("", ""))
LINKED = problem(TWO_PATHS % ("", ", depends_on: f"))


def test_a_mistake_carried_on_correctly_costs_the_one_item_where_it_was_made() -> None:
    found = verdicts(PLAIN, "q: {u5: 1, u4: 30.37, u3: 14, u1: 86.37, u2: 72.37}")
    assert found == {
        "u5": "correct",
        "u4": "wrong",
        "u3": "correct",
        "u2": "follow_through",
        "u1": "follow_through",
    }


def test_an_item_with_the_true_value_is_correct_also_where_it_does_not_follow() -> None:
    assert verdicts(PLAIN, "q: {u5: 1, u4: 30, u3: 14, u1: 80, u2: 66}")["u1"] == "correct"


def test_missing_and_unreadable_earlier_items_are_replaced_by_the_expected_ones() -> None:
    found = verdicts(PLAIN, "q: {u5: 1, u4: seven, u3: 20, u1: 104}")
    assert found == {"u5": "correct", "u4": "unreadable", "u3": "wrong", "u2": "missing", "u1": "follow_through"}


def test_an_earlier_item_of_another_shape_is_replaced_by_the_expected_one() -> None:
    found = verdicts(PLAIN, "q: {u5: 1, u4: [24, 24], u3: 20, u1: 104, u2: 66}")
    assert found["u4"] == "wrong"
    assert found["u1"] == "follow_through"


@pytest.mark.parametrize("zero", ["0", "0.0", "-0"])
def test_a_zero_carried_backwards_is_no_proof_of_the_rule(zero: str) -> None:
    scaled = problem("""
graph:
  inputs: {x: 2, w: 3}
  nodes: {a: w * x, b: sin(a), o: 5 * b}
questions:
  q: {ask: trace, mode: reverse}
""")
    found = items(scaled, f"q: {{o: 1, b: {zero}, a: 0, w: 0, x: 0}}")
    assert found["b"].verdict == "wrong"
    assert [found[n].verdict for n in ("a", "w", "x")] == ["wrong", "wrong", "wrong"]
    assert "the same number" in str(found["a"].message)


def test_a_zero_that_swallows_the_other_factors_of_a_value_is_no_proof() -> None:
    found = items(PLAIN, "f: {u3: 0, u4: 7, u5: 0}", "f")
    assert found["u5"].verdict == "wrong"
    assert "hides" in str(found["u5"].message)


def test_a_zero_that_swallows_nothing_is_followed() -> None:
    sums = problem("""
graph:
  inputs: {x: 2, y: 3}
  nodes: {a: x * y, h: relu(a - 1), o: h + y}
questions: {q: {ask: trace}}
""")
    assert verdicts(sums, "q: {a: -6, h: 0, o: 3}") == {"a": "wrong", "h": "follow_through", "o": "follow_through"}
    assert verdicts(sums, "q: {a: 6, h: 0, o: 3}") == {"a": "correct", "h": "wrong", "o": "follow_through"}


def test_without_credit_nothing_follows() -> None:
    strict = problem(TWO_PATHS % ("", ", follow_through: 0"))
    assert verdicts(strict, "q: {u5: 1, u4: 30, u3: 14, u1: 86, u2: 72}")["u1"] == "wrong"


def test_partial_credit_is_counted() -> None:
    half = problem(TWO_PATHS % ("", ", follow_through: 0.5, points: 10"))
    found = question(half, "q: {u5: 1, u4: 30, u3: 14, u1: 86, u2: 72}")
    assert found.points == pytest.approx(10 * (1 + 0 + 1 + 0.5 + 0.5) / 5)
    assert found.verdict == "partial"


def test_a_backward_trace_may_follow_from_the_students_own_forward_values() -> None:
    answers = "f: {u3: 10, u4: 7, u5: 140}\nq: {u5: 1, u4: 20, u3: 14, u1: 76, u2: 62}"
    assert verdicts(LINKED, answers) == {
        "u5": "correct",
        "u4": "follow_through",
        "u3": "correct",
        "u2": "follow_through",
        "u1": "follow_through",
    }
    assert verdicts(PLAIN, answers)["u4"] == "wrong"


def test_with_depends_on_following_the_expected_values_is_enough_too() -> None:
    answers = "f: {u3: 10, u4: 7, u5: 140}\nq: {u5: 1, u4: 30, u3: 14, u1: 86, u2: 72}"
    assert verdicts(LINKED, answers)["u1"] == "follow_through"


def test_digits_that_were_rounded_on_the_way_do_not_break_following() -> None:
    """The wrong 2.4467… was typed as 2.45, and the rest worked out with all its digits."""
    net = problem("""
graph:
  inputs: {w: 0.4, x: 1.5}
  nodes: {a: w * x, h: tanh(a), o: 37.3 * h}
questions: {q: {ask: trace}}
""")
    assert verdicts(net, "q: {a: 0.815, h: 0.672, o: 25.1}") == {
        "a": "wrong",
        "h": "follow_through",
        "o": "follow_through",
    }
    assert verdicts(net, "q: {a: 0.815, h: 0.672, o: 25.3}")["o"] == "wrong"


def test_nodes_that_are_not_asked_for_are_passed_through() -> None:
    prepared = problem("""
graph:
  inputs: {x: 0.2}
  nodes:
    l1: x
    "l{n}": {for: n in 2..4, formula: "4 * l{n-1} * (1 - l{n-1})"}
questions:
  q: {ask: trace, nodes: [l2, l4]}
  back: {ask: trace, mode: reverse, nodes: [l3, l1]}
""")
    assert verdicts(prepared, "q: {l2: 0.5, l4: 0}") == {"l2": "wrong", "l4": "wrong"}
    assert verdicts(prepared, "q: {l2: 0.6, l4: 0.1536}") == {"l2": "wrong", "l4": "follow_through"}
    assert verdicts(prepared, "back: {l3: 1, l1: -2.688}", "back") == {"l3": "wrong", "l1": "follow_through"}


def test_a_gradient_follows_only_where_the_author_gives_credit() -> None:
    text = """
graph:
  inputs: {w: [1, 2], x: [3, -1]}
  nodes: {z: w * x, h: square(z), o: sum(h)}
questions:
  q: {ask: gradient, wrt: [z, w]%s}
"""
    answers = "q: {z: [6, -5], w: [18, 5]}"
    assert verdicts(problem(text % ""), answers) == {"z": "wrong", "w": "wrong"}
    assert verdicts(problem(text % ", follow_through: 1"), answers) == {"z": "wrong", "w": "follow_through"}


def test_a_choice_at_a_kink_is_not_lost_in_what_follows_from_a_mistake() -> None:
    prepared = problem("""
graph:
  inputs: {x: 0, y: 2}
  nodes: {h: relu(x), b: y * h, o: 3 * b}
questions: {q: {ask: trace, mode: reverse}}
""")
    found = verdicts(prepared, "q: {o: 1, b: 4, h: 8, y: 0, x: 7}")
    assert found == {"o": "correct", "b": "wrong", "h": "follow_through", "y": "correct", "x": "follow_through"}
    assert verdicts(prepared, "q: {o: 1, b: 4, h: 8, y: 0, x: 9}")["x"] == "wrong"
