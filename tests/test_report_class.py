"""The pages of the class: what they say first, what they count, and that any class can be shown."""

from __future__ import annotations

import random
import re
from dataclasses import replace

import pytest

from grader.marking.results import ProblemSummary
from grader.report import Head, Reports
from grader.report.class_page import ROWS_ON_A_PAGE
from grader.report.findings import signed
from grader.report.pages import script
from grader.report.problem_page import page_names
from tests.report_samples import HEAD, array, item, net, problem, question, student, two_paths
from tests.test_report_pages import Page, pages_of, without_script

ONE = Head("Two paths", (ProblemSummary("p", "Two paths to one input", 8),))
UNREADABLE = "{}/p.yaml:3:17: a number was expected, and this is two: 7 and 0"


def written(folder, *results, head=ONE):
    """The pages of a class."""
    with Reports(folder, head) as reports:
        for result in results:
            reports.add(result, result)
    return pages_of(folder)


def words(html):
    """What a reader reads, without the script."""
    return " ".join(Page(re.sub("<script>.*?</script>", "", html, flags=re.S)).words)


def answered(name, u3="correct", u1="correct", value=24.0, message=None):
    """A student's backward pass, and a formula of which everybody has half the points."""
    marks = {"correct": 1.0, "wrong": 0.0, "unreadable": 0.0, "not_checked": None}
    parts = [marks[u3], marks[u1]]
    points = None if None in parts else 3 * sum(parts)
    verdict = "correct" if parts == [1, 1] else "partial" if sum(p or 0 for p in parts) else u1
    backward = question("back", verdict, points, 6, item("u3", u3, array(14 if u3 == "correct" else 99), array(14)),
                        item("u1", u1, array(80 if u1 == "correct" else value), array(80), message),
                        title="Backward pass")  # fmt: skip
    other = question("value", "correct", 2, 2, item("value", "correct", array(1), array(1)), ask="value")
    return student(name, problem("p", "Two paths to one input", backward, other))


def lost_path(count=12, right=8):
    """A class in which most lose the second path."""
    wrong = [answered(f"w{n:02}", u1="wrong", value=24 + n % 3) for n in range(count)]
    return [*wrong, *(answered(f"r{n:02}") for n in range(right))]


# what is said first


def test_the_sentence_under_the_title_is_where_most_go_wrong(tmp_path):
    text = words(written(tmp_path, *lost_path())["index.html"])
    assert "Most students go wrong first at u 1 , in question a, Backward pass." in text
    assert "60 % 12 of 20, at a: u 1" in text


@pytest.mark.parametrize(
    ("results", "sentence"),
    [
        ([], "No submissions were found."),
        ([student("s", problem("p", "P", question("q", "missing", 0, 1, item("q", "missing"))))],
         "Nobody has handed in an answer yet."),
        ([answered(f"s{n}") for n in range(8)],
         "The class can do this: 100 % of the points or more in every question."),
        ([answered("a", u1="not_checked", message="Stopped twice."), answered("b")],
         "1 of 2 submissions could not be checked in full: see below why."),
        ([answered("a", u1="wrong"), answered("b")], "The hardest was question a, Backward pass: 75 % of its points"),
        (lost_path(5, 15), "5 of 20 students go wrong first at u 1 , in question a, Backward pass."),
    ],
)  # fmt: skip
def test_the_sentence_under_the_title_fits_the_class(tmp_path, results, sentence):
    assert sentence in words(written(tmp_path, *results)["index.html"])


def test_what_needs_attention_comes_in_the_order_of_urgency(tmp_path):
    copies = [answered(name, u3="wrong", u1="wrong", value=114.5) for name in ("x1", "x2")]
    stopped = answered("b", u1="not_checked", message="Stopped by the clock while the machine was busy.")
    broken = [answered(name, u1="unreadable", message=UNREADABLE.format(name)) for name in ("c", "d")]
    text = words(written(tmp_path, *lost_path(), stopped, *broken, *copies)["index.html"])
    said = ["Needs attention", "Stopped by the clock", "a number was expected, and this is two: 7 and 0",
            "12 of the 14 who fail do so first at u 1", "2 submissions have the same 2 wrong values",
            "Scores"]  # fmt: skip
    places = [text.index(sentence) for sentence in said]
    assert places == sorted(places)
    assert text.count("a number was expected") == 1
    assert "(first: c/p.yaml:3:17)" in text


