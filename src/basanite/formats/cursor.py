"""Cursor: bounded reading of untrusted bytes, forward, with the place named when they end."""

from __future__ import annotations

from typing import BinaryIO

from basanite.domain.errors import UnreadableError

_WINDOW = 1 << 16
MAX_TAKE = 64 << 20
"""No single field is larger: a length that claims more is a lie or an attack."""


class Cursor:
    """Reads ``file`` from ``start`` up to ``end`` and never beyond.

    Offsets are counted from the start of ``file``. A window of 64 KiB is held, nothing more.
    """

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        self._file = file
        self._position = start
        self._end = end
        self._window = b""
        self._base = start

    @property
    def position(self) -> int:
        """Where the next byte is taken from."""
        return self._position

    @property
    def left(self) -> int:
        """How many bytes are left before the end."""
        return self._end - self._position

    def take(self, count: int) -> bytes:
        """Return the next ``count`` bytes.

        Raises:
            UnreadableError: fewer are left, or more than 64 MiB are asked for.
        """
        if count < 0 or count > self.left or count > MAX_TAKE:
            raise UnreadableError(
                f"byte {self._position} announces {count} bytes and {self.left} are left"
            )
        begin = self._position - self._base
        if begin < 0 or begin + count > len(self._window):
            self._file.seek(self._position)
            size = min(max(count, _WINDOW), self.left)
            self._window = self._file.read(size)
            self._base, begin = self._position, 0
            if len(self._window) < count:
                raise UnreadableError(f"the file ends early, at byte {self._base}")
        self._position += count
        return self._window[begin : begin + count]

    def skip(self, count: int) -> None:
        """Go on by ``count`` bytes without reading them.

        Raises:
            UnreadableError: fewer are left.
        """
        if count < 0 or count > self.left:
            raise UnreadableError(
                f"byte {self._position} announces {count} bytes and {self.left} are left"
            )
        self._position += count

    def unsigned(self, width: int) -> int:
        """Return the next ``width`` bytes as a little-endian unsigned integer."""
        return int.from_bytes(self.take(width), "little")
