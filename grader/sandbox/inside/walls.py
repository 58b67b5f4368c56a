"""The two walls of the kernel: Landlock (no files) and seccomp (an allow-list of system calls).

Both rule sets are built and both libraries used once before the first fork; a child only puts them up. With both,
seccomp leaves opening a file for reading to Landlock, so that each has something of its own to stop and a test can tell
them apart; without Landlock it refuses that too. Nothing here decides whether a wall holds: `attacks` finds out.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import os
from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import landlockpy
    import seccompy

RESULTS = 3
"""The number of the one descriptor that a child keeps."""
NOBODY = 65534

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS, _PR_SET_CHILD_SUBREAPER = 1, 4, 38, 36
_SIGKILL = 9
_PROT_EXEC = 4
_O_PATH = 0o10000000
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | getattr(os, "O_TMPFILE", 0) | _O_PATH

_ALLOWED = """
    read close munmap mremap brk madvise futex rt_sigreturn rt_sigprocmask restart_syscall sched_yield getrandom
    exit exit_group getpid gettid getrusage times clock_gettime clock_getres gettimeofday time
"""


class Walls:
    """Both rule sets, ready; `missing` says what this kernel does not have, wall → reason."""

    def __init__(self) -> None:
        # Both libraries look for the C library with programs and temporary files; it is here already.
        ctypes.util.find_library = lambda name: None
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.missing: dict[str, str] = {}
        held = os.open(os.devnull, os.O_RDONLY)  # so that no rule set gets the number of the results
        try:
            self._landlock = _landlock()
        except Exception as error:
            self.missing["landlock"] = f"{type(error).__name__}: {error}"
        os.close(held)
        try:
            self._seccomp = {files: _seccomp(files) for files in (False, True)}
        except Exception as error:
            self.missing["seccomp"] = f"{type(error).__name__}: {error}"

    def adopt_orphans(self) -> None:
        """Let processes whose parent ends come to this one, so that it can end them."""
        self._prctl(_PR_SET_CHILD_SUBREAPER, 1)

    def seal(self, parent: int) -> None:
        """No new privileges, no looking in from beside, and an end with the parent."""
        self._prctl(_PR_SET_NO_NEW_PRIVS, 1)
        self._prctl(_PR_SET_DUMPABLE, 0)
        self._prctl(_PR_SET_PDEATHSIG, _SIGKILL)
        if os.getppid() != parent:  # it ended before that could be heard
            raise ProcessLookupError(errno.ESRCH, "the zygote is gone")

    def keep_only(self, results: int) -> None:
        """Close every descriptor but this one, which becomes RESULTS, and the one that Landlock still needs."""
        kept = {RESULTS}
        if "landlock" not in self.missing:
            kept.add(self._landlock.fileno())
        os.dup2(results, RESULTS)
        for number in map(int, os.listdir("/proc/self/fd")):
            if number not in kept:
                _close(number)

    def put_up(self, names: Collection[str]) -> None:
        """Put up those of the kernel's walls that are named; raises where that fails."""
        if "landlock" in names:
            self._landlock.restrict()
        if "landlock" not in self.missing:
            self._landlock.close()
        if "seccomp" in names:
            self._seccomp["reading" not in names].load()

    def _prctl(self, option: int, value: int) -> None:
        if self._libc.prctl(option, value, 0, 0, 0) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))


def drop_user() -> None:
    """Stop being root, where this process is: nobody owns no files and may send no signals."""
    if os.geteuid() != 0:
        return
    try:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    except OSError:  # in a container that knows no such user; the walls do not depend on it
        return


def _close(descriptor: int) -> None:
    try:
        os.close(descriptor)
    except OSError as error:
        if error.errno != errno.EBADF:  # that of the listing is closed already
            raise


def _landlock() -> landlockpy.Ruleset:
    import landlockpy

    return landlockpy.Ruleset(scoped=landlockpy.Scope.SIGNAL | landlockpy.Scope.ABSTRACT_UNIX_SOCKET)


def _seccomp(files: bool) -> seccompy.Filter:
    """The allow-list; everything else is refused as if one had no right to it. With `files`, reading may be tried."""
    import seccompy

    rules = seccompy.Filter(default=seccompy.Action.ERRNO | errno.EPERM)
    for name in _ALLOWED.split():
        try:
            rules.allow(name)
        except ValueError:  # a name that this processor's kernel never had
            continue
    rules.allow("write", args=[seccompy.ArgCmp(0, seccompy.CmpOp.EQ, RESULTS)])
    for name in ("mmap", "mprotect"):
        rules.allow(name, args=[seccompy.ArgCmp(2, seccompy.CmpOp.MASKED_EQ, 0, _PROT_EXEC)])
    if files:
        rules.allow("openat", args=[seccompy.ArgCmp(2, seccompy.CmpOp.MASKED_EQ, 0, _WRITING)])
    _ = rules.program  # compiled here, not in each child
    return rules
