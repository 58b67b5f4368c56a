"""Drawings of graphs: nothing overlaps, whatever the graph; nothing is drawn that was not given; text is text."""

from __future__ import annotations

import pathlib
import pickle
import re
from itertools import combinations, pairwise
from xml.etree import ElementTree

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.engine.derivation import Derivations
from grader.questions import option_models
from grader.report import mathtext
from grader.report.drawing import (
    Cell,
    Drawing,
    DrawnEdge,
    DrawnNode,
    Share,
    adjoint_cell,
    answer_cells,
    block_node,
    boxes,
    draw,
    drawn_edges,
    value_cell,
)
from grader.report.layout import CARD, Layout, Structure, collapsed, layered, layout
from grader.report.pills import Label, gap
from grader.spec.load import load_problem

PROBLEMS = sorted(p for p in pathlib.Path("problems").glob("*.yaml") if p.stem != "assignment")
TWO_PATHS = Structure(
    ("u1", "u2", "u3", "u4", "u5"),
    (("u1", "u3"), ("u2", "u3"), ("u1", "u4"), ("u2", "u4"), ("u3", "u5"), ("u4", "u5")),
)


def drawing_of(
    structure: Structure, wrong: str | None = None, label: str = "u_{2}", number: str = "-0.123456"
) -> Drawing:
    nodes = []
    for name in structure.nodes:
        bottom: tuple[Cell, ...] = (adjoint_cell("-0.0183271", "is-ok", "ok", "correct"),)
        if name == wrong:
            bottom = answer_cells("-123.4567", "-0.0183271", "is-wrong", "wrong", "wrong")
        nodes.append(DrawnNode(name, "u_{12}", "2 u_{3} u_{4}", "", value_cell("168"), bottom, first=name == wrong))
    edges = [DrawnEdge(j, i, label, number, "lost" if k == 0 else "") for k, (j, i) in enumerate(structure.edges)]
    return Drawing("A graph", "Its nodes", tuple(nodes), tuple(edges))


def heat_of(structure: Structure) -> Drawing:
    nodes = tuple(DrawnNode(name, "u_{1}", "u_{2}", share=Share(3, 28)) for name in structure.nodes)
    edges = tuple(DrawnEdge(j, i, share=Share(16, 28)) for j, i in structure.edges)
    return Drawing("Where the first error happens", "", nodes, edges, heat=True)


def assert_apart(drawing: Drawing, places: Layout) -> None:
    (width, height), found = boxes(drawing, places)
    for one, other in combinations(found, 2):
        assert not one.overlaps(other), (one, other)
    for box in found:
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= width + 0.1
        assert box.y + box.height <= height + 0.1


def numbers(value: object) -> str:
    array = numpy.asarray(value, dtype=float)
    return f"{float(array):.6g}" if array.ndim == 0 else " × ".join(map(str, array.shape))


def of_problem(path: pathlib.Path) -> tuple[Drawing, Layout]:
    problem = load_problem(path, option_models())
    found = Derivations(problem.graph, problem.point, problem.symbols)
    graph = problem.graph
    nodes = tuple(
        DrawnNode(
            name,
            found.symbols(name),
            found.formula(name, inline=True),
            "input" if name in graph.leaves else "",
            value_cell(numbers(found.values[name])),
            (adjoint_cell(numbers(found.adjoints[name]), "is-ok", "ok", "correct"),) if name in found.adjoints else (),
            first=k == 1,
        )
        for k, name in enumerate(graph.names)
    )
    edges = tuple(
        DrawnEdge(
            j,
            i,
            e.inline,
            numbers(e.value) if e.value.size == 1 or e.value.ndim == 2 else "",
            "lost" if j == "x" else "",
        )
        for (j, i), e in found.edges.items()
    )
    return Drawing(problem.title, "", nodes, edges), layout(Structure(graph.names, graph.edges))


@pytest.mark.parametrize("path", PROBLEMS, ids=lambda p: p.stem)
def test_nothing_overlaps_in_the_drawings_of_the_bank(path):
    drawing, places = of_problem(path)
    assert_apart(drawing, places)
    ElementTree.fromstring(draw(drawing, places))


@pytest.mark.parametrize("path", PROBLEMS, ids=lambda p: p.stem)
def test_at_most_two_cards_to_a_layer_stay_readable_on_a_phone(path):
    drawing, places = of_problem(path)
    if max(len(layer) for layer in places.layers) <= 2:
        assert boxes(drawing, places)[0][0] <= 400


@st.composite
def structures(draw_from):
    count = draw_from(st.integers(1, 14))
    names = tuple(f"n{k}" for k in range(count))
    edges = {}
    for i in range(1, count):
        for j in draw_from(st.lists(st.integers(0, i - 1), max_size=4, unique=True)):
            edges[names[j], names[i]] = None
    return Structure(names, tuple(edges))


