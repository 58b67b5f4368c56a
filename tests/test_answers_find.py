"""Which files are whose: folders, single files, platforms' names, and everything that is refused or left alone."""

from __future__ import annotations

import os
import pickle
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from grader.answers import find, names
from grader.answers.find import Handin, find_submission, find_submissions
from grader.errors import AnswerError, NotChecked
from tests.shared import SHARED, needs

PROBLEMS = ["two-paths", "square", "hw-1"]

needs_links = pytest.mark.skipif(os.name == "nt", reason="needs symbolic links, pipes and sockets of POSIX")
needs_modes = pytest.mark.skipif(
    os.name == "nt" or (hasattr(os, "geteuid") and os.geteuid() == 0), reason="root may read every file"
)


def write(path: Path, text: str = "answers: {}\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def found(folder: Path) -> dict[str, Handin]:
    handins = list(find_submissions(folder, PROBLEMS))
    by_student = {handin.student: handin for handin in handins}
    assert len(by_student) == len(handins), "two hand-ins share one student's id"
    return by_student


def listed(handin: Handin) -> list[tuple[str, str, str | None]]:
    return [(file.name, file.kind, file.problem) for file in handin.files]


# -- folders and single files


def test_each_folder_is_a_student_and_the_order_is_that_of_the_ids(tmp_path: Path) -> None:
    for student in ("s10", "s02", "ada"):
        write(tmp_path / student / "two-paths.yaml")
    assert [handin.student for handin in find_submissions(tmp_path, PROBLEMS)] == ["ada", "s02", "s10"]


def test_every_kind_of_answer_file_is_known(tmp_path: Path) -> None:
    for name in ("two-paths.yaml", "two-paths.yml", "two-paths.json", "two-paths.py", "two-paths.ipynb"):
        write(tmp_path / "s01" / name)
    for name in ("answers.yaml", "answers.yml", "answers.json", "answers.py", "answers.ipynb"):
        write(tmp_path / "s01" / name)
    handin = found(tmp_path)["s01"]
    assert listed(handin) == [
        ("s01/answers.ipynb", "python", None),
        ("s01/answers.json", "answers", None),
        ("s01/answers.py", "python", None),
        ("s01/answers.yaml", "answers", None),
        ("s01/answers.yml", "answers", None),
        ("s01/two-paths.ipynb", "python", "two-paths"),
        ("s01/two-paths.json", "answers", "two-paths"),
        ("s01/two-paths.py", "python", "two-paths"),
        ("s01/two-paths.yaml", "answers", "two-paths"),
        ("s01/two-paths.yml", "answers", "two-paths"),
    ]
    assert handin.ignored == handin.messages == ()


def test_a_single_file_in_the_folder_is_a_student_named_by_its_stem(tmp_path: Path) -> None:
    write(tmp_path / "s07.yaml")
    write(tmp_path / "s08.py", "x = 1")
    by_student = found(tmp_path)
    assert listed(by_student["s07"]) == [("s07.yaml", "answers", None)]
    assert listed(by_student["s08"]) == [("s08.py", "python", None)]


def test_a_folder_and_files_of_one_name_are_one_student(tmp_path: Path) -> None:
    write(tmp_path / "s07" / "square.yaml")
    write(tmp_path / "s07.yaml")
    write(tmp_path / "s07.json")
    by_student = found(tmp_path)
    assert [name for name, _, _ in listed(by_student["s07"])] == ["s07.json", "s07.yaml", "s07/square.yaml"]


def test_a_file_given_directly_is_one_hand_in(tmp_path: Path) -> None:
    (handin,) = find_submissions(write(tmp_path / "s07.yaml"), PROBLEMS)
    assert (handin.student, listed(handin)) == ("s07", [("s07.yaml", "answers", None)])


def test_a_file_named_for_its_problem_belongs_to_the_student_whose_folder_holds_it(tmp_path: Path) -> None:
    path = write(tmp_path / "ada" / "two-paths.yaml")
    (handin,) = find_submissions(path, PROBLEMS)
    assert (handin.student, listed(handin)) == ("ada", [("two-paths.yaml", "answers", "two-paths")])
    assert find_submission(path, PROBLEMS) == handin


def test_one_students_folder_given_directly_is_one_hand_in(tmp_path: Path) -> None:
    write(tmp_path / "ada" / "two-paths.yaml")
    write(tmp_path / "ada" / "data" / "points.csv")
    (handin,) = find_submissions(tmp_path / "ada", PROBLEMS)
    assert handin.student == "ada"
    assert listed(handin) == [("ada/two-paths.yaml", "answers", "two-paths")]
    assert handin.ignored == ("ada/data/",)
    assert find_submission(tmp_path / "ada", PROBLEMS) == handin


def test_a_problems_file_beside_the_students_is_nobodys_and_said_so(tmp_path: Path) -> None:
    write(tmp_path / "s01" / "two-paths.yaml")
    write(tmp_path / "two-paths.yaml")
    batch = find_submissions(tmp_path, PROBLEMS)
    assert [handin.student for handin in batch] == ["s01"]
    assert batch.messages == ("two-paths.yaml lies beside the hand-ins and names no student, so it was left alone.",)


def test_other_files_beside_the_students_are_left_alone_and_listed(tmp_path: Path) -> None:
    write(tmp_path / "s01" / "two-paths.yaml")
    write(tmp_path / "README.md")
    write(tmp_path / ".DS_Store")
    batch = find_submissions(tmp_path, PROBLEMS)
    assert (len(batch), batch.ignored) == (1, ("README.md",))


def test_an_empty_folder_is_a_hand_in_without_files(tmp_path: Path) -> None:
    (tmp_path / "s05").mkdir()
    assert found(tmp_path)["s05"] == Handin("s05", str(tmp_path / "s05"))


def test_a_students_folder_is_not_looked_at_before_its_turn(tmp_path: Path) -> None:
    for student in ("s01", "s02"):
        write(tmp_path / student / "two-paths.yaml")
    handins = iter(find_submissions(tmp_path, PROBLEMS))
    next(handins)
    write(tmp_path / "s02" / "square.yaml")
    assert len(next(handins).files) == 2


def test_a_hand_in_can_be_sent_to_another_process(tmp_path: Path) -> None:
    write(tmp_path / "s01" / "two-paths.yaml")
    handin = found(tmp_path)["s01"]
    assert pickle.loads(pickle.dumps(handin)) == handin


@pytest.mark.parametrize("name", ["notes.txt", "SQUARE.PY", "answers"])
def test_a_path_that_is_no_file_of_answers_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(AnswerError, match="is no file of answers"):
        find_submissions(write(tmp_path / name), PROBLEMS)


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AnswerError, match="is not there"):
        find_submissions(tmp_path / "s09.yaml", PROBLEMS)


