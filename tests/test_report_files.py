"""results.json and grades.csv: complete, the same every time, and harmless to whatever opens them."""

from __future__ import annotations

import csv
import io
import json
import os
from dataclasses import replace
from itertools import chain

import jsonschema
import pytest

from grader.report import FolderError, Head, Reports, writers
from grader.report.folder import Folder, listed_files
from grader.report.numbers import number_text, points_text, rounded
from grader.report.schema import results_schema
from tests.report_samples import HEAD, ada, array, item, net, problem, question, student, two_paths


def written(folder, *results, head=HEAD, pages=False, stream=()):
    """The folder after these results were written into it."""
    with Reports(folder, head, pages=pages) as reports:
        for result in chain(results, stream):
            reports.add(result, result)
    return folder


def results_of(folder):
    """The results as another program reads them."""
    return json.loads((folder / "results.json").read_text(encoding="utf-8"))


def test_every_format_is_found_by_being_there():
    assert list(writers()) == ["class_page", "grades_csv", "results_json", "student_page"]


def test_results_are_valid_by_their_schema(tmp_path):
    jsonschema.Draft202012Validator.check_schema(results_schema())
    result = student("eve\udc80\u202e", two_paths(), problem("net", "net", question("a", "wrong", 0.005, 1, item("a",
                     "wrong", array([float("nan"), float("inf"), -float("inf")]), array([[1, 2.5]])))))  # fmt: skip
    jsonschema.validate(results_of(written(tmp_path, ada(), result)), results_schema())


def test_the_schema_refuses_a_verdict_that_a_question_cannot_have(tmp_path):
    data = results_of(written(tmp_path, ada()))
    data["students"][0]["problems"][0]["questions"][0]["verdict"] = "follow_through"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, results_schema())


def test_fields_stand_in_the_order_of_the_format(tmp_path):
    data = results_of(written(tmp_path, ada()))
    assert list(data) == ["format", "grader", "title", "sandbox", "problems", "students", "files"]
    one = data["students"][0]
    assert list(one) == ["student", "variant", "points", "max_points", "judged_points", "problems", "messages"]
    assert list(one["problems"][0]) == ["problem", "points", "max_points", "judged_points", "message", "questions"]
    asked = one["problems"][0]["questions"][0]
    assert list(asked) == ["question", "ask", "verdict", "points", "max_points", "misconception", "message", "items"]
    assert list(asked["items"][0]) == [
        "item", "verdict", "answer", "expected", "misconception", "message", "checks"
    ]  # fmt: skip


def test_an_empty_class_and_no_problems_are_still_a_valid_file(tmp_path):
    data = results_of(written(tmp_path, head=Head("", ()), pages=True))
    jsonschema.validate(data, results_schema())
    assert data["students"] == [] == data["problems"]


def test_numbers_are_written_shortest_and_what_is_no_number_as_a_word(tmp_path):
    values = array([24.0, 0.1, 1e300, float("nan"), float("inf"), -float("inf"), -0.0])
    result = student("s", problem("p", "p", question("a", "wrong", 0, 1, item("a", "wrong", values, array(80)))))
    text = (written(tmp_path, result) / "results.json").read_text(encoding="utf-8")
    assert '"answer": [24, 0.1, 1e+300, "nan", "inf", "-inf", 0], "expected": 80,' in text


def test_points_are_rounded_half_up_as_the_decimal_number_reads():
    assert [rounded(p) for p in (0.125, 2.675, 1.005, 0.285, 0.1 + 0.2, 13)] == [0.13, 2.68, 1.01, 0.29, 0.3, 13]
    assert [points_text(p) for p in (9.5, 13, 0.005, 0, None, 10, 100)] == ["9.5", "13", "0.01", "0", "–", "10", "100"]


def test_numbers_for_people_can_be_typed_again():
    numbers = (1 / 3, 1e-7, 1.5e-12, 12345678, 1e20, -0.5, 123456.78, 0)
    texts = [number_text(n) for n in numbers]
    assert texts == ["0.333333", "1e-7", "1.5e-12", "12345678", "1e20", "-0.5", "123457", "0"]
    assert all(float(text) == pytest.approx(n, rel=1e-5) for text, n in zip(texts, numbers, strict=True))


