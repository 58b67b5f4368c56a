"""The command that starts a clean interpreter: no environment, no site-packages beyond what is named, one thread.

`-s -P -S` and an environment of its own do what `-I` does, but leave room for PYTHONHASHSEED: what iterates over a set
of names gives the same from run to run.
"""

from __future__ import annotations

import importlib.util
import os
import sys

_NEEDED = ("numpy", "msgpack", "landlockpy", "seccompy")

ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "LC_ALL": "C.UTF-8",
}


def command(module: str, *arguments: int) -> list[str]:
    """Start `inside.<module>` and hand its main these numbers."""
    found = [os.path.dirname(os.path.abspath(__file__)), *folders()]
    program = f"import sys; sys.path[:0] = {found!r}; from inside.{module} import main; main{tuple(arguments)!r}"
    return [sys.executable, "-s", "-P", "-S", "-X", "utf8", "-c", program]


def environment() -> dict[str, str]:
    """The whole environment; Windows does not start without its root."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    return {**ENVIRONMENT, **kept}


def folders() -> list[str]:
    """Where the libraries are that the clean interpreter loads before it forgets the way."""
    found = []
    for name in _NEEDED:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            found.append(os.path.dirname(os.path.dirname(spec.origin)))
    return list(dict.fromkeys(found))
