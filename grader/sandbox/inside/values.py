"""What a student's function may give back, as data: arrays, lists and tuples, mappings, and what cannot be used.

Both sides use these classes: the child makes them from whatever was returned, the supervisor from what it received.
`encode` and `decode` are the form in which they travel; `decode` believes nothing that it is told.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

MOST_BYTES = 8 * 2**20
"""The arrays that one call gives back may take this much together."""
MOST_ITEMS = 10_000
"""Lists, tuples and mappings of one call may hold this many parts together, not counting plain numbers."""
MOST_NAMES = 1_000
MOST_TEXT = 1_000
DEEPEST = 32
MOST_AXES = 32

CODES: dict[str, np.dtype[Any]] = {
    "f8": np.dtype("<f8"),
    "f4": np.dtype("<f4"),
    "i8": np.dtype("<i8"),
    "b1": np.dtype("bool"),
}
_CODE_OF = {dtype: code for code, dtype in CODES.items()}

Kind = Literal["list", "tuple"]


@dataclass(frozen=True, slots=True)
class Listed:
    """A list or tuple of plain numbers, or a regular nest of them, with its numbers as one array."""

    kind: Kind
    array: Array


@dataclass(frozen=True, slots=True)
class Group:
    """A list or tuple of anything else: arrays, mappings, lists of unequal length."""

    kind: Kind
    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Unusable:
    """Something that holds no numbers that could be compared; `what` completes "the function returned …"."""

    what: str


Value = Array | Listed | Group | dict[str, Any] | Unusable
"""A mapping's values are Values again."""


class Refused(Exception):
    """What came back is not what this protocol allows."""


def encode(value: Value) -> list[Any]:
    """The form in which a value travels: plain lists, texts, numbers and bytes."""
    if isinstance(value, np.ndarray):
        return ["a", *encode_array(value)]
    if isinstance(value, Listed):
        return ["l", value.kind, *encode_array(value.array)]
    if isinstance(value, Group):
        return ["g", value.kind, [encode(item) for item in value.items]]
    if isinstance(value, dict):
        return ["d", [[name, encode(item)] for name, item in value.items()]]
    return ["u", value.what]


def encode_array(array: Array) -> list[Any]:
    """Code of the element type, shape, and the entries by rows."""
    return [_CODE_OF[array.dtype], list(array.shape), array.tobytes()]


class Decoder:
    """Reads values of one call, and refuses what is too much, too deep or not of the form."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._bytes = most_bytes
        self._items = MOST_ITEMS

    def value(self, found: object, depth: int = 0) -> Value:
        """The value that `encode` wrote; raises Refused."""
        self._items -= 1
        if self._items < 0 or depth > DEEPEST + 1 or not isinstance(found, list) or not found:
            raise Refused("a value that is too large or has no form")
        tag, rest = found[0], found[1:]
        if tag == "a" and len(rest) == 3:
            return self.array(rest)
        if tag == "l" and len(rest) == 4:
            return Listed(_kind(rest[0]), self.array(rest[1:]))
        if tag == "g" and len(rest) == 2 and isinstance(rest[1], list):
            return Group(_kind(rest[0]), tuple(self.value(item, depth + 1) for item in rest[1]))
        if tag == "d" and len(rest) == 1 and isinstance(rest[0], list) and len(rest[0]) <= MOST_NAMES:
            return dict(self._named(pair, depth) for pair in rest[0])
        if tag == "u" and len(rest) == 1:
            return Unusable(text(rest[0]))
        raise Refused("a value of no known form")

    def _named(self, pair: object, depth: int) -> tuple[str, Value]:
        if not isinstance(pair, list) or len(pair) != 2:
            raise Refused("a mapping of no known form")
        return text(pair[0]), self.value(pair[1], depth + 1)

    def array(self, found: list[Any]) -> Array:
        """An array of its own memory, of one of the four types, whose shape and bytes agree."""
        code, shape, data = found
        if not isinstance(code, str) or code not in CODES or not isinstance(data, bytes) or not isinstance(shape, list):
            raise Refused("an array of no known form")
        if len(shape) > MOST_AXES or not all(type(n) is int and 0 <= n < 2**31 for n in shape):
            raise Refused("an array of an impossible shape")
        if math.prod(shape) * CODES[code].itemsize != len(data):
            raise Refused("an array whose shape and bytes disagree")
        self._bytes -= len(data)
        if self._bytes < 0:
            raise Refused("more than the arrays of a call may hold")
        if code == "b1":  # a byte other than 0 and 1 would be a truth value that is neither
            return np.not_equal(np.frombuffer(data, np.uint8), 0).reshape(shape)
        return np.frombuffer(data, CODES[code]).reshape(shape).copy()


def _kind(found: object) -> Kind:
    if found == "list":
        return "list"
    if found == "tuple":
        return "tuple"
    raise Refused("neither a list nor a tuple")


def text(found: object, most: int = MOST_TEXT) -> str:
    """A text of at most `most` characters; raises Refused where it is none."""
    if not isinstance(found, str) or len(found) > most:
        raise Refused("a text that is too long, or none")
    return found
