"""`python -m tests.bench NAME`: run one measurement; without a name, list them."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import tests.bench

NAMES = sorted(m.name for m in pkgutil.iter_modules(tests.bench.__path__) if not m.name.startswith("_"))


def main() -> int:
    """Hand the rest of the command line to the measurement that is named."""
    if len(sys.argv) < 2 or sys.argv[1] not in NAMES:
        for name in NAMES:
            print(f"python -m tests.bench {name:10s} {(module(name).__doc__ or '').splitlines()[0]}")
        return 2
    name = sys.argv.pop(1)
    sys.argv[0] = f"python -m tests.bench {name}"
    return int(module(name).main())


def module(name):
    """The module of a measurement; it has `main() -> exit status` and reads `sys.argv`."""
    return importlib.import_module(f"tests.bench.{name}")


sys.exit(main())
