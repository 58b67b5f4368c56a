"""`grader gradcheck`: the gradient of somebody's NumPy function, checked at the point in a file.

Their modules are imported from the current folder, and what their code prints goes to standard error. The verdict is
that of `check_gradient`; nothing is decided here.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import math
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import numpy

from grader.cli.outcome import DONE, MISSED, NOT_CHECKED
from grader.cli.terminal import bold, indented, painted, safe, say, table
from grader.engine.differences import GradientCheck, check_gradient
from grader.engine.probing import described
from grader.errors import AnswerError
from grader.report.numbers import number_text
from grader.report.states import STATES
from grader.spec.document import Mapping, Scalar, Sequence, Value, decode, read, read_json

_STATUS = {"passed": DONE, "failed": MISSED, "undecided": NOT_CHECKED}
_STATE = {"passed": STATES["correct"], "failed": STATES["wrong"], "undecided": STATES["not_checked"]}
"""How a verdict looks in a terminal: as that on an answer."""


def gradcheck(function: str, gradient: str, at: str, *, directions: int | None, vectorized: bool, as_json: bool) -> int:
    """Check, print, and return the exit status: 0 passed, 1 failed, 3 undecided."""
    x = _point(at)
    with contextlib.redirect_stdout(sys.stderr):
        f, claimed = _named(function, "MODULE:FUNCTION"), _named(gradient, "--gradient")
        result = check_gradient(f, claimed, x, directions=directions, vectorized=vectorized)
    if as_json:
        say(_document(result))
    else:
        _say(result)
    return _STATUS[result.verdict]


# -- what is checked


def _named(text: str, option: str) -> Callable[..., Any]:
    """The function that `module:function` names."""
    module_name, _, path = text.partition(":")
    if not module_name or not path:
        raise _usage(f"{option}: module:function belongs here, as losses:mean_square, and this is {text}")
    module = _imported(module_name, option)
    try:
        found = functools.reduce(getattr, path.split("."), module)
    except AttributeError:
        raise _usage(f"{option}: the module {module_name} has no {path}") from None
    if not callable(found):
        raise _usage(f"{option}: {text} is a {type(found).__name__}, and a function belongs here")
    return found  # type: ignore[no-any-return]


def _imported(name: str, option: str) -> Any:
    folder = os.getcwd()
    if folder not in sys.path:
        sys.path.insert(0, folder)
    importlib.invalidate_caches()
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and error.name == name.partition(".")[0]:
            raise _usage(f"{option}: there is no module {name} in this folder or among those installed") from None
        raise _usage(f"{option}: the module {name} cannot be imported: {_where(error)}") from None


def _where(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg} ({error.filename}, line {error.lineno})"
    return described(error, skipping=(__file__, importlib.__file__, "<frozen"))


def _point(file: str) -> Any:
    try:
        text = decode(Path(file).read_bytes(), file, AnswerError)
        tree = (read_json if file.endswith(".json") else read)(text, file, AnswerError)
        shape = _shape(tree)
        x = numpy.array(list(_numbers(tree)), dtype=float).reshape(shape)
    except OSError as error:
        raise _usage(f"--at: {file}: {error.strerror}") from None
    except AnswerError as error:
        raise _usage(str(error)) from None
    if not numpy.isfinite(x).all():
        raise _usage(f"--at: {file} has entries that are not finite, and there is no gradient there")
    return x


def _shape(value: Value) -> tuple[int, ...]:
    """The shape of nested lists; all lists of a level have the same."""
    if isinstance(value, Scalar):
        return ()
    if isinstance(value, Mapping):
        raise AnswerError("a number or a list was expected, and this is a mapping", value.place, "Write [1, 2].")
    shapes = [_shape(item) for item in value.items]
    for item, shape in zip(value.items, shapes, strict=True):
        if shape != shapes[0]:
            message = f"this entry has the shape {shape}, and the first of its list has {shapes[0]}"
            raise AnswerError(message, item.place, "All entries of a list have the same shape.")
    return (len(value.items), *(shapes[0] if shapes else ()))


def _numbers(value: Value) -> Iterator[float]:
    if isinstance(value, Sequence):
        for item in value.items:
            yield from _numbers(item)
    elif isinstance(value, Scalar):
        if isinstance(value.value, bool) or not isinstance(value.value, int | float):
            raise AnswerError(f"a number was expected, and this is {safe(value.raw)[:40] or 'empty'}", value.place)
        yield float(value.value)


def _usage(message: str) -> click.UsageError:
    return click.UsageError(safe(message, lines=True), click.get_current_context())


# -- what is said


def _say(result: GradientCheck) -> None:
    state = _STATE[result.verdict]
    say(f"{painted(state, state.sign)} {bold(result.verdict)}")
    say(indented(safe(result.reason), 2))
    say()
    for name, text in _lines(result):
        say(f"  {name:12}{text}")
    if result.curve:
        say()
        rows = [[f"{step:.1e}", f"{error:.1e}"] for step, error in result.curve]
        say(table(["step, relative", "error of the difference quotient"], rows))


def _lines(result: GradientCheck) -> Iterator[tuple[str, str]]:
    if not math.isnan(result.error):
        yield "error", f"{result.error:.2g} ± {result.estimate:.1g}, relative"
    if result.worst is not None:
        pair = f"claimed {number_text(result.claimed)}, measured {number_text(result.measured)}"
        yield "worst entry", f"[{', '.join(map(str, result.worst))}]: {pair}"
    if not math.isnan(result.noise):
        yield "noise of f", f"{result.noise:.1g}"
    yield "evaluations", f"{result.evaluations}"


def _document(result: GradientCheck) -> str:
    """The fields of the result; what is not finite is null."""
    numbers = {name: _finite(getattr(result, name)) for name in ("error", "estimate", "claimed", "measured", "noise")}
    fields: dict[str, object] = {
        "format": 1,
        "verdict": result.verdict,
        "passed": result.passed,
        "reason": result.reason,
        "worst": None if result.worst is None else list(result.worst),
        **numbers,
        "evaluations": result.evaluations,
        "curve": [{"step": step, "error": error} for step, error in result.curve],
    }
    return json.dumps(fields, indent=1, ensure_ascii=False)


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
