"""The kinds about the graph itself, Jacobians, choices and texts: reading, verdicts and what the messages say."""

from __future__ import annotations

import numpy
import pytest

from grader.cli.terminal import value_text
from grader.errors import ProblemErrors
from grader.marking import PreparedProblem, for_student
from grader.marking.results import ItemResult
from grader.report.results_json import plain, student_json
from tests.marked import items, problem, question, student, verdicts

GRAPH = """
graph:
  inputs: {u1: 1.5, u2: -2, w: 3, y: {label: 2, classes: 3}, l: [1, 0, 2]}
  constants: {n: 4, eta: 0.1}
  nodes: {u3: u1 + u2, u4: u2 * u3, u5: "u1 * u4 / n", o: "u5 - l[y]"}
questions:
  leaves: {ask: leaves}
  edges: {ask: edges}
  order: {ask: order}
  paths: {ask: paths, from: u1, to: u5}
  none: {ask: paths, from: u4, to: u3}
  one: {ask: choice, options: {1: one, 2: two, 'yes': three, "a, b": four}, right: 1}
  many: {ask: choice, options: {a: one, b: two, c: three}, right: [a, b]}
  text: {ask: text, rubric: secret}
  value: {ask: value, of: w * eta}
"""
EDGES = "u1->u3, u2->u3, u2->u4, u3->u4, u1->u5, u4->u5, n->u5, u5->o, l->o, y->o"


@pytest.fixture(scope="module")
def graph() -> PreparedProblem:
    return problem(GRAPH)


def item(prepared: PreparedProblem, name: str, answer: str) -> ItemResult:
    """The only item of a question."""
    (found,) = question(prepared, f"{name}: {answer}", name).items
    assert found.item == name
    return found


# ---- what is right ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("leaves", "[u1, u2, y, l, n]"),
        ("leaves", "[n, l, 'y', u2, u1]"),
        ("leaves", "u1, u2, y, l, n"),
        ("leaves", "[u1, u2, y, l, n, w, eta]"),
        ("edges", f"[{EDGES}]"),
        ("edges", f"[{EDGES.replace('->', ' → ')}]"),
        ("edges", f"[{EDGES.replace('->', ' -> ')}]"),
        ("edges", EDGES),
        ("order", "[u3, u4, u5, o]"),
        ("order", "[y, u1, u2, u3, u4, n, u5, l, o]"),
        ("paths", "[u1->u5, u1->u3->u4->u5]"),
        ("paths", "[u1 -> u3 → u4 ->u5, u1->u5]"),
        ("none", "[]"),
        ("one", "1"),
        ("one", "'1'"),
        ("one", "[1]"),
        ("many", "[b, a]"),
        ("many", "a, b"),
    ],
)
def test_every_way_to_write_the_right_list_is_right(graph, name, answer):
    assert item(graph, name, answer).verdict == "correct"


def test_a_node_whose_formula_is_a_constant_may_be_counted_as_a_leaf():
    prepared = problem("graph: {inputs: {x: 2}, nodes: {c: 3 / 2, o: c * x}}\nquestions: {q: {ask: leaves}}")
    assert verdicts(prepared, "q: [x]") == verdicts(prepared, "q: [x, c]") == {"q": "correct"}


def test_one_item_that_may_stand_alone_needs_no_brackets():
    prepared = problem("graph: {inputs: {x: 2}, nodes: {o: 3 * x}}\nquestions: {q: {ask: leaves}, e: {ask: edges}}")
    assert item(prepared, "q", "x").verdict == item(prepared, "e", "x->o").verdict == "correct"


