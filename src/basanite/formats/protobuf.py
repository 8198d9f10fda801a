"""Protocol Buffers on the wire: fields by number, without a schema and without copies.

Source: protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.formats.cursor import Cursor

_WINDOW = 1 << 16
_AHEAD = 32
"""Bytes that a key, a length or a number take at most, and some more."""


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

    def delimited(self, number: int) -> bool:
        """Return whether it is the field of that number, and length-delimited: text or message."""
        return self.number == number and self.wire == 2


class _Window:
    """The bytes of the file that were read last, for a message and all those inside it."""

    __slots__ = ("base", "data", "file")

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.base = 0
        self.data = b""

    def show(self, start: int, end: int) -> int:
        """Make room for a field at ``start`` and return its place in ``data``.

        Raises:
            UnreadableError: the file ends there.
        """
        place = start - self.base
        ahead = min(_AHEAD, end - start)
        if place < 0 or place + ahead > len(self.data):
            self.file.seek(start)
            self.data = self.file.read(min(_WINDOW, end - start))
            self.base, place = start, 0
            if len(self.data) < ahead:
                raise UnreadableError(f"the file ends early, at byte {start + len(self.data)}")
        return place


class Message:
    """A part of a file that holds a message."""

    def __init__(self, file: BinaryIO, start: int, end: int, window: _Window | None = None) -> None:
        self._window = window or _Window(file)
        self._file = file
        self._start = start
        self._end = end

    def __iter__(self) -> Iterator[Field]:
        """Yield the fields in order, passing over the content of length-delimited ones.

        Raises:
            UnreadableError: the message is malformed or ends early.
        """
        window, end, at = self._window, self._end, self._start
        while at < end:
            place = window.show(at, end)
            data, base = window.data, window.base
            last = min(len(data), end - base)
            key, place = _number(data, place, last, base)
            number, wire = key >> 3, key & 7
            if not 0 < number < 1 << 29:
                raise UnreadableError(f"byte {base + place}: field number {number} is not legal")
            if wire == 2:
                length, place = _number(data, place, last, base)
                start = base + place
                if length > end - start:
                    raise UnreadableError(
                        f"byte {start} announces {length} bytes and {end - start} are left"
                    )
                at = start + length
                yield Field(number, wire, length, start, at)
                continue
            if wire == 0:
                value, place = _number(data, place, last, base)
            elif wire in (1, 5):
                width = 8 if wire == 1 else 4
                if place + width > last:
                    raise UnreadableError(f"byte {base + place} announces {width} bytes")
                value = int.from_bytes(data[place : place + width], "little")
                place += width
            else:
                raise UnreadableError(f"byte {base + place}: wire type {wire} is not legal")
            at = base + place
            yield Field(number, wire, value, at, at)

    def inner(self, field: Field) -> Message:
        """Return the message inside a length-delimited field."""
        return Message(self._file, field.start, field.end, self._window)

    def data(self, field: Field) -> bytes:
        """Return the bytes of a length-delimited field, which the caller knows to be few."""
        self._file.seek(field.start)
        return self._file.read(field.size)

    def text(self, field: Field, limit: int = 300) -> str:
        """Return the text inside a field, cut at ``limit`` bytes."""
        count = min(limit, field.size)
        place = field.start - self._window.base
        data = self._window.data[place : place + count] if place >= 0 else b""
        if len(data) < count:
            self._file.seek(field.start)
            data = self._file.read(count)
        return data.decode("utf-8", "replace")

    def numbers(self, field: Field) -> list[int]:
        """Return repeated integers, packed or single; at most 4,096 of them."""
        if field.wire != 2:
            return [field.value]
        cursor = Cursor(self._file, field.start, field.end)
        found: list[int] = []
        while cursor.left and len(found) < 4096:
            found.append(varint(cursor))
        return found


def _number(data: bytes, place: int, last: int, base: int) -> tuple[int, int]:
    """Return the base-128 integer at a place, and the place behind it."""
    if place < last and (byte := data[place]) < 0x80:
        return byte, place + 1
    value = 0
    for shift in range(0, 70, 7):
        if place >= last:
            raise UnreadableError(f"byte {base + place}: the message ends within an integer")
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise UnreadableError(f"byte {base + place}: an integer is longer than ten bytes")


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
