"""Numbers as they were typed, and what is said where something else stands."""

from __future__ import annotations

import math
import time

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.answers.habits import HABITS, WRITE, explain
from grader.answers.number import EXACT, MAX_ENTRIES, Typed, short, typed
from grader.errors import AnswerError, Place
from grader.spec import document
from grader.spec.document import Scalar, Sequence, Value


def answer(yaml: str) -> Value:
    """The value of `a` in a file that is `a: yaml`."""
    root = document.read(f"a: {yaml}\n", "s07/two-paths.yaml", AnswerError, keep_damage=True)
    assert isinstance(root, document.Mapping)
    value = root.get("a")
    assert value is not None
    return value


def read(yaml: str) -> Typed:
    return typed(answer(yaml))


def error(yaml: str) -> AnswerError:
    with pytest.raises(AnswerError) as raised:
        read(yaml)
    return raised.value


# -- numbers


@pytest.mark.parametrize(
    ("text", "value", "decimals", "digits"),
    [
        ("24", 24, 0, 2),
        ("7.0", 7, 1, 2),
        ("-0.050", -0.05, 3, 2),
        ("1.68e2", 168, 0, 3),
        ("1.685e2", 168.5, 1, 4),
        ("16.8E+1", 168, 0, 3),
        ("1.5e-3", 0.0015, 4, 2),
        ("1500", 1500, 0, 4),
        ("0", 0, 0, 0),
        ("0.00", 0, 2, 0),
        ("+5", 5, 0, 1),
        (".5", 0.5, 1, 1),
        ("5.", 5, 0, 1),
        ("010", 10, 0, 2),
        ("−3.5", -3.5, 1, 2),
        ("1e−2", 0.01, 2, 1),
        ("'24'", 24, 0, 2),
        ('" 2.50 "', 2.5, 2, 3),
    ],
)
def test_a_number_keeps_what_was_typed(text: str, value: float, decimals: int, digits: int) -> None:
    number = read(text)
    assert number.values.shape == number.decimals.shape == number.digits.shape == ()
    assert (float(number.values), int(number.decimals), int(number.digits)) == (value, decimals, digits)


@pytest.mark.parametrize(
    ("text", "value"),
    [(".nan", math.nan), (".inf", math.inf), ("-.Inf", -math.inf), ("'nan'", math.nan), ("1e400", math.inf)],
)
def test_what_is_not_finite_is_read_as_it_is(text: str, value: float) -> None:
    assert numpy.array_equal(read(text).values, numpy.array(value), equal_nan=True)


def test_an_endless_exponent_is_no_reason_to_count_on() -> None:
    number = read("1e-" + "9" * 150)
    assert float(number.values) == 0
    assert int(number.decimals) < EXACT


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3/4", 0.75),
        ("sqrt(2)", math.sqrt(2)),
        ("2^3", 8),
        ("2 ** 3", 8),
        ("exp(-1)", math.exp(-1)),
        ("42/3", 14),
        ("-pi", -math.pi),
        ("2 * sqrt(2)", 2 * math.sqrt(2)),
        ("1/0", math.inf),
    ],
)
def test_a_constant_formula_is_exact(text: str, value: float) -> None:
    number = read(text)
    assert float(number.values) == pytest.approx(value)
    assert (int(number.decimals), int(number.digits), number.raw) == (EXACT, EXACT, text)


# -- lists


def test_a_vector_keeps_the_decimals_of_each_entry() -> None:
    number = read("[1, 2.50, 3/4]")
    assert number.values.tolist() == [1, 2.5, 0.75]
    assert number.decimals.tolist() == [0, 2, EXACT]
    assert number.raw == "[1, 2.50, 3/4]"


def test_a_matrix_is_read_by_rows() -> None:
    number = read("[[1, 2, 3], [4, 5, 6]]")
    assert number.values.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert number.values.dtype == numpy.float64


@pytest.mark.parametrize(("text", "shape"), [("[]", (0,)), ("[[]]", (1, 0)), ("[[], []]", (2, 0)), ("[7]", (1,))])
def test_what_is_typed_has_the_shape_it_has(text: str, shape: tuple[int, ...]) -> None:
    assert read(text).values.shape == shape


def test_a_ragged_matrix_is_refused_at_the_odd_row() -> None:
    found = error("[[1, 2], [3], [4, 5]]")
    assert found.message == "row 2 has 1 entry, and row 1 has 2"
    assert (found.place.column, found.hint) == (13, "All rows of a matrix have as many entries.")