# ---- what is wrong, and why ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "answer", "message"),
    [
        ("leaves", "[u1, u2, l, n]", "y is missing."),
        ("leaves", "[u1, u2, y, l]", "n is missing."),
        ("leaves", "[]", "u1, u2, y, l and n are missing."),
        ("leaves", "[u1, u2, y, l, n, u3]", "u3 is too much: it reads u1 and u2."),
        ("leaves", "[u1, u2, y, l, v]", "n is missing. v is too much: the graph has no such name."),
        ("edges", f"[{EDGES}, u1->u4]", "u1->u4 is too much: u4 does not read u1."),
        ("edges", f"[{EDGES}, u1->v]", "u1->v is too much: v is no name of this graph."),
        (
            "edges",
            f"[{EDGES.replace('u1->u3', 'u3->u1')}]",
            "u1->u3 is missing. u3->u1 is too much: it goes the other way, for u3 reads u1.",
        ),
        ("order", "[u3, u5, u4, o]", "u5 comes before u4, which it reads."),
        ("order", "[u3, u4, o]", "u5 is missing."),
        ("order", "[u3, u1, u4, u5, o]", "u3 comes before u1, which it reads."),
        ("order", "[u3, u4, u4, u5, o]", "u4 stands in the order more than once."),
        ("order", "[u3, u4, u5, o, v]", "v is no name of this graph."),
        (
            "order",
            "[o, u5, u4, u3]",
            "o comes before u5, which it reads. "
            "The whole order is backwards: begin with what reads nothing but inputs.",
        ),
        ("paths", "u1->u5", "u1->u3->u4->u5 is missing."),
        (
            "paths",
            "[u1->u5, u1->u3->u4->u5, u1->u4->u5]",
            "u1->u4->u5 is too much: u4 does not read u1.",
        ),
        (
            "paths",
            "[u1->u5, u1->u3->u4->u5, u2->u4->u5]",
            "u2->u4->u5 is too much: it does not lead from u1 to u5.",
        ),
        (
            "paths",
            "[u1->u5, u5->u4->u3->u1]",
            "u1->u3->u4->u5 is missing. u5->u4->u3->u1 is too much: "
            "it is written backwards, and the paths from u1 to u5 were asked.",
        ),
        ("none", "[u4->u3]", "u4->u3 is too much: it goes the other way, for u4 reads u3."),
        ("one", "2", "2 is not the right option."),
        ("one", "yes", "yes is not the right option."),
        ("one", '"a, b"', "a, b is not the right option."),
        ("one", "[1, 2]", "One option is right, and you chose 1 and 2."),
        ("one", "[]", "No option is chosen, and one is right."),
        ("many", "a", "b is missing."),
        ("many", "[a, b, c]", "c is too much: it is not right."),
    ],
)
def test_a_wrong_list_is_told_what_is_missing_and_what_is_too_much(graph, name, answer, message):
    found = item(graph, name, answer)
    assert (found.verdict, found.message) == ("wrong", message)


def test_a_message_names_a_few_of_many(graph):
    found = item(graph, "leaves", f"[{', '.join(f'a{k}' for k in range(9000))}]")
    assert found.message.endswith("a5 is too much: the graph has no such name. So are 8,994 more.")
    assert len(found.message) < 500


def test_a_repetition_is_remarked_and_costs_nothing_but_in_an_order(graph):
    found = question(graph, "leaves: [u1, u1, u2, y, l, n]", "leaves")
    assert found.verdict == "correct"
    assert found.message == "u1 stands in the list more than once, which costs nothing."
    assert question(graph, "paths: [u1->u5, u1 -> u5, u1->u3->u4->u5]", "paths").verdict == "correct"
    assert question(graph, "many: [a, a, b]", "many").verdict == "correct"
    assert question(graph, "order: [u3, u4, u4, u5, o]", "order").verdict == "wrong"


# ---- what cannot be read ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["leaves", "edges", "order", "paths", "one", "many", "text"])
@pytest.mark.parametrize("answer", ["", "null", "''", "'  '"])
def test_nothing_is_missing(graph, name, answer):
    assert item(graph, name, answer).verdict == "missing"


