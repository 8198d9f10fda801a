"""A tensor: where its numbers lie in a file, and how they are read."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.formats.weights.number import KINDS, Kind

SHORTEST = 64
"""Numbers that a row needs to be told from any other."""
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Tensor:
    """Numbers in C order without gaps: the last dimension varies fastest.

    A *row* is the shortest run of trailing dimensions that holds at least `SHORTEST` numbers, or
    all of the tensor. It is what stays together when a model is cut into shards.
    """

    name: str
    """For people; no comparison rests on it."""
    kind: str
    """Kind of number, a key of `KINDS` or, where it cannot be read, any other word."""
    shape: tuple[int, ...]
    file: BinaryIO
    start: int
    """Offset of its first byte in ``file``."""

    @property
    def count(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)

    @property
    def row_length(self) -> int:
        """Numbers in one row."""
        length = 1
        for size in reversed(self.shape):
            length *= size
            if length >= SHORTEST:
                break
        return length

    @property
    def numbers(self) -> Kind | None:
        """How its numbers are read, or None where they cannot be: then it has a digest only."""
        kind = KINDS.get(self.kind)
        return kind if kind is not None and self.row_length % kind.per_block == 0 else None

    @property
    def size(self) -> int | None:
        """Bytes it takes, or None where the kind of number is not known."""
        kind = KINDS.get(self.kind)
        if kind is None:
            return None
        return -(-self.count // kind.per_block) * kind.block_bytes

    def row(self, number: int, kind: Kind) -> bytes:
        """Return the bytes of one row.

        Raises:
            UnreadableError: the file ends before.
        """
        length = self.row_length // kind.per_block * kind.block_bytes
        self.file.seek(self.start + number * length)
        data = self.file.read(length)
        if len(data) < length:
            raise UnreadableError("the file ends within a tensor")
        return data

    def chunks(self) -> Iterator[bytes]:
        """Yield all its bytes in order.

        Raises:
            UnreadableError: the file ends before.
        """
        at, end = self.start, self.start + (self.size or 0)
        while at < end:
            self.file.seek(at)
            data = self.file.read(min(_CHUNK, end - at))
            if not data:
                raise UnreadableError("the file ends within a tensor")
            at += len(data)
            yield data
