"""What a student's function returned, made into plain values with caps, without running anything of the student's.

Types are looked at as they are (`type(x)`), never asked: an object that lies about its class, its comparisons or its
conversion is named and left. Sizes are worked out before anything is copied. All of it is bound here before student
code runs; whoever changes it nevertheless changes only their own answer, since nothing here decides anything.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .values import DEEPEST, MOST_BYTES, MOST_ITEMS, MOST_NAMES, Array, Group, Kind, Listed, Unusable, Value

_SCALARS = frozenset(
    getattr(np, name) for name in ("bool_", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
) | {np.longlong, np.ulonglong, np.intc, np.uintc, np.float16, np.float32, np.float64, np.longdouble}
_WHOLE = frozenset({int}) | {t for t in _SCALARS if issubclass(t, np.integer)}
_TRUTH = frozenset({bool, np.bool_})
_NUMBERS = frozenset({int, float, bool}) | _SCALARS
_mro = type.__dict__["__mro__"].__get__
_name = type.__dict__["__name__"].__get__
_view = np.ndarray.view
_MOST_NUMBERS = MOST_BYTES // 8
_MOST_OBJECTS = 10_000
_SEQUENCES: tuple[tuple[type, Kind], ...] = ((list, "list"), (tuple, "tuple"), (range, "list"))
_TOO_MUCH = f"more than {MOST_BYTES // 2**20} MiB"
_COMPLEX = "complex numbers"


class Converter:
    """Converts the values of one call; its budgets count over all of them."""

    def __init__(self) -> None:
        self._bytes = MOST_BYTES
        self._items = MOST_ITEMS

    def convert(self, found: object, depth: int = 0) -> Value:
        """The plain value of anything at all; what holds no numbers becomes Unusable."""
        self._items -= 1
        if self._items < 0:
            return Unusable(f"more than {MOST_ITEMS} parts")
        if depth > DEEPEST:
            return Unusable("lists within lists without end")
        kind = type(found)
        if found is None:
            return Unusable("nothing (None)")
        if kind in _NUMBERS:
            return self._take(_number(found))
        lineage = _mro(kind)
        if np.ndarray in lineage:
            return self._array(found, lineage, depth)
        for base, named in _SEQUENCES:
            if base in lineage:
                return self._listed(found, base, named, depth)
        if dict in lineage:
            return self._mapping(found, depth)
        return Unusable(_what(kind))

    def _listed(self, found: Any, base: Any, kind: Kind, depth: int) -> Value:
        if base.__len__(found) > _MOST_NUMBERS:
            return Unusable(_TOO_MUCH)
        return self._sequence([*base.__iter__(found)], kind, depth)

    def _array(self, found: Any, lineage: tuple[type, ...], depth: int) -> Value:
        if np.ma.MaskedArray in lineage:
            return Unusable("a masked array")
        array = _view(found, np.ndarray)
        kind, size = array.dtype.kind, math.prod(array.shape)
        if kind == "O":
            return self._objects(array, size, depth)
        if kind not in "fiub" or array.dtype.fields is not None:
            return Unusable({"c": _COMPLEX, "V": "a structured array"}.get(kind, "an array that holds no numbers"))
        if size * 8 > self._bytes or array.ndim > DEEPEST:
            return Unusable(_TOO_MUCH)
        return self._take(_plain(array))

    def _objects(self, array: Array, size: int, depth: int) -> Value:
        """An array of Python objects is what it would be as lists, where those are plain numbers."""
        if size > _MOST_OBJECTS:
            return Unusable("an array of Python objects")
        listed = array.tolist()
        value = self._sequence(listed, "list", depth) if type(listed) is list else self.convert(listed, depth + 1)
        if isinstance(value, Listed):
            return value.array
        return value if isinstance(value, np.ndarray) else Unusable("an array of Python objects")

    def _sequence(self, items: list[Any], kind: Kind, depth: int) -> Value:
        types = set(map(type, items))
        if types <= _NUMBERS:
            array = self._take(_numbers(items, types))
            return Listed(kind, array) if isinstance(array, np.ndarray) else array
        parts = [self.convert(item, depth + 1) for item in items]
        rows = [part.array for part in parts if isinstance(part, Listed)]
        if len(rows) == len(parts) and len({row.shape for row in rows}) == 1:
            return Listed(kind, _plain(np.stack(rows)))
        return Group(kind, tuple(parts))

    def _mapping(self, found: Any, depth: int) -> Value:
        if dict.__len__(found) > MOST_NAMES:
            return Unusable(f"a mapping of more than {MOST_NAMES} names")
        named = {}
        for name, item in list(dict.items(found)):
            if type(name) is not str or len(name) > 200:
                return Unusable("a mapping whose keys are not all names")
            named[readable(name)] = self.convert(item, depth + 1)
        return named

    def _take(self, array: Array | Unusable) -> Array | Unusable:
        if isinstance(array, np.ndarray):
            self._bytes -= array.nbytes
            if self._bytes < 0:
                return Unusable(_TOO_MUCH)
        return array


def readable(found: str, most: int = 1_000) -> str:
    """A plain text of at most `most` characters that can be sent, whatever kind of text it was."""
    return str.encode(str.__getitem__(found, slice(most)), "utf-8", "backslashreplace").decode("utf-8")[:most]


def type_name(kind: type) -> str:
    """What the class is called, as it was written."""
    return readable(_name(kind), 100)


def _what(kind: type) -> str:
    if kind in (complex, np.complex64, np.complex128):
        return _COMPLEX
    name = type_name(kind)
    return {"str": "a text", "bytes": "bytes", "function": "a function", "type": "a class"}.get(
        name, f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
    )


def _number(found: Any) -> Array | Unusable:
    return _numbers([found], {type(found)}, ())


def _numbers(items: list[Any], types: set[type], shape: tuple[int, ...] | None = None) -> Array | Unusable:
    if types and types <= _TRUTH:
        array = np.array(items, bool)
    elif types and types <= _WHOLE | _TRUTH:
        try:
            array = np.array(items, np.int64)
        except OverflowError:
            return _large(items, shape)
    elif types and types <= {np.float32, np.float16}:
        array = np.array(items, np.float32)
    else:
        return _large(items, shape)
    return array if shape is None else array.reshape(shape)


def _large(items: list[Any], shape: tuple[int, ...] | None) -> Array | Unusable:
    try:
        array = np.array(items, np.float64)
    except OverflowError:
        return Unusable("a number too large for floating point")
    return array if shape is None else array.reshape(shape)


def _plain(array: Array) -> Array:
    """The same entries as float64, float32, int64 or bool, by rows, in memory of their own."""
    kind = array.dtype.kind
    if kind == "f":
        return np.array(array, np.float32 if array.dtype.itemsize <= 4 else np.float64, order="C")
    if kind == "b":
        return np.array(array, bool, order="C")
    if kind == "u" and array.dtype.itemsize == 8 and array.size and array.max() > 2**63 - 1:
        return np.array(array, np.float64, order="C")
    return np.array(array, np.int64, order="C")
