"""How often the functions of a submission are called, by name: numerical differentiation shows itself by it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

_MOST_NAMES = 100


@contextmanager
def counted(files: Collection[str], counts: dict[str, int]) -> Iterator[None]:
    """While it lasts, `counts` gets the calls of Python functions that were defined in these files."""

    def count(code: CodeType) -> bool:
        if code.co_filename not in files:
            return False
        name = code.co_name
        if name in counts or len(counts) < _MOST_NAMES:
            counts[name] = counts.get(name, 0) + 1
        return True

    start, stop = _monitor(count) if sys.version_info >= (3, 12) else _profile(count)
    start()
    try:
        yield
    finally:
        stop()


def _profile(count: Callable[[CodeType], bool]) -> tuple[Callable[[], None], Callable[[], None]]:
    def seen(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            count(frame.f_code)

    return (lambda: sys.setprofile(seen)), (lambda: sys.setprofile(None))


def _monitor(count: Callable[[CodeType], bool]) -> tuple[Callable[[], None], Callable[[], None]]:
    monitoring: Any = sys.monitoring  # type: ignore[attr-defined, unused-ignore]  # from Python 3.12 on
    tool, begun = monitoring.PROFILER_ID, monitoring.events.PY_START

    def seen(code: CodeType, offset: int) -> object:
        return None if count(code) else monitoring.DISABLE

    def start() -> None:
        monitoring.use_tool_id(tool, "calls")
        monitoring.register_callback(tool, begun, seen)
        monitoring.set_events(tool, begun)

    def stop() -> None:
        monitoring.set_events(tool, 0)
        monitoring.free_tool_id(tool)
        monitoring.restart_events()

    return start, stop