def test_no_control_or_bidi_character_stands_raw_in_results(tmp_path):
    nasty = student("\x1b[31m\u202e\u2066\x00", two_paths(), messages=("\x9b\u2028\udcff",))
    raw = (written(tmp_path, nasty) / "results.json").read_bytes()
    assert all(byte == 0x0A or 0x20 <= byte < 0x7F for byte in raw)
    assert results_of(tmp_path)["students"][0]["student"] == "\x1b[31m\u202e\u2066\x00"


@pytest.mark.parametrize("pages", [True, False])
def test_the_same_results_give_the_same_bytes(tmp_path, pages):
    results = [replace(ada(), student=f"s{n}") for n in range(5)]
    first, second = (written(tmp_path / name, *results, pages=pages) for name in ("one", "two"))
    names = sorted(str(path.relative_to(first)) for path in first.rglob("*") if path.is_file())
    assert names == results_of(first)["files"]
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_each_item_stands_on_its_own_line(tmp_path):
    text = (written(tmp_path, ada()) / "results.json").read_text(encoding="utf-8")
    assert sum(line.lstrip().startswith('{"item"') for line in text.splitlines()) == 14


def test_what_happens_to_a_run_that_breaks_is_that_the_last_results_stay(tmp_path):
    written(tmp_path, ada())
    before = (tmp_path / "results.json").read_bytes()

    def stopped():
        yield replace(ada(), student="bea")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        written(tmp_path, stream=stopped())
    assert (tmp_path / "results.json").read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["grades.csv", "results.json"]


def test_the_summary_counts_students_and_shares(tmp_path):
    perfect = problem("two-paths", "t", question("a", "correct", 2, 2))
    with Reports(tmp_path, HEAD, pages=False) as reports:
        for result in (ada(), student("bea", perfect)):
            reports.add(result, result)
    summary = reports.summary
    assert (summary.students, summary.complete) == (2, 1)
    assert (summary.unreadable, summary.not_checked, summary.needs_person) == (1, 1, 1)
    assert summary.mean_share == pytest.approx((7 / 13 + 1) / 2)
    assert summary.lowest_share == pytest.approx(7 / 13)


# grades.csv


def rows_of(folder):
    """The rows as a spreadsheet reads them."""
    return list(csv.reader(io.StringIO((folder / "grades.csv").read_text(encoding="utf-8"), newline="")))


def test_a_total_is_empty_while_a_question_of_it_has_no_points(tmp_path):
    done = problem("net", "A small network", question("W", "partial", 1.255, 6))
    rows = rows_of(written(tmp_path, ada(), student("bea", two_paths(), done)))
    assert rows == [
        ["student", "two-paths", "net", "points", "max_points"],
        ["ada", "6", "", "", "16"],
        ["bea", "6", "1.26", "7.26", "16"],
    ]


FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "=1",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    " =1",
    '"=1',
    "\u200b=1",
]


@pytest.mark.parametrize("name", FORMULAS, ids=ascii)
def test_a_spreadsheet_runs_no_formula_from_a_name(tmp_path, name):
    row = rows_of(written(tmp_path, student(name, two_paths(), net())))[1]
    assert row[0].startswith("'")
    assert len(row) == 5


@pytest.mark.parametrize("name", ["a;=1+1", "a\t=1", 'a","=1', "a\n=1,2", "a|=1"], ids=ascii)
def test_a_name_stays_one_cell_whatever_separates_cells(tmp_path, name):
    folder = written(tmp_path, student(name, two_paths(), net()))
    lines = (folder / "grades.csv").read_text(encoding="utf-8").split("\n")
    assert len(lines) == 3
    for delimiter in ",;\t|":
        assert not next(csv.reader([lines[1]], delimiter=delimiter))[0].startswith(("=", "+", "-", "@"))


