"""Well-known assignments, answered in many styles, right and wrong: each program gets the verdicts that it deserves."""

from __future__ import annotations

import pathlib

import pytest

from tests.key import measure

FILES = sorted((pathlib.Path(__file__).parent / "assignments").glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_program_gets_its_verdicts(path):
    figures = measure([path])
    assert figures.disagreements == []
    assert figures.counts["skipped"] == 0
    assert sum(figures.counts.values()) > 0
