"""Grades every example of the shared key like a hand-in and counts verdicts: `python -m tests.key` prints the line.

Answers are written to files first, numbers as a person would type them, so that the reader is measured too.
"""

from __future__ import annotations

import pathlib
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from grader.answers.find import find_submissions
from grader.batch.assignment import make_ready
from grader.batch.examples import Comparison, expectations
from grader.batch.grading import grade_handin
from grader.spec.problem import Problem
from tests.shared import SHARED

KEY = SHARED / "key"


class Loader(yaml.SafeLoader):
    """PyYAML with the plain scalars of YAML 1.2, so that `1e-3` is a number and `no` a word."""


Loader.yaml_implicit_resolvers = {}
for tag, pattern in {
    "bool": r"true|false|True|False|TRUE|FALSE",
    "int": r"[-+]?[0-9]+",
    "float": r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
    "null": r"~|null|Null|NULL|",
}.items():
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), None)


@dataclass
class Figures:
    """What became of the examples; `disagreements` says where."""

    counts: Counter[str]
    disagreements: list[str]

    def __str__(self) -> str:
        """The line that CI prints. An example that disagrees is counted once, by the worst of its verdicts."""
        c = self.counts
        ran = sum(c.values()) - c["skipped"]
        return (
            f"key: {ran} examples ran, {c['agreed']} agreed, {c['right refused']} right refused, "
            f"{c['wrong accepted']} wrong accepted, {c['other']} other; {c['skipped']} skipped"
        )


def files() -> list[pathlib.Path]:
    """The problem files of the key."""
    return sorted(path for path in KEY.glob("*.yaml") if path.name != "assignment.yaml")


def measure(paths: list[pathlib.Path]) -> Figures:
    """Grade the examples of these files."""
    figures = Figures(Counter(), [])
    for path in paths:
        for comparison in comparisons(path):
            figures.counts[_outcome(comparison)] += 1
            figures.disagreements += [
                f"{path.stem}: {comparison.example.name}: {e.question} {e.item or ''}: said {e.said}, not {e.wanted}"
                for e in comparison.expectations
                if e.outcome == "disagreed"
            ]
    return figures


def comparisons(path: pathlib.Path) -> Iterator[Comparison]:
    """Each example of one file, handed in by a student of its own and graded in one batch."""
    ready = make_ready(path)
    assert not ready.unusable, f"{path} cannot be used: {ready.unusable[0].errors}"
    problem = ready.problems[0].problem
    written = yaml.load(path.read_text(encoding="utf-8"), Loader)["examples"]
    with tempfile.TemporaryDirectory() as folder:
        for number, example in enumerate(written):
            _hand_in(pathlib.Path(folder, f"e{number:03d}"), problem, example)
        results = [grade_handin(ready, handin).result for handin in find_submissions(folder, [problem.id])]
    assert [result.student for result in results] == [f"e{number:03d}" for number in range(len(written))]
    for example, result in zip(problem.examples, results, strict=True):
        yield Comparison(example, tuple(expectations(problem, example, result.problems[0])))


def _hand_in(folder: pathlib.Path, problem: Problem, example: dict) -> None:
    folder.mkdir()
    if example.get("answers") is not None:
        text = yaml.safe_dump({"answers": example["answers"]}, sort_keys=False, allow_unicode=True)
        (folder / f"{problem.id}.yaml").write_text(text, encoding="utf-8")
    if example.get("python"):
        (folder / f"{problem.id}.py").write_text(example["python"], encoding="utf-8")


def _outcome(comparison: Comparison) -> str:
    if comparison.outcome != "disagreed":
        return comparison.outcome
    if any(e.right_refused for e in comparison.expectations):
        return "right refused"
    return "wrong accepted" if any(e.wrong_accepted for e in comparison.expectations) else "other"


if __name__ == "__main__":
    if not files():
        print("key: the shared material is not there, so no example ran")
        sys.exit(0)
    measured = measure(files())
    print("\n".join([*measured.disagreements, str(measured)]))
    sys.exit(1 if measured.disagreements else 0)