def test_an_archive_as_the_whole_batch_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotChecked, match="archives are not opened"):
        find_submissions(write(tmp_path / "all.zip"), PROBLEMS)


# -- Canvas


@pytest.mark.parametrize(
    ("name", "student", "problem"),
    [
        ("ada_LATE_1234_5678_two-paths.yaml", "ada", "two-paths"),
        ("ada_1234_5678_two-paths.yaml", "ada", "two-paths"),
        ("lovelaceada_1234_5678_two-paths-1.yaml", "lovelaceada", "two-paths"),
        ("lovelaceada_LATE_1234_5678_two-paths-12.yaml", "lovelaceada", "two-paths"),
        ("ada_1234_5678_hw-1.yaml", "ada", "hw-1"),
        ("ada_1234_5678_hw-1-2.yaml", "ada", "hw-1"),
        ("ada_1234_5678_answers-1.yaml", "ada", None),
        ("van_der_berg_1234_5678_two-paths.yaml", "van_der_berg", "two-paths"),
    ],
)
def test_a_name_from_canvas_is_understood(tmp_path: Path, name: str, student: str, problem: str | None) -> None:
    write(tmp_path / name)
    assert listed(found(tmp_path)[student]) == [(name, "answers", problem)]


def test_several_files_of_one_canvas_student_are_one_hand_in(tmp_path: Path) -> None:
    for name in ("ada_1234_5678_two-paths.yaml", "ada_1234_5679_square.py", "ada_LATE_1234_5680_report.pdf"):
        write(tmp_path / name)
    handin = found(tmp_path)["ada"]
    assert [(kind, problem) for _, kind, problem in listed(handin)] == [
        ("answers", "two-paths"),
        ("python", "square"),
    ]
    assert handin.ignored == ("ada_LATE_1234_5680_report.pdf",)


