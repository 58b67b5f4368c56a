"""Several processes work on the items of a batch; results come in the order of the items, the same as from one process.

A process that dies costs one item at most: what it had in hand is tried again, each item alone, and only one that
ends its process a second time is given up. Where no process can be started, the work is done in this one. Knows
nothing of submissions: what there is to do comes as a picklable `Start`.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from types import ModuleType
from typing import Generic, TypeVar

from grader.batch.failure import show_traceback

Item = TypeVar("Item")
Result = TypeVar("Result")
Start = Callable[[], Callable[[Item], Result]]
"""Called once in each process, it gives the function for one item."""

ALONE_BELOW = 50
"""So few items are done before other processes would be ready."""
CHUNK = 8
AHEAD = 2
"""How many chunks a process has in hand; with the second one it never waits for the next."""
WINDOW = 16
"""How many chunks for each process may be done before the first is: what bounds memory when one item takes long."""
SMALL = 2**15
"""What fits a pipe in any case. More is sent only to a process that has nothing in hand, and so reads."""
MOST_FAILED_STARTS = 3
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def processors() -> int:
    """How many processes can run at a time."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def get_ready(modules: Sequence[str]) -> None:
    """Let another process import these modules while this one goes on, so that workers begin with them imported."""
    context = _context()
    if isinstance(context, ForkServerContext):
        context.set_forkserver_preload(list(modules))
        with contextlib.suppress(OSError):
            _run_server()


def in_order(
    start: Start[Item, Result], items: Iterable[Item], lost: Callable[[Item], Result], workers: int
) -> Iterator[Result]:
    """The results of the items in their order, worked out by so many processes (by this one, for fewer than 2).

    `lost` gives the result of an item that was given up.
    """
    if workers < 2:
        yield from map(start(), items)
        return
    with _Pool(start, lost, workers) as pool:
        yield from pool.results(iter(items))


# -- the processes ---------------------------------------------------------------------------------------------------


def _context() -> ForkServerContext | SpawnContext:
    """How processes are started: forked from a clean one where the system can, since forking this one is not safe."""
    if "forkserver" in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("forkserver")
    return multiprocessing.get_context("spawn")


@contextlib.contextmanager
def _starting() -> Iterator[None]:
    """Processes that are started here have one thread for linear algebra, since there is one for each processor, and
    do not run the script again that this one was started with.
    """
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update({name: "1" for name, value in before.items() if value is None})
    main, sys.modules["__main__"] = sys.modules["__main__"], ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
        for name, value in before.items():
            if value is None:
                del os.environ[name]


def _run_server() -> None:
    """Start the process that workers are forked from, where it does not run; it leaves Ctrl-C to this one."""
    from multiprocessing import forkserver

    own = threading.current_thread() is threading.main_thread()
    interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN) if own else None
    try:
        with _starting():
            forkserver.ensure_running()
    finally:
        if own:
            signal.signal(signal.SIGINT, interrupt)


