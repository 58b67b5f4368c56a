"""How a run ended, in words: which of the states it is, and whose doing. What was returned is judged elsewhere."""

from __future__ import annotations

import signal

from grader.sandbox.inside.program import NESTED
from grader.sandbox.inside.protocol import FAILED, NOT_CLOSED, OUT_OF_MEMORY
from grader.sandbox.outcome import Outcome, State, Syntax
from grader.sandbox.request import Request
from grader.sandbox.zygotes import Run

_TORN = "the program wrote something of its own where results are sent"


def judged(run: Run, request: Request) -> Outcome:
    """The outcome of a run."""
    reading = run.reading
    state, reason = _state(run, request)
    syntax = reading.syntax
    if state == "syntax" and syntax is None:
        syntax = Syntax(request.sources[0].name if request.sources else "", 0, 0, NESTED, "")
    return Outcome(
        state=state,
        reason=reason,
        during="" if state in ("ok", "missing", "syntax") else reading.during,
        calls=tuple(reading.calls),
        top=reading.top,
        missing=reading.missing if state == "missing" else (),
        syntax=syntax if state == "syntax" else None,
        cpu_seconds=run.cpu_seconds,
        wall_seconds=run.wall_seconds,
    )


def not_checked(reason: str) -> Outcome:
    """Nothing ran, or nothing can be said, and it is not the submission's fault."""
    return Outcome("not_checked", reason)


def _state(run: Run, request: Request) -> tuple[State, str]:
    reading, limits = run.reading, request.limits
    if run.stopped == "cpu":
        return "timeout", f"it used up its processor time ({limits.seconds:g} s) in {reading.during}"
    if run.stopped == "wall":
        return "not_checked", f"it was stopped by the clock in {reading.during}, twice, with processor time left"
    if run.torn:
        return "unusable", _TORN
    if reading.ended:
        if reading.syntax is not None:
            return "syntax", "the source does not compile"
        if reading.missing:
            return "missing", f"not defined: {', '.join(reading.missing)}"
        return "ok", ""
    return _ended_early(run, request)


def _ended_early(run: Run, request: Request) -> tuple[State, str]:
    """The stream stopped: how the child ended tells why."""
    ending, code = run.status & 0x7F, run.status >> 8
    compiling = run.reading.during == "compiling"
    if ending == 0 and code == NOT_CLOSED:
        return "not_checked", "the sandbox could not be closed, so nothing was run"
    if compiling and (ending or code == OUT_OF_MEMORY):
        return "syntax", NESTED
    if ending == 0 and code == OUT_OF_MEMORY:
        return "memory", f"it used up its memory in {run.reading.during}"
    if ending == 0 and code == FAILED:
        return "unusable", f"what it left in {run.reading.during} could not be sent"
    if ending == 0:
        return "unusable", f"the program ended itself in {run.reading.during}"
    if run.had_to_be_ended:
        return "unusable", f"it closed the way back in {run.reading.during} and went on"
    if ending in _OUT_OF_TIME or (ending == _KILL and run.cpu_seconds >= request.limits.altogether):
        return "timeout", f"it used up its processor time in {run.reading.during}"
    if ending == _KILL:
        return "not_checked", "its process was ended from outside, as when the machine runs out of memory"
    return "crashed", f"it brought the interpreter down in {run.reading.during} ({_name(ending)})"


_KILL = 9
_OUT_OF_TIME = {getattr(signal, "SIGXCPU", -1)}


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
