"""A class graded in several processes: the same bytes as in one, and nothing lost."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from grader.answers.find import find_submissions
from grader.batch.assignment import make_ready
from grader.batch.grading import lost
from grader.report.batch import Work, write_reports
from grader.report.folder import FolderError

PROBLEM = """\
graph:
  inputs: {u1: 3, u2: 4}
  nodes: {u3: u1 * u2, u4: u1 + u2, u5: 2 * u3 * u4}
questions:
  forward: {ask: trace, mode: forward, points: 3}
  backward: {ask: trace, mode: reverse, points: 5, feedback: verdict}
"""
FILES = [
    "answers:\n  forward: {u3: 12, u4: 7, u5: 168}\n  backward: {u5: 1, u4: 24, u3: 14, u2: 66, u1: 80}\n",
    "answers:\n  forward: {u3: 12, u4: 8, u5: 192}\n  backward: {u5: 1, u4: 24, u3: 14, u2: 24, u1: 24}\n",
    "answers:\n  forward: {u3: 12, u4: 7,0, u5: 168}\n",
    "answers:\n\tforward: 3\n",
    "",
]


@pytest.fixture
def handed_in(tmp_path):
    """A problem, and a class of 64 of whom some have strange names."""
    (tmp_path / "p.yaml").write_text(PROBLEM, encoding="utf-8")
    for number in range(64):
        name = f"s{number:02}" if number % 7 else f"<b>Ö {number}’ ‮"
        folder = tmp_path / "submissions" / name
        folder.mkdir(parents=True)
        (folder / "p.yaml").write_text(FILES[number % len(FILES)], encoding="utf-8")
    ready = make_ready(tmp_path / "p.yaml")
    return tmp_path, ready, find_submissions(tmp_path / "submissions", list(ready.questions))


def tree(folder: pathlib.Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_reports_are_the_same_bytes_whatever_the_number_of_processes(handed_in):
    folder, ready, submissions = handed_in
    done = []
    for workers in (0, 2, 3):
        write_reports(str(folder / "p.yaml"), ready, submissions, folder / f"out{workers}", workers=workers,
                      advance=lambda: done.append(1))  # fmt: skip
    assert tree(folder / "out0") == tree(folder / "out2") == tree(folder / "out3")
    assert len(done) == 3 * 64
    assert len(json.loads((folder / "out2" / "results.json").read_text())["students"]) == 64


def test_a_hand_in_that_was_given_up_is_not_checked_and_told_to_the_student_kindly(handed_in):
    _, ready, submissions = handed_in
    graded = lost(ready, submissions.sources[0])
    assert graded.not_checked
    assert "second look" in graded.result.messages[0]
    assert "memory" not in graded.shown.messages[0]
    assert "costs no points" in graded.shown.messages[0]


def test_a_process_that_finds_other_problems_than_there_were_does_not_begin(handed_in):
    folder, ready, submissions = handed_in
    work = Work(str(folder / "p.yaml"), submissions.root, ready, pages=False)
    work.__dict__.update(work.__getstate__())
    assert callable(work())
    (folder / "p.yaml").write_text(PROBLEM.replace("forward:", "forwards:"), encoding="utf-8")
    with pytest.raises(RuntimeError, match="changed"):
        work()


def test_a_folder_that_cannot_be_written_stops_the_batch_and_its_processes(handed_in):
    folder, ready, submissions = handed_in
    (folder / "out").mkdir()
    (folder / "out" / "students").symlink_to(folder)
    with pytest.raises(FolderError, match="symbolic link"):
        write_reports(str(folder / "p.yaml"), ready, submissions, folder / "out", workers=2)


def test_ctrl_c_ends_all_processes_quietly_and_leaves_no_half_results(tmp_path):
    (tmp_path / "p.yaml").write_text(PROBLEM, encoding="utf-8")
    for number in range(1500):
        folder = tmp_path / "submissions" / f"s{number:04}"
        folder.mkdir(parents=True)
        (folder / "p.yaml").write_text(FILES[number % 2], encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "grader", "grade", "p.yaml", "submissions"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    end = time.monotonic() + 60
    while not (tmp_path / "reports" / "students").exists() and time.monotonic() < end:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    printed = process.communicate(timeout=60)[0]
    assert process.returncode == 130
    assert printed.strip() == b""
    assert not list((tmp_path / "reports").glob("*results.json*"))
