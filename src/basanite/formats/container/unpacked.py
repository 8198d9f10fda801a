"""Unpacked: a seekable view of bytes that come out of a decompressor.

Small ones lie in memory. Of large ones the beginning does; for the rest they are unpacked again
from the start whenever a reader goes back: slower, and flat in memory whatever the archive claims.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.formats.container.budget import Budget
from basanite.formats.stream import CHUNK, ExpansionError, Stream

EAGER = 1 << 20
"""Bytes up to which an announced size is not believed but counted."""
_HEAD = 1 << 16


def unpacked(
    reopen: Callable[[], Stream], budget: Budget, announced: int | None = None
) -> tuple[BinaryIO, int]:
    """Return what a compressed stream holds as a seekable file, and how many bytes it is.

    Args:
        reopen: gives the stream from its start, each time it is called.
        budget: pays for every byte that is unpacked.
        announced: bytes that it holds, where a directory says so. A large file is then unpacked
            only as far as somebody reads it, and is no longer than that.

    Raises:
        UnreadableError: the stream is damaged.
        ExpansionError: the budget is spent; the error has the first bytes.
    """
    if announced is not None and announced > EAGER:
        return lazily(reopen, announced, budget.kept, budget.spend), announced
    stream = reopen()
    parts: list[bytes] = []
    head, size, kept = b"", 0, budget.kept
    try:
        while data := stream.read(CHUNK):
            budget.spend(len(data))
            size += len(data)
            head = head or data[:_HEAD]
            if size <= kept:
                parts.append(data)
            else:
                parts.clear()
    except ExpansionError as error:
        raise ExpansionError(error.what, head) from error
    if size <= kept:
        return io.BytesIO(b"".join(parts)), size
    return lazily(reopen, size, kept, budget.spend), size


def lazily(
    reopen: Callable[[], Stream], size: int, kept: int, pay: Callable[[int], None] | None = None
) -> BinaryIO:
    """Return a file of ``size`` bytes that are unpacked as far as somebody reads them.

    The first ``kept`` bytes stay in memory. ``pay`` is told of all bytes that are unpacked, unless
    the stream itself does so.
    """
    return LazyFile(_Lazy(reopen, size, kept, pay), CHUNK)


class LazyFile(io.BufferedReader):
    """A file that is unpacked as far as somebody reads it."""

    end_is_dear = True
    """Who reads its end has all of it unpacked."""


class _Lazy(io.RawIOBase):
    """A file that seeks forward by unpacking on, and backward by starting over.

    Its beginning is kept, so that looking at heads again costs nothing.
    """

    def __init__(
        self,
        reopen: Callable[[], Stream],
        size: int,
        kept: int,
        pay: Callable[[int], None] | None,
    ) -> None:
        super().__init__()
        self._reopen = reopen
        self._stream = reopen()
        self._size = size
        self._kept = kept
        self._pay = pay
        self._beginning = bytearray()
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
        count = min(len(buffer), self._size - self._wanted)
        if count <= 0:
            return 0
        data = bytes(self._beginning[self._wanted : self._wanted + count])
        data = data or self._further(count)
        self._wanted += len(data)
        buffer[: len(data)] = data
        return len(data)

    def _further(self, count: int) -> bytes:
        if self._wanted < self._at:
            self._stream, self._at = self._reopen(), 0
        while self._at < self._wanted:
            self._take(min(CHUNK, self._wanted - self._at))
        return self._take(count)

    def _take(self, count: int) -> bytes:
        data = self._stream.read(count)
        if not data:
            raise UnreadableError("compressed data gave fewer bytes than announced")
        try:
            if self._pay is not None:
                self._pay(len(data))
        except ExpansionError as error:
            head = bytes(self._beginning[:_HEAD]) or data
            raise ExpansionError(error.what, head) from error
        if self._at == len(self._beginning) < self._kept:
            self._beginning += data[: self._kept - self._at]
        self._at += len(data)
        return data
