"""Somebody's function, asked for its values: always with a copy of the point, counted, and never trusted.

What it returns becomes floats (NaN where it raised or has no finite number), and what was odd about it is kept to be
said later. Judges nothing.
"""

from __future__ import annotations

import contextlib
import math
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy
from numpy.typing import NDArray

Floats = NDArray[numpy.float64]
ROWS = 2**16
"""The most numbers in one block of points."""


class Unusable(Exception):
    """What a function returned, or that it raised, and why no number can be made of it."""

    def __init__(self, reason: str, *, raised: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.raised = raised


@dataclass(eq=False)
class Probe:
    """`f` at and around the point `x`, which is flattened here and gets its `shape` back for every call."""

    f: Callable[[Any], Any]
    x: Floats
    shape: tuple[int, ...]
    vectorized: bool = False
    evaluations: int = 0
    changes_input: bool = False
    precision: float = 0.0
    """The rounding unit of the type that f returns, where that is a coarser one than float64."""
    whole: bool = True
    """Whether all values so far were of an integer type."""
    varies: bool = False
    """Whether any two values so far were different."""
    value: float = math.nan

    def begin(self) -> None:
        """Ask for the value at the point itself; raises `Unusable` where that is no number."""
        point = self.x[None, :].copy()
        try:
            self.value = self._block(point)[0] if self.vectorized else self._number_at(point[0])
        except Unusable:
            raise
        except (Exception, SystemExit) as error:
            raise Unusable(f"f raised {described(error)}", raised=True) from error
        self.changes_input = not numpy.array_equal(point[0], self.x)

    def again(self, times: int) -> Floats:
        """The value at the point itself, asked for once more."""
        return self.at(numpy.repeat(self.x[None, :], times, axis=0))

    def at(self, points: Floats) -> Floats:
        """The values at rows of points, (k, n) -> (k,); the rows may be overwritten by f."""
        values = self._rows(points) if self.vectorized else numpy.array([self._value(point) for point in points])
        values[~numpy.isfinite(values)] = math.nan
        self.varies = self.varies or bool(numpy.any(values != self.value))
        return values

    def _value(self, point: Floats) -> float:
        try:
            return self._number_at(point)
        except (Exception, SystemExit):
            return math.nan  # a step can leave the domain of f; that f works at the point was seen in `begin`

    def _number_at(self, point: Floats) -> float:
        self.evaluations += 1
        return self._number(self.f(point.reshape(self.shape) if self.shape else point[0]))

    def _rows(self, points: Floats) -> Floats:
        try:
            return self._block(points)
        except (Exception, SystemExit):
            return numpy.full(len(points), math.nan)

    def _block(self, points: Floats) -> Floats:
        self.evaluations += len(points)
        found = numpy.asarray(self.f(points.reshape(len(points), *self.shape)))
        if found.shape != (len(points),):
            given = shape_text((len(points), *self.shape))
            raise Unusable(
                f"f returned an array of shape {shape_text(found.shape)} for points of shape {given}, "
                f"where shape {shape_text((len(points),))} was expected: one number for each"
            )
        self._note(found.dtype, found)
        return found.astype(float)

    def _number(self, found: Any) -> float:
        if type(found) is float or type(found) is numpy.float64:
            self.whole = False
            return float(found)
        array = numpy.asarray(found)
        if array.dtype.kind not in "iubfc" and not (array.dtype == object and hasattr(found, "__float__")):
            raise Unusable(f"f returned {type_text(found)} where a number was expected")
        if array.size != 1:
            expected = "where one number was expected, of shape ()"
            raise Unusable(f"f returned an array of shape {shape_text(array.shape)} {expected}")
        self._note(array.dtype, found)
        return float(array.reshape(()).item())

    def _note(self, dtype: numpy.dtype[Any], found: Any) -> None:
        if dtype.kind == "c":
            raise Unusable(f"f returned {type_text(found)}: a complex number, where a real one was expected")
        if dtype.kind not in "iubfO":
            raise Unusable(f"f returned {type_text(found)} where a number was expected")
        self.whole = self.whole and dtype.kind in "iub"
        if dtype.kind == "f":
            self.precision = max(self.precision, float(numpy.finfo(dtype).eps))


def claimed_gradient(gradient: Any, x: Floats, shape: tuple[int, ...]) -> tuple[Floats, float]:
    """The claimed gradient, flattened, and the rounding unit of its type; raises `Unusable` where it is none."""
    if callable(gradient):
        point = x.copy()
        try:
            gradient = gradient(point.reshape(shape) if shape else point[0])
        except (Exception, SystemExit) as error:
            raise Unusable(f"the gradient raised {described(error)}") from error
    try:
        found = numpy.asarray(gradient)
    except ValueError:
        raise Unusable("the gradient is a ragged list, and x is an array of shape " + shape_text(shape)) from None
    if found.dtype == object and gradient is not None:
        with contextlib.suppress(TypeError, ValueError):
            found = found.astype(float)
    if found.dtype.kind not in "iubf":
        what = type_text(gradient) if found.ndim == 0 else f"an array of {found.dtype}"
        raise Unusable(f"the gradient is {what}, where real numbers were expected")
    if found.shape != shape:
        raise Unusable(f"the gradient has shape {shape_text(found.shape)}, and x has shape {shape_text(shape)}")
    unit = float(numpy.finfo(found.dtype).eps) if found.dtype.kind == "f" else 0.0
    return found.reshape(-1).astype(float), unit


def described(error: BaseException, skipping: tuple[str, ...] = (__file__,)) -> str:
    """An exception by its type, message and the first line that it came through, but for files that are skipped."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith(skipping)]
    where = f" ({frames[0].filename}, line {frames[0].lineno})" if frames else ""
    message = str(error)
    return f"{type(error).__name__}{f': {message}' if message else ''}{where}"


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape as NumPy writes it."""
    return repr(tuple(shape))


def type_text(value: Any) -> str:
    """What something is, for a sentence."""
    return "None" if value is None else f"a value of type {type(value).__name__}"
