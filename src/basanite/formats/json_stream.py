"""JSON of any size, window by window: whether its brackets close, without building anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.formats.contradiction import ContradictionError

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
_CHUNK = 1 << 20
_OVERLAP = 512
_LONGEST_TEXT = 2 << 20


class Balance:
    """Counts brackets outside of texts while windows of the bytes go by."""

    def __init__(self) -> None:
        self._open = 0
        self._ended = False

    def windows(self, file: BinaryIO, size: int) -> Iterator[tuple[bytes, int]]:
        """Yield windows that overlap a little, and where in each the new bytes begin.

        Raises:
            ContradictionError: a bracket closes that was never opened, text follows behind the
                end, or one text is longer than 2 MiB.
        """
        file.seek(0)
        left, carried, last = size, b"", b""
        while left > 0 and (data := file.read(min(_CHUNK, left))):
            left -= len(data)
            yield last + data, len(last)
            last = data[-_OVERLAP:]
            carried = self._count(carried + data)
            if len(carried) > _LONGEST_TEXT:
                raise ContradictionError("a text in the JSON has no end")
        if carried:
            raise UnreadableError("the JSON ends early, within a text")

    def close(self) -> None:
        """Raise UnreadableError when brackets are left open."""
        if self._open or not self._ended:
            raise UnreadableError("the JSON ends early: brackets are left open")

    def _count(self, data: bytes) -> bytes:
        """Count what is complete and return the text that is not."""
        at = 0
        for text in _STRING.finditer(data):
            self._outside(data[at : text.start()])
            at = text.end()
        rest = data.find(b'"', at)
        self._outside(data[at:] if rest < 0 else data[at:rest])
        return b"" if rest < 0 else data[rest:]

    def _outside(self, data: bytes) -> None:
        if self._ended and data.strip():
            raise ContradictionError("text follows behind the end of the JSON")
        before = self._open
        self._open += data.count(b"{") + data.count(b"[") - data.count(b"}") - data.count(b"]")
        if self._open < 0:
            raise ContradictionError("the JSON closes a bracket that it never opened")
        if self._open == 0 and data.strip():
            self._ended = True
            if _behind_the_end(data, before).strip():
                raise ContradictionError("text follows behind the end of the JSON")


def _behind_the_end(data: bytes, depth: int) -> bytes:
    """Return what stands behind the bracket that closes the last one open."""
    for bracket in _BRACKET.finditer(data):
        depth += 1 if bracket.group() in b"{[" else -1
        if depth == 0:
            return data[bracket.end() :]
    return data
