"""What shape comes of which: the rules of the table about sizes, with what is wrong in words.

Each maps the shapes of the arguments and the options to a shape, or raises ShapeError; {0} and {1} in its message stand
for the arguments as they were written. Knows no nodes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy

from grader.engine.node import Params, Shape, ShapeError


def broadcast_shape(shapes: tuple[Shape, ...], params: Params) -> Shape:
    """The common shape, entry by entry, by NumPy's rules."""
    if shapes.count(shapes[0]) == len(shapes):
        return shapes[0]
    try:
        return tuple(int(n) for n in numpy.broadcast_shapes(*shapes))
    except ValueError:
        raise ShapeError("the shapes do not fit, entry by entry") from None


def of_one(shape: Callable[[Shape, Params], Shape]) -> Callable[[tuple[Shape, ...], Params], Shape]:
    """The rule of a function of one array, as a rule of shapes."""
    return lambda shapes, params: shape(shapes[0], params)


def reshape_shape(shape: Shape, params: Params) -> Shape:
    """The shape asked for, of as many entries."""
    wanted: Shape = params["shape"]
    if math.prod(shape) != math.prod(wanted):
        raise ShapeError(f"{math.prod(shape)} entries do not fill {describe(wanted)}")
    return wanted


def describe(shape: Shape) -> str:
    """A shape in words: a number, 3 entries, 2 × 3."""
    if not shape:
        return "a number"
    if len(shape) == 1:
        return f"a vector of {shape[0]} entr{'y' if shape[0] == 1 else 'ies'}"
    return " × ".join(map(str, shape))


def transpose_shape(shape: Shape, params: Params) -> Shape:
    """The axes in another order."""
    axes = params["axes"]
    if sorted(axes) != list(range(len(shape))):
        raise ShapeError(f"{axes} does not name each of the {len(shape)} axes once")
    return tuple(shape[a] for a in axes)


def key_source(key: tuple[Any, ...]) -> str:
    """An index as Python writes it: numbers, slices and None, for NumPy source."""
    return "[" + ", ".join(_key_part(k) for k in key) + "]"


def _key_part(part: Any) -> str:
    if isinstance(part, slice):
        ends = ["" if e is None else str(e) for e in (part.start, part.stop, part.step)]
        return ":".join(ends if part.step is not None else ends[:2])
    return str(part)


def index_shape(shape: Shape, params: Params) -> Shape:
    """What an index with numbers, slices and new axes leaves."""
    key = params["key"]
    axes = sum(k is not None for k in key)
    if axes > len(shape):
        raise ShapeError(f"{axes} indices for {describe(shape)}")
    try:
        return numpy.broadcast_to(numpy.float64(0), shape)[key].shape
    except IndexError:
        bad = next((k, n) for k, n in zip((k for k in key if k is not None), shape, strict=False) if _outside(k, n))
        raise ShapeError(f"index {bad[0]} is outside: that axis has {bad[1]} entries, counted from 0") from None


def _outside(part: Any, entries: int) -> bool:
    return isinstance(part, int) and not -entries <= part < entries


def windows_shape(shape: Shape, params: Params) -> Shape:
    """Windows over the last two axes, as two more axes."""
    (height, width), stride = params["size"], params["stride"]
    if len(shape) < 2:
        raise ShapeError(f"windows lie over the last two axes, and this is {describe(shape)}")
    if not (1 <= height <= shape[-2] and 1 <= width <= shape[-1]):
        raise ShapeError(f"a window of {height} × {width} has no place in {describe(shape[-2:])}")
    places = ((shape[-2] - height) // stride + 1, (shape[-1] - width) // stride + 1)
    return (*shape[:-2], *places, height, width)


def reduced_shape(shape: Shape, params: Params) -> Shape:
    """The shape that a reduction over `axis` leaves."""
    axes = {a % len(shape) for a in params["axis"]} if shape else set()
    if params["keepdims"]:
        return tuple(1 if i in axes else n for i, n in enumerate(shape))
    return tuple(n for i, n in enumerate(shape) if i not in axes)


def reduced_some(shape: Shape, params: Params) -> Shape:
    """The same for what is not defined for nothing, such as the largest entry."""
    if any(shape[a] == 0 for a in params["axis"]):
        raise ShapeError("an axis without entries has no mean and no largest entry")
    return reduced_shape(shape, params)


def same_some(shape: Shape, params: Params) -> Shape:
    """The same shape, for what needs an entry along `axis`."""
    reduced_some(shape, {**params, "keepdims": True})
    return shape


def same_shape(shapes: tuple[Shape, ...], params: Params) -> Shape:
    """The shape of the first argument."""
    return shapes[0]


def matmul_shape(shapes: tuple[Shape, ...], params: Params) -> Shape:
    """A product of vectors, matrices and stacks of them."""
    a, b = shapes
    if not a or not b:
        raise ShapeError("@ multiplies vectors and matrices, not numbers; a number is multiplied with *")
    inner = b[-2] if len(b) > 1 else b[0]
    if a[-1] != inner:
        left = "the columns of {0}" if len(a) > 1 else "the entries of {0}"
        right = "the rows of {1}" if len(b) > 1 else "the entries of {1}"
        raise ShapeError(f"{left} ({a[-1]}) and {right} ({inner}) must agree")
    stack = broadcast_shape((a[:-2], b[:-2]), params)
    return stack + (a[-2:-1] if len(a) > 1 else ()) + (b[-1:] if len(b) > 1 else ())


def square_shape(shape: Shape, params: Params) -> Shape:
    """The same shape, of a square matrix."""
    if len(shape) != 2 or shape[0] != shape[1]:
        raise ShapeError(f"a square matrix is needed, this is {describe(shape)}")
    return shape


def to_number(shapes: tuple[Shape, ...], params: Params) -> Shape:
    """A number, of a square matrix."""
    square_shape(shapes[0], params)
    return ()


def solve_shape(shapes: tuple[Shape, ...], params: Params) -> Shape:
    """The shape of the right side of a system."""
    a, b = shapes
    square_shape(a, params)
    if not b or len(b) > 2 or b[0] != a[0]:
        raise ShapeError("the rows of {0} and those of {1} must agree")
    return b


def diag_shape(shape: Shape, params: Params) -> Shape:
    """A matrix of a vector, and a vector of a matrix."""
    if len(shape) == 1:
        return (shape[0], shape[0])
    return square_shape(shape, params)[:1]


def concat_shape(shapes: tuple[Shape, ...], params: Params) -> Shape:
    """Several arrays joined along an axis."""
    axis = params["axis"]
    if any(len(s) != len(shapes[0]) for s in shapes) or not -len(shapes[0]) <= axis < 0:
        raise ShapeError("all parts need the same number of axes, and the axis must be one of them")
    at = axis % len(shapes[0])
    if any(s[:at] + s[at + 1 :] != shapes[0][:at] + shapes[0][at + 1 :] for s in shapes):
        raise ShapeError("the parts must agree in every axis but the one along which they are joined")
    return (*shapes[0][:at], sum(s[at] for s in shapes), *shapes[0][at + 1 :])


def pick_shape(shapes: tuple[Shape, ...], params: Params) -> Shape:
    """One entry for each label."""
    q, y = shapes
    if len(q) != len(y) + 1 or q[:-1] != y:
        raise ShapeError("a label picks an entry of a vector, a batch of labels one entry of each row of a matrix")
    return y