def _serve(start: Start[Item, Result], connection: Connection) -> None:
    """What a process does: chunks in, results out, until nobody is there to send or to read."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where it was not inherited; the first process ends the others
    with contextlib.suppress(EOFError, OSError):
        try:
            work = start()
            gc.freeze()
            connection.send(None)
            while True:
                connection.send([work(item) for item in connection.recv()])
        except Exception as error:
            show_traceback(error)
            raise EOFError from None


@dataclass(slots=True)
class _Chunk(Generic[Item]):
    """Items that stand one after the other, from number `first` on; `again` where a process died over it."""

    first: int
    items: list[Item]
    again: bool = False


@dataclass(slots=True)
class _Worker(Generic[Item]):
    """A process, and what it has in hand, the oldest first."""

    process: BaseProcess
    connection: Connection
    ready: bool = False
    chunks: deque[_Chunk[Item]] = field(default_factory=deque)


class _Pool(Generic[Item, Result]):
    """Hands chunks to the processes and takes their results; `_done` are results that are not asked for yet."""

    def __init__(self, start: Start[Item, Result], lost: Callable[[Item], Result], workers: int) -> None:
        self._start = start
        self._lost = lost
        self._count = workers
        self._workers: list[_Worker[Item]] = []
        self._waiting: deque[_Chunk[Item]] = deque()
        self._done: dict[int, Result] = {}
        self._taken = self._given = self._failed_starts = 0
        self._exhausted = False
        self._work_here: Callable[[Item], Result] | None = None

    def __enter__(self) -> _Pool[Item, Result]:
        return self

    def __exit__(self, *_: object) -> None:
        """End all processes at once: none of them has anything to complete."""
        for worker in self._workers:
            worker.connection.close()
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join()

    def results(self, items: Iterator[Item]) -> Iterator[Result]:
        """The results in order."""
        for _ in range(self._count):
            self._add_worker()
        while True:
            self._hand_out(items)
            while self._given in self._done:
                result = self._done.pop(self._given)
                self._given += 1
                yield result
            if self._workers:
                self._hand_out(items)
                if self._exhausted and self._given == self._taken:
                    return
                self._listen()
            elif (chunk := self._next(items)) is not None:
                self._do_here(chunk)
            else:
                return

    # -- handing out

    def _next(self, items: Iterator[Item]) -> _Chunk[Item] | None:
        """The chunk to do next; None where there is none, or where the results ahead are enough for now."""
        if self._waiting:
            return self._waiting.popleft()
        if self._taken >= self._given + WINDOW * CHUNK * self._count:
            return None
        chunk = _Chunk(self._taken, list(islice(items, CHUNK)))
        self._taken += len(chunk.items)
        self._exhausted = not chunk.items
        return chunk if chunk.items else None

    def _hand_out(self, items: Iterator[Item]) -> None:
        """Give every process that is ready as much as it may have in hand."""
        for _ in range(AHEAD):
            for worker in self._workers:
                if worker.ready and len(worker.chunks) < AHEAD and (chunk := self._next(items)) is not None:
                    self._send(worker, chunk)

    def _send(self, worker: _Worker[Item], chunk: _Chunk[Item]) -> None:
        message = ForkingPickler.dumps(chunk.items)
        if worker.chunks and len(message) > SMALL:
            self._waiting.appendleft(chunk)
            return
        worker.chunks.append(chunk)
        with contextlib.suppress(OSError):  # a process that has died is noticed when it is listened to
            worker.connection.send_bytes(message)

    # -- taking

    def _listen(self) -> None:
        """Wait until something comes from a process, and take it."""
        for connection in wait([worker.connection for worker in self._workers]):
            worker = next(worker for worker in self._workers if worker.connection is connection)
            try:
                results = worker.connection.recv()
            except (EOFError, OSError):
                self._bury(worker)
                continue
            if results is None:
                worker.ready = True
            else:
                self._keep(worker.chunks.popleft(), results)

    def _keep(self, chunk: _Chunk[Item], results: Iterable[Result]) -> None:
        self._done.update(enumerate(results, chunk.first))

    def _bury(self, worker: _Worker[Item]) -> None:
        """Let what a dead process had in hand be done by another, and give up what ended two."""
        self._workers.remove(worker)
        worker.connection.close()
        worker.process.join()
        again: list[_Chunk[Item]] = []
        if worker.chunks:
            chunk = worker.chunks.popleft()
            if chunk.again:
                self._keep(chunk, map(self._lost, chunk.items))
            else:
                again = [_Chunk(number, [item], True) for number, item in enumerate(chunk.items, chunk.first)]
        self._waiting.extendleft(reversed([*again, *worker.chunks]))
        self._failed_starts = 0 if worker.ready else self._failed_starts + 1
        if self._failed_starts < MOST_FAILED_STARTS:
            self._add_worker()

    def _add_worker(self) -> None:
        """Start a process, where the system lets it."""
        try:
            context = _context()
            here, there = context.Pipe()
        except OSError:
            return
        with there:
            try:
                process = context.Process(target=_serve, args=(self._start, there), daemon=True)
                if isinstance(context, ForkServerContext):
                    _run_server()
                with _starting():
                    process.start()
            except (OSError, EOFError):
                here.close()
                return
        self._workers.append(_Worker(process, here))

    def _do_here(self, chunk: _Chunk[Item]) -> None:
        """Where no process can be started: all but what has ended one already."""
        if chunk.again:
            self._keep(chunk, map(self._lost, chunk.items))
            return
        self._work_here = self._work_here or self._start()
        self._keep(chunk, map(self._work_here, chunk.items))
