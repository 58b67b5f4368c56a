"""How many submissions a second are graded, with and without pages, and in how much memory.

Makes classes of one problem, 30 % of them wrong in 60 distinct ways, and runs the command on them as a person would,
its start included. Memory is the most that all its processes held at a time (each page counted once for those that
share it). Beside it stands the floor: the same files read with PyYAML's C loader and nothing else, and pages of the
same size from an empty template, both in one process.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass

import jinja2
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROBLEM = ROOT / "problems" / "two-paths.yaml"
WRONG_SHARE, WAYS = 0.3, 60
RIGHT = {
    "forward": {"u3": 12, "u4": 7, "u5": 168},
    "locals": {"J13": 4, "J23": 3, "J35": 14, "J45": 24},
    "path": {"": 56},
    "backward": {"u5": 1, "u4": 24, "u3": 14, "u2": 66, "u1": 80},
}
ITEMS = [(question, item) for question, items in RIGHT.items() for item in items]
SLIPS = (lambda x: -x, lambda x: x + 1, lambda x: 2 * x, lambda x: x / 2, lambda x: x + 0.37)
GOALS = {"without pages": 1000, "with pages": 200}
MOST_GROWTH, MEGABYTES_MORE = 1.1, 20
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Run:
    """One run of the command: wall-clock seconds, processor seconds of all processes, and megabytes at the most."""

    seconds: float
    processor: float
    megabytes: float


def main() -> int:
    """Print the table; exits with 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog=sys.argv[0], description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000], help="classes (1000 10000)")
    sizes = parser.parse_args().sizes
    met = True
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        memory: dict[str, list[float]] = {name: [] for name in GOALS}
        print(f"{len(os.sched_getaffinity(0))} processors, problem {PROBLEM.stem}")
        (root / "nobody").mkdir()
        start = grade(root / "nobody", root / "out", ["--no-pages"]).seconds
        print(f"start-up: {start:.2f} s\n")
        heads = ("a second", "goal", "without start-up", "ms of processor each", "peak memory")
        print(f"{'':28s}{heads[0]:>10s}{heads[1]:>8s}{heads[2]:>18s}{heads[3]:>22s}{heads[4]:>14s}")
        for size in sizes:
            handins = root / f"class-{size}"
            make_class(handins, size)
            for name, options in {"without pages": ["--no-pages"], "with pages": []}.items():
                run = grade(handins, root / "out", options)
                met &= report(f"{size:,} {name}", size, run, start, GOALS[name])
                memory[name].append(run.megabytes)
            met_floor(handins, root / "out", size)
            shutil.rmtree(root / "out")
            shutil.rmtree(handins)
            print()
        for name, found in memory.items():
            met &= grown(name, found)
    return 0 if met else 1


def make_class(folder: pathlib.Path, size: int) -> None:
    """A folder for each student with one file; the same class for the same size."""
    chance = random.Random(size)
    folder.mkdir()
    wrong = set(chance.sample(range(size), round(WRONG_SHARE * size)))
    for number, student in enumerate(range(size)):
        way = chance.randrange(WAYS) if student in wrong else None
        place = folder / f"s{number:05}"
        place.mkdir()
        (place / PROBLEM.name).write_text(answers(way), encoding="utf-8")


def answers(way: int | None) -> str:
    """The text of a file: all right, or with one of the 60 mistakes."""
    given = {question: dict(items) for question, items in RIGHT.items()}
    if way is not None:
        question, item = ITEMS[way % len(ITEMS)]
        given[question][item] = SLIPS[way // len(ITEMS)](given[question][item])
    lines = [f"problem: {PROBLEM.stem}", "answers:"]
    for question, items in given.items():
        inner = ", ".join(f"{name}: {value:g}" for name, value in items.items())
        lines.append(f"  {question}: " + (f"{items['']:g}" if "" in items else f"{{{inner}}}"))
    return "\n".join(lines) + "\n"


def grade(handins: pathlib.Path, out: pathlib.Path, options: list[str]) -> Run:
    """Run the command in a session of its own and watch its processes."""
    command = [sys.executable, "-m", "grader", "grade", str(PROBLEM), str(handins), "-o", str(out), *options]
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True)
    watch = Watch(process.pid)
    watch.start()
    status = process.wait()
    seconds = time.perf_counter() - start
    watch.stop()
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {status}")
    return Run(seconds, sum(watch.ticks.values()) / TICKS, watch.most / 1024)


class Watch(threading.Thread):
    """Looks at all processes of a session until it is stopped: `most` kB at a time, and the `ticks` of each."""

    def __init__(self, session: int) -> None:
        super().__init__(daemon=True)
        self.session, self.most, self.ticks = session, 0, {}
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(0.04):
            self.most = max(self.most, sum(self._look(int(name)) for name in os.listdir("/proc") if name.isdigit()))

    def stop(self) -> None:
        self._over.set()
        self.join()

    def _look(self, pid: int) -> int:
        """The kB of a process of the session; 0 of others."""
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) != self.session:
                return 0
            self.ticks[pid] = int(fields[11]) + int(fields[12])
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            return 0
        return int(text.partition("\nPss:")[2].split()[0]) if "\nPss:" in text else 0


def report(name: str, size: int, run: Run, start: float, goal: int) -> bool:
    """One line of the table; whether its goal is met."""
    rate, running = size / run.seconds, size / max(run.seconds - start, 1e-9)
    each = 1000 * run.processor / size
    line = f"{name:28s}{rate:10,.0f}{goal:8,d}{running:18,.0f}{each:22.2f}{run.megabytes:11,.0f} MB"
    print(line, "" if rate >= goal else "  missed")
    return rate >= goal


def met_floor(handins: pathlib.Path, out: pathlib.Path, size: int) -> None:
    """What nobody can do without: reading the files, and writing as many characters from a template."""
    files = sorted(handins.glob("*/*.yaml"))
    start = time.process_time()
    for file in files:
        yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CLoader)
    reading = time.process_time() - start
    page = next((out / "students").glob("*.html")).read_text(encoding="utf-8")
    template = jinja2.Environment(autoescape=True).from_string(page.replace("{", "(") + "{{ student }}")
    start = time.process_time()
    for number in range(size):
        template.render(student=number)
    rendering = time.process_time() - start
    for name, seconds in (("floor: reading the YAML", reading), ("floor: empty pages", rendering)):
        print(f"{name:28s}{size / seconds:10,.0f}{'':26s}{1000 * seconds / size:22.2f}")


def grown(name: str, megabytes: list[float]) -> bool:
    """Whether the largest class needs hardly more memory than the smallest."""
    first, last = megabytes[0], megabytes[-1]
    most = MOST_GROWTH * first + MEGABYTES_MORE
    print(f"memory {name}: {first:,.0f} MB, then {last:,.0f} MB; at most {most:,.0f} MB")
    return last <= most