def test_where_the_first_row_is_the_odd_one_it_is_named() -> None:
    found = error("[[1], [2, 3], [4, 5]]")
    assert found.message == "row 1 has 1 entry, and row 2 has 2"


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("[1, [2]]", "a row stands here beside a number", 8),
        ("[[1], 2]", "a number stands here beside a row", 10),
        ("[[1], {b: 2}]", "a mapping stands here beside a row", 10),
        ("[1, {b: 2}]", "a number was expected, and this is a mapping", 8),
        ("[[[1]]]", "this list has more than two levels of brackets", 6),
        ("[[1, three]]", "a number was expected, and this is the text three", 9),
        ("[1, null]", "a number was expected, and nothing stands here", 8),
        ("[1, true]", "a number was expected, and this is true, which is read as yes or no", 8),
        ("{b: 1}", "a number was expected, and this is a mapping", 4),
    ],
)
def test_what_is_no_list_of_numbers_is_refused_at_its_place(text: str, message: str, column: int) -> None:
    found = error(text)
    assert (found.message, found.place.column) == (message, column)


def test_a_list_in_braces_is_told_of_square_brackets() -> None:
    assert error("{1, 2}").hint == "Lists are written in square brackets: [1, 2]."


def test_more_entries_than_the_most_are_refused() -> None:
    place = Place("a.yaml", 1, 1)
    one = Scalar(1, "1", place)
    with pytest.raises(AnswerError, match="has 100,001 entries"):
        typed(Sequence((one,) * (MAX_ENTRIES + 1), place))
    assert typed(Sequence((one,) * MAX_ENTRIES, place)).values.shape == (MAX_ENTRIES,)


def test_a_million_formulas_are_refused_before_they_are_computed() -> None:
    start = time.perf_counter()
    found = error("[" + ", ".join(f"{n}/7" for n in range(50_000)) + "]")
    assert "more than 20,000 characters together" in found.message
    assert time.perf_counter() - start < 10


# -- what people write instead


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("''", "nothing stands between the quotes", "Write it, or leave the whole answer out."),
        ("2014-10-14", "this is a date", f"{WRITE} Put blanks round a minus sign."),
        ("2014-01-14 10:00:00", "this is a date", f"{WRITE} Put blanks round a minus sign."),
        ("12:30:00", "this is a time or a ratio", "Write a quotient with /, as 3/4."),
        ("0x10", "this is not written in decimal digits", WRITE),
        ("0o17", "this is not written in decimal digits", WRITE),
        ("1_000", "an underscore stands among the digits", "Write 1000."),
        ("1'000.5", "a mark stands among the digits", "Write 1000.5."),
        ("12 000", "blanks stand among the digits", "Write 12000."),
        ("1,000", "a comma stands among the digits", "Write 1000, or 1.000 where the comma marks the decimals."),
        ("1,000,000.5", "a comma stands among the digits", "Write 1000000.5."),
        ("1.000,5", "a comma marks the decimals", "Write 1000.5."),
        ("7,0", "this is two: 7 and 0", "Write 7.0."),
        ("'-7,25'", "this is two: -7 and 25", "Write -7.25."),
        ("7, 0", "this is two: 7 and 0", "Write 7.0 for one number, [7, 0] for two."),
        ("1, 2, 3", "this is several", "Write them as a list: [1, 2, 3]."),
        ("1 -2.5 3", "this is several", "Write them as a list: [1, -2.5, 3]."),
        (
            "'[1 2; 3 4]'",
            "this is a list that is written as text",
            "Leave the quotes out, and put commas between the entries: [[1, 2], [3, 4]].",
        ),
        ("'[[1,2],[3,4]]'", "this is a list that is written as text", "Leave the quotes out: [[1, 2], [3, 4]]."),
        ("np.array([1, 2])", "this is Python", "Write the list alone: [[1, 2], [3, 4]]."),
        ("(1, 2)", "this is a list in round brackets", "Write square brackets: [1, 2]."),
        ("u4 = 7", "this is an equation", "Write the value alone: 7."),
        ("≈ 3.14", "this is not said to be exact", "Write the value alone: 3.14."),
        ("2 * π", "π stands here", "Write pi for it."),
        ("3 cm", "cm stands behind it", "Write 3."),
        ("3 m/s²", "m/s² stands behind it", "Write 3."),
        ("2π", "π stands here", "Write pi for it."),
        ("45°", "° stands behind it", "Write 45."),
        ("three", "this is the text three", WRITE),
        ("n/a", "this is the text n/a", WRITE),
        ("'no idea!'", "this is the text no idea!", WRITE),
        ("'?'", "this is ?", WRITE),
    ],
)
def test_each_habit_is_recognised_and_says_what_to_write(text: str, message: str, hint: str) -> None:
    found = error(text)
    assert (found.message, found.hint) == (f"a number was expected, and {message}", hint)
    assert (found.place.line, found.place.column) == (1, 4)