def test_the_last_canvas_attempt_counts_and_the_earlier_ones_are_listed(tmp_path: Path) -> None:
    for name in ("ada_1_10_two-paths.yaml", "ada_1_11_two-paths-2.yaml", "ada_1_12_two-paths-10.yaml"):
        write(tmp_path / name)
    handin = found(tmp_path)["ada"]
    assert listed(handin) == [("ada_1_12_two-paths-10.yaml", "answers", "two-paths")]
    assert handin.ignored == (
        "ada_1_10_two-paths.yaml (an earlier attempt)",
        "ada_1_11_two-paths-2.yaml (an earlier attempt)",
    )


def test_outside_canvas_a_number_behind_the_name_makes_another_name(tmp_path: Path) -> None:
    write(tmp_path / "s01" / "two-paths-1.yaml")
    handin = found(tmp_path)["s01"]
    assert (handin.files, handin.ignored) == ((), ("s01/two-paths-1.yaml",))


def test_two_canvas_students_of_one_name_are_told_apart_by_their_numbers(tmp_path: Path) -> None:
    write(tmp_path / "ada_1234_1_two-paths.yaml")
    write(tmp_path / "ada_99_2_two-paths.yaml")
    write(tmp_path / "bob_5_3_two-paths.yaml")
    assert set(found(tmp_path)) == {"ada-1234", "ada-99", "bob"}


# -- Moodle


@pytest.mark.parametrize("ending", ["assignsubmission_file", "assignsubmission_file_"])
def test_a_folder_from_moodle_is_understood(tmp_path: Path, ending: str) -> None:
    folder = f"Ada Lovelace_1234_{ending}"
    write(tmp_path / folder / "two-paths.yaml")
    assert listed(found(tmp_path)["Ada Lovelace"]) == [(f"{folder}/two-paths.yaml", "answers", "two-paths")]


def test_a_file_from_moodle_without_folders_is_understood(tmp_path: Path) -> None:
    name = "Ada Lovelace_1234_assignsubmission_file_two-paths.yaml"
    write(tmp_path / name)
    assert listed(found(tmp_path)["Ada Lovelace"]) == [(name, "answers", "two-paths")]


def test_moodles_online_text_is_no_second_student(tmp_path: Path) -> None:
    write(tmp_path / "Ada Lovelace_1234_assignsubmission_file_" / "two-paths.yaml")
    write(tmp_path / "Ada Lovelace_1234_assignsubmission_onlinetext_" / "onlinetext.html")
    by_student = found(tmp_path)
    assert list(by_student) == ["Ada Lovelace"]
    assert len(by_student["Ada Lovelace"].files) == 1


def test_two_moodle_students_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for number in (1234, 77):
        write(tmp_path / f"Ada Lovelace_{number}_assignsubmission_file_" / "two-paths.yaml")
    assert set(found(tmp_path)) == {"Ada Lovelace-1234", "Ada Lovelace-77"}


# -- Gradescope

METADATA = """---
submission_1:
  :submitters:
  - :name: Ada Lovelace
    :sid: '0123'
    :email: ada@example.org
  :created_at: 2020-09-08 15:10:30.000000000 Z
  :results: &1 !ruby/hash:ActiveSupport::HashWithIndifferentAccess
    tests: [{name: a, submitters: x}]
submission_2:
  :submitters:
  - :name: Grace Hopper
    :sid:
    :email: grace@example.org
  :results: *1
submission_3:
  :submitters:
  - :name: Emmy Noether
submission_4:
  :submitters:
  - :name: Kurt
    :sid: '7'
  - :name: Alan
    :sid: '8'
submission_5:
  :submitters:
  - :name: Ada Lovelace
    :sid: '0123'
"""


