"""One submission, run: compile it, run its top level, make the calls, and send back what came of each as data.

The walls stand by now. Everything is sent as it happens, so that what was finished counts although a later call never
ends. Nothing here judges; whatever student code does to this process, only its own answer can suffer.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from types import ModuleType
from typing import Any

import numpy as np

from . import frame, modules, raised
from .convert import Converter, readable
from .counting import counted
from .program import Program, Unreadable
from .values import CODES, Array, Unusable, encode

MODULE = "answers"
STATEMENTS = "call"
"""The name under which the statements of a problem stand in tracebacks."""
PRINTED, PRINTED_ALTOGETHER = 10_000, 40_000
_write = os.write


class Channel:
    """The way back: one pipe and the word that marks what is ours."""

    def __init__(self, descriptor: int, token: bytes) -> None:
        self._descriptor, self._token = descriptor, token

    def send(self, kind: int, document: object) -> None:
        """Write one record, whole."""
        data = memoryview(frame.record(self._token, kind, document))
        while data:
            data = data[_write(self._descriptor, data) :]


def serve(request: Mapping[str, Any], known: Mapping[str, ModuleType], descriptor: int) -> None:
    """Do what the request asks for and send all of it to `descriptor`."""
    channel = Channel(descriptor, request["token"])
    printed = modules.Printed(PRINTED, PRINTED_ALTOGETHER)
    sys.stdout = sys.stderr = printed
    known["sys"].__dict__.update(stdout=printed, stderr=printed, stdin=sys.stdin)
    time.sleep = modules.wait_by_computing
    random.seed(0)  # unseeded programs, too, give the same from run to run; NumPy's was seeded before the fork
    channel.send(frame.START, frame.COMPILING)
    try:
        program = Program([(file, text) for file, text in request["sources"]])
    except Unreadable as error:
        channel.send(frame.TOP, {"syntax": error.found})
    else:
        _run(request, program, known, channel, printed)
    channel.send(frame.END, None)


def _run(
    request: Mapping[str, Any],
    program: Program,
    known: Mapping[str, ModuleType],
    channel: Channel,
    printed: modules.Printed,
) -> None:
    channel.send(frame.START, frame.TOP_LEVEL)
    module, top = program.run(lambda: modules.namespace(MODULE, limited=request["imports"]))
    top |= _missing(request, module)
    top["printed"], top["cut"] = _printed(printed)
    channel.send(frame.TOP, top)
    if top["missing"]:
        return
    make = _function(request, module) if request["function"] else _statements(request, module)
    for number, call in enumerate(request["calls"]):
        channel.send(frame.START, frame.FIRST_CALL + number)
        channel.send(frame.RESULT, _call(make, call, program, printed))


def _missing(request: Mapping[str, Any], module: ModuleType) -> dict[str, Any]:
    """Which of the names that are needed are not there, or are no functions, and which are."""
    found = module.__dict__
    needed = [request["function"]] if request["function"] else request["requires"]
    missing = [name for name in needed if name not in found or (request["function"] and not callable(found[name]))]
    defined = [name for name, value in found.items() if callable(value) and getattr(value, "__module__", "") == MODULE]
    return {"missing": missing, "defined": [readable(name, 100) for name in defined[:50] if isinstance(name, str)]}


Make = Callable[[list[tuple[str, Any]]], Mapping[str, Any]]


def _function(request: Mapping[str, Any], module: ModuleType) -> Make:
    function = module.__dict__[request["function"]]
    return lambda arguments: {"": function(*(value for _, value in arguments))}


def _statements(request: Mapping[str, Any], module: ModuleType) -> Make:
    code = compile(request["statements"], STATEMENTS, "exec", dont_inherit=True)
    absent = Unusable("nothing: the variable was not set")

    def make(arguments: list[tuple[str, Any]]) -> Mapping[str, Any]:
        variables = {**module.__dict__, **dict(arguments)}
        exec(code, variables)  # noqa: S102 - the statements of the problem, in the student's module
        return {name: variables.get(name, absent) for name in request["reads"]}

    return make


def _call(make: Make, call: Mapping[str, Any], program: Program, printed: modules.Printed) -> dict[str, Any]:
    arguments = [(name, _argument(sent)) for name, sent in call["arguments"]]
    counts: dict[str, int] = {}
    result: dict[str, Any] = {"values": None, "raised": None}
    try:
        with counted(program.lines.keys(), counts) if call["count"] else nullcontext():
            returned = make(arguments)
        converter = Converter()
        result["values"] = [
            [name, encode(value if isinstance(value, Unusable) else converter.convert(value))]
            for name, value in returned.items()
        ]
    except BaseException as error:
        result["raised"] = raised.describe(error, program.lines)
    changed = zip(arguments, call["arguments"], strict=True)
    result["changed"] = [name for (name, value), (_, sent) in changed if _is_changed(value, sent)]
    result["printed"], result["cut"] = _printed(printed)
    result["counts"] = [[readable(name, 100), count] for name, count in counts.items()]
    return result


def _argument(sent: list[Any]) -> Any:
    """A number, or an array of the student's own to write in."""
    if sent[0] == "n":
        return sent[1]
    return _array(sent).copy()


def _array(sent: list[Any]) -> Array:
    _, code, shape, data = sent
    return np.frombuffer(data, CODES[code]).reshape(shape)


def _is_changed(value: Any, sent: list[Any]) -> bool:
    if sent[0] == "n":
        return False
    same = value.shape == tuple(sent[2]) and value.dtype == CODES[sent[1]]
    return not same or value.tobytes() != sent[3]


def _printed(printed: modules.Printed) -> tuple[str, bool]:
    text, cut = printed.take()
    return readable(text, 4 * PRINTED), cut
