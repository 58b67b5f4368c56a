"""The reader of YAML and JSON: places, numbers, what is refused and in which words."""

from __future__ import annotations

import json
import math
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import AnswerError, GraderError, ProblemError
from grader.spec.document import Mapping, Scalar, Sequence, at, decode, plain, read, read_all, read_json, walk
from grader.spec.files import text_of


def refusal(text: str, error: type[GraderError] = ProblemError) -> GraderError:
    with pytest.raises(error) as caught:
        read(text, "f.yaml", error)
    return caught.value


NUMBERS = [
    ("1", 1),
    ("-3", -3),
    ("+7", 7),
    ("010", 10),
    ("0o17", 15),
    ("0x1F", 31),
    ("1e-3", 0.001),
    ("1E3", 1000.0),
    (".5", 0.5),
    ("2.", 2.0),
    ("-.5e+2", -50.0),
    (".inf", math.inf),
    ("-.INF", -math.inf),
    ("true", True),
    ("False", False),
    ("TRUE", True),
    ("~", None),
    ("null", None),
    ("Null", None),
    ("", None),
    ("no", "no"),
    ("yes", "yes"),
    ("on", "on"),
    ("12:30:00", "12:30:00"),
    ("1_000", "1_000"),
    ("0b11", "0b11"),
    ("2026-11-21", "2026-11-21"),
    ("1e", "1e"),
    ("-", None),
    ("1.2.3", "1.2.3"),
    ("nan", "nan"),
    ("tRUE", "tRUE"),
]


@pytest.mark.parametrize(("raw", "value"), [n for n in NUMBERS if n[0] != "-"])
def test_plain_scalars_mean_what_yaml_1_2_says(raw, value):
    found = read(f"a: {raw}\nb: 1", "f", ProblemError).get("a")
    assert found.value == value
    assert type(found.value) is type(value)
    assert found.raw == raw


def test_nan_is_a_number():
    assert math.isnan(read("[.nan]", "f", ProblemError).items[0].value)


def test_quoted_scalars_are_text():
    found = read("a: '1'\nb: \"no\"", "f", ProblemError)
    assert plain(found) == {"a": "1", "b": "no"}
    assert found.get("a").quoted


@pytest.mark.parametrize("raw", ["9" * 100_000, "0x" + "f" * 100_000, "0o" + "7" * 9_999, "9" * 300])
def test_a_whole_number_of_any_length_is_read_and_fits_a_float(raw):
    found = read(f"a: {raw}", "f", AnswerError).get("a")
    assert found.raw == raw
    assert float(found.value) > 1e290


def test_every_value_and_key_has_its_place():
    tree = read("# first\na: {b: [1, -2.50]}\nü: {c: x y}\n", "p.yaml", ProblemError)
    number = at(tree, ("a", "b", 1))
    assert (number.raw, str(number.place), number.place.length) == ("-2.50", "p.yaml:2:12", 5)
    assert number.place.text == "a: {b: [1, -2.50]}"
    assert str(tree.get("a").key("b").place) == "p.yaml:2:5"
    assert str(at(tree, ("ü", "c")).place) == "p.yaml:3:8"


def test_at_gives_the_nearest_value_that_is_there():
    tree = read("a: {b: [1, 2]}", "f", ProblemError)
    assert at(tree, ("a", "x", 3)) is tree.get("a")
    assert at(tree, ("a", "b", 5)) is tree.get("a").get("b")


def test_walk_goes_through_the_whole_tree_in_order():
    tree = read("a: [1, {b: 2}]\nc: 3", "f", ProblemError)
    assert [value.raw for value in walk(tree) if isinstance(value, Scalar)] == ["1", "2", "3"]