def test_a_gradescope_export_names_students_by_sid_then_email_then_name(tmp_path: Path) -> None:
    write(tmp_path / "submission_metadata.yml", METADATA)
    for number in (2, 3):
        write(tmp_path / f"submission_{number}" / "two-paths.yaml")
    write(tmp_path / "submission_1" / "two-paths.yaml")
    by_student = found(tmp_path)
    assert set(by_student) == {"0123", "grace@example.org", "Emmy Noether"}
    assert listed(by_student["0123"]) == [("submission_1/two-paths.yaml", "answers", "two-paths")]


def test_a_group_on_gradescope_is_one_hand_in_under_the_joined_names(tmp_path: Path) -> None:
    write(tmp_path / "submission_metadata.yml", METADATA)
    write(tmp_path / "submission_4" / "two-paths.yaml")
    assert set(found(tmp_path)) == {"Kurt + Alan"}


def test_two_gradescope_submissions_of_one_student_are_told_apart(tmp_path: Path) -> None:
    write(tmp_path / "submission_metadata.yml", METADATA)
    write(tmp_path / "submission_1" / "two-paths.yaml")
    write(tmp_path / "submission_5" / "two-paths.yaml")
    assert set(found(tmp_path)) == {"0123-1", "0123-5"}


def test_a_gradescope_folder_without_a_name_keeps_its_own(tmp_path: Path) -> None:
    write(tmp_path / "submission_metadata.yml", METADATA)
    write(tmp_path / "submission_9" / "two-paths.yaml")
    assert set(found(tmp_path)) == {"submission_9"}


@pytest.mark.parametrize("text", ["submission_1: [", "\x00", "- a\n- b\n", "submission_1: {':submitters': 3}", "{"])
def test_a_list_of_names_that_cannot_be_read_costs_only_the_names(tmp_path: Path, text: str) -> None:
    write(tmp_path / "submission_metadata.yml", text)
    write(tmp_path / "submission_1" / "two-paths.yaml")
    batch = find_submissions(tmp_path, PROBLEMS)
    assert [handin.student for handin in batch] == ["submission_1"]
    assert all("students go by their folders" in message for message in batch.messages)


def test_without_a_list_of_names_a_folder_called_submission_is_a_student(tmp_path: Path) -> None:
    write(tmp_path / "submission_1" / "two-paths.yaml")
    assert set(found(tmp_path)) == {"submission_1"}


# -- what is refused


def refused(handin: Handin) -> str:
    (file,) = handin.files
    with pytest.raises(AnswerError) as raised:
        file.read()
    assert raised.value.message == f"{file.name} {file.refused}"
    return file.refused


@needs_links
def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "s01").mkdir()
    (tmp_path / "s01" / "square.py").symlink_to("/etc/passwd")
    assert "is a symbolic link" in refused(found(tmp_path)["s01"])


@needs_links
def test_a_link_to_another_students_answers_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path / "ada" / "square.yaml", "answers: {value: 14}\n")
    (tmp_path / "eve").symlink_to(tmp_path / "ada")
    (tmp_path / "mallory.yaml").symlink_to(tmp_path / "ada" / "square.yaml")
    by_student = found(tmp_path)
    assert by_student["eve"].files == ()
    assert by_student["eve"].messages == (
        "eve is a symbolic link, and links are not followed; hand in the folder itself",
    )
    assert "is a symbolic link" in refused(by_student["mallory"])


@needs_links
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "s01").mkdir()
    os.mkfifo(tmp_path / "s01" / "square.py")
    assert "is a pipe" in refused(found(tmp_path)["s01"])


@needs_links
def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "s01").mkdir()
    monkeypatch.chdir(tmp_path / "s01")  # the name of a socket may be at most 107 bytes long
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("square.yaml")
        assert "is a socket" in refused(found(tmp_path)["s01"])


@needs_links
def test_a_device_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s01").mkdir()
    try:
        os.mknod(tmp_path / "s01" / "square.yaml", 0o666 | 0o020000, os.makedev(1, 5))
    except OSError:
        pytest.skip("making a device needs the right to")
    assert "is a device" in refused(found(tmp_path)["s01"])


