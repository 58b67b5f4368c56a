"""Several processes give what one gives, in order, and one that dies costs no more than the item that kills two."""

from __future__ import annotations

import os
import pathlib
import signal
import time
from dataclasses import dataclass

import pytest

from grader.batch import pool
from grader.batch.pool import CHUNK, WINDOW, in_order


@dataclass(frozen=True)
class Squares:
    """Squares numbers; a process ends over those of `deadly`, or once over `deadly_once`."""

    deadly: frozenset[int] = frozenset()
    deadly_once: pathlib.Path | None = None
    here: int | None = None

    def __call__(self):
        if self.here is not None and os.getpid() != self.here:
            raise RuntimeError("not in another process")
        return self.square

    def square(self, number):
        if number in self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.deadly_once is not None and number == 5 and not self.deadly_once.exists():
            self.deadly_once.touch()
            os._exit(1)
        return number, number * number, os.getpid()


def lost(number):
    return number, "lost", None


def squares(start, numbers, workers=2):
    return [result[:2] for result in in_order(start, numbers, lost, workers)]


def expected(numbers, deadly=()):
    return [(n, "lost" if n in deadly else n * n) for n in numbers]


@pytest.mark.parametrize("count", [0, 1, CHUNK, 3 * CHUNK + 1, 400])
def test_results_come_in_order_and_as_from_one_process(count):
    assert squares(Squares(), range(count)) == squares(Squares(), range(count), workers=0) == expected(range(count))


def test_both_processes_work_and_not_this_one():
    found = {result[2] for result in in_order(Squares(), range(500), lost, 2)}
    assert os.getpid() not in found
    assert 1 <= len(found) <= 2


def test_a_process_that_dies_costs_the_item_that_kills_another_one_too():
    deadly = frozenset({3, 50, 51})
    assert squares(Squares(deadly), range(100)) == expected(range(100), deadly)


def test_a_process_that_dies_once_costs_nothing(tmp_path):
    assert squares(Squares(deadly_once=tmp_path / "died"), range(60)) == expected(range(60))
    assert (tmp_path / "died").exists()


def test_where_processes_cannot_begin_the_work_is_done_here(capfd):
    found = list(in_order(Squares(here=os.getpid()), range(30), lost, 2))
    assert [result[:2] for result in found] == expected(range(30))
    assert {result[2] for result in found} == {os.getpid()}
    assert capfd.readouterr().err == ""


def test_where_no_process_can_be_started_the_work_is_done_here(monkeypatch):
    def full(*_):
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(pool, "_context", full)
    assert squares(Squares(), range(30)) == expected(range(30))


def test_no_more_is_taken_ahead_than_fits_the_window():
    taken = []

    def numbers():
        for number in range(2000):
            taken.append(number)
            yield number

    results = in_order(Squares(), numbers(), lost, 2)
    next(results)
    time.sleep(0.2)
    next(results)
    assert len(taken) <= 2 * WINDOW * CHUNK + CHUNK
    results.close()


def test_all_processes_end_with_the_batch():
    results = in_order(Squares(), range(1000), lost, 2)
    process = next(results)[2]
    results.close()
    for _ in range(100):
        if not pathlib.Path(f"/proc/{process}/cmdline").exists():
            break
        time.sleep(0.05)
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
