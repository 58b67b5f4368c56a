"""From the files of a hand-in to answers: a broken file costs its own answers, with its place, and nothing else."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from grader.answers.find import find_submission, find_submissions
from grader.answers.read import ProblemAnswers, Submission, read_handin
from grader.spec import document
from tests.shared import SHARED, needs

PROBLEMS = {"two-paths": ["forward", "backward", "locals"], "square": ["value", "gradient"]}
ONE = {"square": ["value", "gradient"]}


def hand_in(folder: Path, files: dict[str, str | bytes], problems: dict[str, list[str]] = PROBLEMS) -> Submission:
    """Read a student `s07` who handed in these files."""
    own = folder / "s07"
    own.mkdir(exist_ok=True)
    for name, content in files.items():
        (own / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return read_handin(find_submission(own, problems), problems)


def plain(answers: ProblemAnswers) -> dict[str, object]:
    return {name: document.plain(value) for name, value in answers.answers.items()}


def unreadable(answers: ProblemAnswers) -> list[str]:
    return sorted(answers.unreadable)


# -- what can be read


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("two-paths.yaml", "problem: two-paths\nanswers:\n  backward: {u1: 80}\n"),
        ("two-paths.yml", "answers: {backward: {u1: 80}}"),
        ("two-paths.json", '{"problem": "two-paths", "answers": {"backward": {"u1": 80}}}'),
        ("answers.yaml", "problems: {two-paths: {answers: {backward: {u1: 80}}}}"),
        ("answers.json", '{"problems": {"two-paths": {"answers": {"backward": {"u1": 80}}}}}'),
        ("answers.yaml", "problem: two-paths\nanswers: {backward: {u1: 80}}"),
        ("two-paths.yaml", "\ufeffanswers:\r\n  backward: {u1: 80}\r\n"),
    ],
)
def test_answers_are_read_from_every_form_of_file(tmp_path: Path, name: str, text: str) -> None:
    submission = hand_in(tmp_path, {name: text})
    answers = submission.problems["two-paths"]
    assert plain(answers) == {"backward": {"u1": 80}}
    assert (answers.unreadable, answers.message, answers.files) == ({}, None, (f"s07/{name}",))
    assert submission.problems["square"] == ProblemAnswers()
    assert submission.messages == ()


def test_numbers_keep_the_text_that_was_typed(tmp_path: Path) -> None:
    for name, text in (("square.yaml", "answers: {value: 14.00}"), ("square.json", '{"answers": {"value": 14.00}}')):
        submission = hand_in(tmp_path, {name: text})
        value = submission.problems["square"].answers["value"]
        assert isinstance(value, document.Scalar)
        assert (value.raw, value.place.file) == ("14.00", f"s07/{name}")
        os.unlink(tmp_path / "s07" / name)


def test_a_student_who_handed_in_nothing_has_every_problem_missing(tmp_path: Path) -> None:
    submission = hand_in(tmp_path, {})
    assert submission == Submission("s07", {"two-paths": ProblemAnswers(), "square": ProblemAnswers()})


def test_an_answer_without_a_value_is_missing_and_not_unreadable(tmp_path: Path) -> None:
    submission = hand_in(tmp_path, {"two-paths.yaml": "answers:\n  forward:\n  backward: null\n  locals: ~\n"})
    assert submission.problems["two-paths"] == ProblemAnswers(files=("s07/two-paths.yaml",))


@pytest.mark.parametrize("text", ["answers:\n", "problem:\nanswers:\n"])
def test_an_empty_worksheet_is_missing_and_not_unreadable(tmp_path: Path, text: str) -> None:
    answers = hand_in(tmp_path, {"two-paths.yaml": text}).problems["two-paths"]
    assert answers == ProblemAnswers(files=("s07/two-paths.yaml",))


def test_several_problems_share_one_file(tmp_path: Path) -> None:
    text = "problems:\n  two-paths: {answers: {forward: 1}}\n  square: {answers: {value: 14}}\n"
    submission = hand_in(tmp_path, {"answers.yaml": text})
    assert plain(submission.problems["two-paths"]) == {"forward": 1}
    assert plain(submission.problems["square"]) == {"value": 14}


def test_answers_in_two_files_come_together(tmp_path: Path) -> None:
    shared = "problems: {two-paths: {answers: {backward: 2}}, square: {answers: {value: 14}}}"
    submission = hand_in(tmp_path, {"two-paths.yaml": "answers: {forward: 1}", "answers.yaml": shared})
    assert plain(submission.problems["two-paths"]) == {"backward": 2, "forward": 1}
    assert submission.problems["two-paths"].files == ("s07/answers.yaml", "s07/two-paths.yaml")


def test_where_there_is_only_one_problem_a_shared_file_need_not_name_it(tmp_path: Path) -> None:
    submission = hand_in(tmp_path, {"answers.yaml": "answers: {value: 14}"}, ONE)
    assert plain(submission.problems["square"]) == {"value": 14}


def test_a_single_file_of_a_student_is_read_as_a_shared_one(tmp_path: Path) -> None:
    (tmp_path / "s07.yaml").write_text("problem: square\nanswers: {value: 14}\n")
    (handin,) = find_submissions(tmp_path, PROBLEMS)
    assert plain(read_handin(handin, PROBLEMS).problems["square"]) == {"value": 14}


def test_names_that_were_left_alone_are_passed_on(tmp_path: Path) -> None:
    assert hand_in(tmp_path, {"notes.txt": ""}).left_alone == ("s07/notes.txt",)


# -- Python answers are listed and nothing more


def test_programs_are_listed_and_not_run(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    submission = hand_in(tmp_path, {"answers.py": f"open({str(canary)!r}, 'w')", "square.py": "raise SystemExit"})
    programs = submission.problems["square"].python
    assert [file.name for file in programs] == ["s07/square.py", "s07/answers.py"]
    assert programs[0].read() == b"raise SystemExit"
    assert [file.name for file in submission.problems["two-paths"].python] == ["s07/answers.py"]
    assert not canary.exists()


def test_a_program_that_is_refused_is_a_message_of_its_problem_and_costs_no_typed_answer(tmp_path: Path) -> None:
    (tmp_path / "s07" / "square.py").mkdir(parents=True)
    answers = hand_in(tmp_path, {"square.yaml": "answers: {value: 14}"}).problems["square"]
    assert plain(answers) == {"value": 14}
    assert answers.python == ()
    assert answers.message is not None
    assert answers.message.startswith("s07/square.py is a folder")
    assert answers.python_unreadable == answers.message


def test_an_archive_is_a_message_of_its_problem_whose_answers_are_unreadable(tmp_path: Path) -> None:
    submission = hand_in(tmp_path, {"square.zip": b"PK\x03\x04"})
    answers = submission.problems["square"]
    assert answers.message == "s07/square.zip is an archive, and archives are not opened; hand in the files themselves"
    assert answers.unreadable == {"value": answers.message, "gradient": answers.message}
    assert answers.python_unreadable == answers.message
    assert submission.problems["two-paths"] == ProblemAnswers()


def test_an_archive_beside_answers_costs_none_of_them(tmp_path: Path) -> None:
    answers = hand_in(tmp_path, {"square.zip": b"", "square.yaml": "answers: {value: 14}"}).problems["square"]
    assert (plain(answers), answers.unreadable) == ({"value": 14}, {})
    assert "square.zip is an archive" in (answers.message or "")


def test_an_archive_of_another_name_is_a_message_of_the_student(tmp_path: Path) -> None:
    submission = hand_in(tmp_path, {"all.zip": b""})
    assert submission.messages == (
        "s07/all.zip is an archive, and archives are not opened; hand in the files themselves",
    )


# -- two answers to one question


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"square.yaml": "answers: {value: 14}"}, {"square.json": '{"answers": {"value": 14}}'}),
        ({"square.yaml": "answers: {value: 14}"}, {"square.yml": "answers: {value: 15}"}),
        (
            {"square.yaml": "answers: {value: 14}"},
            {"answers.yaml": "problems: {square: {answers: {value: 14}}}"},
        ),
    ],
)
def test_two_answers_to_one_question_make_it_unreadable_and_both_files_are_named(
    tmp_path: Path, first: dict[str, str], second: dict[str, str]
) -> None:
    answers = hand_in(tmp_path, {**first, **second}).problems["square"]
    names = sorted(f"s07/{name}" for name in (*first, *second))
    assert answers.answers == {}
    assert answers.unreadable == {
        "value": f"two answers to this question were handed in, in {names[0]} and {names[1]}\n      Keep one of them."
    }


def test_an_empty_answer_in_a_second_file_is_no_second_answer(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "square.yaml": "answers: {value: 14}",
        "square.json": '{"answers": {"value": null}}',
    }
    assert plain(hand_in(tmp_path, files).problems["square"]) == {"value": 14}


def test_a_question_that_is_written_twice_in_one_file_costs_itself_only(tmp_path: Path) -> None:
    text = "answers:\n  forward: 13\n  forward: 14\n  forward: 15\n  backward: 2\n"
    answers = hand_in(tmp_path, {"two-paths.yaml": text}).problems["two-paths"]
    assert plain(answers) == {"backward": 2}
    assert answers.unreadable["forward"].startswith("s07/two-paths.yaml:3:3: forward stands here a second time")


# -- what cannot be read


def test_a_comma_that_cuts_a_number_costs_its_item_only(tmp_path: Path) -> None:
    text = "answers:\n  forward: {u3: 12, u4: 7,0}\n  backward: 2\n"
    answers = hand_in(tmp_path, {"two-paths.yaml": text}).problems["two-paths"]
    forward = answers.answers["forward"]
    assert isinstance(forward, document.Mapping)
    assert plain(answers) == {"forward": {"u3": 12}, "backward": 2}
    assert [damaged.key for damaged in forward.damage] == ["u4"]
    assert str(forward.damage[0].error) == (
        "s07/two-paths.yaml:2:25: a number was expected, and this is two: 7 and 0\n"
        "    2 |   forward: {u3: 12, u4: 7,0}\n"
        "      |                         ^^^\n"
        "      Write 7.0. This answer was not read, so it was not marked; the others were."
    )


def test_a_comma_that_cuts_an_answer_costs_its_question_only(tmp_path: Path) -> None:
    answers = hand_in(tmp_path, {"square.yaml": "answers: {value: 14,0, gradient: 2}"}).problems["square"]
    assert plain(answers) == {"gradient": 2}
    assert answers.unreadable["value"].startswith("s07/square.yaml:1:18: a number was expected, and this is two")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "this file is empty"),
        ("answers: [", "s07/square.yaml:"),
        ("answers:\n\tvalue: 14\n", "s07/square.yaml:2:1: a tab"),
        ("answers: &a {value: 14}\n", "&a gives this value a name"),
        ("answers: {value: !!python/object/apply:os.system [ls]}", "s07/square.yaml:1:18: the tag"),
        ("answers: {value: 14}\n---\nanswers: {}\n", "s07/square.yaml:2:1: a second document begins here"),
        (b"answers: {value: 14} # \xe9\xff", "s07/square.yaml:1:24: the byte 0xe9 is not UTF-8"),
        ("answers: {value: 14}".encode("utf-16"), "this file is UTF-16"),
        (b"answers: {value: 14}\0", "U+0000 stands here"),
        ("answers: " + "[" * 45_000, "is nested more than"),
        ("answers: {value: 14}\nanswers: {value: 15}\n", "s07/square.yaml:2:1: answers stands here a second time"),
        ("- value: 14\n", "a file of answers begins with answers:, and this is a list"),
        ("14", "a file of answers begins with answers:, and this is a single value"),
        ("answers:\n- value: 14\n", "s07/square.yaml:2:1: a mapping from questions to answers was expected"),
        ("answers: 14\n", "a mapping from questions to answers was expected, and this is a single value"),
        ("problem: square\n", "answers: is missing"),
        ("value: 14\n", "s07/square.yaml:1:1: value stands here without answers: above it"),
        ("Answer:\n  value: 14\n", "s07/square.yaml:1:1: answers: was expected, and this is Answer:"),
        ("problems: {square: {answers: {value: 14}}}", "answers: was expected here"),
        (
            "problem: two-paths\nanswers: {value: 14}\n",
            "s07/square.yaml:1:10: the file is named for the problem square, and this says that it answers two-paths",
        ),
        ("problem: [square]\nanswers: {value: 14}\n", "the id of a problem was expected, and this is a list"),
    ],
)
def test_a_file_that_cannot_be_read_costs_its_own_problem_only(tmp_path: Path, text: str | bytes, says: str) -> None:
    other = "answers: {forward: 1}"
    submission = hand_in(tmp_path, {"square.yaml": text, "two-paths.yaml": other})
    answers = submission.problems["square"]
    assert answers.answers == {}
    assert unreadable(answers) == ["gradient", "value"]
    assert says in (answers.message or "")
    assert set(answers.unreadable.values()) == {answers.message}
    assert plain(submission.problems["two-paths"]) == {"forward": 1}
    assert submission.problems["two-paths"].message is None


def test_the_message_shows_the_place_and_what_to_write(tmp_path: Path) -> None:
    answers = hand_in(tmp_path, {"two-paths.yaml": "backward: {u1: 80}\n"}).problems["two-paths"]
    assert answers.message == (
        "s07/two-paths.yaml:1:1: backward stands here without answers: above it\n"
        "    1 | backward: {u1: 80}\n"
        "      | ^^^^^^^^\n"
        "      Write answers: on a line of its own, and backward: indented below it."
    )


@pytest.mark.parametrize(
    "text",
    ['{"answers": {"value": 14}', '{"answers": {"value": 14, "value": 15}}', "{'answers': 1}", "[" * 45_000, "[]"],
)
def test_a_json_file_that_cannot_be_read_costs_its_answers_with_a_message(tmp_path: Path, text: str) -> None:
    answers = hand_in(tmp_path, {"square.json": text}).problems["square"]
    assert "value" in answers.unreadable
    assert answers.unreadable["value"].startswith("s07/square.json:1:")


def test_where_one_of_two_files_cannot_be_read_the_answers_of_the_other_stay(tmp_path: Path) -> None:
    shared = "problems: {square: {answers: {value: 14}}}"
    answers = hand_in(tmp_path, {"square.yaml": "answers: [", "answers.yaml": shared}).problems["square"]
    assert plain(answers) == {"value": 14}
    assert unreadable(answers) == ["gradient"]


def test_a_shared_file_that_cannot_be_read_costs_the_problems_without_a_file_of_their_own(tmp_path: Path) -> None:
    submission = hand_in(tmp_path, {"answers.yaml": "problems: [", "square.yaml": "answers: {value: 14}"})
    assert plain(submission.problems["square"]) == {"value": 14}
    assert submission.problems["square"].unreadable == {}
    assert unreadable(submission.problems["two-paths"]) == ["backward", "forward", "locals"]
    assert submission.messages == (submission.problems["two-paths"].message,)


def test_a_program_is_no_answer_file_of_its_own(tmp_path: Path) -> None:
    submission = hand_in(tmp_path, {"answers.yaml": "problems: [", "square.py": "x = 1"})
    assert unreadable(submission.problems["square"]) == ["gradient", "value"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("answers: {value: 14}", "this file does not say which problem it answers"),
        ("problem: squar\nanswers: {value: 14}", "squar is no problem of this assignment"),
        ("square: {answers: {value: 14}}", "square stands here without problems: above it"),
        ("problems: [square]", "a mapping from problems to answers was expected, and this is a list"),
    ],
)
def test_a_shared_file_must_say_which_problem_it_answers(tmp_path: Path, text: str, says: str) -> None:
    submission = hand_in(tmp_path, {"answers.yaml": text})
    assert says in submission.messages[0]
    assert unreadable(submission.problems["square"]) == ["gradient", "value"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("[14]", "answers: was expected here, and this is a list"),
        ("{value: 14}", "value stands here without answers: above it"),
        ("{answers: [14]}", "a mapping from questions to answers was expected"),
    ],
)
def test_one_problem_of_a_shared_file_that_cannot_be_read_costs_itself_only(
    tmp_path: Path, body: str, says: str
) -> None:
    text = f"problems:\n  two-paths: {{answers: {{forward: 1}}}}\n  square: {body}\n"
    submission = hand_in(tmp_path, {"answers.yaml": text})
    assert plain(submission.problems["two-paths"]) == {"forward": 1}
    assert says in (submission.problems["square"].message or "")
    assert unreadable(submission.problems["square"]) == ["gradient", "value"]


def test_a_shared_file_for_one_problem_that_cannot_be_read_costs_that_problem_only(tmp_path: Path) -> None:
    submission = hand_in(tmp_path, {"answers.yaml": "problem: square\nanswers: [14]\n"})
    assert unreadable(submission.problems["square"]) == ["gradient", "value"]
    assert submission.problems["two-paths"] == ProblemAnswers()


def test_a_problem_that_a_shared_file_names_twice_costs_itself_only(tmp_path: Path) -> None:
    text = "problems:\n" + "  square: {answers: {value: 14}}\n" * 2 + "  two-paths: {answers: {forward: 1}}\n"
    submission = hand_in(tmp_path, {"answers.yaml": text})
    assert unreadable(submission.problems["square"]) == ["gradient", "value"]
    assert plain(submission.problems["two-paths"]) == {"forward": 1}


# -- names that nobody knows


def test_an_unknown_question_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    answers = hand_in(tmp_path, {"two-paths.yaml": "answers:\n  backwrad: 1\n  forward: 2\n"}).problems["two-paths"]
    assert plain(answers) == {"forward": 2}
    assert answers.unreadable == {}
    assert answers.message == (
        "s07/two-paths.yaml:2:3: two-paths has no question backwrad\n"
        "    2 |   backwrad: 1\n"
        "      |   ^^^^^^^^\n"
        "      Did you mean backward?"
    )


def test_a_question_that_is_like_none_is_answered_with_the_list_of_questions(tmp_path: Path) -> None:
    answers = hand_in(tmp_path, {"two-paths.yaml": "answers: {zzz: 1}"}).problems["two-paths"]
    assert "Its questions: forward, backward, locals." in (answers.message or "")


def test_an_unknown_problem_in_a_shared_file_is_a_message_of_the_student(tmp_path: Path) -> None:
    submission = hand_in(tmp_path, {"answers.yaml": "problems: {sqare: {answers: {value: 14}}}"})
    assert "sqare is no problem of this assignment" in submission.messages[0]
    assert "Did you mean square?" in submission.messages[0]
    assert submission.problems["square"] == ProblemAnswers()


def test_an_answer_that_stands_beside_answers_is_unreadable_and_says_why(tmp_path: Path) -> None:
    text = "answers:\n  forward: 1\nbackward: 2\n"
    answers = hand_in(tmp_path, {"two-paths.yaml": text}).problems["two-paths"]
    assert plain(answers) == {"forward": 1}
    assert answers.unreadable["backward"].startswith(
        "s07/two-paths.yaml:3:1: backward stands beside answers:, and not in it"
    )


def test_ten_thousand_unknown_questions_make_few_messages(tmp_path: Path) -> None:
    text = "answers:\n" + "".join(f"  q{n}: 1\n" for n in range(10_000))
    message = hand_in(tmp_path, {"square.yaml": text}).problems["square"].message or ""
    assert message.count("has no question") == 10
    assert message.endswith("and 9,990 more names that are not known here")


def test_text_from_a_file_cannot_move_the_cursor_or_begin_a_line(tmp_path: Path) -> None:
    text = 'answers:\n  "\\e[2J\\u202E": 1\n  "\\n::error::forged": 1\n"\\e[31m": 3\n'
    message = hand_in(tmp_path, {"square.yaml": text}).problems["square"].message or ""
    lines = message.split("\n")
    assert all(line.isprintable() for line in lines)
    assert not any(line.startswith("::") for line in lines)


# -- the hostile corpus


@needs("hostile", "MANIFEST.yaml")
def test_hostile_answer_files_are_refused_with_a_message_or_read_as_they_are() -> None:
    corpus = SHARED / "hostile"
    entries = yaml.safe_load((corpus / "MANIFEST.yaml").read_text())["entries"]
    seen = 0
    for entry in entries:
        if entry.get("special"):
            continue
        start = time.perf_counter()
        answers = read_handin(find_submission(corpus / entry["slug"], ONE), ONE).problems["square"]
        assert time.perf_counter() - start < 2, entry["slug"]
        seen += 1
        if entry["question"] == "value" and entry["expected"] == "unreadable":
            assert "value" in answers.unreadable, entry["slug"]
            assert answers.unreadable["value"].startswith(f"{entry['slug']}/square."), entry["slug"]
        for text in (answers.message or "", *answers.unreadable.values()):
            assert all(line.isprintable() for line in text.split("\n")), entry["slug"]
    assert seen > 80


# -- whatever bytes there are

GOOD = "answers: {forward: 1, backward: 2}\n"
BASE = b"problem: square\nanswers:\n  value: [[1, 2], [3, 4]]\n  gradient: {a: 7,0, b: 'x'}\n"


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A good file of answers with a few bytes replaced, put in or taken out."""
    data = bytearray(BASE)
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(data)))
        put = draw(
            st.sampled_from([b"", b"{", b"[", b"'", b'"', b"\n", b"\t", b": ", b", ", b"&a", b"*a", b"!x", b"\xff"])
        )
        data[at : at + draw(st.integers(0, 3))] = put
    return bytes(data)


@given(st.binary() | st.text().map(str.encode) | mutated(), st.sampled_from(["yaml", "yml", "json"]), st.booleans())
@example(b"\xff\xfe", "json", True)
@example(b"{" * 5000, "yaml", False)
@example(b'{"answers": {"value": "\\ud800"}}', "json", False)
@example(b"? [a]\n: 1\nanswers: {value: 14}\n", "yaml", False)
def test_any_bytes_as_any_file_cost_no_other_answers(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, extension: str, shared: bool
) -> None:
    own = tmp_path_factory.mktemp("batch") / "s07"
    own.mkdir()
    (own / "two-paths.yaml").write_text(GOOD)
    (own / (f"answers.{extension}" if shared else f"square.{extension}")).write_bytes(data)
    submission = read_handin(find_submission(own, PROBLEMS), PROBLEMS)
    others = submission.problems["two-paths"]
    assert plain(others) == {"forward": 1, "backward": 2}
    for answers in submission.problems.values():
        assert not set(answers.answers) & set(answers.unreadable)
        assert str(answers.message).encode()
