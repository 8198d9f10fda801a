"""FlatBuffers: tables, vectors and texts by offset, bounds-checked, without a schema or copies.

A table names its fields through a table of their offsets; a field that is missing has its default.
Everything is an offset that a stranger chose, so each is checked where it is followed.
Source: flatbuffers.dev, "FlatBuffer internals".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from basanite.domain.errors import UnreadableError

_MAX_TEXT = 1 << 16
_MAX_NUMBERS = 4 << 20
_PAGE = 1 << 16


class Buffer:
    """The bytes of a file that are one FlatBuffer. One page of 64 KiB is held, nothing more."""

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        self._file = file
        self._start = start
        self.size = end - start
        self._page = b""
        self._base = 0

    def take(self, at: int, count: int) -> bytes:
        """Return ``count`` bytes from an offset.

        Raises:
            UnreadableError: they lie outside.
        """
        if at < 0 or count < 0 or at + count > self.size:
            raise UnreadableError(f"{count} bytes at offset {at} lie outside the FlatBuffer")
        begin = at - self._base
        if begin < 0 or begin + count > len(self._page):
            self._file.seek(self._start + at)
            self._page = self._file.read(min(max(count, _PAGE), self.size - at))
            self._base, begin = at, 0
            if len(self._page) < count:
                raise UnreadableError(f"the file ends early, at byte {self._start + at}")
        return self._page[begin : begin + count]

    def unsigned(self, at: int, width: int) -> int:
        """Return a little-endian unsigned integer."""
        return int.from_bytes(self.take(at, width), "little")

    def signed(self, at: int, width: int) -> int:
        """Return a little-endian signed integer."""
        return int.from_bytes(self.take(at, width), "little", signed=True)

    def follow(self, at: int) -> int:
        """Return the offset that the relative offset at a place leads to.

        Raises:
            UnreadableError: it leads nowhere or outside.
        """
        step = self.unsigned(at, 4)
        if step == 0 or at + step > self.size - 4:
            raise UnreadableError(f"offset {at} leads outside the FlatBuffer")
        return at + step

    def root(self) -> Table:
        """Return the outermost table."""
        return table(self, self.follow(0))


@dataclass(frozen=True, slots=True)
class Vector:
    """A vector: how many elements, and where the first lies."""

    buffer: Buffer
    start: int
    count: int

    def data(self) -> tuple[int, int]:
        """Return where the bytes of a vector of bytes lie: offset and count.

        Raises:
            UnreadableError: they lie outside.
        """
        if self.start + self.count > self.buffer.size:
            raise UnreadableError(f"the vector at offset {self.start} lies outside the FlatBuffer")
        return self.start, self.count

    def numbers(self, width: int = 4, *, signed: bool = True) -> tuple[int, ...]:
        """Return a vector of integers.

        Raises:
            UnreadableError: they lie outside, or are more than four million bytes.
        """
        if self.count * width > _MAX_NUMBERS:
            raise UnreadableError(f"the vector at offset {self.start} is larger than is read")
        data = self.buffer.take(self.start, self.count * width)
        return tuple(
            int.from_bytes(data[at : at + width], "little", signed=signed)
            for at in range(0, len(data), width)
        )

    def tables(self) -> Iterator[Table]:
        """Yield the tables of a vector of tables.

        Raises:
            UnreadableError: one lies outside.
        """
        if self.start + 4 * self.count > self.buffer.size:
            raise UnreadableError(f"the vector at offset {self.start} lies outside the FlatBuffer")
        for at in range(self.start, self.start + 4 * self.count, 4):
            yield table(self.buffer, self.buffer.follow(at))

    def texts(self) -> Iterator[str]:
        """Yield the texts of a vector of texts."""
        if self.start + 4 * self.count > self.buffer.size:
            raise UnreadableError(f"the vector at offset {self.start} lies outside the FlatBuffer")
        for at in range(self.start, self.start + 4 * self.count, 4):
            yield _text(self.buffer, self.buffer.follow(at))


@dataclass(frozen=True, slots=True)
class Table:
    """A table. Fields go by their number in the schema, counted from 0."""

    buffer: Buffer
    position: int
    fields: tuple[int, ...]
    """Offset of each field from the table, 0 where it is missing."""

    def at(self, field: int) -> int | None:
        """Return where a field lies, or None where it is missing."""
        if field >= len(self.fields) or not self.fields[field]:
            return None
        return self.position + self.fields[field]

    def unsigned(self, field: int, width: int, default: int = 0) -> int:
        """Return an unsigned integer."""
        at = self.at(field)
        return default if at is None else self.buffer.unsigned(at, width)

    def signed(self, field: int, width: int, default: int = 0) -> int:
        """Return a signed integer."""
        at = self.at(field)
        return default if at is None else self.buffer.signed(at, width)

    def text(self, field: int) -> str:
        """Return a text, cut at 64 KiB; empty where it is missing."""
        at = self.at(field)
        return "" if at is None else _text(self.buffer, self.buffer.follow(at))

    def table(self, field: int) -> Table | None:
        """Return a table, or None where it is missing."""
        at = self.at(field)
        return None if at is None else table(self.buffer, self.buffer.follow(at))

    def vector(self, field: int) -> Vector:
        """Return a vector; one of no elements where it is missing."""
        at = self.at(field)
        if at is None:
            return Vector(self.buffer, 0, 0)
        place = self.buffer.follow(at)
        return Vector(self.buffer, place + 4, self.buffer.unsigned(place, 4))


def table(buffer: Buffer, position: int) -> Table:
    """Return the table at an offset.

    Raises:
        UnreadableError: its table of fields lies outside or is odd.
    """
    fields_at = position - buffer.signed(position, 4)
    size = buffer.unsigned(fields_at, 2)
    if size < 4 or size % 2:
        raise UnreadableError(f"there is no FlatBuffer table at offset {position}")
    data = buffer.take(fields_at, size)
    return Table(
        buffer,
        position,
        tuple(int.from_bytes(data[at : at + 2], "little") for at in range(4, size, 2)),
    )


def _text(buffer: Buffer, at: int) -> str:
    size = buffer.unsigned(at, 4)
    if at + 4 + size > buffer.size:
        raise UnreadableError(f"the text at offset {at} lies outside the FlatBuffer")
    return buffer.take(at + 4, min(size, _MAX_TEXT)).decode("utf-8", "replace")