@pytest.mark.parametrize(
    ("name", "answer", "found", "instead"),
    [
        ("leaves", "{u1: 1}", "1:9: a name or a list of them was expected, and this is a mapping", "[u1, u2]"),
        ("leaves", "{u1, u2}", "and this is a mapping", "[u1, u2]"),
        ("leaves", "[[u1, u2]]", "1:10: a name was expected, and this is a list", "[u1, u2]"),
        ("leaves", "[u1, {u2: 1}]", "1:14: a name was expected, and this is a mapping", "[u1, u2]"),
        ("leaves", "[u1, null]", "a name was expected, and nothing stands here", "[u1, u2]"),
        ("leaves", "[1, 2]", "a name was expected, and this is 1", "[u1, u2]"),
        ("leaves", "u1 u2", "a name was expected, and this is u1 u2", "[u1, u2]"),
        ("leaves", '["u1\\u202e\\e[31m"]', r"this is u1\u202e\x1b[31m", "[u1, u2]"),
        ("order", "u3 -> u4 -> u5", "this is u3 -> u4 -> u5", "[u1, u2]"),
        ("edges", "[u1, u3]", "an edge was expected, and this is u1", "u1->u3"),
        ("edges", "[u1->u3->u4]", "an edge was expected, and this is u1->u3->u4", "u1->u3"),
        ("edges", "[[u1, u3]]", "an edge was expected, and this is a list", "u1->u3"),
        ("edges", "{u1->u3: 4}", "an edge or a list of them was expected, and this is a mapping", "u1->u3"),
        ("paths", "[u1]", "a path was expected, and this is u1", "u1->u3->u5"),
        ("paths", "[u1->]", "a path was expected, and this is u1->", "u1->u3->u5"),
        ("none", "none", "a path was expected, and this is none", "or []"),
        ("one", "1.0", "the key of an option was expected, and this is 1.0", "The options are 1, 2, yes and a, b."),
        ("one", "{1: x}", "this is a mapping", "The options are 1, 2, yes and a, b."),
        ("many", "[a, d]", "1:11: the key of an option was expected, and this is d", "The options are a, b and c."),
    ],
)
def test_what_cannot_be_read_says_where_it_is_and_what_to_write(graph, name, answer, found, instead):
    marked = item(graph, name, answer)
    assert marked.verdict == "unreadable"
    assert found in marked.message
    assert instead in marked.message.splitlines()[-1]
    assert "\x1b" not in marked.message + marked.answer
    assert "\u202e" not in marked.message + marked.answer


@pytest.mark.parametrize("name", ["leaves", "edges", "order", "paths", "one", "many"])
def test_more_entries_than_anybody_writes_are_not_read(graph, name):
    many = "u1->u3, " * 100_000
    for answer in (f"[{many}]", f"'{many}'", f"'{' ' * 300_000}->'", f"['{'->' * 100_000}']"):
        assert item(graph, name, answer).verdict == "unreadable"


def test_the_message_about_a_long_list_says_how_many_are_read(graph):
    message = item(graph, "leaves", f"[{'u1, ' * 100_000}]").message
    assert "this list has 100,000 entries, and at most 10,000 are read" in message
    assert len(message) < 500


# ---- texts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("Because it reads x.", "Because it reads x."),
        ("12", "12"),
        ("no", "no"),
        ("[first, second]", "first\nsecond"),
        ("{why: because, 'and': [x, y]}", "why: because\nand: x\ny"),
        ("|\n  two\n  lines", "two\nlines"),
        ("x" * 5000, "x" * 5000),
    ],
)
def test_every_text_waits_for_a_person(graph, answer, text):
    found = question(graph, f"text: {answer}", "text")
    assert (found.verdict, found.points, found.items[0].answer) == ("needs_person", None, text)


@pytest.mark.parametrize("answer", ["[]", "{}", "[' ', null]", "[[], {}]"])
def test_a_list_without_a_word_is_no_text(graph, answer):
    assert item(graph, "text", answer).verdict == "missing"


def test_the_rubric_is_in_nobodys_results(graph):
    result = student(graph, "text: something")
    assert "secret" not in student_json(result)
    assert "secret" not in student_json(for_student(result, [graph]))


def test_the_points_of_a_text_are_in_no_total(graph):
    result = student(graph, "text: something")
    assert result.judged_points == result.max_points - 1


# ---- Jacobians ----------------------------------------------------------------------------------------------------