def test_a_folder_named_like_a_file_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "s01" / "square.py" / "README.txt")
    assert "is a folder" in refused(found(tmp_path)["s01"])


def test_a_file_of_two_gibibytes_is_refused_unread(tmp_path: Path) -> None:
    path = write(tmp_path / "s01" / "square.yaml")
    try:
        os.truncate(path, 2**31)
    except OSError:
        pytest.skip("no sparse files here")
    assert "has 2,147,483,648 bytes" in refused(found(tmp_path)["s01"])


def test_a_file_of_exactly_one_mebibyte_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    (tmp_path / "s01").mkdir()
    path = tmp_path / "s01" / "square.yaml"
    path.write_bytes(b"#" * 2**20)
    (file,) = found(tmp_path)["s01"].files
    assert (file.size, file.refused, len(file.read())) == (2**20, "", 2**20)
    path.write_bytes(b"#" * (2**20 + 1))
    with pytest.raises(AnswerError, match="has 1,048,577 bytes"):
        file.read()


@needs_links
def test_a_file_that_becomes_a_link_after_it_was_listed_is_not_followed(tmp_path: Path) -> None:
    path = write(tmp_path / "s01" / "square.yaml")
    (file,) = found(tmp_path)["s01"].files
    path.unlink()
    path.symlink_to("/etc/passwd")
    with pytest.raises(AnswerError, match="is a symbolic link"):
        file.read()


def test_a_file_that_is_gone_is_said_to_be_so(tmp_path: Path) -> None:
    path = write(tmp_path / "s01" / "square.yaml")
    (file,) = found(tmp_path)["s01"].files
    path.unlink()
    with pytest.raises(AnswerError, match=r"s01/square.yaml cannot be opened: no such file"):
        file.read()


@needs_modes
def test_a_file_without_the_right_to_read_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "s01" / "square.yaml")
    path.chmod(0)
    (file,) = found(tmp_path)["s01"].files
    with pytest.raises(AnswerError, match="cannot be opened: permission denied"):
        file.read()


@needs_modes
def test_a_folder_without_the_right_to_read_is_a_hand_in_with_a_message(tmp_path: Path) -> None:
    (tmp_path / "s01").mkdir(mode=0)
    try:
        assert found(tmp_path)["s01"].messages == ("s01 cannot be opened: permission denied",)
    finally:
        (tmp_path / "s01").chmod(0o700)


# -- archives, other names, crowds


@pytest.mark.parametrize("name", ["square.zip", "square.tar.gz", "square.tgz", "square.7z", "square.ZIP"])
def test_an_archive_named_for_a_problem_is_that_problems(tmp_path: Path, name: str) -> None:
    write(tmp_path / "s01" / name, "not even an archive")
    (file,) = found(tmp_path)["s01"].files
    assert (file.kind, file.problem) == ("archive", "square")
    assert file.refused == "is an archive, and archives are not opened; hand in the files themselves"


def test_any_other_archive_is_a_message_of_the_student(tmp_path: Path) -> None:
    write(tmp_path / "s01" / "everything.tar.gz")
    write(tmp_path / "s02.zip")
    by_student = found(tmp_path)
    assert by_student["s01"].messages[0].startswith("s01/everything.tar.gz is an archive")
    assert by_student["s02"].messages[0].startswith("s02.zip is an archive")


def test_case_variants_are_other_names(tmp_path: Path) -> None:
    for name in ("SQUARE.PY", "Square.py", "square.Py", "square.py"):
        write(tmp_path / "s01" / name)
    if len(os.listdir(tmp_path / "s01")) < 4:
        pytest.skip("this file system does not tell case apart")
    handin = found(tmp_path)["s01"]
    assert listed(handin) == [("s01/square.py", "python", "square")]
    assert handin.ignored == ("s01/SQUARE.PY", "s01/Square.py", "s01/square.Py")


def test_subfolders_are_not_searched_but_listed(tmp_path: Path) -> None:
    write(tmp_path / "s01" / "nested" / "square.yaml")
    handin = found(tmp_path)["s01"]
    assert (handin.files, handin.ignored) == ((), ("s01/nested/",))


