"""What a large batch begins with, before this process has imported anything itself: another one imports it, too."""

from __future__ import annotations

import contextlib
import os
from itertools import islice

from grader.batch.pool import ALONE_BELOW, get_ready, processors


def begin_early(submissions: str) -> None:
    """Where there are many hand-ins and several processors, let workers be made ready."""
    if processors() > 1 and _many(submissions):
        get_ready(["grader.cli.preloaded"])


def _many(submissions: str) -> bool:
    with contextlib.suppress(OSError), os.scandir(submissions) as entries:
        return len(list(islice(entries, ALONE_BELOW))) >= ALONE_BELOW
    return False