def test_likeness_is_a_reason_to_ask_and_never_an_accusation(tmp_path):
    copies = [answered(name, u3="wrong", u1="wrong", value=114.5) for name in ("x1", "x2", "x3")]
    pages = written(tmp_path, *lost_path(), *(answered(f"q{n:02}") for n in range(20)), *copies)
    text = words(pages["index.html"])
    assert "3 submissions have the same 2 wrong values" in text
    assert "This is a reason to ask, not a finding." in text
    assert "= 114.5, fits no known pattern" in text
    assert not re.search("cheat|copied|copy|plagiar|fraud|suspici", " ".join(pages.values()), flags=re.I)
    for name, html in pages.items():
        assert "look alike" not in html or name == "index.html"


def test_a_question_that_nobody_can_do_is_doubted_before_the_class(tmp_path):
    results = [answered(f"s{n}", u3="wrong", u1="wrong", value=24 + n) for n in range(6)]
    text = words(written(tmp_path, *results)["index.html"])
    assert "None of the 6 who answered it has a point. Look at its expected answer." in text
    assert "nobody has a point: look at it" in text


def test_what_is_said_of_many_students_is_one_finding(tmp_path):
    results = [student(f"s{n:02}", two_paths(), net()) for n in range(20)]
    text = words(written(tmp_path, *results, head=HEAD)["index.html"])
    assert text.count("a number was expected, and this is two") == 1
    assert "s00 , s01 , s02 , s03 , s04 and 15 more" in text


# figures, scores, questions, students


def test_the_figures_are_those_of_the_class(tmp_path):
    nothing = question("back", "missing", 0, 6, item("u1", "missing"))
    silent = student("s", problem("p", "P", nothing, question("value", "missing", 0, 2, item("value", "missing"))))
    text = words(written(tmp_path, *lost_path(3, 4), silent)["index.html"])
    for figure in ("Handed in 7 of 8 1 gave no answer", "Checked 8 of 8", "Median score 6.5 of 8 mean 5.9",
                   "Half the points or more 88 % 7 of 8"):  # fmt: skip
        assert figure in text, figure


def test_the_histogram_has_a_title_a_description_and_a_table_with_the_same_numbers(tmp_path):
    page = Page(written(tmp_path, *lost_path())["index.html"])
    text = " ".join(page.words)
    assert "Histogram of scores" in text
    assert "5 to under 6: 12; 6 to under 7: 0; 7 to 8: 8. Median 5." in text
    assert "5 to under 6 12 6 to under 7 0 7 to 8 8" in text
    assert ("svg", "role", "img") in page.attributes


def test_difficulty_and_discrimination_stand_as_numbers_beside_their_bars(tmp_path):
    html = written(tmp_path, *lost_path())["index.html"]
    text = words(html)
    assert "Backward pass 70 % – " in text
    assert "value 100 % – very easy: keep as a warm-up" in text
    assert '<rect class="fill" width="84.0"' in html
    assert [signed(number) for number in (0.567, -0.31, -0.001, None)] == ["0.57", "−0.31", "0.00", "–"]


def test_a_student_has_a_cell_for_each_question_and_the_first_error(tmp_path):
    html = written(tmp_path, answered("ada", u1="wrong"), answered("bob"))["index.html"]
    text = words(html)
    assert "ada 5 / 8 3 of 6, some points 2 of 2, full points a: u 1 bob 8 / 8" in text
    assert "2 of 2, full points none" in text
    assert "a Backward pass b value First error" in text
    assert html.count('href="students/ada.html"') == 1


def test_with_several_problems_each_has_a_column_and_a_page(tmp_path):
    pages = written(tmp_path, student("ada", two_paths(), net()), head=HEAD)
    assert {"problems/two-paths.html", "problems/net.html"} <= set(pages)
    text = words(pages["index.html"])
    assert "1 A product of a product and a sum 2 A small network First error" in text
    assert "7 / 16 13 judged" in text
    assert "1b: u 1" in text
    page = Page(pages["index.html"])
    assert "problems/net.html" in page.links


