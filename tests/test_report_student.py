"""A student's page of a real problem: what stands where, and nothing that is hidden, in no number format, no drawing,
no formula and no length of a drawing.
"""

from __future__ import annotations

import re

import pytest

from grader.marking import for_student
from grader.marking.results import ProblemSummary
from grader.report import Head
from grader.report.student_page import student_html
from tests import marked

VALUES = "forward: {p: 7351.9264, q: 8.5, r: 62491.3744}"
PROBLEM = """
title: Hidden
graph: {{inputs: {{x: 864.9325176, y: 8.5}}, nodes: {{p: x * y, q: y + 0, r: p * q}}}}
questions:
  forward: {{ask: trace, mode: forward{forward}}}
  backward: {{ask: trace, mode: reverse{backward}}}
  locals: {{ask: edge_jacobians{locals}}}
  order: {{ask: order{order}}}
"""
RIGHT = {"r": "1", "q": "7351.93", "p": "8.5", "y": "14703.9", "x": "72.25"}
TWO_PATHS = """
title: Two leaves
statement: "It is $u_5$."
graph: {inputs: {u1: 3, u2: 4}, nodes: {u3: u1 * u2, u4: u1 + u2, u5: 2 * u3 * u4}}
questions:
  backward: {ask: trace, mode: reverse, hints: ["How many nodes read $u_1$?"]}
  value: {ask: value, of: u5 * 1, prompt: "The **value** of $u_5$"}
"""


def page(text, answers):
    prepared = marked.problem(text)
    shown = for_student(marked.student(prepared, answers), [prepared])
    problem = prepared.problem
    head = Head(problem.title, (ProblemSummary(problem.id, problem.title, 1),), prepared={problem.id: prepared})
    return student_html(shown, head)


def hidden_page(answers, **feedback):
    options = {name: f", feedback: {feedback[name]}" if name in feedback else ""
               for name in ("forward", "backward", "locals", "order")}  # fmt: skip
    return page(PROBLEM.format(**options), answers)


def formats(secret):
    """A number as any part of a page could write it, with at least three digits: fewer are on every page."""
    written = {repr(secret), *(f"{secret:.{n}g}" for n in range(3, 10)), *(f"{secret:.{n}f}" for n in range(4)),
               *(f"{secret:.{n}e}" for n in range(2, 6)), secret.hex(), f"{secret:,.0f}", f"{secret:,}"}  # fmt: skip
    return {text for text in written if len(re.sub(r"\D", "", text)) >= 3}


@pytest.mark.parametrize("feedback", ["verdict", "none"])
@pytest.mark.parametrize("answers", [VALUES, "forward: {p: 1}", "{}", "backward: {r: 1, q: 1}", "locals: {x->p: 3}"])
def test_nothing_hidden_is_on_a_page_in_any_format(feedback, answers):
    html = hidden_page(answers, backward=feedback, locals=feedback)
    for secret in (72.25, 14703.8528, 73.5192):
        for text in formats(secret):
            assert not re.search(rf"(?<![\d.]){re.escape(text)}(?![\d])", html), text
    assert "How it is worked out" not in html
    assert "The chain rule" not in html
    assert "With the numbers put in" not in html
    assert "x^" not in html


def test_a_hidden_forward_pass_is_in_no_card_and_on_no_edge():
    html = hidden_page("backward: {r: 1, q: 2}", forward="verdict", locals="none")
    assert '<svg class="graph' in html
    for text in formats(62491.3744):
        assert text not in html, text
    assert html.count('class="pill"') == 0


def test_a_graph_that_is_the_answer_to_a_hidden_question_is_not_drawn():
    assert '<svg class="graph' not in hidden_page(VALUES, order="none")
    assert '<svg class="graph' in hidden_page(VALUES, backward="none")


def test_pages_with_other_hidden_values_are_the_same_but_for_what_is_printed():
    """No length of a drawing, no order and no class name depends on what is hidden."""
    pages = []
    for factor in ("8.5", "123456.75"):
        text = PROBLEM.format(
            forward=", feedback: none", backward=", feedback: none", locals=", feedback: none", order=""
        )
        pages.append(
            page(text.replace("q: y + 0", f"q: y + {factor} - {factor}").replace("p: x * y", "p: x + y"), "{}")
        )
    first, second = (re.findall(r' (?:width|height|viewBox|d|x|y)="[^"]*"', one) for one in pages)
    assert first == second


def test_the_drawing_marks_the_first_wrong_value_and_the_share_that_is_lost():
    html = page(TWO_PATHS, "backward: {u5: 1, u4: 24, u3: 14, u2: 66, u1: 56}")
    assert html.count("first wrong value</text>") == 1
    assert "· lost" in html
    assert "What you gave: only the share through" in html
    assert "The first wrong value is the adjoint of u1: yours 56, expected 80." in html
    assert "Right before it: " in html


def test_hints_are_shown_for_what_is_wrong_only():
    assert "How many nodes read" in page(TWO_PATHS, "backward: {u5: 1, u4: 24, u3: 14, u2: 66, u1: 56}")
    assert "How many nodes read" not in page(TWO_PATHS, "backward: {u5: 1, u4: 24, u3: 14, u2: 66, u1: 80}")
    assert "How many nodes read" not in page(TWO_PATHS, "value: 168")


def test_prompts_are_those_of_the_author_or_written_from_the_question():
    html = page(TWO_PATHS, "value: 168")
    assert "<strong>value</strong>" in html
    assert "The adjoint of every node and input, from " in html
    assert "<summary>The problem</summary>" in html


def test_an_answer_that_was_read_as_a_number_says_what_was_typed():
    assert "read from <code>3*56</code>" in page(TWO_PATHS, "value: 3*56")
    assert "read from" not in page(TWO_PATHS, "value: 168")
