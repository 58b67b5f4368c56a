"""For each wall round student code a probe of its own that gets through when that wall alone is off.

Where several walls stop the same thing, the probe of the one behind is shown with those before it off.
"""

from __future__ import annotations

import os
import pathlib
import tempfile

from grader.sandbox import Sandbox
from tests.sandboxed import attempt, got_through, probes


def main() -> int:
    """Print a line for each probe; exits with 1 where one gets through, or where its wall off makes no difference."""
    with Sandbox("process", cores=1) as sandbox:
        print(f"tier: {sandbox.tier}")
        if sandbox.tier != "isolated":
            print(sandbox.found.doubts)
            return 1
    print(f"{'wall':15s} {'probe':24s} {'all walls up':14s} {'this one off':14s} also off")
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        os.chmod(scratch, 0o777)
        private = pathlib.Path(scratch, "private")
        private.touch(mode=0o600)
        for probe in probes():
            beyond = frozenset(probe.beyond)
            results = [
                got_through(attempt(probe, off, scratch)) for off in (frozenset(), beyond, beyond | {probe.wall})
            ]
            failed += results != [False, False, True]
            up, off = ("gets through" if through else "stopped" for through in (results[0] or results[1], results[2]))
            print(f"{probe.wall:15s} {probe.name:24s} {up:14s} {off:14s} {', '.join(probe.beyond)}")
    return 1 if failed else 0
