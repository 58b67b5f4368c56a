"""One submission in an interpreter of its own, where there are no forks or walls: request in, results out, and the end.

For systems other than Linux. What limits the system has are set; nothing here keeps a program from the user's files.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from contextlib import suppress

from . import child, frame, modules


def main(cpu_seconds: int, memory: int) -> None:
    """Read the request from standard input, run it, send its results to standard output."""
    known = modules.load()
    limit = _limit()
    modules.forget_the_rest(__name__.partition(".")[0], ("msgpack", "__main__"))
    request = frame.unpack(sys.stdin.buffer.read(frame.MOST_REQUEST), frame.MOST_REQUEST)
    results = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    sys.stdin = io.StringIO()
    with suppress(OSError, ValueError):  # a system may refuse one of them
        limit(cpu_seconds, memory)
    os.environ.clear()
    try:
        child.serve(request, known, results)
    finally:
        os._exit(0)


def _limit() -> Callable[[int, int], None]:
    """What sets the limits that this system has; looked up while modules can still be loaded."""
    try:
        from . import limits
    except ImportError:  # Windows has none
        return lambda cpu_seconds, memory: None
    return lambda cpu_seconds, memory: limits.restrict(cpu_seconds, memory + (limits.address_space() or 2**30))
