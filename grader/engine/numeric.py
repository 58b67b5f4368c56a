"""Numerically careful NumPy functions that compiled graphs call where one NumPy expression would not do.

Each maps arrays to arrays of float64; none knows of nodes. Those with an `axis` take what NumPy takes.
"""

from __future__ import annotations

import math
from typing import Any

import numpy

Array = Any


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), to full relative accuracy at both ends."""
    power = numpy.exp(-numpy.abs(x))
    return numpy.where(x >= 0, 1.0, power)[()] / (1.0 + power)


def power_slope(a: Array, b: Array, order: int) -> Array:
    """b (b - 1) … (b - order + 1) a ** (b - order): the derivative of a ** b by a, `order` times."""
    factor = b
    for k in range(1, order):
        factor = factor * (b - k)
    return numpy.where(factor == 0, 0.0, factor * a ** (b - order))[()]


_erf = numpy.vectorize(math.erf, otypes=[float])
_erfc = numpy.vectorize(math.erfc, otypes=[float])


def erf(x: Array) -> Array:
    """The error function, entry by entry (NumPy has none)."""
    return _erf(x)[()]


def normal_share(x: Array) -> Array:
    """The share of a standard normal distribution below x, to full relative accuracy at both ends."""
    return 0.5 * _erfc(-x / math.sqrt(2.0))[()]


def logsumexp(x: Array, axis: Any, keepdims: bool) -> Array:
    """log(sum(exp(x))) along `axis`, without overflow."""
    top = numpy.max(x, axis=axis, keepdims=True)
    top = numpy.where(numpy.isfinite(top), top, 0.0)
    out = numpy.log(numpy.sum(numpy.exp(x - top), axis=axis, keepdims=True)) + top
    return out if keepdims else numpy.squeeze(out, axis=axis)


def log_softmax(x: Array, axis: Any) -> Array:
    """x - logsumexp(x) along `axis`."""
    shifted = x - numpy.max(x, axis=axis, keepdims=True)
    return shifted - numpy.log(numpy.sum(numpy.exp(shifted), axis=axis, keepdims=True))


def softmax(x: Array, axis: Any) -> Array:
    """exp(x) / sum(exp(x)) along `axis`."""
    powers = numpy.exp(x - numpy.max(x, axis=axis, keepdims=True))
    return powers / numpy.sum(powers, axis=axis, keepdims=True)


def norm(x: Array, axis: Any) -> Array:
    """The Euclidean (Frobenius) norm over `axis`, without overflow."""
    top = numpy.max(numpy.abs(x), axis=axis, keepdims=True, initial=0.0)
    scale = numpy.where((top > 0) & numpy.isfinite(top), top, 1.0)
    found = scale * numpy.sqrt(numpy.sum(numpy.square(x / scale), axis=axis, keepdims=True))
    return numpy.squeeze(found, axis=axis)[()]


def direction(x: Array, axis: Any) -> Array:
    """x / norm(x) over `axis`, and 0 where x is 0."""
    length = numpy.expand_dims(norm(x, axis), axis)
    return x / numpy.where(length > 0, length, 1.0)


def diag(x: Array) -> Array:
    """The matrix with the last axis of `x` on its diagonal."""
    return x[..., None] * numpy.eye(x.shape[-1])


def diagonal(x: Array) -> Array:
    """The diagonal of the last two axes."""
    return numpy.diagonal(x, axis1=-2, axis2=-1)


def max_share(x: Array, axis: Any) -> Array:
    """1 at the largest entry along `axis` and 0 elsewhere; at a tie equal shares that add up to 1."""
    hit = (x == numpy.max(x, axis=axis, keepdims=True)).astype(float)
    return hit / numpy.sum(hit, axis=axis, keepdims=True)


def put(p: Array, key: Any, shape: tuple[int, ...]) -> Array:
    """An array of zeros with `p` at `key`."""
    out = numpy.zeros(shape)
    out[key] = p
    return out


def windows(x: Array, size: tuple[int, int], stride: int) -> Array:
    """Windows over the last two axes, every `stride` entries, as two new last axes; a view."""
    return numpy.lib.stride_tricks.sliding_window_view(x, size, axis=(-2, -1))[..., ::stride, ::stride, :, :]


def overlapped(p: Array, stride: int, into: tuple[int, int]) -> Array:
    """The transpose of `windows`: an array whose last two axes are `into`, to which each window is added."""
    rows, columns, height, width = p.shape[-4:]
    out = numpy.zeros((*p.shape[:-4], *into))
    for i in range(height):
        for j in range(width):
            out[..., i : i + rows * stride : stride, j : j + columns * stride : stride] += p[..., i, j]
    return out


def pick(q: Array, y: Array) -> Array:
    """q[y] for one label, and one entry of each row for a batch of labels (from 0)."""
    place = numpy.asarray(y).astype(int)[..., None]
    return numpy.take_along_axis(q, place, axis=-1)[..., 0]


def onehot(y: Array, classes: int) -> Array:
    """The vector (one label) or matrix (a batch) that is 1 at the labels (from 0) and 0 elsewhere."""
    return (numpy.asarray(y).astype(int)[..., None] == numpy.arange(classes)).astype(float)


def det(a: Array) -> Array:
    """The determinant of a square matrix."""
    return numpy.linalg.det(a)


def cofactors(a: Array) -> Array:
    """The matrix of cofactors, det(a) inv(a).T where a is regular; right for singular matrices too."""
    if not numpy.all(numpy.isfinite(a)):
        return numpy.full_like(a, numpy.nan)
    u, s, vt = numpy.linalg.svd(a)
    others = numpy.stack([numpy.prod(numpy.delete(s, i, axis=-1), axis=-1) for i in range(s.shape[-1])], axis=-1)
    sign = numpy.linalg.det(u) * numpy.linalg.det(vt)
    return sign[..., None, None] * (u * others[..., None, :]) @ vt


def inv(a: Array) -> Array:
    """The inverse of a square matrix; entries are nan where it is singular."""
    try:
        return numpy.linalg.inv(a)
    except numpy.linalg.LinAlgError:
        return numpy.full_like(a, numpy.nan)


def solve(a: Array, b: Array) -> Array:
    """The solution of a x = b; entries are nan where a is singular."""
    try:
        return numpy.linalg.solve(a, b)
    except numpy.linalg.LinAlgError:
        return numpy.full_like(b, numpy.nan)