@settings(max_examples=60)
@given(structures(), st.data())
def test_nothing_overlaps_in_the_drawing_of_any_graph(structure, data):
    places = layout(structure)
    wrong = data.draw(st.sampled_from([None, *structure.nodes]))
    assert_apart(drawing_of(structure, wrong), places)
    assert_apart(drawing_of(structure, wrong, r"1 - \tanh^{2}(z_{1})"), places)
    assert_apart(heat_of(structure), places)


@settings(max_examples=30)
@given(structures())
def test_every_node_stands_below_what_it_reads(structure):
    level = {name: k for k, layer in enumerate(layered(structure)) for name in layer}
    assert all(level[j] < level[i] for j, i in structure.edges)
    assert sorted(level) == sorted(structure.nodes)


def test_two_paths_stand_as_on_the_mock():
    places = layout(TWO_PATHS)
    assert places.layers == ((("u1", 92.0), ("u2", 308.0)), (("u3", 92.0), ("u4", 308.0)), (("u5", 200.0),))
    svg = draw(drawing_of(TWO_PATHS, "u1"), places)
    assert 'viewBox="0 0 400 ' in svg
    assert "first wrong value" in svg


def test_crossing_edges_make_the_gap_wider():
    straight = gap(((50.0, 50.0), (150.0, 150.0)), (), 400.0)
    crossed = gap(((50.0, 150.0), (150.0, 50.0)), (), 400.0)
    assert (straight.extent, crossed.extent) == (96, 132)


def test_labels_without_room_say_only_the_number_before_they_take_more_lines():
    label = [Label(k, 120, 26, 40, 26) for k in range(3)]
    found = gap(((100.0, 60.0), (110.0, 110.0), (120.0, 160.0)), tuple(label), 400.0)
    assert {place.short for place in found.labels} == {True}


def test_sixty_nodes_in_a_chain_are_put_together():
    names = tuple(f"n{k}" for k in range(60))
    chain = Structure(names, tuple(pairwise(names)))
    for first in ("n0", "n5", "n30", "n59", None):
        small = collapsed(chain, "n59", first)
        assert len(small.structure.nodes) <= 40
        inside = dict(small.blocks)
        shown = [n for n in small.structure.nodes if n not in inside] + [
            n for members in inside.values() for n in members
        ]
        assert sorted(shown) == sorted(names)
        if first:
            around = [names[k] for k in (int(first[1:]) - 1, int(first[1:]), int(first[1:]) + 1) if 0 <= k < 60]
            assert set(around) <= set(small.structure.nodes)
        block_of = {name: block for block, members in small.blocks for name in members}
        nodes = tuple(
            block_node(n, inside[n], "all correct") if n in inside else DrawnNode(n, n, first=n == first)
            for n in small.structure.nodes
        )
        edges = drawn_edges({(j, i): DrawnEdge(j, i, "x", "3") for j, i in chain.edges}, block_of)
        drawing = Drawing("A chain", "", nodes, edges)
        assert_apart(drawing, layout(small.structure))
        assert "all correct" in draw(drawing, layout(small.structure))


@settings(max_examples=20)
@given(st.integers(41, 90), st.randoms(use_true_random=False))
def test_a_large_graph_never_has_more_than_forty_cards_or_a_circle(count, random):
    names = tuple(f"n{k}" for k in range(count))
    edges = {
        (names[random.randrange(i)], names[i]): None for i in range(1, count) for _ in range(random.randrange(1, 3))
    }
    found = collapsed(Structure(names, tuple(edges)), names[-1], random.choice(names))
    place = {name: k for k, name in enumerate(found.structure.nodes)}
    assert all(place[j] < place[i] for j, i in found.structure.edges)
    assert len(found.structure.nodes) <= 40


def test_a_layout_is_worked_out_once_and_can_be_sent_to_another_process():
    places = layout(TWO_PATHS)
    assert layout(TWO_PATHS) is places
    assert pickle.loads(pickle.dumps(places)) == places


def test_deep_graphs_with_wide_layers_run_sideways():
    names = [f"a{k}" for k in range(6)] + [f"c{k}" for k in range(9)]
    edges = [(f"a{k}", "c0") for k in range(6)] + [(f"a{k}", "c1") for k in range(6)]
    edges += [(f"c{k}", f"c{k + 1}") for k in range(8)]
    places = layout(Structure(tuple(names), tuple(edges)))
    assert places.sideways
    assert_apart(drawing_of(Structure(tuple(names), tuple(edges)), "c3"), places)


def test_leaves_stand_above_their_reader_where_that_makes_the_drawing_narrower():
    structure = Structure(("x", "y", "z", "q", "f"), (("x", "q"), ("y", "q"), ("q", "f"), ("z", "f")))
    assert layered(structure) == [["x", "y"], ["z", "q"], ["f"]]


