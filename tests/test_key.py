"""The shared key: every example gets the verdicts that are expected of it, except what this version cannot judge."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.key import Figures, files, measure
from tests.shared import needs


@needs("key")
@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_every_example_gets_its_expected_verdicts(path):
    figures = measure([path])
    assert figures.disagreements == []
    assert sum(figures.counts.values()) > 0


def test_the_figures_name_what_ran_apart_from_what_was_skipped():
    figures = Figures(Counter({"agreed": 7, "right refused": 1, "skipped": 3}), [])
    line = "key: 8 examples ran, 7 agreed, 1 right refused, 0 wrong accepted, 0 other; 3 skipped"
    assert str(figures) == line