REFUSED = [
    ("a: 1\nb: 2\na: 3", "3:1", "a stands here a second time; the first is at line 1", "Keep one of the two."),
    ("a: *x", "1:4", "*x stands for a value written elsewhere, and such references are not read", "Write the value"),
    ("a: &x 3", "1:4", "&x gives this value a name to refer to, and such names are not read", "Leave out &x."),
    ("a: !!python/object:os.system x", "1:4", "the tag !!python/object:os.system stands here", "Leave the tag out."),
    ("a: !mine 3", "1:4", "the tag !mine stands here, and tags are not read", "Leave the tag out."),
    ("a: {<<: {b: 1}}", "1:5", "<< merges another mapping into this one, and merging", "Write the entries themselves."),
    ("a: 1\n---\nb: 2", "2:1", "a second document begins here, and one file is one document", "Delete the line ---"),
    ("", "1:1", "this file is empty", ""),
    ("# nothing\n", "1:1", "this file is empty", ""),
    ("? [a]\n: 1", "1:3", "this key is a list, and a key is a name", "Put it in quotes"),
    ("? \n: 3", "1:2", "a key is missing before this colon", "Write name: value."),
    ("u1: 3\nu5\n", "2:1", "a colon was expected: this line is neither", "Write name: value"),
    ("a: [1, {b: ", "1:10", "the file ends here, and something is missing", "Close what is open"),
    ("a:\n\tb: 1", "2:1", "a tab stands here, and YAML counts its indentation in blanks", "Replace the tab"),
    ("a: \x01", "1:4", "the control character U+0001 stands here", "Delete it."),
    ("a: \x00", "1:4", "the control character U+0000 stands here", "Delete it."),
    ("[" * 50, "1:41", "this is nested more than 40 levels deep", "Write it with fewer brackets"),
    (
        "{u: x[0]}",
        "1:6",
        "this [ ends the value before it: in YAML's flow style brackets",
        "Put the formula in quotes.",
    ),
    ("a: b: c", "1:5", "this colon cannot stand here: the line has its value already", "in quotes"),
    ("a: [1, 2\nb: 3", "1:4", "this [ is not closed before line 2", "Close it."),
    ("a: 'x\nb: 3", "1:4", "this quote is never closed", "Close it, or leave it out."),
    ("a: @x", "1:4", "a value cannot begin with @", "Put the text in quotes."),
    ('a: "\\q"', "1:5", "this backslash has no meaning in double quotes", "single quotes"),
    ("a: 1\n   b: 2\n  c: 3", "2:5", "this colon cannot stand here", "indentation"),
    ("- a\nb: 1", "2:1", "an entry of the list was expected here, beginning with -", "Begin it with -"),
    ("a: {b: 1]", "1:9", "a comma or } was expected here", "Separate the entries by commas"),
    ("a: *", "1:4", "a value cannot begin with & or *", "Put the text in quotes."),
    ("a: {b, c}", "1:5", "b has no value", "Write b: and its value, or a list: [b]."),
    ("a: |x\n  b", "1:5", "behind | or > the line must end", "Move the text to the next line"),
]


@pytest.mark.parametrize(("text", "place", "message", "hint"), REFUSED)
def test_what_misleads_is_refused_at_its_place_with_what_to_write(text, place, message, hint):
    found = refusal(text)
    assert str(found.place) == f"f.yaml:{place}"
    assert message in found.message
    assert hint in found.hint
    assert "invalid" not in str(found).lower()


def test_too_many_values_are_refused():
    assert "more than 200,000 values" in refusal("[" + "1," * 200_001 + "]").message


def test_too_long_a_text_is_refused():
    assert "larger than 1 MiB" in refusal("a: " + "x" * 2**20).message


def test_a_comma_that_ends_a_formula_says_so_and_what_to_write():
    found = refusal("q:\n  returns: {dW: grad(o, W)}")
    assert str(found) == (
        "f.yaml:2:23: this comma ends the value: what follows it is read as another key\n"
        "    2 |   returns: {dW: grad(o, W)}\n"
        "      |                       ^\n"
        '      Put the formula in quotes: {dW: "grad(o, W)"}'
    )


def test_a_decimal_comma_in_an_answer_says_so_and_what_to_write():
    found = refusal("answers:\n\n  forward: {u4: 7,0}", AnswerError)
    assert str(found) == (
        "f.yaml:3:17: a number was expected, and this is two: 7 and 0\n"
        "    3 |   forward: {u4: 7,0}\n"
        "      |                 ^^^\n"
        "      Write 7.0. This answer was not read, so it was not marked; the others were."
    )


def test_three_numbers_are_told_as_three():
    found = refusal("{a: 1,234,567}")
    assert found.message == "a number was expected, and this is three: 1, 234 and 567"
    assert found.hint == "Write one number, or a list in brackets: [1,234,567]."


def test_damage_costs_its_own_entry_and_nothing_else():
    tree = read("{d, a: {x: 7,0, y: 2, z: f(1, 2)}, b: 1, b: 2, c: 3}", "f", AnswerError, keep_damage=True)
    assert plain(tree) == {"a": {"y": 2}, "c": 3}
    assert [one.key for one in tree.damage] == ["d", "b"]
    assert [one.key for one in tree.get("a").damage] == ["x", "z"]
    assert all(isinstance(one.error, AnswerError) for one in tree.damage)


def test_read_all_gives_every_error_and_what_was_meant():
    tree, errors = read_all("{a: 7,0, b: f(1, 2), c: *x}\n", "f", ProblemError)
    assert plain(tree) == {"a": 7.0, "b": "f(1, 2)", "c": None}
    assert [error.place.column for error in errors] == [5, 16, 25]


