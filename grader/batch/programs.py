"""Where this process runs students' programs: one sandbox, opened when the first program comes.

Knows how little is accepted and nothing of what the programs are for.
"""

from __future__ import annotations

import atexit

from grader.sandbox import Outcome, Request, Sandbox, Tier

_OPEN: dict[Tier, Sandbox] = {}


def sandbox_of(minimum: Tier) -> Sandbox:
    """The sandbox of this process that accepts no less than `minimum`; it is closed with the process."""
    if minimum not in _OPEN:
        _OPEN[minimum] = Sandbox(minimum, cores=1)
        atexit.register(_OPEN[minimum].close)
    return _OPEN[minimum]


class Runner:
    """Runs requests in this process's sandbox; can be handed to another process, which then uses its own."""

    def __init__(self, minimum: Tier) -> None:
        self.minimum = minimum

    def __call__(self, request: Request) -> Outcome:
        """What came of a request."""
        return sandbox_of(self.minimum).run(request)
