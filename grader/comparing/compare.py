"""An answer against an expected value: right, wrong, of another shape, or right in the other layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from weakref import WeakKeyDictionary

import numpy

from grader.answers.number import Typed
from grader.comparing.layout import Layout, Reading, laid_out, readings
from grader.comparing.tolerance import right_entries, sure_widths, widths
from grader.engine.computation import Evaluated, Key, Kink
from grader.engine.kinks import fit
from grader.engine.shapes import describe
from grader.spec.models import Tolerance

Array = Any


@dataclass(frozen=True, eq=False)
class Comparison:
    """What was found.

    `outcome` is "right", "wrong", "shape" (no entry was compared) or "layout" (right, but in the other layout).
    `values` is the answer in the variable's shape (None where the shape does not fit), `entries` which of them are
    right; `chosen` holds the choices at kinks under which a right answer is right.
    """

    outcome: Literal["right", "wrong", "shape", "layout"]
    values: Array | None = None
    entries: Array | None = None
    chosen: dict[Key, Array] | None = None


def compare(
    answer: Typed,
    expected: Evaluated,
    tolerance: Tolerance,
    layout: Layout | None = None,
    widened: Array | float = 0.0,
) -> Comparison:
    """Compare a typed answer with an expected value (of the variable's shape), in this layout (None: it has one only).

    `widened` adds to every entry's tolerance. Where kinks leave a choice, any right one is found.
    """
    ways = readings(answer.values.shape, expected.computation.shape, layout)
    if not ways:
        return Comparison("shape")
    first: Comparison | None = None
    for way in ways:
        found = _compared(way, answer, expected, tolerance, widened)
        if found.outcome == "right":
            return found if way.allowed else Comparison("layout", found.values, found.entries, found.chosen)
        first = first or found
    assert first is not None  # noqa: S101 - there is one way at least
    return first


def _compared(
    way: Reading, answer: Typed, expected: Evaluated, tolerance: Tolerance, widened: Array | float
) -> Comparison:
    values = way(answer.values)
    if _surely_right(values, expected, tolerance):
        return Comparison("right", values, numpy.ones(values.shape, dtype=bool), _settled(expected))
    decimals = way(answer.decimals)

    def entries(evaluated: Evaluated) -> Array:
        return right_entries(values, decimals, evaluated.value, tolerance, lambda: evaluated.rounded, widened)

    right = entries(expected)
    if numpy.all(right):
        return Comparison("right", values, right, _settled(expected))
    if expected.free and numpy.all(numpy.isfinite(values)):
        chosen = fit(expected.free, lambda c: expected.choosing(c).value, values, widths(expected.value, tolerance))
        again = entries(expected.choosing(chosen))
        if numpy.all(again):
            moved = expected.choosing(chosen)
            return Comparison("right", values, again, _only_felt(expected, moved, chosen))
    return Comparison("wrong", values, right)


def _surely_right(values: Array, expected: Evaluated, tolerance: Tolerance) -> bool:
    """Whether every entry is so near that nothing else has to be looked at: most answers are right."""
    known = _SURE.get(expected)
    if known is None or known[0] is not tolerance:
        known = _SURE[expected] = tolerance, sure_widths(expected.value, tolerance)
    with numpy.errstate(all="ignore"):
        return bool((numpy.abs(values - expected.value) <= known[1]).all())


_SURE: WeakKeyDictionary[Evaluated, tuple[Tolerance, Array]] = WeakKeyDictionary()
"""Worked out once for an expected value."""


def _settled(expected: Evaluated) -> dict[Key, Array]:
    """The choices that a right answer has made without moving from the usual ones."""
    if not expected.free:
        return {}
    return _only_felt(expected, expected, {k.key: k.default for k in expected.free})


def _only_felt(before: Evaluated, after: Evaluated, chosen: dict[Key, Array]) -> dict[Key, Array]:
    """Those choices that the value depends on: what nobody can see stays open."""
    return {k.key: chosen[k.key] for k in before.free if _felt(k, after, chosen)}


def _felt(kink: Kink, expected: Evaluated, chosen: dict[Key, Array]) -> bool:
    here = expected.choosing(chosen).value
    for index in numpy.argwhere(kink.free):
        moved = numpy.array(chosen[kink.key], dtype=float)
        moved[tuple(index)] += 1
        if not numpy.array_equal(expected.choosing({**chosen, kink.key: moved}).value, here, equal_nan=True):
            return True
    return False


def shape_words(answer: tuple[int, ...], expected: tuple[int, ...], layout: Layout | None = None) -> str:
    """What is wrong with a shape, in one sentence."""
    wanted = describe(laid_out(numpy.empty(expected), layout).shape) if len(expected) == 2 else describe(expected)
    article = {0: "", 1: "", 2: "a matrix of "}.get(len(expected), "an array of ")
    if answer == ():
        return f"You gave one number for {article}{wanted}."
    gave = describe(answer)
    gave = gave if len(answer) == 1 else f"a matrix of {gave}"
    return f"You gave {gave}, and {article}{wanted} was asked."


def shown(expected: Evaluated, layout: Layout | None) -> Array:
    """The expected value as the course writes it."""
    value = numpy.where(numpy.abs(expected.value) <= _noise(expected), 0.0, expected.value)
    return laid_out(numpy.asarray(value), layout)


def _noise(expected: Evaluated) -> Array:
    """What is 0 but for rounding is shown as 0; only tiny entries are looked at."""
    size = numpy.abs(expected.value)
    if not numpy.any((size > 0) & (size < 1e-9)):
        return numpy.zeros_like(size) - 1
    return numpy.nan_to_num(expected.rounded.error, nan=-1.0, posinf=-1.0)