@pytest.mark.parametrize("name", [".DS_Store", "Thumbs.db", "__MACOSX/square.yaml", ".git/config", "._square.yaml"])
def test_what_systems_leave_behind_is_ignored_silently(tmp_path: Path, name: str) -> None:
    write(tmp_path / "s01" / name)
    assert found(tmp_path)["s01"] == Handin("s01", str(tmp_path / "s01"))


def test_at_most_twenty_other_names_are_listed(tmp_path: Path) -> None:
    for n in range(33):
        write(tmp_path / "s01" / f"notes-{n:02d}.txt")
    ignored = found(tmp_path)["s01"].ignored
    assert (len(ignored), ignored[0], ignored[-1]) == (21, "s01/notes-00.txt", "and 13 more")


def test_in_a_crowded_folder_only_the_problems_names_are_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find, "MAX_ENTRIES", 10)
    for n in range(30):
        write(tmp_path / "s01" / f"notes-{n}.txt")
    write(tmp_path / "s01" / "square.yaml")
    handin = found(tmp_path)["s01"]
    assert listed(handin) == [("s01/square.yaml", "answers", "square")]
    assert "holds more than 10 entries" in handin.messages[0]
    assert handin.ignored == ()


def test_too_many_hand_ins_are_refused_with_a_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "MAX_HANDINS", 5)
    for n in range(6):
        (tmp_path / f"s{n}").mkdir()
    with pytest.raises(NotChecked, match="holds more than 5 entries"):
        find_submissions(tmp_path, PROBLEMS)


# -- odd names


@needs_links
@pytest.mark.parametrize(
    ("name", "student"),
    [
        (b"s\x1b[2J1", "s\\x1b[2J1"),
        ("ev\u202ee".encode(), "ev\\u202ee"),
        (b"ada\xff", "ada\\xff"),
        (b"a\nb", "a\\x0ab"),
        ("Zoe\u0308".encode(), "Zoë"),
        (b"=1+1", "=1+1"),
        (b" ", "\\x20"),
    ],
)
def test_a_strange_name_becomes_text_that_can_be_shown(tmp_path: Path, name: bytes, student: str) -> None:
    folder = os.fsencode(tmp_path) + b"/" + name
    try:
        os.mkdir(folder)
    except OSError:
        pytest.skip("this file system does not take such a name")
    Path(os.fsdecode(folder), "square.yaml").write_text("answers: {value: 14}\n")
    (handin,) = find_submissions(tmp_path, PROBLEMS)
    assert handin.student == student
    assert handin.files[0].read() == b"answers: {value: 14}\n"
    assert handin.files[0].name == f"{student}/square.yaml"


@needs_links
def test_names_that_look_alike_when_shown_get_ids_of_their_own(tmp_path: Path) -> None:
    for name in ("Zoë", "Zoe\u0308", "x\x1b", "x\\x1b", " pad", "pad", "pad-2"):
        (tmp_path / name).mkdir()
    if len(os.listdir(tmp_path)) < 7:
        pytest.skip("this file system takes some of these names for one")
    assert set(found(tmp_path)) == {"Zoë", "Zoë-2", "x\\x1b", "x\\x1b-2", "pad", "pad-3", "pad-2"}


def test_a_very_long_name_is_cut() -> None:
    assert len(names.showable("é" * 5000)) == names.LONGEST


@needs_links
@needs("hostile", "make_special.py")
def test_every_special_entry_of_the_hostile_corpus_is_taken_without_opening_it(tmp_path: Path) -> None:
    maker = SHARED / "hostile" / "make_special.py"
    subprocess.run([sys.executable, str(maker), str(tmp_path)], check=True, capture_output=True)
    shutil.rmtree(tmp_path / "096-source-50-mb")
    (tmp_path / "096-source-50-mb").mkdir()
    (tmp_path / "096-source-50-mb" / "square.py").write_bytes(b"# " * 2**20)
    by_student = found(tmp_path)
    assert len(by_student) == 10
    for student, handin in by_student.items():
        (file,) = handin.files
        assert file.problem == "square"
        assert bool(file.refused) == (student != "099-case-variants"), student
