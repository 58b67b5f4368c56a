"""Grades a stretch of cases in this one process, under limits, and prints a line of JSON for each.

Started by `tests.fuzz`, which watches the clock from outside: what hangs in C cannot be stopped from within.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import pathlib
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass

from grader.cli import main as grader
from tests.fuzz.cases import Case, case, honest_files

MEMORY = 512 * 2**20
ADDRESS_SPACE = 4 * 2**30
"""So that a mutant cannot take the machine down; what counts is the resident memory below `MEMORY`."""


def main() -> None:
    """`python -m tests.fuzz.run SEED FIRST END SECONDS`."""
    seed, first, end = map(int, sys.argv[1:4])
    seconds = float(sys.argv[4])
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    os.environ["GRADER_DEBUG"] = "1"
    run_files(honest_files(b"", b""))  # imports are nobody's two seconds
    for number in range(first, end):
        found = examine(case(seed, number), seconds)
        print(json.dumps(found), flush=True)
        if found["megabytes"] * 2**20 > MEMORY:
            break  # the highest mark of a process never falls: the next cases get a new one


@dataclass(frozen=True)
class Run:
    """What came of a batch; `seconds` of processor time is that of the longest command."""

    status: int
    errors: str
    results: str
    seconds: float


def examine(tested: Case, seconds: float) -> dict[str, object]:
    """What is wrong with this case: a list of findings, and how long and how large it was."""
    run = run_files(tested.files)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    findings = list(failures(run, seconds))
    if peak > MEMORY:
        findings.append(f"took {peak / 2**20:.0f} MiB")
    if not findings and _honest(tested, run.results) != _expected(tested):
        findings.append("another student's result changed")
    return {
        "case": tested.number,
        "findings": findings,
        "seconds": run.seconds,
        "megabytes": peak / 2**20,
        "status": run.status,
        "errors": run.errors[-3000:] if findings else "",
    }


def run_files(files: dict[str, bytes]) -> Run:
    """Grade these files; a problem that cannot be used is linted too, and one that can is solved."""
    with tempfile.TemporaryDirectory(prefix="grader-fuzz-") as folder:
        root = pathlib.Path(folder)
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        target = f"{root}/problems/target.yaml"
        status, errors, used = _command("grade", f"{root}/problems", f"{root}/submissions", "-o", f"{root}/reports")
        if "problems/target.yaml" in files:
            _, more, longer = _command("lint" if target in errors else "solve", target)
            errors, used = errors + more, max(used, longer)
        results = root / "reports" / "results.json"
        return Run(status, errors, results.read_text(encoding="utf-8") if results.exists() else "", used)


def _command(*arguments: str) -> tuple[int, str, float]:
    errors, start = io.StringIO(), time.process_time()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(errors):
        status = grader(arguments)
    return status, errors.getvalue(), time.process_time() - start


def failures(run: Run, seconds: float) -> Iterator[str]:
    """What should not happen in any run."""
    if "Traceback" in run.errors or "our mistake" in run.errors + run.results:
        yield "grader failed"
    if run.status not in (0, 3):
        yield f"exit status {run.status} beside a good problem"
    elif not run.results:
        yield "no results.json"
    if run.seconds > seconds:
        yield f"took {run.seconds:.1f} s"


def _honest(tested: Case, results: str) -> object:
    """The honest student's marks; of the good problem only, where the other problem is the mutant."""
    student = next((s for s in json.loads(results)["students"] if s["student"] == "honest"), None)
    if student is None or tested.mutated.startswith("submissions/"):
        return student
    return [p for p in student["problems"] if p["problem"] == "good"]


_KNOWN: dict[tuple[bytes, bytes, bool], object] = {}


def _expected(tested: Case) -> object:
    problems_changed = tested.mutated.startswith("problems/")
    files = dict(tested.files)
    if problems_changed:
        files.pop("problems/target.yaml")
    files = {name: content for name, content in files.items() if "/mutant/" not in name}
    key = (files.get("problems/target.yaml", b""), files["submissions/honest/target.yaml"], problems_changed)
    if key not in _KNOWN:
        _KNOWN[key] = _honest(tested, run_files(files).results)
    return _KNOWN[key]


if __name__ == "__main__":
    main()
