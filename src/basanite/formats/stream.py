"""Streams: bytes that come in order, from a part of a file or out of a decompressor.

A reader that walks a stream needs memory for one chunk, however large the stream is.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from typing import BinaryIO, Protocol

from basanite.domain.errors import UnreadableError

CHUNK = 1 << 18
MAX_INFLATED = 16 << 30
"""More than this out of one compressed stream is a bomb or needs another tool."""

MAGICS = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x5d\x00\x00": "lzma",
    b"\x78\x01": "zlib",
    b"\x78\x5e": "zlib",
    b"\x78\x9c": "zlib",
    b"\x78\xda": "zlib",
}
"""First bytes of the compressions that serialisers use."""


class Stream(Protocol):
    """Bytes in order."""

    def read(self, count: int) -> bytes:
        """Return up to ``count`` bytes; none only at the end.

        Raises:
            UnreadableError: the bytes cannot be decompressed.
        """
        ...

    def skip(self, count: int) -> int:
        """Pass over up to ``count`` bytes and return how many there were."""
        ...


class Span:
    """A part of a file."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file = file
        self._at = start
        self._end = start + size

    def read(self, count: int) -> bytes:
        """Return up to ``count`` bytes; none only at the end."""
        self._file.seek(self._at)
        data = self._file.read(min(count, max(0, self._end - self._at)))
        self._at += len(data)
        return data

    def skip(self, count: int) -> int:
        """Pass over bytes without reading them."""
        passed = min(count, max(0, self._end - self._at))
        self._at += passed
        return passed


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class Inflated:
    """What a decompressor makes of a stream, never more than `MAX_INFLATED` bytes."""

    def __init__(self, source: Stream, kind: str) -> None:
        self._source = source
        self._kind = kind
        self._decompressor = _decompressor(kind)
        self._made = 0
        self._kept = b""

    def read(self, count: int) -> bytes:
        """Return up to ``count`` bytes; none only at the end.

        Raises:
            UnreadableError: the data is damaged, ends early or is too large.
        """
        out = b""
        while not out and self._more():
            # bz2 and lzma hold back input of their own; feeding them again would pile it up.
            hungry = getattr(self._decompressor, "needs_input", True)
            data = self._kept or (self._source.read(CHUNK) if hungry else b"")
            try:
                out = self._decompressor.decompress(data, count)
            except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError) as error:
                raise UnreadableError(f"the {self._kind} data is damaged ({error})") from error
            self._kept = getattr(self._decompressor, "unconsumed_tail", b"")
            if not out and not data and hungry and not self._decompressor.eof:
                raise UnreadableError(f"the {self._kind} data ends early")
        self._made += len(out)
        if self._made > MAX_INFLATED:
            raise UnreadableError(f"the {self._kind} data unpacks to more than 16 GiB")
        return out

    def _more(self) -> bool:
        """Whether more may come; a file may hold several compressed streams, one after another."""
        if not self._decompressor.eof:
            return True
        if self._kind == "deflate":
            return False
        rest = self._decompressor.unused_data or self._source.read(CHUNK)
        if compression(rest) != self._kind:
            return False
        self._decompressor = _decompressor(self._kind)
        self._kept = rest
        return True

    def skip(self, count: int) -> int:
        """Pass over bytes by decompressing and dropping them."""
        passed = 0
        while passed < count:
            data = self.read(min(CHUNK, count - passed))
            if not data:
                break
            passed += len(data)
        return passed


def compression(head: bytes) -> str | None:
    """Return the name of the compression that a file's first bytes announce, or None."""
    return next((name for magic, name in MAGICS.items() if head.startswith(magic)), None)


def _decompressor(kind: str) -> _Decompressor:
    if kind == "bzip2":
        return bz2.BZ2Decompressor()
    if kind in {"xz", "lzma"}:
        return lzma.LZMADecompressor(memlimit=256 << 20)
    # zlib counts window bits so: 31 expects a gzip header, -15 none at all.
    return zlib.decompressobj({"gzip": 31, "deflate": -15}.get(kind, 15))


def fill(stream: Stream, count: int) -> bytes:
    """Return ``count`` bytes, or fewer when the stream ends before."""
    parts = []
    while count > 0 and (data := stream.read(count)):
        parts.append(data)
        count -= len(data)
    return b"".join(parts)
