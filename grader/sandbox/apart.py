"""A request in an interpreter of its own, for systems without the zygote: slower, and without walls.

There only the clock is watched by the supervisor; a limit on processor time is the system's, where it has one.
"""

from __future__ import annotations

import math
import secrets
import subprocess
import time

from grader.sandbox import interpreter
from grader.sandbox.inside import frame
from grader.sandbox.inside.values import Refused
from grader.sandbox.reading import Reading
from grader.sandbox.request import Request, document
from grader.sandbox.zygotes import BEGIN_SECONDS, MOST_SENT, Lost, Run


def run(request: Request) -> Run:
    """Run it to its end or to the end of its time; raises Lost where no interpreter starts."""
    token = secrets.token_bytes(frame.TOKEN_BYTES)
    packed = frame.pack(document(request, token))
    limits, found, began = request.limits, Run(Reading(request)), time.monotonic()
    try:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
            interpreter.command("alone", math.ceil(limits.altogether) + 1, limits.memory),
            env=interpreter.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError as error:
        raise Lost(str(error)) from None
    with process:
        try:
            data, _ = process.communicate(packed, BEGIN_SECONDS / 6 + 2 * limits.altogether)
        except subprocess.TimeoutExpired as error:
            process.kill()
            data, found.stopped = error.stdout or b"", "cpu"  # there is no telling; it is the likelier
    found.wall_seconds = time.monotonic() - began
    found.status = _as_wait_says(process.returncode)
    if process.returncode == -9 and found.wall_seconds >= limits.altogether:  # the system's limit, by all it can say
        found.stopped = "cpu"
    _read(found, frame.Records(token, MOST_SENT), data)
    return found


def _read(run: Run, records: frame.Records, data: bytes) -> None:
    try:
        for kind, document in records.feed(data):
            run.reading.take(kind, document)
    except (frame.Torn, Refused) as error:
        run.torn = str(error)


def _as_wait_says(returncode: int) -> int:
    return -returncode if returncode < 0 else (returncode & 0xFF) << 8
