"""Lists and tuples read as arrays, or as several values: what a question expects decides which."""

from __future__ import annotations

import numpy as np

from grader.sandbox.inside.values import Array, Group, Listed, Unusable, Value


def as_array(value: Value) -> Array | Unusable:
    """One array, of a list of numbers or of arrays of one shape too; what cannot be one says why."""
    if isinstance(value, np.ndarray | Unusable):
        return value
    if isinstance(value, Listed):
        return value.array
    if isinstance(value, dict):
        return Unusable("a mapping (dict)")
    arrays = [as_array(item) for item in value.items]
    for array in arrays:
        if isinstance(array, Unusable):
            return Unusable(f"a {value.kind} that holds {array.what}")
    stacked = [array for array in arrays if isinstance(array, np.ndarray)]
    if len({array.shape for array in stacked}) != 1:
        return Unusable(f"a {value.kind} of parts of different shapes")
    return np.stack(stacked)


def parts(value: Value) -> tuple[Value, ...] | None:
    """The items of a list or tuple, or those along the first axis of an array; None where there are none."""
    if isinstance(value, Group):
        return value.items
    if isinstance(value, Listed):
        if value.array.ndim == 1:
            return tuple(np.array(item) for item in value.array)
        return tuple(Listed(value.kind, row) for row in value.array)
    if isinstance(value, np.ndarray) and value.ndim:
        return tuple(np.array(row) for row in value)
    return None
