"""The commands as a person runs them: exit statuses, what is printed where, and what never is."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import pathlib
import subprocess
import sys

import pytest

import grader.batch.assignment
import grader.batch.grading
from grader.cli import main
from grader.report import Reports

PROBLEM = """\
graph:
  inputs: {u1: 3, u2: 4}
  nodes: {u3: u1 * u2, u4: u1 + u2, u5: 2 * u3 * u4}
questions:
  forward: {ask: trace, mode: forward, points: 3}
  backward: {ask: trace, mode: reverse, points: 5}
  product: {ask: value, of: u3 * 1000.25, feedback: verdict}
examples:
  - name: a slip in u4, carried on
    answers: {forward: {u3: 12, u4: 8, u5: 192}}
    expect: {forward: {u4: wrong, u5: follow_through, misconception: null}}
"""
UNBUILT = PROBLEM.replace("examples:", "  formula: {ask: expression, equals: u5}\nexamples:")
BROKEN = PROBLEM.replace("2 * u3", "2 * u33")
RIGHT = """\
answers:
  forward: {u3: 12, u4: 7, u5: 168}
  backward: {u5: 1, u4: 24, u3: 14, u2: 66, u1: 80}
  product: 12003
"""
WRONG = RIGHT.replace("u1: 80", "u1: 24")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with one problem and two students, in which the test runs."""
    monkeypatch.chdir(tmp_path)
    write("problems/two-paths.yaml", PROBLEM)
    write("submissions/ada/two-paths.yaml", RIGHT)
    write("submissions/bob/two-paths.yaml", WRONG)
    return tmp_path


def write(name: str, text: str) -> pathlib.Path:
    path = pathlib.Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def grade(*arguments: str) -> int:
    return main(["grade", "problems", "submissions", *arguments])


def students() -> dict[str, dict]:
    data = json.loads(pathlib.Path("reports/results.json").read_text(encoding="utf-8"))
    return {student["student"]: student for student in data["students"]}


# -- exit statuses


def test_grade_exits_with_0_whatever_the_marks(folder, capsys):
    assert grade() == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines() == ["2 students, 94 % of the judged points on average.", "See reports/index.html."]
    assert printed.err == ""
    assert students()["ada"]["points"] == 9


def test_answers_that_are_lists_of_names_are_graded_with_all_pages(folder):
    write("problems/two-paths.yaml", PROBLEM.replace("examples:", "  leaves: {ask: leaves}\nexamples:"))
    write("submissions/ada/two-paths.yaml", RIGHT + "  leaves: [u1, u3]\n")
    assert grade() == 0
    leaves = students()["ada"]["problems"][0]["questions"][3]
    assert (leaves["verdict"], leaves["items"][0]["answer"]) == ("wrong", ["u1", "u3"])


def test_an_empty_folder_of_submissions_is_graded_too(folder):
    os.makedirs("nobody")
    assert main(["grade", "problems", "nobody"]) == 0
    assert students() == {}


@pytest.mark.parametrize(("percent", "status"), [("0", 0), ("88", 0), ("88.89", 1), ("100", 1)])
def test_grade_exits_with_1_where_any_student_misses_the_share(folder, percent, status):
    assert grade("--fail-under", percent) == status


@pytest.mark.parametrize(("student", "status"), [("ada", 0), ("bob", 1)])
def test_check_exits_with_1_where_this_student_misses_the_share(folder, student, status):
    answers = f"submissions/{student}/two-paths.yaml"
    assert main(["check", "problems/two-paths.yaml", answers, "--fail-under", "100"]) == status


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["grad", "problems", "submissions"],
        ["grade", "problems"],
        ["grade", "problems", "nowhere"],
        ["grade", "nowhere", "submissions"],
        ["grade", "problems", "submissions", "--fail-under", "nan"],
        ["grade", "problems", "submissions", "--fail-under", "101"],
        ["grade", "problems", "submissions", "--fail-under", "half"],
        ["grade", "problems", "submissions", "-o", "problems/two-paths.yaml"],
        ["grade", "problems", "submissions", "-o", "submissions/reports"],
        ["grade", "problems", "problems/../archive.zip"],
        ["check", "problems", "submissions", "--nonsense"],
        ["schema", "marks"],
        ["solve"],
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_exits_with_2_and_says_why(folder, capsys, arguments):
    write("archive.zip", "PK")
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err
    assert "nvalid" not in printed.err
    assert "Traceback" not in printed.err


