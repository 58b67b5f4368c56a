"""Attacks fail behind the walls, get through where a wall is off, and leave nothing: no process, no file."""

from __future__ import annotations

import os
import pathlib
import sys
import tempfile
import time

import pytest

from grader.sandbox import Limits, Sandbox, tiers
from grader.sandbox.inside import attacks
from grader.sandbox.inside.protocol import WALLS
from tests.sandboxed import REACH, attempt, got_through, isolated, probes, submission, zygote

QUICK = Limits(0.3)


@pytest.fixture
def scratch():
    """A folder where everybody may do everything; not below pytest's own, which is closed to others."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        pathlib.Path(folder, "private").touch(mode=0o600)
        yield folder


@pytest.mark.parametrize("probe", probes(), ids=lambda probe: f"{probe.wall}: {probe.name}")
def test_a_probe_is_stopped_by_its_wall_and_gets_through_without_it(probe, scratch):
    isolated()
    beyond = frozenset(probe.beyond)
    assert not got_through(attempt(probe, frozenset(), scratch))
    assert not got_through(attempt(probe, beyond, scratch))
    assert got_through(attempt(probe, beyond | {probe.wall}, scratch))
    written = pathlib.Path(scratch, "written")
    assert written.exists() == (probe.name == "writes a file")


RECURSION = "crashed" if sys.version_info < (3, 12) else "ok"
"""From 3.12 on Python counts recursion through C, and raises."""
HOSTILE = {
    "ends itself": ("import warnings\ndef f():\n    warnings.sys.modules['os']._exit(0)\n", "unusable"),
    "writes to every descriptor": (
        REACH + "def f():\n    os = reach('os')\n    for d in range(64):\n"
        "        try:\n            os.write(d, b'ok')\n"
        "        except OSError:\n            pass\n    os._exit(0)\n",
        "unusable",
    ),
    "closes its pipe": (REACH + "def f():\n    reach('os').close(3)\n    return 1\n", "unusable"),
    "closes its pipe and goes on": (
        REACH + "def f():\n    reach('os').close(3)\n    while True:\n        pass\n", "unusable"
    ),
    "spins, deaf": ("def f():\n    while True:\n        try:\n            while True:\n                pass\n"
                    "        except BaseException:\n            pass\n", "timeout"),
    "spins at import": ("while True:\n    pass\n", "timeout"),
    "computes in C": ("def f():\n    return 9 ** 9 ** 9\n", "timeout"),
    "matches without end": ("import re\ndef f():\n    re.match(r'(a+)+$', 'a' * 64 + 'b')\n", "timeout"),
    "prints without end": ("def f():\n    while True:\n        print('A' * 65536)\n", "timeout"),
    "recurses through C": ("import sys\nsys.setrecursionlimit(2**31 - 1)\nclass A:\n    def __repr__(self):\n"
                           "        return repr(A())\ndef f():\n    repr(A())\n", RECURSION),
    "reads where nothing is": (REACH + "def f():\n    return np.lib.stride_tricks.as_strided("
                               "np.zeros(1), (2**40,), (2**16,)).sum()\n", "crashed"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_submission_ends_in_its_own_state_and_harms_nobody(name):
    source, state = HOSTILE[name]
    limits = QUICK if state == "timeout" else Limits()
    before = [outcome.state for outcome in isolated().run_all([submission("def f():\n    return 1\n")] * 2)]
    assert isolated().run(submission(source, limits=limits)).state == state
    after = [outcome.state for outcome in isolated().run_all([submission("def f():\n    return 1\n")] * 4)]
    assert {*before, *after} == {"ok"}


def test_a_batch_with_hostile_ones_gives_the_others_what_they_would_have_had():
    sources = [source for source, _ in HOSTILE.values()]
    mixed = [text for source in sources for text in (source, "def f():\n    return 7\n")]
    outcomes = list(isolated().run_all([submission(source, limits=QUICK) for source in mixed]))
    assert [float(outcome.calls[0].values[""]) for outcome in outcomes[1::2]] == [7.0] * len(sources)


def test_a_program_finds_no_environment_no_arguments_and_no_path():
    source = REACH + "def f():\n    sys = warnings.sys\n"
    source += "    return len(reach('os').environ) + len(sys.argv[0]) + len(sys.path)\n"
    assert float(isolated().run(submission(source)).calls[0].values[""]) == 0


def test_nothing_is_left_in_memory_of_what_earlier_submissions_sent():
    """The zygote never reads a request, so no later child can find one in its memory."""
    isolated().run(submission("MARK = 'a-word-' + 'of-its-own'\ndef f():\n    return 1\n"))
    source = REACH + (
        "def f():\n    gc = reach('gc')\n    return sum('a-word-' in o for o in gc.get_objects() if type(o) is str)\n"
    )
    assert float(isolated().run(submission(source)).calls[0].values[""]) == 0


DAEMON = REACH + (
    "def f():\n    os = reach('os')\n    if (pid := os.fork()) == 0:\n        os.setsid()\n        if os.fork() == 0:\n"
    "            while True:\n                pass\n        os._exit(0)\n    os.waitpid(pid, 0)\n    return 1.0\n"
)


def test_processes_that_could_be_started_end_with_the_submission():
    one = zygote()
    run = one.run(submission(DAEMON), walls=())
    assert run.reading.ended
    assert children(one.pid) == []


def test_a_closed_sandbox_leaves_no_process():
    before = set(zygotes())
    with Sandbox("process", cores=2) as made:
        made.run(submission("def f():\n    return 1\n"))
        assert len(set(zygotes()) - before) == 2
    assert set(zygotes()) <= before


SPIN = submission("def f():\n    while True:\n        pass\n", limits=Limits(20))


def test_a_zygote_that_is_killed_costs_one_submission_and_is_started_again():
    before = set(zygotes())
    with Sandbox("hardened", cores=1) as made:
        if made.refusal:
            pytest.skip(made.refusal)
        (killed,) = set(zygotes()) - before
        future = made.submit(SPIN)
        child = first_child(killed)
        os.kill(killed, 9)
        outcome = future.result()
        assert (outcome.state, outcome.calls) == ("not_checked", ())
        assert made.run(submission("def f():\n    return 1\n")).state == "ok"
        assert child not in [pid for one in zygotes() for pid in children(one)]


def test_a_child_that_is_killed_from_outside_is_not_checked():
    before = set(zygotes())
    with Sandbox("process", cores=1) as made:
        assert made.tier
        (one,) = set(zygotes()) - before
        future = made.submit(SPIN)
        os.kill(first_child(one), 9)
        assert future.result().state == "not_checked"


def test_what_the_clock_stops_is_run_once_more_alone_and_then_not_checked():
    waits = REACH + "lock = reach('_thread').allocate_lock()\nlock.acquire()\nlock.acquire()\n"
    outcome = isolated().run(submission(waits, limits=Limits(0.05)))
    assert (outcome.state, outcome.during) == ("not_checked", "the top level")
    assert "twice" in outcome.reason


def test_under_a_lesser_tier_than_is_asked_for_nothing_is_run(monkeypatch):
    monkeypatch.setattr(
        "grader.sandbox.supervisor.find", lambda zygote: tiers.Found("process", ("limits",), {"landlock": "no"})
    )
    with Sandbox("hardened", cores=1) as made:
        outcome = made.run(submission("def f():\n    return 1\n"))
    assert outcome.state == "not_checked"
    assert outcome.reason == "Python answers run here under process, and hardened is asked for (landlock: no)"


class Holes:
    """A zygote of a machine where some walls let everything through."""

    def __init__(self, *holding: str) -> None:
        self.holding = holding
        self.missing: dict[str, str] = {}

    def attack(self, names, scratch, walls):
        assert pathlib.Path(scratch, "readable").exists()
        return dict.fromkeys(names, any(wall in self.holding for wall in walls))


@pytest.mark.parametrize(
    ("holding", "tier", "walls"),
    [
        (("landlock", "seccomp"), "isolated", ("limits", "user", "landlock", "seccomp")),
        (("seccomp",), "hardened", ("limits", "user", "seccomp", "reading")),
        (("landlock",), "hardened", ("limits", "user", "landlock")),
        ((), "process", ("limits", "user")),
    ],
)
def test_the_tier_is_what_the_attacks_found(holding, tier, walls):
    found = tiers.find(Holes(*holding))
    assert (found.tier, found.walls) == (tier, walls)
    assert set(found.doubts) == {"landlock", "seccomp"} - set(holding)


def test_seccomp_alone_stops_every_attack_on_its_own():
    isolated()
    assert all(zygote().attack(tiers.ALL, "/", ["seccomp", "reading"]).values())


def test_the_attacks_are_those_that_the_child_knows():
    assert set(tiers.ALL) == set(attacks.ATTACKS)
    assert set(tiers.FILES) < set(tiers.ALL)
    assert len(WALLS) <= 8


def test_a_folder_that_cannot_be_made_means_no_tier(monkeypatch):
    def full(**options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkdtemp", full)
    assert tiers.find(Holes("landlock", "seccomp")).tier == "process"


def children(pid: int) -> list[int]:
    try:
        found = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(word) for word in found.split()]


def first_child(pid: int) -> int:
    """Wait until it has one."""
    while not (found := children(pid)):
        time.sleep(0.01)
    return found[0]


def zygotes() -> list[int]:
    """Those of all sandboxes of this process."""
    return [pid for pid in children(os.getpid()) if "inside.zygote" in command(pid)]


def command(pid: int) -> str:
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""