def test_every_row_of_the_table_of_habits_has_a_text_above() -> None:
    marks = test_each_habit_is_recognised_and_says_what_to_write.pytestmark
    texts = [str(answer(text).raw).strip() for text, _, _ in marks[0].args[1]]  # type: ignore[union-attr]
    reached = {next(n for n, habit in enumerate(HABITS) if habit.explain(text)) for text in texts}
    assert reached == set(range(len(HABITS)))


@pytest.mark.parametrize("text", ["pi", "exp(1)", "sqrt(2)", "3/4", "2^3", "-pi / 2", "1 - 2", "max(1, 2)", "2e3 * 4"])
def test_a_constant_formula_is_no_habit(text: str) -> None:
    assert explain(text) is None
    assert math.isfinite(float(read(f"'{text}'").values))


@pytest.mark.parametrize(
    ("text", "column", "length", "hint"),
    [
        ("2 sqrt(2)", 5, 2, "write * between the factors: 2 * sqrt(2)"),
        ("2pi", 5, 1, "write * between the factors: 2 * pi"),
        ("'3 + W'' * 2'", 4, 13, "Write .T, as in W.T; g'(z) is a derivative."),
        ("50%", 6, 1, "Write 0.05 for 5 %."),
        ("sqrt(2", 8, 1, "Write ) where it ends."),
        ("u1 * u2", 4, 2, ""),
    ],
)
def test_a_formula_that_is_no_constant_is_refused_at_its_place(text: str, column: int, length: int, hint: str) -> None:
    found = error(text)
    assert found.message.startswith("a number was expected")
    assert (found.place.column, found.place.length, found.hint) == (column, length, hint)


def test_the_message_shows_the_line_and_what_to_write() -> None:
    assert str(error("'7,0'")) == (
        "s07/two-paths.yaml:1:4: a number was expected, and this is two: 7 and 0\n"
        "    1 | a: '7,0'\n"
        "      |    ^^^^^\n"
        "      Write 7.0."
    )


@pytest.mark.parametrize("text", ['"\\e[2J\\u202E 3"', '"1\\n::error::x"', '"\\0"', "'<b>'"])
def test_a_message_holds_no_character_that_moves_the_cursor(text: str) -> None:
    found = error(text)
    assert (found.message + found.hint).isprintable()


@pytest.mark.parametrize(
    "text", ["1111 " * 39 + "x", "1," * 99 + "x", "a " * 99 + "1", "1_" * 99, "[" * 199, "1.1" * 66, "- " * 99 + "1"]
)
def test_no_text_takes_long_to_refuse(text: str) -> None:
    start = time.perf_counter()
    try_text(text)
    assert time.perf_counter() - start < 1


def try_text(text: str) -> None:
    for quoted in (False, True):
        value = Scalar(text if quoted else document.resolve(text), text, Place("a.yaml", 1, 1, text=text), quoted)
        try:
            assert typed(value).values.shape == ()
        except AnswerError as error:
            found = error
        else:
            continue
        assert found.place
        assert (found.message + found.hint).isprintable()
        assert str(found)


@given(st.text())
def test_any_text_is_a_number_or_an_answer_error(text: str) -> None:
    try_text(text)


@given(st.text("0123456789.,eE+-−_ /*^()[]x'=%π:;\"{}", max_size=30))
def test_any_text_that_is_nearly_a_number_is_one_or_an_answer_error(text: str) -> None:
    try_text(text)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_is_read_as_itself(value: float) -> None:
    assert float(read(repr(value)).values) == value


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-1000, max_value=1000))
def test_the_decimals_that_were_typed_are_counted(value: object) -> None:
    assert int(read(str(value)).decimals) == 4


# -- in short


def test_a_long_answer_is_shown_in_short() -> None:
    assert short(answer("[" + "1, " * 500 + "2]"), 20) == "[1, 1, 1, 1, 1, 1, …"
    assert short(answer("{b: [1, 2], c: x}")) == "{b: [1, 2], c: x}"
