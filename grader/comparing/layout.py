"""The ways to lay out a derivative, and which of them an answer has.

Denominator: a gradient has its variable's shape. Numerator: its transpose, a vector's gradient a row. A flat vector
is right in both. A Jacobian is laid out in one way only; a single row or column of it may be written flat.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy

Array = Any
Layout = Literal["denominator", "numerator", "either", "jacobian"]


@dataclass(frozen=True)
class Reading:
    """A way to read a typed array as the derivative by a variable: how to turn it, and if the layout is right."""

    transpose: bool
    shape: tuple[int, ...]
    allowed: bool

    def __call__(self, array: Array) -> Array:
        """The array in the variable's shape."""
        return (array.T if self.transpose else array).reshape(self.shape)


@lru_cache(1024)
def readings(typed: tuple[int, ...], shape: tuple[int, ...], layout: Layout | None) -> tuple[Reading, ...]:
    """The ways to read an array of shape `typed` as one of the variable's `shape`, those of the right layout first.

    `layout` None is for values, which have one shape only. Nothing is broadcast; there may be no way.
    """
    return tuple(_readings(typed, shape, layout))


def _readings(typed: tuple[int, ...], shape: tuple[int, ...], layout: Layout | None) -> list[Reading]:
    if layout == "jacobian":
        return _jacobian(typed, shape)
    if layout is None or len(shape) == 0 or len(shape) > 2:
        return [Reading(False, shape, True)] if typed == shape else []
    if len(shape) == 1:
        return _vector(typed, shape, layout)
    found = []
    if typed == shape:
        found.append(Reading(False, shape, layout != "numerator"))
    if typed == shape[::-1]:
        found.append(Reading(True, shape, layout != "denominator"))
    return sorted(found, key=lambda r: not r.allowed)


def _vector(typed: tuple[int, ...], shape: tuple[int, ...], layout: Layout) -> list[Reading]:
    entries = shape[0]
    if typed == shape or typed == (1, 1) == (entries, entries):
        return [Reading(False, shape, True)]
    if typed == (1, entries):
        return [Reading(False, shape, layout != "denominator")]
    if typed == (entries, 1):
        return [Reading(False, shape, layout != "numerator")]
    return []


def _jacobian(typed: tuple[int, ...], shape: tuple[int, ...]) -> list[Reading]:
    """A matrix by rows, flat where that is one row or column, a number where it is one entry."""
    entries = math.prod(shape)
    flat = [(entries,)] if entries in (1, *shape) else []
    number = [(), (1, 1)] if entries == 1 else []
    if typed in (shape, *flat, *number):
        return [Reading(False, shape, True)]
    return [Reading(True, shape, False)] if typed == shape[::-1] else []


def laid_out(array: Array, layout: Layout | None) -> Array:
    """An expected derivative as this layout writes it."""
    if layout != "numerator":
        return array
    if array.ndim == 1:
        return array.reshape(1, -1)
    return numpy.transpose(array) if array.ndim == 2 else array
