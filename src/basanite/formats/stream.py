"""Streams: bytes that come in order, from a part of a file or out of a decompressor.

A reader that walks a stream needs memory for one chunk, however large the stream is.
"""

from __future__ import annotations

from typing import BinaryIO, Protocol

from basanite.domain.errors import UnreadableError
from basanite.formats.decompressors import Decompressor, compression, damage, decompressor, follows

__all__ = ["CHUNK", "ExpansionError", "Inflated", "Span", "Stream", "compression", "fill"]

CHUNK = 1 << 18
MAX_INFLATED = 16 << 30
"""More than this out of one compressed stream is a bomb or needs another tool."""
FREE = 64 << 20
"""Bytes that may come out of a decompressor however few went in."""
RATIO = 200
"""Bytes that may come out for each that went in, once more than `FREE` came out."""
_RESCUED = 1 << 16
"""Bytes of damaged data that are taken one by one to see what comes out before the damage."""
_ZFILE_HEADER = 21
_WITHOUT_END = frozenset({"zip-lzma", "7z"})
"""Streams that need not say where they end."""
_ZIP_LZMA_HEADER = 9


class ExpansionError(UnreadableError):
    """Compressed data that becomes more than it may, as bombs do."""

    def __init__(self, what: str, head: bytes = b"") -> None:
        super().__init__(what)
        self.head = head
        """The first of the bytes that came out, as far as they were kept."""


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


class Inflated:
    """What a decompressor makes of a stream.

    Never more than `MAX_INFLATED` bytes, nor more than `FREE` and `RATIO` times what went in.
    """

    def __init__(self, source: Stream, kind: str, made: Decompressor | None = None) -> None:
        self._source = source
        self._kind = kind
        self._taken = 0
        self._made = 0
        self._broken: UnreadableError | None = None
        self._kept = self._before()
        self._decompressor = made or decompressor(self._kind, self._properties)

    def _before(self) -> bytes:
        """Pass over a header that no decompressor knows, and return what was read behind it."""
        self._properties = b""
        if self._kind == "zip-lzma":
            head = fill(self._source, _ZIP_LZMA_HEADER)
            if len(head) < _ZIP_LZMA_HEADER or head[2:4] != b"\x05\x00":
                raise UnreadableError("the LZMA header is damaged")
            self._properties = head[4:]
        elif self._kind == "zfile":
            self._kind = "zlib"
            fill(self._source, _ZFILE_HEADER)
            # Some versions of the writer put a blank behind the length.
            return fill(self._source, 1).strip()
        return b""

    def read(self, count: int) -> bytes:
        """Return up to ``count`` bytes; none only at the end.

        Raises:
            UnreadableError: the data is damaged, ends early or is too large.
        """
        out = b""
        if self._broken is not None:
            raise self._broken
        while not out and self._more():
            # All but zlib hold back input of their own; feeding them again would pile it up.
            hungry = getattr(self._decompressor, "needs_input", True)
            data = self._kept or (self._take() if hungry else b"")
            before = self._copied()
            try:
                out = self._decompressor.decompress(data, count)
            except damage() as error:
                self._broken = UnreadableError(
                    f"the {self._kind} data cannot be unpacked ({error})"
                )
                out = _rescued(before, data, count) if before is not None else b""
                if not out:
                    raise self._broken from error
                break
            self._kept = getattr(self._decompressor, "unconsumed_tail", b"")
            if not out and not data and hungry and not self._decompressor.eof:
                if self._kind in _WITHOUT_END:
                    break
                raise UnreadableError(f"the {self._kind} data ends early")
        self._made += len(out)
        if self._made > MAX_INFLATED:
            raise ExpansionError(f"the {self._kind} data unpacks to more than 16 GiB")
        if self._made > FREE and self._made > RATIO * self._taken:
            raise ExpansionError(f"it unpacks to more than {RATIO} times its size, as bombs do")
        return out

    def _copied(self) -> Decompressor | None:
        """Return the decompressor as it is before it meets damage, where it can be copied."""
        copy = getattr(self._decompressor, "copy", None)
        copied: Decompressor | None = copy() if copy is not None and self._made == 0 else None
        return copied

    def _take(self) -> bytes:
        data = self._source.read(CHUNK)
        self._taken += len(data)
        return data

    def _more(self) -> bool:
        """Whether more may come; a file may hold several compressed streams, one after another."""
        if not self._decompressor.eof:
            return True
        rest = self._decompressor.unused_data or self._take()
        if len(rest) < 4:
            rest += self._take()
        kind = follows(self._kind, rest)
        if kind is None:
            return False
        self._kind = kind
        self._decompressor = decompressor(kind)
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


def _rescued(fresh: Decompressor, data: bytes, count: int) -> bytes:
    """Return what comes out before the damage, which other readers hand on before they meet it.

    A wrong checksum stands at the very end, when all that it is of has been used.
    """
    out = bytearray()
    try:
        for at in range(min(len(data), _RESCUED)):
            out += fresh.decompress(data[at : at + 1], 0)
            if len(out) >= count:
                break
    except damage():
        pass
    return bytes(out)


def fill(stream: Stream, count: int) -> bytes:
    """Return ``count`` bytes, or fewer when the stream ends before."""
    parts = []
    while count > 0 and (data := stream.read(count)):
        parts.append(data)
        count -= len(data)
    return b"".join(parts)
