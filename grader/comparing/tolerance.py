"""When one entry is right: significant digits and typed decimals, relative and absolute tolerances, and zeros.

The rules of format.md 1.5, entry by entry over arrays of one shape. Rounding errors of the expected value are asked
for only where an entry would be wrong without them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from grader.engine.rounding import Rounded
from grader.spec.models import Digits, Relative, Tolerance

Array = Any
INCLUSIVE = 1 + 1e-9
"""Half a unit is inclusive, whatever floating point makes of it."""
SAME_POWER = 1 + 1e-12
"""An expected 0.999…9 that is 1 but for rounding has the digits of 1."""
FORMULA_ROUNDING = 1e-14
EXACT_FROM = 10_000
"""Decimals that no typed number has: those of a typed formula."""


def right_entries(
    values: Array,
    decimals: Array,
    expected: Array,
    tolerance: Tolerance,
    rounded: Callable[[], Rounded],
    widened: Array | float = 0.0,
) -> Array:
    """Which entries are right; all arguments have one shape.

    `decimals` are those that were typed (for a program's answer or a formula many). `rounded()` gives the rounding
    error and the largest cancelling term of each expected entry; `widened` is added to every tolerance.
    """
    with numpy.errstate(all="ignore"):
        right = _finite_right(values, decimals, expected, tolerance, widened)
        special = _same_special(values, expected)
        if numpy.all(right | special):
            return right | special
        found = rounded()
        error = numpy.nan_to_num(found.error, nan=0.0, posinf=0.0)
        right |= _finite_right(values, decimals, expected, tolerance, widened + error)
        zero = numpy.abs(expected) <= error
        near_zero = numpy.isfinite(values) & (
            numpy.abs(values) <= _zero_width(decimals, expected, tolerance, found.cancelling, error) + widened
        )
        right = numpy.where(zero, near_zero, right)
    return right | special


def widths(expected: Array, tolerance: Tolerance) -> Array:
    """How far each entry may be off, at least: what a difference has to exceed to show. Never 0."""
    with numpy.errstate(all="ignore"):
        size = numpy.abs(numpy.nan_to_num(expected, nan=0.0, posinf=0.0, neginf=0.0))
        if isinstance(tolerance, Digits):
            width = 0.5 * unit(size, tolerance.digits)
            largest = float(numpy.max(size, initial=0.0))
            floor = 0.5 * float(unit(numpy.asarray(largest), tolerance.digits)) if largest else 1e-12
            return numpy.where(size > 0, width, floor)
        return numpy.maximum(tolerance.absolute + tolerance.relative * size, 1e-12 * (1 + numpy.max(size, initial=0.0)))


def unit(size: Array, digits: int) -> Array:
    """One unit of the last of `digits` significant digits of positive numbers; 0 of 0."""
    power = numpy.floor(numpy.log10(size * SAME_POWER)) - digits + 1
    return numpy.where(size > 0, 10.0**power, 0.0)


def _finite_right(
    values: Array, decimals: Array, expected: Array, tolerance: Tolerance, widened: Array | float
) -> Array:
    off = numpy.abs(values - expected)
    size = numpy.abs(expected)
    finite = numpy.isfinite(values) & numpy.isfinite(expected)
    if isinstance(tolerance, Relative):
        return finite & (off <= (tolerance.absolute + tolerance.relative * size) * INCLUSIVE + widened)
    by_digits = off <= 0.5 * unit(size, tolerance.digits) * INCLUSIVE + widened
    step = typed_step(decimals)
    largest = numpy.max(numpy.where(numpy.isfinite(size), size, 0.0), initial=0.0)
    enough = step <= unit(largest, tolerance.digits) * INCLUSIVE
    return finite & (size > 0) & (by_digits | (enough & (off <= 0.5 * step * INCLUSIVE + widened)))


def sure_widths(expected: Array, tolerance: Tolerance) -> Array:
    """How far each entry may be off and be right whatever was typed; negative where that takes a closer look."""
    with numpy.errstate(all="ignore"):
        size = numpy.abs(expected)
        if isinstance(tolerance, Relative):
            width = (tolerance.absolute + tolerance.relative * size) * INCLUSIVE
        else:
            width = numpy.where(size > 0, 0.5 * unit(size, tolerance.digits) * INCLUSIVE, -1.0)
        return numpy.where(numpy.isfinite(expected), width, -1.0)


_STEPS = numpy.array([10.0**-n for n in range(331)])
"""By the number of decimals; the last one is 0."""


def typed_step(decimals: Array) -> Array:
    """One unit of the last decimal that was typed; 0 for a formula."""
    return _STEPS[numpy.minimum(decimals, len(_STEPS) - 1)]


def _zero_width(decimals: Array, expected: Array, tolerance: Tolerance, cancelling: Array, error: Array) -> Array:
    """How far an entry may be from an expected 0."""
    if isinstance(tolerance, Relative):
        width = tolerance.absolute + tolerance.relative * cancelling
    else:
        width = 0.5 * unit(cancelling, tolerance.digits)
    scale = numpy.max(numpy.abs(numpy.where(numpy.isfinite(expected), expected, 0.0)), initial=1.0)
    formula = numpy.where(decimals >= EXACT_FROM, FORMULA_ROUNDING * scale, 0.0)
    return numpy.maximum(width * INCLUSIVE, formula) + error


def _same_special(values: Array, expected: Array) -> Array:
    """NaN where NaN is expected, infinity where that infinity is."""
    return (numpy.isnan(values) & numpy.isnan(expected)) | (numpy.isinf(expected) & (values == expected))
