"""The sample class comes out as it lies in reports/example."""

from __future__ import annotations

import pathlib

from tests.example import EXAMPLE, differing, grade_into
from tests.shared import ROOT


def test_the_sample_class_comes_out_as_in_the_repository(tmp_path):
    assert grade_into(tmp_path / "reports") == 0
    assert differing(tmp_path / "reports") == [], "read the change, then renew it: python -m tests.example"


def test_the_same_input_gives_the_same_bytes(tmp_path):
    def graded() -> dict[str, bytes]:
        assert grade_into(tmp_path) == 0
        return {str(path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    assert graded() == graded()


def test_the_example_names_no_machine():
    for path in EXAMPLE.rglob("*.*"):
        content = path.read_bytes()
        assert str(ROOT).encode() not in content, path
        assert str(pathlib.Path.home()).encode() + b"/" not in content, path
