"""How child and supervisor talk: records with a length, marked by a word that only this request knows.

A record is that word, a kind, a length and one msgpack document, with a cap on every length. Whatever else is written
to the pipe tears the stream, which is noticed; a record that is well formed is still only data.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, Final

import msgpack

TOKEN_BYTES: Final = 16
HEADER: Final = struct.Struct("<16sBI")
MOST_RECORD: Final = 12 * 2**20
MOST_REQUEST: Final = 64 * 2**20

START, TOP, RESULT, END = 1, 2, 3, 4
"""Kinds: something begins to run; how the top level went; how a call went; there is nothing more."""

COMPILING, TOP_LEVEL, FIRST_CALL = 0, 1, 2
"""What begins, as the number in a START; calls count on from FIRST_CALL."""


class Torn(Exception):
    """The stream holds something that no record can be."""


def pack(document: object) -> bytes:
    """One document."""
    packed: bytes = msgpack.packb(document, use_bin_type=True)
    return packed


def unpack(data: bytes, most: int = MOST_RECORD) -> Any:
    """The document, of plain types only; raises Torn for anything else, however it was meant."""
    if len(data) > most:
        raise Torn("a document that is too long")
    try:
        return msgpack.unpackb(
            data,
            raw=False,
            strict_map_key=True,
            max_bin_len=most,
            max_str_len=min(most, 4 * 2**20),
            max_array_len=100_000,
            max_map_len=1_000,
            max_ext_len=0,
        )
    except (ValueError, msgpack.UnpackException, RecursionError) as error:
        raise Torn(type(error).__name__) from None


def record(token: bytes, kind: int, document: object) -> bytes:
    """One record, ready to be written."""
    payload = pack(document)
    return HEADER.pack(token, kind, len(payload)) + payload


class Records:
    """Cuts a stream into records; raises Torn at the first byte that cannot belong to one."""

    def __init__(self, token: bytes, most_bytes: int) -> None:
        self._token = token
        self._left = most_bytes
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, Any]]:
        """The records that are complete now, as kind and document."""
        self._left -= len(data)
        if self._left < 0:
            raise Torn("more than a submission may send")
        self._buffer += data
        while len(self._buffer) >= HEADER.size:
            token, kind, length = HEADER.unpack_from(self._buffer)
            if token != self._token or not START <= kind <= END or length > MOST_RECORD:
                raise Torn("something else was written where results are sent")
            if len(self._buffer) < HEADER.size + length:
                return
            payload = bytes(self._buffer[HEADER.size : HEADER.size + length])
            del self._buffer[: HEADER.size + length]
            yield kind, unpack(payload)

    @property
    def unfinished(self) -> bool:
        """Whether the stream stops within a record."""
        return bool(self._buffer)
