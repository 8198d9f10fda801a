"""Protocol Buffers on the wire: fields by number, without a schema and without copies.

Source: protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.formats.cursor import Cursor


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message. ``start`` and ``end`` bound the bytes of a length-delimited one."""

    number: int
    wire: int
    value: int
    start: int
    end: int

    @property
    def size(self) -> int:
        """Bytes of a length-delimited field, else 0."""
        return self.end - self.start


class Message:
    """A part of a file that holds a message."""

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        self._file = file
        self._start = start
        self._end = end

    def __iter__(self) -> Iterator[Field]:
        """Yield the fields in order, passing over the content of length-delimited ones.

        Raises:
            UnreadableError: the message is malformed or ends early.
        """
        cursor = Cursor(self._file, self._start, self._end)
        while cursor.left:
            key = varint(cursor)
            number, wire = key >> 3, key & 7
            if not 0 < number < 1 << 29:
                raise UnreadableError(f"byte {cursor.position}: field number {number} is not legal")
            start = value = cursor.position
            if wire == 0:
                value = varint(cursor)
            elif wire == 1:
                value = cursor.unsigned(8)
            elif wire == 5:
                value = cursor.unsigned(4)
            elif wire == 2:
                length = varint(cursor)
                start = cursor.position
                cursor.skip(length)
                yield Field(number, wire, length, start, cursor.position)
                continue
            else:
                raise UnreadableError(f"byte {cursor.position}: wire type {wire} is not legal")
            yield Field(number, wire, value, start, start)

    def inner(self, field: Field) -> Message:
        """Return the message inside a length-delimited field."""
        return Message(self._file, field.start, field.end)

    def data(self, field: Field) -> bytes:
        """Return the bytes of a length-delimited field, which the caller knows to be few."""
        self._file.seek(field.start)
        return self._file.read(field.size)

    def text(self, field: Field, limit: int = 300) -> str:
        """Return the text inside a field, cut at ``limit`` bytes."""
        self._file.seek(field.start)
        return self._file.read(min(limit, field.size)).decode("utf-8", "replace")

    def numbers(self, field: Field) -> list[int]:
        """Return repeated integers, packed or single; at most 4,096 of them."""
        if field.wire != 2:
            return [field.value]
        cursor = Cursor(self._file, field.start, field.end)
        found: list[int] = []
        while cursor.left and len(found) < 4096:
            found.append(varint(cursor))
        return found


def varint(cursor: Cursor) -> int:
    """Return the next base-128 integer.

    Raises:
        UnreadableError: it is longer than ten bytes, or the bytes end.
    """
    value = 0
    for shift in range(0, 70, 7):
        byte = cursor.take(1)[0]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value
    raise UnreadableError(f"byte {cursor.position}: an integer is longer than ten bytes")