def test_read_all_gives_no_tree_where_the_end_cannot_be_read():
    tree, errors = read_all("a: &x 1\nb: [", "f", ProblemError)
    assert tree is None
    assert [error.place.line for error in errors] == [1, 2]


def test_a_value_left_empty_on_purpose_is_nothing_and_no_trap():
    assert plain(read("{u3: , u4: 2}", "f", AnswerError)) == {"u3": None, "u4": 2}


def test_arrows_and_formulas_need_no_quotes():
    text = "{u1->u3: 4, u2: 2 * x, h: z -> z / (1 + abs(z))}"
    assert plain(read(text, "f", AnswerError)) == {"u1->u3": 4, "u2": "2 * x", "h": "z -> z / (1 + abs(z))"}


# -- bytes and files


def test_bytes_that_are_not_utf_8_are_refused_at_their_place():
    with pytest.raises(ProblemError, match="the byte 0xff is not UTF-8") as caught:
        decode(b"a: 1\nb: \xff\n", "f", ProblemError)
    assert str(caught.value.place) == "f:2:4"


def test_utf_16_is_called_by_its_name():
    with pytest.raises(ProblemError, match="this file is UTF-16"):
        decode("a: 1".encode("utf-16"), "f", ProblemError)


def test_a_byte_order_mark_is_dropped():
    assert plain(read(decode(b"\xef\xbb\xbfa: 1", "f", ProblemError), "f", ProblemError)) == {"a": 1}


def test_links_pipes_folders_and_what_is_not_there_are_refused(tmp_path):
    (tmp_path / "link").symlink_to("/etc/hostname")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    words = {"link": "symbolic link", "folder": "a folder", "pipe": "a pipe", "none": "no such file"}
    for name, part in words.items():
        with pytest.raises(AnswerError, match=part):
            text_of(tmp_path / name, name, AnswerError)


def test_a_file_over_one_mebibyte_is_refused(tmp_path):
    (tmp_path / "large").write_bytes(b"#" * (2**20 + 1))
    with pytest.raises(ProblemError, match="larger than 1 MiB"):
        text_of(tmp_path / "large", "large", ProblemError)


# -- JSON


def test_json_keeps_places_and_the_text_of_numbers():
    tree = read_json('{"a": [1.50,\n 2e3]}', "f.json", AnswerError)
    second = at(tree, ("a", 1))
    assert (second.raw, second.value, str(second.place)) == ("2e3", 2000.0, "f.json:2:2")
    assert at(tree, ("a", 0)).raw == "1.50"


def test_json_that_yaml_does_not_read_is_read_all_the_same():
    assert plain(read_json('{"a": "\\ud83d\\ude00", "b": "\\/"}', "f", AnswerError)) == {"a": "😀", "b": "/"}


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ('{"a": 1,}', "1:9", "this cannot be read as JSON here"),
        ("{'a': 1}", "1:2", "this cannot be read as JSON here"),
        ('{"a": 1, "a": 2}', "1:10", "a stands here a second time"),
        ("", "1:1", "this cannot be read as JSON here"),
        ("[" * 100_000, "1:1", "nested more than 40 levels deep"),
        ("[" * 50 + "]" * 50, "1:1", "nested more than 40 levels deep"),
    ],
)
def test_what_is_no_json_is_refused(text, place, message):
    with pytest.raises(AnswerError, match=message) as caught:
        read_json(text, "f", AnswerError)
    assert str(caught.value.place) == f"f:{place}"
    assert "invalid" not in str(caught.value).lower()


def test_a_repeated_key_in_json_costs_its_own_entry():
    tree = read_json('{"a": 1, "b": 2, "a": "\\ud83d\\ude00"}', "f", AnswerError, keep_damage=True)
    assert plain(tree) == {"b": 2}
    assert [one.key for one in tree.damage] == ["a"]


DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(DATA)
def test_json_reads_what_python_wrote(data):
    assert plain(read_json(json.dumps(data), "f", AnswerError)) == data


@given(st.text(alphabet="ab1,: {}[]\"'-\n\t&*!|>#%@`?~.e", max_size=60))
def test_any_text_is_a_tree_or_an_error_with_a_place(text):
    try:
        tree = read(text, "f", AnswerError, keep_damage=True)
    except AnswerError as error:
        tree = error
    if isinstance(tree, AnswerError):
        assert tree.place is not None
        assert "invalid" not in str(tree).lower()
    else:
        assert isinstance(tree, Scalar | Sequence | Mapping)
