"""Unpacked: a seekable view of bytes that come out of a decompressor.

Small ones lie in memory. Large ones are unpacked again from the start whenever a reader goes back:
slower, and flat in memory whatever the archive claims.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.formats.container.budget import Budget
from basanite.formats.stream import CHUNK, Stream

KEPT = 32 << 20
"""Bytes up to which unpacked data is held in memory."""


def unpacked(reopen: Callable[[], Stream], budget: Budget) -> tuple[BinaryIO, int]:
    """Return what a compressed stream holds as a seekable file, and how many bytes it is.

    Args:
        reopen: gives the stream from its start, each time it is called.
        budget: pays for every byte that is unpacked.

    Raises:
        UnreadableError: the stream is damaged, or the budget is spent.
    """
    stream = reopen()
    parts: list[bytes] = []
    size = 0
    while data := stream.read(CHUNK):
        budget.spend(len(data))
        size += len(data)
        if size <= KEPT:
            parts.append(data)
        else:
            parts.clear()
    if size <= KEPT:
        return io.BytesIO(b"".join(parts)), size
    return io.BufferedReader(_Restarted(reopen, size, budget), CHUNK), size


class _Restarted(io.RawIOBase):
    """A file that seeks forward by unpacking on, and backward by starting over."""

    def __init__(self, reopen: Callable[[], Stream], size: int, budget: Budget) -> None:
        super().__init__()
        self._reopen = reopen
        self._stream = reopen()
        self._size = size
        self._budget = budget
        self._at = 0
        self._wanted = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._wanted

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._wanted}.get(whence, self._size)
        self._wanted = max(0, base + offset)
        return self._wanted

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._wanted < self._at:
            self._stream, self._at = self._reopen(), 0
        while self._at < min(self._wanted, self._size):
            self._take(min(CHUNK, self._wanted - self._at))
        if self._wanted >= self._size:
            return 0
        data = self._take(len(buffer))
        self._wanted = self._at
        buffer[: len(data)] = data
        return len(data)

    def _take(self, count: int) -> bytes:
        data = self._stream.read(count)
        if not data:
            raise UnreadableError("compressed data gave fewer bytes than before")
        self._budget.spend(len(data))
        self._at += len(data)
        return data
