"""`python -m tests.fuzz --count 10000 --seed 1`: grade mutated files and report what should not happen.

Looked for: tracebacks, runs of more than 2 s, more than 512 MiB of memory, a change in another student's result.
Each finding's files are saved and its seed is printed; exits with 1 where there is any.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import json
import os
import pathlib
import queue
import subprocess
import sys
import tempfile
import threading

from tests.fuzz.cases import case
from tests.shared import ROOT

STUCK = 15
"""A child is stopped after this many times the allowed seconds without a line: generous, the machine may be busy."""
CHUNK = 250
SHOWN = 20
"""Findings that are shown with what was printed; one mistake may have hundreds."""


def main() -> int:
    """Run the cases in chunks, a process for each, and print findings as they come, then a line of figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--first", type=int, default=0, help="the number of the first case, to repeat one with --count 1"
    )
    parser.add_argument("--seconds", type=float, default=2.0, help="of processor time that a run may take (default 2)")
    parser.add_argument("--save", type=pathlib.Path, help="the folder for findings (default: a new temporary one)")
    options = parser.parse_args()
    end = options.first + options.count
    chunks = [(n, min(n + CHUNK, end)) for n in range(options.first, end, CHUNK)]
    save = options.save or pathlib.Path(tempfile.mkdtemp(prefix="grader-findings-"))
    done, bad = [], 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for reports in pool.map(lambda chunk: list(run_chunk(options.seed, options.seconds, *chunk)), chunks):
            done += reports
            for report in reports:
                if report["findings"]:
                    bad += 1
                    print(describe(options.seed, report, save, in_full=bad <= SHOWN), flush=True)
    print(
        f"fuzz: {len(done)} mutated files (seed {options.seed}), {bad} findings; "
        f"{sum(r.get('status') == 0 for r in done)} gradable, {sum(r.get('status') == 3 for r in done)} not all; "
        f"slowest {max((r['seconds'] for r in done), default=0):.2f} s, "
        f"largest {max((r['megabytes'] for r in done), default=0):.0f} MiB"
    )
    return 1 if bad or len(done) != options.count else 0


def run_chunk(seed: int, seconds: float, first: int, end: int):
    """The reports of the cases from `first` to `end`; a child that dies or hangs is a finding of its current case."""
    while first < end:
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.run", str(seed), str(first), str(end), str(seconds)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=_forward, args=(child.stdout, lines), daemon=True).start()
        finding = ""
        while first < end:
            try:
                line = lines.get(timeout=STUCK * seconds)
            except queue.Empty:
                finding = f"hung: no end after {STUCK * seconds:.0f} s"
                break
            if line is None:
                break
            report = json.loads(line)
            yield report
            first = report["case"] + 1
            if report["megabytes"] > 512:
                break
        else:
            child.wait()
            continue
        if child.poll() is None and finding:
            child.kill()
        status = child.wait()
        if finding or status != 0:
            errors = child.stderr.read()[-3000:] if child.stderr else ""
            yield {
                "case": first,
                "findings": [finding or f"the process ended with {status}"],
                "seconds": STUCK * seconds if finding else 0.0,
                "megabytes": 0.0,
                "errors": errors,
            }
            first += 1


def _forward(stream, lines) -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)


def describe(seed: int, report: dict, save: pathlib.Path, *, in_full: bool) -> str:
    """Save the files of a finding and say how to repeat it; the end of what was printed, where asked for in full."""
    found = case(seed, report["case"])
    folder = save / f"{seed}-{report['case']}"
    for name, content in found.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    repeat = f"python -m tests.fuzz --seed {seed} --first {report['case']} --count 1"
    errors = "".join(f"\n      {line}" for line in report["errors"].strip().splitlines()[-12:]) if in_full else ""
    return f"{'; '.join(report['findings'])}: {folder / found.mutated}\n      again: {repeat}{errors}"


sys.exit(main())