@pytest.mark.parametrize(("count", "pages"), [(500, 1), (501, 2), (2 * ROWS_ON_A_PAGE + 1, 3)])
def test_a_large_class_goes_on_on_further_pages(tmp_path, count, pages):
    found = written(tmp_path, *(student(f"s{n:04}") for n in range(count)), head=HEAD)
    names = ["index.html", *(f"index-{n}.html" for n in range(2, pages + 1))]
    assert set(names) <= set(found)
    assert f"index-{pages + 1}.html" not in found
    rows = [found[name].count('href="students/') for name in names]
    assert rows == [ROWS_ON_A_PAGE] * (pages - 1) + [count - ROWS_ON_A_PAGE * (pages - 1)]
    for number, name in enumerate(names):
        page = Page(found[name])
        assert page.links.count(f"{names[-1]}#students") == (2 if pages > 1 else 0)
        assert page.attributes.count(("a", "aria-current", "page")) == (2 if pages > 1 else 0)
        assert ("Handed in" in page.text) == (number == 0)


def test_sorting_and_filtering_take_at_most_40_lines_and_nothing_is_hidden_without_them(tmp_path):
    text, source = script("class.js")
    assert len(text.splitlines()) <= 40
    html = written(tmp_path, *lost_path())["index.html"]
    assert f"script-src {source};" in html
    assert html.count("<script>") == 1
    assert re.findall(r"<[^>]* hidden[^>]*>", html) == ['<div id="filter-tools" hidden>']


# the page of a problem


def test_the_page_of_a_problem_has_first_errors_wrong_answers_and_items(tmp_path):
    pages = written(tmp_path, *lost_path(), answered("x", u3="wrong"))
    text = words(pages["problems/p.html"])
    assert "u 3 1 5 % u 1 12 57 %" in text
    assert "Share of the 21 who tried it" in text
    assert "8 have no error." in text
    assert "u 1 24 4 – 25 4 26 4" in text
    assert "u 3 20 1 u 1 9 12" in text
    assert "../grader.css" in Page(pages["problems/p.html"]).links


def test_only_some_of_many_wrong_answers_are_shown(tmp_path):
    results = [answered(f"s{n:03}", u1="wrong", value=1000 + n) for n in range(150)]
    text = words(written(tmp_path, *results)["problems/p.html"])
    assert "the first 8 of" in text
    assert "at least" in text
    assert len(re.findall(r"\b1\d\d\d\b", text)) == 8


def test_a_drawing_stands_beside_the_numbers_where_there_is_one():
    from markupsafe import Markup

    from grader.report.problem_page import problem_html
    from grader.report.statistics import ClassStatistics, digest

    found = ClassStatistics()
    for result in lost_path():
        found.add(digest(result))
    drawing = Markup("<svg><title>Drawn</title></svg>")
    html = problem_html(ONE.problems[0], found.questions("p"), ONE, {"back": drawing})
    figure = html[html.index('<figure class="card figure">') : html.index("</figure>")]
    assert str(drawing) in figure


def test_a_problem_has_its_id_as_the_name_of_its_page_where_that_can_be():
    names = page_names(["two-paths", "Net", "a", "A", "con", "-x", "x" * 90])
    assert names["two-paths"] == "problems/two-paths.html"
    assert names["Net"] == "problems/Net.html"
    assert names["x" * 90] == f"problems/{'x' * 90}.html"
    assert len({name.casefold() for name in names.values()}) == 7
    for name in ("A", "con", "-x"):
        assert re.fullmatch(r"problems/[a-z-]+-[0-9a-f]{16}\.html", names[name])


# any class


def test_a_class_of_300_with_hostile_names_is_shown_and_nothing_of_it_is_obeyed(tmp_path):
    chance = random.Random(4)
    parts = [
        "<script>",
        "</title>",
        "\u202e",
        "\u200b",
        "\x1b[2J",
        "\x00",
        "'\"",
        "{{ 7*7 }}",
        "&amp;",
        "../",
        "Ö",
        "a",
    ]
    results = []
    for number in range(300):
        name = "".join(chance.choices(parts, k=4)) + str(number)
        result = answered(name, u1=chance.choice(["correct", "wrong", "unreadable"]), message=f"{name}: {name}")
        q = result.problems[0].questions
        results.append(replace(result, problems=(replace(result.problems[0], questions=(
            replace(q[0], message=name), q[1])),)))  # fmt: skip
    pages = written(tmp_path, *results)
    assert len(pages) == 300 + 2
    for name, html in pages.items():
        shown, _ = without_script(name, html)
        assert "<script" not in shown
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", shown), name
        assert "4977" not in shown
    assert Page(pages["index.html"]).text.count("300 of 300 shown") == 1