def test_two_drawings_on_a_page_have_ids_of_their_own():
    svgs = [draw(drawing_of(TWO_PATHS), layout(TWO_PATHS), prefix) for prefix in ("g1", "g2")]
    ids = [found for svg in svgs for found in re.findall(r'id="([^"]+)"', svg)]
    assert len(ids) == len(set(ids)) == 8


def test_a_drawing_has_a_title_a_description_and_no_style():
    svg = draw(drawing_of(TWO_PATHS), layout(TWO_PATHS))
    assert "<title id=" in svg
    assert "<desc id=" in svg
    assert "style=" not in svg


@pytest.mark.parametrize("text", ["<script>", '"><image href=x>', "\u202eabc", "&amp;", "\x00"])
def test_text_of_others_comes_out_as_text(text):
    node = DrawnNode("u1", text, text, text, value_cell(text), answer_cells(text, text, "is-wrong", "wrong", text))
    edge = DrawnEdge("u1", "u2", text, text, text)
    drawing = Drawing(text, text, (node, DrawnNode("u2", "u_{2}", note=text)), (edge,), flag=text)
    svg = draw(drawing, layout(Structure(("u1", "u2"), (("u1", "u2"),))))
    tree = ElementTree.fromstring(svg)
    known = {"svg", "title", "desc", "defs", "marker", "g", "path", "rect", "text", "tspan", "use"}
    assert {element.tag for element in tree.iter()} <= known
    assert "\u202e" not in svg
    assert "\x00" not in svg


def test_what_is_hidden_is_drawn_as_a_question_mark_and_moves_nothing():
    def svg(expected):
        node = DrawnNode("u1", "u_{1}", bottom=answer_cells("", expected, "is-empty", "empty", "no answer"))
        return draw(Drawing("t", "d", (node,), ()), layout(Structure(("u1",), ())))

    assert "hidden" in svg(None)
    assert re.findall(r"<rect[^>]*>", svg(None)) == re.findall(r"<rect[^>]*>", svg("123456789"))


def test_a_state_is_always_a_shape_and_a_word():
    svg = draw(drawing_of(TWO_PATHS, "u1"), layout(TWO_PATHS))
    assert 'href="#g-wrong"' in svg
    assert ">wrong<" in svg
    assert svg.count(">correct<") == svg.count('href="#g-ok"') == 4


def test_a_state_without_room_beside_its_value_stands_below_it():
    def height(text):
        node = DrawnNode("u1", "u_{1}", bottom=(adjoint_cell(text, "is-ok", "ok", "correct"),))
        return boxes(Drawing("t", "d", (node,), ()), layout(Structure(("u1",), ())))[1][0].height

    assert height("-0.0183271") == height("14") + 20


def test_a_long_number_is_rounded_and_a_long_text_is_cut():
    nodes = (DrawnNode("u1", "u_{1}", top=value_cell("-0.123456789012345"), bottom=(adjoint_cell("x" * 60),)),)
    svg = draw(Drawing("t", "d", nodes, ()), layout(Structure(("u1",), ())))
    assert "−0.12346" in svg
    assert "…" in svg


def test_the_class_overview_has_the_share_as_width_and_red_only_above_a_fifth():
    edges = (DrawnEdge("a", "b", share=Share(16, 28)), DrawnEdge("b", "c", share=Share(1, 28)))
    nodes = tuple(DrawnNode(n, n, share=Share(0, 28)) for n in "abc")
    structure = Structure(("a", "b", "c"), (("a", "b"), ("b", "c")))
    svg = draw(Drawing("t", "d", nodes, edges, heat=True), layout(structure))
    assert 'stroke-width="10.6"' in svg
    assert "57 % (16)" in svg
    assert svg.count('class="edge hot"') == 1


@pytest.mark.parametrize(
    ("tex", "words"),
    [
        ("2 u_{3} u_{4}", "2u3u4"),
        (r"\lVert \hat y - y \rVert^{2}", "‖y\u0302 − y‖2"),
        (r"W^{(1)} x + b", "W(1)x + b"),
        (r"-q_{y}", "−qy"),
        (r"\sigma(z)", "σ(z)"),
        (r"x \text{ if } x > 0 \text{ else } y", "x if x > 0 else y"),
    ],
)
def test_a_short_formula_becomes_runs_of_text(tex, words):
    found = mathtext.runs(tex)
    assert found is not None
    assert "".join(run.text for run in found) == words


@pytest.mark.parametrize("tex", [r"\frac{1}{2}", r"\begin{pmatrix} 1 \end{pmatrix}", "{", r"\nosuch"])
def test_what_no_line_can_show_is_given_up(tex):
    assert mathtext.runs(tex) is None


def test_a_text_is_never_narrower_than_its_letters():
    assert mathtext.text_width("168", 15, bold=True) > 3 * 0.69 * 15
    assert mathtext.text_width("W", 10) > mathtext.text_width("i", 10)
    assert CARD == 164
