"""Running student code in tests: one sandbox for all of them, and probes that each try one way out.

A probe defines `attack()`, which returns 1.0 where it got through. It harms nothing where it does: it reads what
everybody may read, writes into a scratch folder, and what it starts ends by itself.
"""

from __future__ import annotations

import atexit
import functools
import os
from dataclasses import dataclass

import numpy as np
import pytest

from grader.sandbox import Call, Limits, Outcome, Request, Sandbox, Source
from grader.sandbox.zygotes import Run, Zygote

WALLS = ("limits", "user", "landlock", "seccomp")


@functools.cache
def sandbox() -> Sandbox:
    made = Sandbox(minimum="process", cores=2)
    atexit.register(made.close)
    return made


@functools.cache
def zygote() -> Zygote:
    made = Zygote()
    atexit.register(made.close)
    return made


def isolated() -> Sandbox:
    """The sandbox, where both walls hold; the test is skipped where they do not."""
    found = sandbox()
    if found.tier != "isolated":
        pytest.skip(f"the tier here is {found.tier}: {found.found.doubts}")
    return found


def submission(source: str, *points: dict, function: str = "f", count: bool = False, **options: object) -> Request:
    """One file and its calls; without points, one call without arguments."""
    calls = tuple(Call(point, count) for point in points or ({},))
    return Request((Source("answer.py", source),), calls, function=function, **options)


def run(source: str, *points: dict, **options: object) -> Outcome:
    return sandbox().run(submission(source, *points, **options))


def value(source: str, *points: dict, **options: object) -> object:
    """What the first call returned."""
    outcome = run(source, *points, **options)
    assert outcome.state == "ok", outcome
    assert outcome.calls[0].raised is None, outcome.calls[0].raised
    return outcome.calls[0].values[""]


REACH = """
import numpy as np, time, warnings

def reach(name):
    modules = warnings.sys.modules
    return modules[name] if name in modules else modules["importlib"].import_module(name)
"""


@dataclass(frozen=True)
class Probe:
    """One way out. `wall` stops it while those `beyond` are off, which stop it too."""

    name: str
    wall: str
    body: str
    beyond: tuple[str, ...] = ()
    limits: Limits = Limits(0.5)  # noqa: RUF009 - frozen

    def request(self, scratch: str = "", limits: Limits | None = None) -> Request:
        lines = "\n".join(f"    {line}" for line in self.body.strip().splitlines())
        source = f"{REACH}\n\ndef attack(scratch={scratch!r}):\n{lines}\n    return 1.0\n"
        return submission(source, function="attack", limits=limits or self.limits)


SPIN = "until = time.process_time() + 1\nwhile time.process_time() < until:\n    pass"
FORK = "os = reach('os')\nif os.fork() == 0:\n    os._exit(0)"
WAIT = "lock = reach('_thread').allocate_lock()\nlock.acquire()\nlock.acquire(timeout=3)"
PRIVATE = "os = reach('os')\nos.open(scratch + '/private', 0)"
KERNEL = ("landlock", "seccomp")
FREE = Limits(60, 2**33)

PROBES = (
    Probe("reads /etc/passwd", "landlock", "os = reach('os')\nos.read(os.open('/etc/passwd', 0), 10)"),
    Probe("lists a folder", "landlock", "reach('os').scandir(scratch).close()", ("seccomp",)),
    Probe("opens a socket", "seccomp", "reach('_socket').socket(2, 2, 0)"),
    Probe("signals its parent", "seccomp", "os = reach('os')\nos.kill(os.getppid(), 0)", ("landlock", "user")),
    Probe("starts a process", "seccomp", FORK, ("limits",)),
    Probe("starts a thread", "seccomp", "reach('threading').Thread(target=int).start()", ("limits",)),
    Probe("ignores signals", "seccomp", "reach('_signal').signal(15, 1)"),
    Probe("asks for its limits", "seccomp", "reach('resource').getrlimit(0)"),
    Probe("takes 1 GiB", "memory", "np.zeros(2**27)"),
    Probe("computes for 1 s", "processor time", SPIN),
    Probe("waits for 3 s", "clock", WAIT, limits=Limits(0.3)),
    Probe("imports os", "imports", "import os"),
    Probe("reads a file of root's", "user", PRIVATE, KERNEL),
    Probe("starts a process", "limits", FORK, KERNEL),
    Probe(
        "writes a file", "limits",
        "os = reach('os')\nos.write(os.open(scratch + '/written', 65), b'x')", KERNEL,
    ),
    Probe(
        "opens many files", "limits",
        "os = reach('os')\nfor _ in range(9):\n    os.open(scratch, 0)", KERNEL,
    ),
)  # fmt: skip


def probes() -> tuple[Probe, ...]:
    """Those that mean something here: only root can become somebody else."""
    return tuple(probe for probe in PROBES if probe.wall != "user" or os.geteuid() == 0)


def attempt(probe: Probe, off: frozenset[str], scratch: str) -> Run:
    """Run a probe with these walls off and all others up."""
    watched = {"memory", "processor time", "clock"} & off
    request = probe.request(scratch, FREE if watched else None)
    walls = [wall for wall in WALLS if wall not in off]
    return zygote().run(request, walls, imports="imports" not in off)


def got_through(run: Run) -> bool:
    calls = run.reading.calls
    found = calls[0].values if calls else None
    return run.reading.ended and found is not None and np.array_equal(found[""], 1.0)
