"""The numbers, vectors and properties that 7z headers are made of.

Source: ``DOC/7zFormat.txt`` of the 7-Zip sources.
"""

from __future__ import annotations

import struct

from basanite.domain.errors import UnreadableError


class Header:
    """A header that is read in order. Every read raises `UnreadableError` past its end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """Bytes that were not read."""
        return len(self._data) - self._at

    def raw(self, count: int) -> bytes:
        """Return the next bytes."""
        if count > self.left:
            raise UnreadableError("the header of the 7z archive ends early")
        self._at += count
        return self._data[self._at - count : self._at]

    def byte(self) -> int:
        """Return the next byte."""
        return self.raw(1)[0]

    def number(self) -> int:
        """Return a number of up to 64 bits; leading ones in its first byte say how many follow."""
        first = self.byte()
        mask, value = 0x80, 0
        for place in range(8):
            if not first & mask:
                return value | (first & (mask - 1)) << (8 * place)
            value |= self.byte() << (8 * place)
            mask >>= 1
        return value

    def count(self) -> int:
        """Return a number of things, each of which takes room in the header."""
        value = self.number()
        if value > len(self._data) * 8:
            raise UnreadableError(f"the header of the 7z archive announces {value} of something")
        return value

    def bits(self, count: int) -> list[bool]:
        """Return a vector of bits, the first bit highest."""
        data = self.raw(-(-count // 8))
        return [bool(data[place // 8] & 0x80 >> place % 8) for place in range(count)]

    def given(self, count: int) -> list[bool]:
        """Return which of ``count`` things have a value; a byte in front says that all have."""
        return [True] * count if self.byte() else self.bits(count)

    def digests(self, count: int) -> list[int | None]:
        """Return check sums where they are given."""
        return [
            struct.unpack("<I", self.raw(4))[0] if given else None for given in self.given(count)
        ]