JACOBIANS = """
graph:
  inputs: {W: [[1, -2, 0.5], [3, 0.25, -1]], x: [2, -1, 4], t: 2}
  nodes: {z: W @ x, s: sum(z * z), c: "x * t", k: t ** 2, r: "relu(x - 2)", v: "reshape(s, 1)"}
  output: s
questions:
  W: {ask: jacobian, of: z, wrt: W}
  x: {ask: jacobian, of: z, wrt: x}
  row: {ask: jacobian, wrt: z}
  column: {ask: jacobian, of: c, wrt: t}
  number: {ask: jacobian, of: k, wrt: t}
  one: {ask: jacobian, of: v, wrt: s}
  kink: {ask: jacobian, of: r, wrt: x}
  zero: {ask: jacobian, of: r, wrt: x, subgradient: zero}
"""
BY_W = "[[2, -1, 4, 0, 0, 0], [0, 0, 0, 2, -1, 4]]"


@pytest.fixture(scope="module")
def jacobians() -> PreparedProblem:
    return problem(JACOBIANS)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("W", BY_W),
        ("x", "[[1, -2, 0.5], [3, 0.25, -1]]"),
        ("row", "[[12, 3.5]]"),
        ("row", "[12, 3.5]"),
        ("column", "[[2], [-1], [4]]"),
        ("column", "[2, -1, 4]"),
        ("number", "4"),
        ("number", "[4]"),
        ("number", "[[4]]"),
        ("one", "1"),
        ("one", "[[1]]"),
        ("kink", "[[0, 0, 0], [0, 0, 0], [0, 0, 1]]"),
        ("kink", "[[1, 0, 0], [0, 0, 0], [0, 0, 1]]"),
        ("kink", "[[0.25, 0, 0], [0, 0, 0], [0, 0, 1]]"),
        ("zero", "[[0, 0, 0], [0, 0, 0], [0, 0, 1]]"),
    ],
)
def test_a_jacobian_is_a_matrix_by_rows_flat_where_it_has_one_row_or_column(jacobians, name, answer):
    assert item(jacobians, name, answer).verdict == "correct"


@pytest.mark.parametrize(
    ("name", "answer", "message"),
    [
        ("W", "2", "You gave one number for a matrix of 2 × 6."),
        ("W", "[2, -1, 4]", "You gave a vector of 3 entries, and a matrix of 2 × 6 was asked."),
        ("W", "[2, -1, 4, 0, 0, 0, 0, 0, 0, 2, -1, 4]", "a matrix of 2 × 6 was asked"),
        ("W", "[[[2, -1, 4], [0, 0, 0]], [[0, 0, 0], [2, -1, 4]]]", "You gave an array of 2 × 2 × 3, and 2 × 6 was"),
        ("W", "[[2, 0], [-1, 0], [4, 0], [0, 2], [0, -1], [0, 4]]", "Right up to transposition. You gave 6 × 2;"),
        ("x", "[1, -2, 0.5, 3, 0.25, -1]", "a matrix of 2 × 3 was asked"),
        ("row", "[[12], [3.5]]", "Right up to transposition."),
        ("column", "[[2, -1, 4]]", "Right up to transposition."),
        ("column", "2", "You gave one number for a matrix of 3 × 1."),
        ("number", "5", "5 is not the Jacobian of k by t."),
        ("number", "[4, 4]", "a number was asked"),
        ("x", "[[1, -2, 0.5], [3, 0.25, 1]]", "In the Jacobian of z by x the entry (2, 3) is wrong"),
        ("kink", "[[1.5, 0, 0], [0, 0, 0], [0, 0, 1]]", "the entry (1, 1) is wrong"),
        ("zero", "[[1, 0, 0], [0, 0, 0], [0, 0, 1]]", "the question asks for 0"),
    ],
)
def test_a_jacobian_of_another_shape_or_with_wrong_entries_is_wrong(jacobians, name, answer, message):
    found = item(jacobians, name, answer)
    assert found.verdict == "wrong"
    assert message in found.message


