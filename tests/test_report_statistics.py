"""What is counted of a class, against cases worked out by hand and against NumPy."""

from __future__ import annotations

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.report.histogram import histogram
from grader.report.statistics import Answer, ClassStatistics, Correlation, Frequent, answer, digest, letter
from tests.report_samples import array, item, problem, question, student

POINTS = st.integers(0, 10)


def graded(name, *points, of=10):
    """A student with these points in questions a, b, c, …; None is not judged."""
    asked = [
        question(letter(n), "needs_person" if p is None else "correct" if p == of else "wrong", p, of,
                 item("x", "needs_person" if p is None else "correct" if p == of else "wrong", array(p or 0)),
                 ask="value")
        for n, p in enumerate(points)
    ]  # fmt: skip
    return student(name, problem("p", "P", *asked))


def counted(*results):
    """The statistics of a class."""
    found = ClassStatistics()
    for result in results:
        found.add(digest(result))
    return found


@given(st.lists(st.tuples(POINTS, POINTS), min_size=2, max_size=40))
def test_a_correlation_that_comes_bit_by_bit_is_that_of_numpy(pairs):
    found = Correlation()
    for x, y in pairs:
        found.add(x / 10, y / 10)
    columns = numpy.array(pairs, dtype=float).T
    if numpy.ptp(columns[0]) == 0 or numpy.ptp(columns[1]) == 0:
        assert found.value is None
    else:
        assert found.value == pytest.approx(numpy.corrcoef(columns)[0, 1], abs=1e-9)


@given(st.lists(st.tuples(POINTS, POINTS, POINTS), min_size=3, max_size=20))
def test_discrimination_is_the_correlation_with_the_rest_of_the_points(points):
    found = counted(*(graded(f"s{n}", *row) for n, row in enumerate(points)))
    table = numpy.array(points, dtype=float)
    for column, asked in enumerate(found.questions("p")):
        rest = table.sum(axis=1) - table[:, column]
        assert asked.difficulty == pytest.approx(table[:, column].mean() / 10)
        if numpy.ptp(table[:, column]) and numpy.ptp(rest):
            assert asked.discrimination == pytest.approx(numpy.corrcoef(table[:, column], rest)[0, 1], abs=1e-9)
        else:
            assert asked.discrimination is None


def test_difficulty_and_discrimination_by_hand():
    first, second = counted(graded("a", 10, 10), graded("b", 10, 5), graded("c", 0, 0)).questions("p")
    assert first.difficulty == pytest.approx(2 / 3)
    assert second.difficulty == pytest.approx(1 / 2)
    assert first.discrimination == second.discrimination == pytest.approx(0.8660254)


def test_what_is_not_judged_counts_neither_way():
    first, second = counted(graded("a", 10, None), graded("b", 0, 10), graded("c", 10, 0)).questions("p")
    assert (first.judged, second.judged) == (3, 2)
    assert first.with_rest.count == 2
    assert first.discrimination == pytest.approx(-1)


def test_who_handed_in_nothing_is_counted_but_is_no_sign_of_difficulty():
    silent = student("s", problem("p", "P", question("a", "missing", 0, 10, item("x", "missing"), ask="value")))
    found = counted(graded("a", 10), silent)
    (asked,) = found.questions("p")
    assert (found.students, found.answered) == (2, 1)
    assert asked.difficulty == 1
    assert asked.verdicts["missing"] == 1


def test_frequent_answers_are_counted_exactly_while_there_is_room():
    found = Frequent(most=3)
    for text in "abacab":
        found.add(Answer(text, text.encode()))
    assert found.first(2) == [("a", 3), ("b", 2)]
    assert found.lowered == 0


@given(st.lists(st.sampled_from("abcdefgh"), max_size=200))
def test_a_count_is_too_low_by_no_more_than_is_said(texts):
    found = Frequent(most=3)
    for text in texts:
        found.add(Answer(text, text.encode()))
    counts = dict(found.first(10))
    assert len(counts) <= 3
    assert found.lowered <= len(texts) / 4
    for text in set(texts):
        assert texts.count(text) - found.lowered <= counts.get(text, 0) <= texts.count(text)


def trace(name, *verdicts):
    """A student's backward pass through u3, u2, u1."""
    items = [item(f"u{3 - n}", verdict, array(100 + n)) for n, verdict in enumerate(verdicts)]
    return student(name, problem("p", "P", question("back", "partial", 1, 3, *items)))


