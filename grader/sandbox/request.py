"""What the sandbox is asked to run: functions, arguments and limits. It knows nothing of questions or marks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.sandbox.inside import values

MIB = 2**20
MOST_SOURCE = 1 * MIB
"""Characters of all sources of a submission together."""
MOST_CALLS = 20_000

Argument = float | int | npt.NDArray[Any]
"""Floats and integers arrive as they are, arrays as fresh float64, float32, int64 or bool arrays by rows."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a submission may use. `seconds` is processor time of one call, and of the top level; `memory` is in bytes.

    `total` is the processor time of all calls together, default ten times `seconds`. The clock stops what takes
    WALL_FACTOR times as long, and at least SHORTEST_WALL seconds.
    """

    seconds: float = 2.0
    memory: int = 256 * MIB
    total: float | None = None

    @property
    def altogether(self) -> float:
        """Processor seconds of top level and calls together."""
        return self.seconds + (10 * self.seconds if self.total is None else self.total)

    @property
    def wall(self) -> float:
        """Seconds by the clock for one call, or for the top level."""
        return max(WALL_FACTOR * self.seconds, SHORTEST_WALL)


WALL_FACTOR = 5.0
SHORTEST_WALL = 2.0


@dataclass(frozen=True, slots=True)
class Source:
    """One stretch of a submission: a file, or a cell of a notebook. `name` is what the student sees in messages."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call with arguments of its own: by position for a function, by name for statements.

    Two equal calls in a row show whether a result can be repeated. `count` has the calls of the student's own functions
    counted, which makes it slower.
    """

    arguments: Mapping[str, Argument]
    count: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """A submission and the calls to make, either of `function` or of `statements`.

    The sources run in order in one module, whose `__name__` is not `__main__`. `statements` run once for each call,
    with the names of that module and the arguments as variables; `requires` are names that the module must define for
    them, and `reads` the variables that are read afterwards.
    """

    sources: tuple[Source, ...]
    calls: tuple[Call, ...]
    function: str = ""
    statements: str = ""
    requires: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if bool(self.function) == bool(self.statements):
            raise ValueError("a request names either a function or statements")
        if len({source.name for source in self.sources}) != len(self.sources):
            raise ValueError("two sources of a request have one name")
        if len(self.calls) > MOST_CALLS:
            raise ValueError(f"a request has more than {MOST_CALLS} calls")

    @property
    def too_long(self) -> bool:
        """Whether the sources are longer than anything a person writes."""
        return sum(len(source.text) for source in self.sources) > MOST_SOURCE


def document(request: Request, token: bytes, imports: bool = True) -> dict[str, Any]:
    """The request as it travels; `imports` False lifts the list of modules, for tests of the walls alone."""
    return {
        "token": token,
        "sources": [[source.name, _sendable(source.text)] for source in request.sources],
        "imports": imports,
        "function": request.function,
        "statements": request.statements,
        "requires": list(request.requires),
        "reads": list(request.reads),
        "calls": [
            {"arguments": [[name, _argument(value)] for name, value in call.arguments.items()], "count": call.count}
            for call in request.calls
        ],
    }


def _sendable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _argument(value: Argument) -> list[Any]:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool | int | float):
        return ["n", value]
    array = np.asarray(value)
    known = array if array.dtype in values.CODES.values() else np.asarray(array, np.float64)
    return ["a", *values.encode_array(known)]
