"""Small real attacks, tried in a child before the first student's: whether a wall holds is found out, not assumed.

Each returns where it got through and raises PermissionError where it was stopped. They harm nothing: what they could
reach is a scratch folder, or would end with the child.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
import threading
from collections.abc import Callable


def read_a_file(scratch: str) -> None:
    """A file that everybody may read."""
    os.close(os.open(os.path.join(scratch, "readable"), os.O_RDONLY))


def list_a_folder(scratch: str) -> None:
    """A folder that everybody may list."""
    os.listdir(scratch)


def write_a_file(scratch: str) -> None:
    """A new file in a folder that everybody may write in."""
    os.close(os.open(os.path.join(scratch, "written"), os.O_WRONLY | os.O_CREAT, 0o600))


def fork(scratch: str) -> None:
    """A second process."""
    if (pid := os.fork()) == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def start_a_thread(scratch: str) -> None:
    """A second thread."""
    thread = threading.Thread(target=int)
    try:
        thread.start()
    except RuntimeError as error:
        raise PermissionError(str(error)) from None
    thread.join()


def open_a_socket(scratch: str) -> None:
    """The way to any network."""
    _checked(_libc().socket(2, 2, 0))


def signal_the_parent(scratch: str) -> None:
    """Signal 0, which only asks whether one may."""
    os.kill(os.getppid(), 0)


def trace_the_parent(scratch: str) -> None:
    """PTRACE_SEIZE does not stop what it attaches to."""
    _checked(_libc().ptrace(0x4206, os.getppid(), None, None))


def a_namespace_of_its_own(scratch: str) -> None:
    """unshare(CLONE_NEWUSER), where many ways out begin."""
    _checked(_libc().unshare(0x10000000))


def raise_its_limits(scratch: str) -> None:
    """Set a limit, if only to what it is."""
    resource.setrlimit(resource.RLIMIT_CORE, resource.getrlimit(resource.RLIMIT_CORE))


def handle_a_signal(scratch: str) -> None:
    """What a program does that does not want to be stopped."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def memory_that_runs(scratch: str) -> None:
    """Memory that can be written and run: machine code of its own."""
    libc = _libc()
    libc.mmap.restype = ctypes.c_void_p
    address = libc.mmap(None, ctypes.c_size_t(4096), 7, 0x22, -1, ctypes.c_long(0))
    _checked(-1 if address in (None, 2 ** (8 * struct.calcsize("P")) - 1) else 0)


def start_a_program(scratch: str) -> None:
    """A program in place of this one; where it gets through, nothing comes back."""
    os.execv("/proc/self/exe", ["python", "-I", "-S", "-c", ""])  # noqa: S606


ATTACKS: dict[str, Callable[[str], None]] = {
    attack.__name__.replace("_", " "): attack
    for attack in (
        read_a_file,
        list_a_folder,
        write_a_file,
        fork,
        start_a_thread,
        open_a_socket,
        signal_the_parent,
        trace_the_parent,
        a_namespace_of_its_own,
        raise_its_limits,
        handle_a_signal,
        memory_that_runs,
        start_a_program,
    )
}


def is_stopped(name: str, scratch: str) -> bool:
    """Whether it was refused. A failure for another reason proves nothing, so it counts as getting through."""
    try:
        ATTACKS[name](scratch)
    except PermissionError:
        return True
    except OSError:
        return False
    return False


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> None:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))  # of the kind that belongs to the number