@pytest.mark.parametrize("answer", ["[[[2, -1], [0]], [[1, 2], [3, 4]]]", "[[[a]]]", "{z: 2}", "[[1, 2], [3]]", "ab"])
def test_a_jacobian_that_is_no_array_of_numbers_is_unreadable(jacobians, answer):
    assert item(jacobians, "W", answer).verdict == "unreadable"


def test_a_jacobian_is_the_same_in_every_layout():
    for layout in ("denominator", "numerator", "either"):
        prepared = problem(f"layout: {layout}\n{JACOBIANS}")
        assert verdicts(prepared, f"W: {BY_W}", "W") == {"W": "correct"}
        turned = verdicts(prepared, "W: [[2, 0], [-1, 0], [4, 0], [0, 2], [0, -1], [0, 4]]", "W")
        assert turned == {"W": "wrong"}


def test_the_reference_of_two_numbers_is_a_number(jacobians):
    assert numpy.shape(item(jacobians, "number", "4").expected) == ()
    assert numpy.shape(item(jacobians, "row", "4").expected) == (1, 2)


# ---- Jacobians on edges -------------------------------------------------------------------------------------------

ON_EDGES = """
graph:
  inputs: {u1: 3, u2: 4, h: [1, 2]}
  constants: {n: 2}
  nodes: {u3: u1 * u2, u4: "max(u1, u2)", z: n * u3 * h, o: "u4 + dot(z, z)"}
questions:
  q: {ask: edge_jacobians}
  some: {ask: edge_jacobians, edges: ["u1 -> u3", h->z]}
  one: {ask: edge_jacobians, edges: [n->z]}
"""


@pytest.fixture(scope="module")
def on_edges() -> PreparedProblem:
    return problem(ON_EDGES)


def test_every_edge_that_a_derivative_is_asked_by_has_an_item(on_edges):
    right = "q: {u1->u3: 4, u2->u3: 3, u1->u4: 0, u2->u4: 1, u3->z: [2, 4], h->z: [[24, 0], [0, 24]], u4->o: 1,"
    assert set(verdicts(on_edges, right + " z->o: [48, 96]}").items()) == {
        (edge, "correct") for edge in ("u1->u3", "u2->u3", "u1->u4", "u2->u4", "u3->z", "h->z", "u4->o", "z->o")
    }


def test_an_edge_may_be_written_with_blanks_or_a_real_arrow(on_edges):
    assert verdicts(on_edges, "some: {u1→u3: 4, h  -> z: [[24, 0], [0, 24]]}", "some") == {
        "u1->u3": "correct",
        "h->z": "correct",
    }


def test_an_edge_from_a_constant_has_an_item_where_it_is_asked_for_by_name(on_edges):
    assert verdicts(on_edges, "one: {n->z: [12, 24]}", "one") == {"n->z": "correct"}
    assert verdicts(on_edges, "one: [12, 24]", "one") == {"n->z": "correct"}


def test_edges_that_were_not_asked_for_are_remarked_and_cost_nothing(on_edges):
    found = question(on_edges, "some: {u1->u3: 4, h->z: [[24, 0], [0, 24]], u2->u3: 3, u9->u3: 1}", "some")
    assert found.verdict == "correct"
    assert "u2->u3 is not asked for here" in found.message
    assert "u9->u3 is not asked for here" in found.message


def test_an_edge_that_is_there_twice_is_read_neither_way(on_edges):
    found = items(on_edges, "some: {u1->u3: 4, u1 -> u3: 5, h->z: 1}", "some")
    assert found["u1->u3"].verdict == "unreadable"
    assert "this is a second answer for u1->u3" in found["u1->u3"].message
    assert found["h->z"].verdict == "wrong"


def test_the_words_about_an_edge_name_it_both_ways(on_edges):
    found = items(on_edges, "q: {u1->u3: 3, h->z: [[24, 1], [0, 24]], u3->z: [[2, 4]], z->o: 1}")
    assert found["u1->u3"].message == "3 is not the local derivative ∂u3/∂u1 on u1->u3."
    assert "In the local Jacobian ∂z/∂h on h->z the entry (1, 2) is wrong" in found["h->z"].message
    assert found["u3->z"].message.startswith("Right up to transposition. You gave 1 × 2;")
    assert found["z->o"].message == "You gave one number for a matrix of 1 × 2."
    assert found["u4->o"].verdict == "missing"


