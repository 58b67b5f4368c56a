"""The clean interpreter that is started once for each core and forks a child for every submission.

It holds no answers and reads no submissions: each child takes its request from a pipe and sends its results through
another, both handed through by the supervisor. What the zygote does between forks is to end a child when told to, with
all that it may have left behind, and to say how it ended.
"""

from __future__ import annotations

import gc
import io
import linecache
import os
import signal
import socket
import sys
import time
from typing import Any

from . import attacks, child, frame, limits, modules
from .protocol import BEGIN, BEGUN, ENDED, FAILED, LET_END, NOT_CLOSED, OUT_OF_MEMORY, STOP, WALLS
from .walls import RESULTS, Walls, drop_user


def main(control_descriptor: int) -> None:
    """Get ready, say so, and serve until the supervisor is gone."""
    control = socket.socket(fileno=control_descriptor)
    os.setsid()
    os.chdir("/")
    known, walls = _prepare()
    own = os.getpid()
    used = limits.address_space()
    control.sendall(frame.pack({"missing": walls.missing}))
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, BEGIN.size, 2)
        if len(message) != BEGIN.size or len(descriptors) != 2:
            os._exit(0)
        cpu_seconds, memory, bits = BEGIN.unpack(message)
        pid = os.fork()
        if pid == 0:
            _become_child(descriptors, (cpu_seconds, used + memory), bits, known, walls, own)
        for descriptor in descriptors:
            os.close(descriptor)
        control.sendall(BEGUN.pack(pid))
        told = control.recv(len(STOP))
        ending = _end(pid, LET_END_SECONDS if told == LET_END else 0.0)
        if not told:
            os._exit(0)
        control.sendall(ENDED.pack(*ending))


def _prepare() -> tuple[dict[str, Any], Walls]:
    known = modules.load()
    walls = Walls()
    walls.adopt_orphans()
    modules.forget_the_rest(__name__.partition(".")[0], ("msgpack", "landlockpy", "seccompy", "__main__"))
    os.environ.clear()
    sys.argv[:] = [""]
    _prefer_to_be_killed()
    _rehearse(known)
    for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop, signal.SIG_DFL)
    gc.collect()
    gc.freeze()
    gc.disable()
    return known, walls


def _rehearse(known: dict[str, Any]) -> None:
    """Run something small a few times, so that children find this code warm: it saves each of them a third."""
    array = ["a", "f8", [3], bytes(24)]
    request = {
        "token": bytes(frame.TOKEN_BYTES),
        "sources": [["answer.py", "import numpy as np\n\n\ndef f(x):\n    return 2 * np.array(x)\n"]],
        "imports": True,
        "function": "f",
        "calls": [{"arguments": [["x", array]], "count": False}] * 3,
    }
    saved = sys.stdout, sys.stderr, time.sleep
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for _ in range(10):
        child.serve(frame.unpack(frame.pack(request)), known, nowhere)
    os.close(nowhere)
    del sys.modules[child.MODULE]
    linecache.cache.clear()
    sys.stdout, sys.stderr, time.sleep = saved


def _prefer_to_be_killed() -> None:
    """Where memory runs out on the machine, let it be a submission that ends."""
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("1000")
    except OSError:
        return


def _become_child(
    descriptors: list[int], bounds: tuple[int, int], bits: int, known: dict[str, Any], walls: Walls, parent: int
) -> None:
    """Give up everything, run the submission, and end; never returns."""
    status = NOT_CLOSED
    try:
        os.setsid()
        incoming, results = descriptors
        with os.fdopen(incoming, "rb") as file:
            request = frame.unpack(file.read(frame.MOST_REQUEST), frame.MOST_REQUEST)
        names = {name for bit, name in enumerate(WALLS) if bits >> bit & 1}
        walls.keep_only(results)
        if "user" in names:
            drop_user()
        walls.seal(parent)
        if "limits" in names:
            limits.restrict(*bounds)
        walls.put_up(names)
        status = FAILED
        sys.stdin = io.StringIO()
        gc.enable()
        if "attacks" in request:
            _attack(request)
        else:
            child.serve(request, known, RESULTS)
        status = 0
    except MemoryError:
        status = OUT_OF_MEMORY
    finally:
        os._exit(status)


def _attack(request: dict[str, Any]) -> None:
    channel = child.Channel(RESULTS, request["token"])
    for name in request["attacks"]:
        channel.send(frame.RESULT, [name, attacks.is_stopped(name, request["scratch"])])
    channel.send(frame.END, None)


LET_END_SECONDS = 2.0


def _end(pid: int, patience: float) -> tuple[int, float, bool]:
    """End the child and whatever it left, and say how it ended and whether it had to be ended."""
    running = _is_running_after(pid, patience)
    for end in (os.killpg, os.kill):
        try:
            end(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
    _, status, usage = os.wait4(pid, 0)
    _end_orphans()
    return status, usage.ru_utime + usage.ru_stime, running


def _is_running_after(pid: int, patience: float) -> bool:
    """Whether the child runs, and goes on running for so long."""
    until = time.monotonic() + patience
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() >= until:
            return True
        time.sleep(0.001)
    return False


def _end_orphans(seconds: float = 5.0) -> None:
    """Where forks were possible, their processes have come here by now."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            found, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not found:
            _kill_children()


def _kill_children() -> None:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
            pids = [int(word) for word in file.read().split()]
    except OSError:
        return
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            continue
    time.sleep(0.001)