def test_the_error_about_a_wrong_command_line_names_the_help_to_read(folder, capsys):
    assert main(["grade", "problems", "submissions", "--fail-under", "101"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "'--fail-under': a number from 0 to 100 belongs here, as 60",
        "See `grader grade --help`.",
    ]


@pytest.mark.parametrize("command", [["grade", "problems", "submissions"], ["check", "problems", "submissions/ada"],
                                     ["solve", "problems"], ["lint", "problems"]])  # fmt: skip
def test_without_a_problem_file_that_can_be_used_every_command_exits_with_2(folder, capsys, command):
    write("problems/two-paths.yaml", BROKEN)
    assert main(command) == 2
    printed = capsys.readouterr()
    assert "problems/two-paths.yaml:3:45: " in printed.out + printed.err
    assert "u33" in printed.out + printed.err
    assert not os.path.exists("reports")


def test_a_folder_without_problem_files_is_a_wrong_command_line(folder, capsys):
    os.makedirs("empty")
    assert main(["lint", "empty"]) == 2
    assert "holds no problem file" in capsys.readouterr().err


def test_answers_to_an_unusable_problem_are_not_checked_and_the_others_are(folder, capsys):
    write("problems/other.yaml", BROKEN)
    write("submissions/ada/other.yaml", RIGHT)
    assert grade("--fail-under", "100") == 3
    assert "problems/other.yaml:3:45" in capsys.readouterr().err
    good, other = students()["ada"]["problems"]
    assert (good["problem"], good["points"], good["judged_points"]) == ("two-paths", 9, 9)
    assert other["problem"] == "other"
    assert "line 3" in other["message"]
    assert [(q["question"], q["verdict"], q["points"]) for q in other["questions"]] == [
        (name, "not_checked", None) for name in ("forward", "backward", "product")
    ]


def test_the_student_is_not_told_what_is_wrong_with_the_problem_file(folder):
    write("problems/other.yaml", BROKEN)
    grade()
    page = pathlib.Path("reports/students/ada.html").read_text(encoding="utf-8")
    assert "u33" not in page
    assert "costs no points" in page


def test_an_answer_to_a_kind_that_is_not_built_exits_with_3_and_no_answer_with_0(folder):
    write("problems/two-paths.yaml", UNBUILT)
    assert grade() == 0
    write("submissions/ada/two-paths.yaml", RIGHT + "  formula: 2 * u1 * u2 * (u1 + u2)\n")
    assert grade("--fail-under", "100") == 3
    assert main(["check", "problems", "submissions/ada"]) == 3
    assert main(["check", "problems", "submissions/bob"]) == 0


@pytest.mark.parametrize("command", [["grade", "problems", "submissions"], ["check", "problems", "submissions/ada"],
                                     ["solve", "problems"], ["lint", "problems"]])  # fmt: skip
def test_a_key_that_does_not_certify_itself_is_said_loudly_and_exits_with_3(folder, monkeypatch, capsys, command):
    prepare = grader.batch.assignment.prepare

    def doubted(problem):
        return dataclasses.replace(prepare(problem), doubt="The reference solution is in doubt.")

    monkeypatch.setattr(grader.batch.assignment, "prepare", doubted)
    assert main(command) == 3
    printed = capsys.readouterr()
    assert "problems/two-paths.yaml: The reference solution is in doubt." in printed.out + printed.err


def test_a_problem_that_grader_fails_on_is_unusable_and_the_others_are_not(folder, monkeypatch, capsys):
    write("problems/other.yaml", PROBLEM)
    prepare = grader.batch.assignment.prepare

    def failing(problem):
        if problem.id == "other":
            raise ZeroDivisionError
        return prepare(problem)

    monkeypatch.setattr(grader.batch.assignment, "prepare", failing)
    assert grade() == 3
    assert "problems/other.yaml:1:1: grader failed on it (ZeroDivisionError)" in capsys.readouterr().err
    assert [p["points"] for p in students()["ada"]["problems"]] == [9, 0]


# -- what nobody foresaw


def failing_for(student: str):
    """`mark_submission`, failing for one student."""
    mark = grader.batch.grading.mark_submission

    def marked(problems, submission, run):
        if submission.student == student:
            raise KeyError("a mistake of ours\x1b[31m")
        return mark(problems, submission, run)

    return marked


def test_one_student_that_grader_fails_on_does_not_stop_the_batch(folder, monkeypatch, capsys):
    monkeypatch.setattr(grader.batch.grading, "mark_submission", failing_for("ada"))
    assert grade() == 3
    ada, bob = students()["ada"], students()["bob"]
    assert {q["verdict"] for p in ada["problems"] for q in p["questions"]} == {"not_checked"}
    assert "KeyError: 'a mistake of ours" in ada["problems"][0]["message"]
    assert ada["judged_points"] == 0
    assert bob["points"] == 8
    assert "Traceback" not in capsys.readouterr().err
    assert "KeyError" not in pathlib.Path("reports/students/ada.html").read_text(encoding="utf-8")


def test_a_failure_of_the_whole_program_is_one_line_without_a_traceback(folder, monkeypatch, capsys):
    def fail(*arguments):
        raise RuntimeError("first line\nsecond line")

    monkeypatch.setattr("grader.cli.solve.names", fail)
    assert main(["solve", "problems"]) == 3
    expected = "grader itself failed: RuntimeError: first line second line; this is our mistake, please report it.\n"
    assert capsys.readouterr().err == expected
    monkeypatch.setenv("GRADER_DEBUG", "1")
    assert main(["solve", "problems"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_ends_quietly_with_130_and_leaves_the_last_results(folder, monkeypatch, capsys):
    grade()
    before = pathlib.Path("reports/results.json").read_bytes()
    capsys.readouterr()

    def interrupt(problems, submission, run):
        raise KeyboardInterrupt

    monkeypatch.setattr(grader.batch.grading, "mark_submission", interrupt)
    assert grade() == 130
    assert capsys.readouterr().err.strip() == ""
    assert pathlib.Path("reports/results.json").read_bytes() == before
    assert not list(pathlib.Path("reports").glob("*.part"))


def test_a_full_disk_is_said_and_exits_with_3(folder, monkeypatch, capsys):
    def full(self, parts):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "reports/results.json")

    monkeypatch.setattr(Reports, "take", full)
    assert grade() == 3
    assert capsys.readouterr().err == "reports/results.json: No space left on device\n"


def test_a_folder_that_cannot_be_written_is_a_wrong_command_line(folder, capsys):
    write("reports", "a file")
    assert main(["grade", "problems", "submissions", "-o", "reports/inner"]) == 2
    assert "reports/inner" in capsys.readouterr().err


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **variables}
    command = [sys.executable, "-m", "grader", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, encoding="utf-8")


def test_a_reader_that_goes_away_is_no_error(folder):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "grader", "schema", "problem"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as child:
        child.stdout.close()
        assert child.stderr.read() == b""


# -- what is printed


def test_check_says_what_is_wrong_and_where_to_begin(folder, capsys):
    assert main(["check", "problems/two-paths.yaml", "submissions/bob/two-paths.yaml"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "two-paths    8 of 9 points"
    assert "  forward  ✓ correct  3 of 3" in lines
    assert "  backward  ◐ partly correct  4 of 5" in lines
    assert "    ✗ u1: wrong, you gave 24, expected 80" in lines
    assert lines[-1] == "Begin with backward, u1."


def test_check_takes_a_file_of_any_name_and_a_students_folder(folder, capsys):
    write("mine.yaml", WRONG)
    main(["check", "problems/two-paths.yaml", "mine.yaml"])
    one = capsys.readouterr().out
    main(["check", "problems", "submissions/bob"])
    assert capsys.readouterr().out == one


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_check_never_shows_what_feedback_hides(folder, capsys, form):
    write("mine.yaml", RIGHT.replace("product: 12003", "product: 11"))
    main(["check", "problems/two-paths.yaml", "mine.yaml", *form])
    printed = capsys.readouterr().out
    assert "1200" not in printed
    if form:
        question = json.loads(printed)["students"][0]["problems"][0]["questions"][2]
        assert question["verdict"] == "wrong"
        assert question["items"][0]["expected"] is None
    else:
        assert "you gave 11\n" in printed


def test_what_a_student_writes_cannot_move_the_cursor_or_hide(folder, capsys):
    write("mine.yaml", 'answers: {product: "\\x1b[2J\\u202e12", forward: "\\a"}\n')
    main(["check", "problems/two-paths.yaml", "mine.yaml"])
    printed = capsys.readouterr().out
    assert not set(printed) & {"\x1b", "\u202e", "\a"}
    assert "202e" in printed


def test_an_answer_that_cannot_be_read_is_shown_with_its_place(folder, capsys):
    write("mine.yaml", "answers: {product: 7,0}\n")
    assert main(["check", "problems/two-paths.yaml", "mine.yaml"]) == 0
    printed = capsys.readouterr().out
    assert "mine.yaml:1:" in printed
    assert "7.0" in printed
    assert "^" in printed


def test_solve_prints_values_adjoints_edges_and_expected_answers(folder, capsys):
    assert main(["solve", "problems/two-paths.yaml"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["u1", "input", "3", "80"] in rows
    assert ["u4", "u1", "+", "u2", "7", "24"] in rows
    assert ["u3->u5", "14"] in rows
    assert ["backward,", "u2", "66"] in rows
    assert ["product", "12003"] in rows


def test_solve_as_json_is_one_document(folder, capsys):
    assert main(["solve", "problems", "--json"]) == 0
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    u5 = {"name": "u5", "kind": "node", "formula": "2 * u3 * u4", "value": 168, "adjoint": 1}
    assert any(u5.items() <= name.items() for name in problem["names"])
    assert {"edge": "u1->u3", "shape": [], "jacobian": 4, "symbol": "u_{2}"} in problem["edges"]
    assert problem["questions"][2] == {
        "question": "product", "ask": "value", "items": [{"item": "product", "expected": 12003}]
    }  # fmt: skip


def test_solve_counts_labels_from_1_and_names_large_jacobians_by_their_shape(folder, capsys):
    write("big.yaml", "graph:\n  inputs: {W: {shape: [150, 150], draw: normal}, y: {label: 2, classes: 150}}\n"
          "  nodes: {V: 2 * W, v: 'sum(V, axis=0)', o: 'v[y]'}\nquestions: {o: {ask: value}}\n")  # fmt: skip
    assert main(["solve", "big.yaml"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert any(row[:3] == ["y", "label", "2"] for row in rows)
    assert ["W->V", "22500", "×", "22500,", "too", "large", "to", "print"] in rows


def test_a_problem_without_one_scalar_output_is_solved_without_adjoints(folder, capsys):
    write("two.yaml", "graph: {inputs: {x: [1, 2]}, nodes: {a: 2 * x, b: 3 * x}}\n"
          "questions: {v: {ask: value, of: a}, w: {ask: value, of: b}}\n")  # fmt: skip
    assert main(["solve", "two.yaml"]) == 0
    assert "No adjoints" in capsys.readouterr().out


# -- lint


def test_lint_is_content_with_a_problem_whose_examples_agree(folder, capsys):
    assert main(["lint", "problems"]) == 0
    counted = "1 example: 1 agreed, 0 disagreed, 0 skipped; 1 misconception skipped"
    assert capsys.readouterr().out == f"problems/two-paths.yaml: {counted}\n"


def test_lint_says_which_example_disagrees_and_what_marking_says(folder, capsys):
    write("problems/two-paths.yaml", PROBLEM.replace("u5: follow_through", "u5: correct"))
    assert main(["lint", "problems"]) == 1
    printed = capsys.readouterr().out
    assert "in the example 'a slip in u4, carried on', forward, u5 is follow_through; correct is expected" in printed
    assert "problems/two-paths.yaml:9:" in printed


def test_lint_counts_examples_of_kinds_that_are_not_built_as_skipped(folder, capsys):
    more = "  - name: of a later kind\n    answers: {formula: u5}\n    expect: {formula: wrong}\n"
    write("problems/two-paths.yaml", UNBUILT + more)
    assert main(["lint", "problems", "--json"]) == 0
    examples = json.loads(capsys.readouterr().out)["problems"][0]["examples"]
    assert [examples[key] for key in ("agreed", "disagreed", "skipped")] == [1, 0, 1]
    assert examples["verdicts"] == {"agreed": 2, "disagreed": 0, "skipped": 2}


def test_lint_reports_every_error_of_every_file_and_exits_with_1_while_one_can_be_used(folder, capsys):
    write("problems/other.yaml", BROKEN.replace("ask: value", "ask: valeu"))
    assert main(["lint", "problems", "--json"]) == 1
    other, good = json.loads(capsys.readouterr().out)["problems"]
    assert [(e["line"], e["column"]) for e in other["errors"]] == [(3, 45), (7, 18)]
    assert "value" in other["errors"][1]["hint"]
    assert good["errors"] == []


DOUBTS = {
    "not finite": PROBLEM.replace("u3 * 1000.25", "log(u3 - 12)"),
    "a $ begins maths": "statement: It costs $u_1 each.\n" + PROBLEM,
    "HTML is not obeyed": "statement: It is <b>large</b>.\n" + PROBLEM,
    "nothing to follow through": PROBLEM.replace("feedback: verdict", "follow_through: 0.5"),
    "expects nothing": PROBLEM + "  - name: idle\n    answers: {product: 1}\n",
    "no question asks for it": "graph: {inputs: {x: 2}, nodes: {y: x ** 2, z: 3 * x}, output: y}\n"
    "questions: {v: {ask: value, of: y}}\n",
}


@pytest.mark.parametrize("words", DOUBTS)
def test_lint_names_doubtful_places(folder, capsys, words):
    write("problems/two-paths.yaml", DOUBTS[words])
    assert main(["lint", "problems"]) == 1
    printed = capsys.readouterr().out
    assert printed.count("doubtful: ") == 1
    assert words in printed
    assert main(["lint", "problems", "--json"]) == 1
    (doubt,) = json.loads(capsys.readouterr().out)["problems"][0]["doubts"]
    assert words in doubt["message"]
    assert doubt["line"] >= 1


# -- terminals


def test_colours_are_for_terminals_only_and_can_be_declined(folder):
    pty = pytest.importorskip("pty")

    def printed(**variables: str) -> str:
        mine, theirs = pty.openpty()
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm", **variables}
        command = [sys.executable, "-m", "grader", "check", "problems", "submissions/bob"]
        with subprocess.Popen(command, stdout=theirs, env=environment) as child:
            os.close(theirs)
            text = b""
            try:
                while part := os.read(mine, 4096):
                    text += part
            except OSError:  # the other end is closed
                pass
        os.close(mine)
        assert child.returncode == 0
        return text.decode()

    assert "\x1b[31m" in printed()
    assert "\x1b" not in printed(NO_COLOR="1")
    assert "\x1b" not in run("check", "problems", "submissions/bob").stdout


def test_progress_goes_to_standard_error_of_a_terminal_and_nowhere_else(folder):
    pty = pytest.importorskip("pty")
    mine, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "grader", "grade", "problems", "submissions"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, env=environment, check=True)
    os.close(theirs)
    assert b"graded 2 of 2" in os.read(mine, 4096)
    os.close(mine)
    assert b"graded" not in done.stdout
    assert run("grade", "problems", "submissions").stderr == ""


def test_a_terminal_that_has_only_ascii_gets_plain_signs(folder):
    done = run("check", "problems", "submissions/bob", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "x u1: wrong" in done.stdout
    assert "?" not in done.stdout


# -- schema


@pytest.mark.parametrize("name", ["problem", "answers", "results"])
def test_schema_prints_json_schema(capsys, name):
    assert main(["schema", name]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
