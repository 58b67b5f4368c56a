"""Which files are mutated, and into which batch a mutant goes: always beside a good problem and an honest student.

Case `n` of a seed is the same on every machine with the same problems; nothing is graded here.
"""

from __future__ import annotations

import json
import pathlib
import random
from dataclasses import dataclass

import yaml

from tests.fuzz.mutate import mutant
from tests.shared import ROOT, SHARED

GOOD = b"""\
graph:
  inputs: {u1: 3, u2: 4}
  nodes: {u3: u1 * u2, u4: u1 + u2, u5: 2 * u3 * u4}
questions:
  forward: {ask: trace, mode: forward}
  backward: {ask: trace, mode: reverse}
"""
GOOD_ANSWERS = b"answers: {forward: {u3: 12, u4: 7, u5: 168}, backward: {u5: 1, u4: 24, u3: 14, u2: 24, u1: 24}}\n"


@dataclass(frozen=True)
class Case:
    """A batch as files: `problems/target.yaml` and `submissions/mutant/target.yaml`, of which one is mutated."""

    number: int
    mutated: str
    files: dict[str, bytes]


def honest_files(problem: bytes, answers: bytes) -> dict[str, bytes]:
    """The same batch without anything mutated."""
    return {
        "problems/good.yaml": GOOD,
        "problems/target.yaml": problem,
        "submissions/honest/good.yaml": GOOD_ANSWERS,
        "submissions/honest/target.yaml": answers,
        "submissions/mutant/good.yaml": GOOD_ANSWERS,
        "submissions/mutant/target.yaml": answers,
    }


def case(seed: int, number: int) -> Case:
    """The case `number`: a problem of the bank or the key, its own answers, and a mutation of one of the two."""
    randomness = random.Random(f"{seed}:{number}")
    problems = corpus()
    problem, answers = randomness.choice(problems)
    files = honest_files(problem, answers)
    if randomness.random() < 0.45:
        name, others = "problems/target.yaml", [p for p, _ in problems]
    else:
        name, others = "submissions/mutant/target.yaml", [a for _, a in problems]
        if randomness.random() < 0.25:
            name = name.replace(".yaml", ".json")
            files[name] = json.dumps(yaml.safe_load(files.pop("submissions/mutant/target.yaml")), default=str).encode()
    files[name] = mutant(files.get(name, problem), others, randomness)
    return Case(number, name, files)


_CORPUS: list[tuple[bytes, bytes]] = []


def corpus() -> list[tuple[bytes, bytes]]:
    """Problem files without their examples, each with answers made of its examples."""
    if not _CORPUS:
        folders = [ROOT / "problems", SHARED / "key"]
        for path in [p for folder in folders for p in sorted(folder.glob("*.yaml")) if p.name != "assignment.yaml"]:
            _CORPUS.append(_split(path))
    return _CORPUS


def _split(path: pathlib.Path) -> tuple[bytes, bytes]:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    answers = {}
    for example in document.pop("examples", None) or []:
        answers.update(example.get("answers") or {})
    document["id"] = "target"
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
    return text.encode(), yaml.safe_dump({"answers": answers}, sort_keys=False, allow_unicode=True).encode()
