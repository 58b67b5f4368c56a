"""Submissions a second through the sandbox, beside what a bare fork and a fresh interpreter with NumPy cost.

Then 2,000 submissions, one in twenty hostile, with `limits: {seconds: 0.5}`, and what memory the processes hold before
and after. The bare fork is of the same process: a clean interpreter with everything loaded, whose child does nothing.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator

import numpy as np

from grader.sandbox import Call, Limits, Request, Sandbox, Source, interpreter

LEAST, MOST_FORKS, MOST_SECONDS = 240, 5.0, 60.0
CORES, ROUNDS = 2, 5
TRIVIAL = "import numpy as np\n\n\ndef gradient(x):\n    return 2 * x\n"
HOSTILE = {
    "spins": "def gradient(x):\n    while True:\n        pass\n",
    "takes memory": "def gradient(x):\n    keep = []\n    while True:\n        keep.append(bytearray(10**8))\n",
    "floods": "def gradient(x):\n    while True:\n        print('A' * 65536)\n",
    "forks": "import warnings\n\n\ndef gradient(x):\n    while True:\n        warnings.sys.modules['os'].fork()\n",
    "sleeps": "import time\n\ntime.sleep(10**6)\n",
    "writes to all descriptors": (
        "import warnings\n\n\ndef gradient(x):\n    os = warnings.sys.modules['os']\n    for d in range(64):\n"
        "        try:\n            os.write(d, b'ok')\n        except OSError:\n            pass\n    os._exit(0)\n"
    ),
    "recurses": "import sys\n\nsys.setrecursionlimit(2**31 - 1)\n\n\nclass A:\n    def __repr__(self):\n"
    "        return repr(A())\n\n\ndef gradient(x):\n    repr(A())\n",
    "returns too much": "import numpy as np\n\n\ndef gradient(x):\n    return np.broadcast_to(x, (10**10, 3))\n",
    "prints a verdict and leaves": "def gradient(x):\n    print('correct')\n    raise SystemExit(0)\n",
    "has long powers": "def gradient(x):\n    return 9 ** 9 ** 9\n",
}
FORKS = """
import sys; sys.path[:0] = {folders!r}
import os, time
from inside import modules
modules.load()
import gc; gc.freeze(); gc.disable()
start = time.perf_counter()
for _ in range({n}):
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
print(time.perf_counter() - start)
"""


def main() -> int:
    """Print all of it; exits with 1 where neither bound on speed holds, or the hostile batch takes too long."""
    parser = argparse.ArgumentParser(prog=sys.argv[0], description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-n", type=int, default=1000, help="how many trivial submissions (default 1000)")
    parser.add_argument("--hostile", type=int, default=2000, help="how many in the batch with hostile ones")
    options = parser.parse_args()
    with Sandbox("process", CORES) as sandbox:
        print(f"tier {sandbox.tier}, {CORES} cores, load {os.getloadavg()[0]:.1f}")
        fast = speed(sandbox, options.n // ROUNDS)
        return 0 if batch(sandbox, options.hostile) and fast else 1


def speed(sandbox: Sandbox, n: int) -> bool:
    """A trivial function, seven calls, in turns with bare forks on as many cores."""
    sandbox.run(request(TRIVIAL))
    rates, states = [], Counter[str]()
    for _ in range(ROUNDS):
        forks, start = bare_forks(n), time.perf_counter()
        states.update(outcome.state for outcome in sandbox.run_all(request(TRIVIAL) for _ in range(n)))
        rates.append((n / (time.perf_counter() - start), forks))
    ours, forks = (statistics.median(rates) for rates in zip(*rates, strict=True))
    ratio = statistics.median(fork / our for our, fork in rates)
    fresh = CORES / fresh_interpreter()
    print(f"a trivial function       {ours:7.0f} submissions a second (at least {LEAST})   {dict(states)}")
    print(
        f"bare fork                {forks:7.0f} a second, {ratio:.1f} times as many (or at most {MOST_FORKS:g} times)"
    )
    print(f"fresh interpreter, NumPy {fresh:7.0f} a second")
    return states == {"ok": n * ROUNDS} and (ours >= LEAST or ratio <= MOST_FORKS)


def batch(sandbox: Sandbox, n: int) -> bool:
    """Hostile and honest ones together."""
    before, start = memory(), time.perf_counter()
    honest, states = 0, Counter[str]()
    names = [name for name, _ in mixed(n)]
    for name, outcome in zip(names, sandbox.run_all(one for _, one in mixed(n)), strict=True):
        states[outcome.state] += 1
        honest += name == "honest" and outcome.state == "ok" and len(outcome.calls) == 7
    seconds, after = time.perf_counter() - start, memory()
    print(f"{n} submissions, one in twenty hostile: {seconds:.1f} s (at most {MOST_SECONDS:g})   {dict(states)}")
    print(f"honest ones that ran: {honest} of {names.count('honest')}")
    print(
        "memory of supervisor and zygotes: " + ", ".join(f"{b} -> {a} MiB" for b, a in zip(before, after, strict=True))
    )
    return seconds <= MOST_SECONDS and honest == names.count("honest")


def mixed(n: int) -> Iterator[tuple[str, Request]]:
    """One in twenty hostile, of every sort in turn."""
    names = list(HOSTILE)
    for number in range(n):
        if number % 20 == 10:
            name = names[number // 20 % len(names)]
            yield name, request(HOSTILE[name])
        else:
            yield "honest", request(TRIVIAL)


def request(source: str) -> Request:
    """The printed point twice, and five more."""
    points = [np.arange(1.0, 4.0) * max(k, 1) for k in range(7)]
    calls = tuple(Call({"x": x}) for x in points)
    return Request((Source("square.py", source),), calls, function="gradient", limits=Limits(0.5))


def bare_forks(n: int) -> float:
    """Forks a second whose child does nothing, of a process for each core at the same time."""
    folders = [os.path.dirname(interpreter.__file__), *interpreter.folders()]
    program = [sys.executable, "-s", "-P", "-S", "-c", FORKS.format(folders=folders, n=n // CORES)]
    running = [
        subprocess.Popen(program, env=interpreter.environment(), stdout=subprocess.PIPE, text=True)
        for _ in range(CORES)
    ]
    return sum(n / CORES / float(one.communicate()[0]) for one in running)


def fresh_interpreter(n: int = 10) -> float:
    """Seconds to start an interpreter that imports NumPy."""
    times = []
    for _ in range(n):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-I", "-c", "import numpy"], env=interpreter.environment(), check=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def memory() -> list[int]:
    """MiB held by this process and by each zygote."""
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
        children = file.read().split()
    return [_resident("self"), *map(_resident, children)]


def _resident(pid: str) -> int:
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 2**20
