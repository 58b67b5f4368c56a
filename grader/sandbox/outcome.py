"""What came of a request: plain data, checked again on this side, with no verdict in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from grader.sandbox.inside.values import Value

State = Literal["ok", "missing", "syntax", "timeout", "memory", "crashed", "unusable", "not_checked"]


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception of the student's. `file` and `line` are the innermost place in their own sources, "" and 0 if none.

    `module` names what could not be imported, where that is what happened; `memory` says that the limit was met. All
    texts are bounded and come from the student: escape them before they are shown.
    """

    type: str
    message: str
    file: str = ""
    line: int = 0
    text: str = ""
    module: str = ""
    memory: bool = False


@dataclass(frozen=True, slots=True)
class Syntax:
    """Why a source does not compile; `line` and `column` count from 1 and are 0 where unknown."""

    file: str
    line: int
    column: int
    message: str
    text: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A statement of the top level that did not run, and why; `why` is empty where it was not even tried."""

    file: str
    line: int
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class TopLevel:
    """How the sources ran. Where they raised, definitions and imports were tried alone and `left_out` is what was not;
    but an exception that is no `Exception` (SystemExit, say) ends them, and only what was defined before is there.

    `more_left_out` counts what `left_out` does not list. `defined` are names of functions and classes that are there.
    """

    raised: Raised | None = None
    left_out: tuple[LeftOut, ...] = ()
    more_left_out: int = 0
    defined: tuple[str, ...] = ()
    printed: str = ""
    printed_cut: bool = False


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """One call that ended. `values` has one entry named "" for a function, one for each of `reads` for statements.

    It is None where the call raised. `changed` are the arguments that were written to. `counts` are calls of the
    student's functions by name.
    """

    values: Mapping[str, Value] | None
    raised: Raised | None
    changed: tuple[str, ...] = ()
    printed: str = ""
    printed_cut: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The whole of it. `reason` is a sentence where the state is not `ok`, and `during` what was running then.

    ok: every call ended (what raised says so itself). missing: names are not defined (`missing`). syntax: a source does
    not compile. timeout: processor time was used up. memory: killed for memory (a MemoryError is a Raised). crashed:
    the interpreter was brought down. unusable: something else came back than results, or the program ended itself.
    not_checked: no fault of the submission's. In all of these `calls` are those that had ended before. The seconds
    are of the whole submission.
    """

    state: State
    reason: str = ""
    during: str = ""
    calls: tuple[CallOutcome, ...] = ()
    top: TopLevel = field(default_factory=TopLevel)
    missing: tuple[str, ...] = ()
    syntax: Syntax | None = None
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