def test_grades_have_no_carriage_return_and_no_byte_order_mark(tmp_path):
    raw = (written(tmp_path, ada()) / "grades.csv").read_bytes()
    assert raw.startswith(b"student,two-paths,net,points,max_points\n")
    assert b"\r" not in raw


# the folder


def test_grading_again_removes_what_the_last_results_list_and_nothing_else(tmp_path):
    written(tmp_path, replace(ada(), student="gone"), ada(), pages=True)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "students" / "mine.html").write_text("mine")
    written(tmp_path, ada(), pages=True)
    assert not (tmp_path / "students" / "gone.html").exists()
    assert (tmp_path / "students" / "ada.html").exists()
    assert (tmp_path / "notes.txt").read_text() == (tmp_path / "students" / "mine.html").read_text() == "mine"
    written(tmp_path, ada(), pages=False)
    assert not (tmp_path / "index.html").exists()


@pytest.mark.parametrize("layout", ["as written", "on one line"])
def test_a_forged_list_removes_nothing_outside_the_folder(tmp_path, layout):
    outside, folder = tmp_path / "outside", tmp_path / "reports"
    (outside / "sub").mkdir(parents=True)
    for path in (outside / "kept.html", outside / "sub" / "kept.html"):
        path.write_text("kept")
    folder.mkdir()
    (folder / "linked").symlink_to(outside, target_is_directory=True)
    (folder / "link.html").symlink_to(outside / "kept.html")
    (folder / "folder.html").mkdir()
    (folder / ".hidden").write_text("kept")
    names = ["../outside/kept.html", str(outside / "kept.html"), "linked/kept.html", "linked/sub/kept.html",
             "link.html", "folder.html", ".hidden", "./../outside/kept.html", "..", "", "a\0b", "C:\\x", "\\\\x\\y", 7,
             None, ["x"], "\udc80"]  # fmt: skip
    listed = ",".join(f"\n  {json.dumps(name)}" for name in names)
    text = json.dumps({"files": names}) if layout == "on one line" else f'{{"x": 1,\n "files": [{listed}]}}\n'
    (folder / "results.json").write_text(text)
    written(folder, ada())
    assert (outside / "kept.html").exists()
    assert (outside / "sub" / "kept.html").exists()
    assert (folder / "link.html").is_symlink()
    assert (folder / "folder.html").is_dir()
    assert (folder / ".hidden").exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "[" * 100_000, '{"files": 3}', '{"files": {}}', ' "files": [\n', "\xff\x00"]
)
def test_broken_results_of_a_last_run_list_nothing(tmp_path, text):
    (tmp_path / "results.json").write_text(text, encoding="latin-1")
    assert listed_files(tmp_path / "results.json") == set()
    written(tmp_path, ada())


def test_results_that_are_no_ordinary_file_are_not_read(tmp_path):
    os.mkfifo(tmp_path / "results.json")
    assert listed_files(tmp_path / "results.json") == set()


def test_pages_are_not_written_through_a_linked_folder(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "students").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    with pytest.raises(FolderError, match="symbolic link"):
        written(tmp_path / "reports", ada(), pages=True)
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert not (tmp_path / "reports" / "results.json").exists()


def test_a_link_where_a_report_belongs_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "grades.csv").symlink_to(tmp_path / "mine")
    written(tmp_path / "reports", ada())
    assert (tmp_path / "mine").read_text() == "mine"
    assert not (tmp_path / "reports" / "grades.csv").is_symlink()


def test_a_folder_that_cannot_be_one_is_said_to_whoever_named_it(tmp_path):
    (tmp_path / "reports").write_text("a file")
    with pytest.raises(FolderError, match="reports cannot be written: File exists"):
        written(tmp_path / "reports", ada())


def test_two_reports_never_share_a_name(tmp_path):
    folder = Folder(tmp_path)
    folder.write("a.html", "one")
    with pytest.raises(FolderError, match="two reports"):
        folder.write("a.html", "two")
    with pytest.raises(FolderError, match="cannot be the name"):
        folder.write("../a.html", "out")
