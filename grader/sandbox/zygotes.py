"""A zygote from the outside: start it, have it fork a child for a request, watch the child, end it.

The supervisor watches the child's processor time and the clock itself, for each call on its own; the limits of the
kernel only stand behind it. Nothing here decides what a run was worth.
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import secrets
import select
import socket
import subprocess
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from grader.sandbox import interpreter
from grader.sandbox.inside import frame
from grader.sandbox.inside.protocol import BEGIN, BEGUN, ENDED, LET_END, STOP, WALLS
from grader.sandbox.inside.values import Refused
from grader.sandbox.reading import Reading
from grader.sandbox.request import Limits, Request, document

BEGIN_SECONDS = 60.0
"""For what is ours: starting an interpreter, a fork, putting up walls. A machine that needs longer is in trouble."""
MOST_SENT = 256 * 2**20
"""Bytes that one submission may send, over all its calls."""


class Lost(Exception):
    """The zygote does not answer any more."""


@dataclass(slots=True)
class Run:
    """How one run went. `status` is as wait gives it; `had_to_be_ended` if it went on when all was said and done."""

    reading: Reading
    stopped: Literal["", "cpu", "wall"] = ""
    torn: str = ""
    status: int = 0
    had_to_be_ended: bool = False
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0


class Zygote:
    """One clean interpreter. Raises Lost where it does not come up; after any Lost it is to be closed."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair()
        self._control.settimeout(BEGIN_SECONDS)
        with theirs:
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
                    interpreter.command("zygote", theirs.fileno()),
                    env=interpreter.environment(),
                    cwd="/",
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            except OSError as error:
                self._control.close()
                raise Lost(str(error)) from None
        self._missing: dict[str, str] | None = None

    @property
    def missing(self) -> dict[str, str]:
        """The walls that this machine does not have, with the reason; waits until the zygote is ready."""
        if self._missing is None:
            try:
                ready = self._control.recv(65536)
                self._missing = {str(k): str(v) for k, v in frame.unpack(ready)["missing"].items()}
            except (OSError, frame.Torn) as error:
                raise Lost(f"the clean interpreter did not start ({type(error).__name__})") from None
        return self._missing

    @property
    def pid(self) -> int:
        """Its process, for tests that look for what is left behind."""
        return self._process.pid

    def run(self, request: Request, walls: Collection[str], imports: bool = True) -> Run:
        """Run a request behind these walls, to its end or to the end of its time."""
        token = secrets.token_bytes(frame.TOKEN_BYTES)
        packed = frame.pack(document(request, token, imports))
        run = Run(Reading(request))
        with self._child(packed, request.limits, walls, run) as (pid, results):
            watch = _Watch(run, request.limits, pid, self._control.fileno())
            watch.until_the_end(results, frame.Records(token, MOST_SENT))
        return run

    def attack(self, names: Collection[str], scratch: str, walls: Collection[str]) -> dict[str, bool]:
        """Try attacks behind these walls: which of them were stopped. One that ended the child was not."""
        token = secrets.token_bytes(frame.TOKEN_BYTES)
        packed = frame.pack({"token": token, "attacks": list(names), "scratch": scratch})
        records, stopped = frame.Records(token, 2**20), dict.fromkeys(names, False)
        run = Run(Reading(Request((), (), function="none")))
        with self._child(packed, Limits(), walls, run) as (_, results):
            until = time.monotonic() + BEGIN_SECONDS
            while _is_readable(results, until - time.monotonic()) and (data := os.read(results, 65536)):
                for kind, found in records.feed(data):
                    if kind == frame.RESULT:
                        stopped[found[0]] = found[1]
        return stopped

    def close(self) -> None:
        """End it, and with it any child."""
        self._control.close()
        self._process.kill()
        self._process.wait()

    @contextlib.contextmanager
    def _child(self, packed: bytes, limits: Limits, walls: Collection[str], run: Run) -> Iterator[tuple[int, int]]:
        """A child that has its request, and the end of the pipe where its results come; ended afterwards."""
        _ = self.missing
        request_end, to_child = os.pipe()
        from_child, results_end = os.pipe()
        began = time.monotonic()
        try:
            try:
                pid = self._begin([request_end, results_end], limits, walls)
            finally:
                os.close(request_end)
                os.close(results_end)
            _write(to_child, packed)
            to_child = _closed(to_child)
            yield pid, from_child
            run.wall_seconds = time.monotonic() - began
            self._end(run)
        except OSError as error:
            raise Lost(str(error)) from None
        finally:
            _closed(to_child)
            _closed(from_child)

    def _begin(self, ends: list[int], limits: Limits, walls: Collection[str]) -> int:
        bits = sum(1 << bit for bit, name in enumerate(WALLS) if name in walls)
        message = BEGIN.pack(math.ceil(limits.altogether) + 1, limits.memory, bits)
        socket.send_fds(self._control, [message], ends)
        (pid,) = BEGUN.unpack(self._receive(BEGUN.size))
        return int(pid)

    def _end(self, run: Run) -> None:
        enough = run.stopped or run.torn or run.reading.ended
        self._control.sendall(STOP if enough else LET_END)
        run.status, run.cpu_seconds, run.had_to_be_ended = ENDED.unpack(self._receive(ENDED.size))

    def _receive(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = self._control.recv(size - len(data))
            if not more:
                raise Lost("the process that runs submissions ended")
            data += more
        return data


class _Watch:
    """Follows one run: what it sends, and what it uses of its time, call by call."""

    def __init__(self, run: Run, limits: Limits, pid: int, control: int) -> None:
        self._run, self._limits, self._pid, self._control = run, limits, pid, control
        self._cpu = self._cpu_began = 0.0
        self._began = time.monotonic()

    def until_the_end(self, results: int, records: frame.Records) -> None:
        """Read until the end, the end of the stream, the end of its time, or something that no record can be."""
        reading = self._run.reading
        while not reading.ended and not self._run.stopped:
            if not _is_readable(results, self._left(), self._control):
                self._run.stopped = self._is_over()
                continue
            data = os.read(results, 2**18)
            if not data:
                return
            try:
                for kind, found in records.feed(data):
                    self._hear(kind, found)
            except (frame.Torn, Refused) as error:
                self._run.torn = str(error)
                return
            if time.monotonic() - self._began > self._wall:
                self._run.stopped = self._is_over()

    def _hear(self, kind: int, found: Any) -> None:
        self._run.reading.take(kind, found)
        if kind == frame.START:
            self._began, self._cpu_began = time.monotonic(), self._used()

    @property
    def _wall(self) -> float:
        return BEGIN_SECONDS if self._run.reading.phase < frame.COMPILING else self._limits.wall

    def _left(self) -> float:
        """Seconds until time could be over: processor time of one thread runs no faster than the clock."""
        wall = self._wall - (time.monotonic() - self._began)
        if self._run.reading.phase < frame.COMPILING:
            return wall
        one = self._limits.seconds - (self._cpu - self._cpu_began)
        return min(wall, one, self._limits.altogether - self._cpu)

    def _is_over(self) -> Literal["", "cpu", "wall"]:
        used = self._used()
        if self._run.reading.phase >= frame.COMPILING and (
            used - self._cpu_began >= self._limits.seconds or used >= self._limits.altogether
        ):
            return "cpu"
        return "wall" if time.monotonic() - self._began >= self._wall else ""

    def _used(self) -> float:
        """Processor seconds of the child so far."""
        with contextlib.suppress(OSError):  # it has ended
            self._cpu = time.clock_gettime(~self._pid << 3 | 2)  # the clock of another process, as Linux numbers it
        return self._cpu


def _is_readable(descriptor: int, seconds: float, control: int = -1) -> bool:
    """Whether something comes within that time; raises Lost where the zygote ends meanwhile."""
    poll = select.poll()
    for one in {descriptor, control} - {-1}:
        poll.register(one, select.POLLIN)
    ready = {one for one, _ in poll.poll(max(0.0, seconds) * 1000 + 0.5)}
    if control in ready:
        raise Lost("the process that runs submissions ended")
    return descriptor in ready


def _write(descriptor: int, data: bytes) -> None:
    """Write all of it, without waiting for ever for a child that does not read."""
    os.set_blocking(descriptor, False)
    left, until = memoryview(data), time.monotonic() + BEGIN_SECONDS
    while left:
        try:
            left = left[os.write(descriptor, left) :]
        except BlockingIOError:
            poll = select.poll()
            poll.register(descriptor, select.POLLOUT)
            if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
                raise OSError(errno.ETIMEDOUT, "the child does not read its request") from None
        except BrokenPipeError:  # it has ended; how, its status says
            return


def _closed(descriptor: int) -> int:
    """Close it once."""
    if descriptor >= 0:
        os.close(descriptor)
    return -1
