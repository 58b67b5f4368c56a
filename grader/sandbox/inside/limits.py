"""Resource limits of one child, soft and hard alike, so that nothing raises them again.

These are the second line behind the supervisor, which watches processor time and the clock itself, and the only one
for memory. A limit that this machine does not know is left out.
"""

from __future__ import annotations

import resource

NOTHING_WRITTEN, NO_PROCESSES, NO_CORE, DESCRIPTORS = 0, 0, 0, 4
"""Bytes of a file; processes and threads; bytes of a core dump; numbers up to the one descriptor that is left."""


def restrict(cpu_seconds: int, address_space: int) -> None:
    """Set them. `address_space` is in bytes, what the interpreter itself needs included."""
    _set("RLIMIT_CPU", cpu_seconds)
    _set("RLIMIT_AS", address_space)
    _set("RLIMIT_FSIZE", NOTHING_WRITTEN)
    _set("RLIMIT_NPROC", NO_PROCESSES)
    _set("RLIMIT_CORE", NO_CORE)
    _set("RLIMIT_NOFILE", DESCRIPTORS)


def _set(name: str, most: int) -> None:
    which = getattr(resource, name, None)
    if which is None:
        return
    hard = resource.getrlimit(which)[1]
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(which, (most, most))


def address_space() -> int:
    """Bytes of address space that this process has mapped, 0 where that is not known."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0