def test_the_first_error_is_the_first_wrong_item_in_the_order_of_the_computation():
    (asked,) = counted(
        trace("a", "correct", "wrong", "wrong"), trace("b", "correct", "wrong", "follow_through"),
        trace("c", "wrong", "correct", "correct"), trace("d", "correct", "correct", "correct"),
    ).questions("p")  # fmt: skip
    assert asked.share_of_first_errors() == {"u3": (1, 0.25), "u2": (2, 0.5), "u1": (0, 0.0)}
    assert (asked.tried, asked.failed) == (4, 3)
    assert asked.items["u1"].verdicts == {"wrong": 1, "follow_through": 1, "correct": 2}
    assert asked.items["u1"].wrong.first(3) == [("102", 1)]


@pytest.mark.parametrize(
    ("value", "text"),
    [(12.0, "12"), (0.1, "0.1"), (1 / 3, "0.3333333333"), (1e-20, "1e-20"), ([1, 2.5], "[1, 2.5]"),
     ([[1, 0], [0, 1]], "[[1, 0], [0, 1]]"), (float("nan"), "nan"), ([], "[]")],
)  # fmt: skip
def test_answers_are_shown_as_numbers_and_lists(value, text):
    assert answer(array(value)).text == text


def test_a_long_answer_is_cut_and_still_told_from_others():
    one, other = [0.5] * 5000, [0.5] * 4999 + [0.25]
    assert answer(array(one)).text == answer(array(other)).text
    assert answer(array(one)).text.endswith(", … (5000)")
    assert len(answer(array([one, other])).text) < 100
    assert answer(array(one)).key != answer(array(other)).key
    assert answer(array(0.0)).key == answer(array(-0.0)).key
    assert len(answer("x" * 10_000).text) < 100


# likeness


def copied(name, *values, verdict="wrong"):
    """A student with these values for u1, u2, …; what is 0 is right."""
    items = [item(f"u{n}", verdict if value else "correct", array(value)) for n, value in enumerate(values, 1)]
    return student(name, problem("p", "P", question("q", "partial", 1, 2, *items)))


def alike(*results):
    """The names in each group of a class that ten more are in, who have everything right."""
    found = counted(*results, *(copied(f"z{n}", *[0] * 4) for n in range(20)))
    return [set(group.students) for group in found.likeness.groups(found.answered)]


def test_the_same_rare_wrong_values_in_several_submissions_are_found():
    assert alike(copied("a", 61.5, 114.5), copied("b", 61.5, 114.5), copied("c", 3, 0)) == [{"a", "b"}]


def test_files_that_are_not_the_same_need_more_in_common():
    assert alike(copied("a", 0, 31, 47, 5), copied("b", 0, 31, 47, 9)) == []
    assert alike(copied("a", 0, 61.5, 114.5, 5), copied("b", 0, 61.5, 114.5, 9)) == [{"a", "b"}]


def test_one_number_of_many_digits_is_enough_in_files_that_are_the_same():
    assert alike(copied("a", 114.5, 0), copied("b", 114.5, 0)) == [{"a", "b"}]
    assert alike(copied("a", 114.5, 0), copied("b", 114.5, 7)) == []
    assert alike(copied("a", 7, 0), copied("b", 7, 0)) == []


def test_what_many_gave_or_what_follows_from_an_earlier_mistake_is_no_sign():
    assert alike(*(copied(f"s{n}", 61.5, 114.5) for n in range(7))) == []
    assert alike(*(copied(name, 61.5, 114.5, verdict="follow_through") for name in "ab")) == []


# histogram


@given(st.lists(st.floats(0, 20), min_size=1, max_size=50), st.sampled_from([0.5, 1, 3, 7, 13, 20, 100, 999]))
def test_every_value_is_in_one_column_of_a_histogram(values, top):
    values = [min(value, top) for value in values]
    found = histogram(values, top, values[0], "points")
    assert sum(column.count for column in found.columns) == len(values)
    assert 1 <= len(found.columns) <= 10
    for column in found.columns:
        last = column is found.columns[-1]
        low, high = float(column.first), float(column.last)
        assert column.count == sum(low - 1e-6 <= v < high - 1e-6 or (last and v >= low - 1e-6) for v in values)
        assert column.x >= 40
        assert column.x + column.width <= 440.1
        assert 40 <= column.y <= column.y + column.height <= 210.1
    assert 40 <= found.median.at <= 440


def test_a_histogram_has_round_borders():
    found = histogram([0, 1, 2, 12.5, 13], 13, 2, "points")
    assert [column.first for column in found.columns] == ["0", "2", "4", "6", "8", "10", "12"]
    assert [column.count for column in found.columns] == [2, 1, 0, 0, 0, 0, 2]
    assert found.columns[-1].last == "13"
    assert [line.text for line in found.levels] == ["0", "1", "2"]
