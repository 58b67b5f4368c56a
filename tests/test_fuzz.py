"""A short run over mutated files; the long one is `python -m tests.fuzz --count 10000`."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest

from tests.fuzz.cases import case
from tests.fuzz.mutate import MUTATIONS, mutant
from tests.fuzz.run import Run, failures
from tests.shared import ROOT


def test_150_mutated_files_harm_nobody(tmp_path):
    options = ["--count", "150", "--seed", "7", "--seconds", "60", "--save", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fuzz: 150 mutated files (seed 7), 0 findings" in done.stdout


def test_a_case_is_the_same_each_time_and_holds_one_mutant():
    assert case(3, 14) == case(3, 14)
    assert case(3, 14).files != case(3, 15).files


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_every_mutation_takes_any_bytes(mutation):
    for seed in range(30):
        for text in (b"", b"\n", b"a: 1\n", b"\xff\x00"):
            mutation(text, random.Random(seed))
    assert mutant(b"", [b""], random.Random(0)) is not None


@pytest.mark.parametrize(
    ("run", "finding"),
    [
        (Run(0, "Traceback (most recent call last):", "{}", 0.1), "grader failed"),
        (Run(3, "", '{"message": "this is our mistake"}', 0.1), "grader failed"),
        (Run(2, "", "{}", 0.1), "exit status 2 beside a good problem"),
        (Run(0, "", "", 0.1), "no results.json"),
        (Run(0, "", "{}", 2.1), "took 2.1 s"),
    ],
)
def test_what_should_not_happen_is_a_finding(run, finding):
    assert list(failures(run, seconds=2)) == [finding]