def test_edges_without_names_are_told_how_to_write_them(on_edges):
    found = question(on_edges, "q: [4, 3]")
    assert found.verdict == "unreadable"
    assert "Write {u1->u3: …}" in found.items[0].message


def test_one_choice_at_a_tie_holds_for_both_edges():
    prepared = problem("graph: {inputs: {a: 2, b: 2}, nodes: {o: 'max(a, b)'}}\nquestions: {q: {ask: edge_jacobians}}")
    assert verdicts(prepared, "q: {a->o: 0.3, b->o: 0.7}") == {"a->o": "correct", "b->o": "correct"}
    assert verdicts(prepared, "q: {a->o: 1, b->o: 1}") == {"a->o": "correct", "b->o": "wrong"}


FOLLOWED = """
graph: {inputs: {x: 2, w: 3}, nodes: {a: x + w, b: a ** 2, o: b * x}}
questions:
  forward: {ask: trace}
  q: {ask: edge_jacobians, depends_on: forward, follow_through: 0.5, points: 5}
  plain: {ask: edge_jacobians, depends_on: forward}
"""


def test_edges_follow_from_the_students_own_forward_values_where_the_question_depends_on_them():
    prepared = problem(FOLLOWED)
    edges = "{x->a: 1, w->a: 1, a->b: 12, b->o: 2, x->o: 36}"
    found = student(prepared, f"forward: {{a: 6, b: 36, o: 72}}\nq: {edges}\nplain: {edges}").problems[0].questions
    marks = [{i.item: i.verdict for i in q.items} for q in found]
    right = {"x->a": "correct", "w->a": "correct", "b->o": "correct"}
    assert marks[1] == right | {"a->b": "follow_through", "x->o": "follow_through"}
    assert found[1].points == pytest.approx(4)
    assert marks[2] == right | {"a->b": "wrong", "x->o": "wrong"}


def test_a_derivative_that_vanishes_at_the_students_own_values_proves_nothing():
    prepared = problem(FOLLOWED)
    found = items(prepared, "forward: {a: 0}\nq: {a->b: 0}")
    assert found["a->b"].verdict == "wrong"
    assert "a wrong derivative on a->b would give the same number" in found["a->b"].message


# ---- authors ------------------------------------------------------------------------------------------------------


def doubling(steps: int) -> str:
    """A graph in which the number of paths doubles at each step."""
    nodes = "".join(f"    a{k}: x{k}\n    b{k}: 2 * x{k}\n    x{k + 1}: a{k} + b{k}\n" for k in range(steps))
    return f"graph:\n  inputs: {{x0: 1}}\n  nodes:\n{nodes}questions:\n  q: {{ask: paths, from: x0, to: x{steps}}}\n"


def test_more_paths_than_anybody_writes_are_the_authors_error():
    assert len(item(problem(doubling(6)), "q", "[]").expected) == 64
    with pytest.raises(ProblemErrors, match=r"1,024 paths lead from x0 to x10, more than anybody writes down"):
        problem(doubling(10))
    with pytest.raises(ProblemErrors, match=r"more than 1,000,000,000 paths"):
        problem(doubling(60))


def test_paths_from_a_name_to_itself_are_the_authors_error():
    with pytest.raises(ProblemErrors, match="the paths begin and end at x0"):
        problem(doubling(2).replace("to: x2", "to: x0"))


# ---- results ------------------------------------------------------------------------------------------------------


def test_lists_are_written_as_lists_of_text(graph):
    found = item(graph, "paths", "[u1 -> u5]")
    assert plain(found.answer) == ["u1->u5"]
    assert plain(found.expected) == ["u1->u3->u4->u5", "u1->u5"]
    assert value_text(found.expected) == "[u1->u3->u4->u5, u1->u5]"
    assert (item(graph, "one", "[2]").answer, item(graph, "one", "2").expected) == ("2", "1")
