"""Runs submissions: a zygote for each core, one child for each submission, and the tier that was found.

Threads only wait here: each takes a zygote, hands it a request and reads what comes back. A zygote that is lost costs
the submission that it ran and is started anew.
"""

from __future__ import annotations

import os
import platform
import queue
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from grader.sandbox import apart
from grader.sandbox.judging import judged, not_checked
from grader.sandbox.outcome import Outcome
from grader.sandbox.request import MOST_SOURCE, Request
from grader.sandbox.tiers import Found, Tier, enough, find
from grader.sandbox.zygotes import Lost, Run, Zygote


class Sandbox:
    """Where student code runs; costs nothing until the first request. `minimum` is the least tier that is accepted."""

    def __init__(self, minimum: Tier = "hardened", cores: int | None = None) -> None:
        self.minimum = minimum
        self.cores = max(1, cores if cores is not None else _cores())
        self._found: Found | None = None
        self._starting = threading.Lock()
        self._zygotes: queue.SimpleQueue[Zygote | None] = queue.SimpleQueue()
        self._threads = ThreadPoolExecutor(self.cores, thread_name_prefix="sandbox")
        self._turns = _Turns()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def tier(self) -> Tier:
        """How submissions are closed in here: `isolated`, `hardened` or `process`. Found out when first asked."""
        return self.found.tier

    @property
    def found(self) -> Found:
        """The tier, the walls, and the reasons why it is no better."""
        with self._starting:
            if self._found is None:
                self._found = self._start()
            return self._found

    @property
    def refusal(self) -> str:
        """Why nothing is run here, empty where it is."""
        if enough(self.tier, self.minimum):
            return ""
        doubts = "; ".join(f"{wall}: {reason}" for wall, reason in self.found.doubts.items())
        return f"Python answers run here under {self.tier}, and {self.minimum} is asked for ({doubts or 'no walls'})"

    def run(self, request: Request) -> Outcome:
        """Run one request and wait for it."""
        if request.too_long:
            return Outcome("unusable", f"the source has more than {MOST_SOURCE:,} characters")
        if refusal := self.refusal:
            return not_checked(refusal)
        try:
            return judged(self._run(request), request)
        except Lost as error:
            return not_checked(f"the sandbox failed while this ran: {error}")

    def submit(self, request: Request) -> Future[Outcome]:
        """Run a request as soon as a core is free."""
        return self._threads.submit(self.run, request)

    def run_all(self, requests: Iterable[Request]) -> Iterator[Outcome]:
        """Run many on all cores; outcomes come in the order of the requests, which are taken as they are needed."""
        waiting: deque[Future[Outcome]] = deque()
        for request in requests:
            waiting.append(self.submit(request))
            if len(waiting) > 4 * self.cores:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def close(self) -> None:
        """End all zygotes. What waits is not run."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        while not self._zygotes.empty():
            if zygote := self._zygotes.get():
                zygote.close()

    def _start(self) -> Found:
        if not has_zygotes():
            return Found("process", (), {"system": f"{platform.system()} has no walls that grader knows"})
        try:
            first = Zygote()
        except Lost as error:
            return Found("process", (), {"zygote": str(error)})
        others = []
        try:
            others = [Zygote() for _ in range(self.cores - 1)]  # they load while the attacks run
            found = find(first)
        except Lost as error:
            for zygote in (first, *others):
                zygote.close()
            return Found("process", (), {"zygote": str(error)})
        for one in (first, *others):
            self._zygotes.put(one)
        return found

    def _run(self, request: Request) -> Run:
        """Run it; what the clock stopped is run once more, alone, and is not checked where that happens again."""
        with self._turns.shared():
            run = self._hand_over(request)
        if run.stopped == "wall":
            with self._turns.alone():
                run = self._hand_over(request)
        return run

    def _hand_over(self, request: Request) -> Run:
        if not has_zygotes():
            return apart.run(request)
        zygote = self._zygotes.get()
        try:
            if zygote is None:
                zygote = Zygote()
            return zygote.run(request, self.found.walls)
        except Lost:
            if zygote is not None:
                zygote.close()
            zygote = None  # the next who takes this place starts a new one
            raise
        finally:
            self._zygotes.put(zygote)


class _Turns:
    """Many share the machine, or one has it alone."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._sharing = 0
        self._waiting = 0
        self._taken = False

    @contextmanager
    def shared(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._taken and not self._waiting)
            self._sharing += 1
        try:
            yield
        finally:
            with self._changed:
                self._sharing -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        with self._changed:
            self._waiting += 1
            self._changed.wait_for(lambda: not self._taken and not self._sharing)
            self._waiting -= 1
            self._taken = True
        try:
            yield
        finally:
            with self._changed:
                self._taken = False
                self._changed.notify_all()


def has_zygotes() -> bool:
    """Whether this system can do what a zygote needs."""
    return platform.system() == "Linux"


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if has_zygotes() else os.cpu_count() or 1
