"""Solid: files that lie one after another in one compressed stream, as in ``tar.gz`` and 7z.

They are read forward, each once; who goes back in a large one pays by unpacking from the start.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from typing import BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.formats.container.budget import Budget
from basanite.formats.container.unpacked import lazily
from basanite.formats.stream import CHUNK, ExpansionError, Stream

_HEAD = 1 << 16
ENDLESS = 1 << 62
"""Stands for the size of a stream that is not known before its end."""


class Solid:
    """A compressed stream as a file to be read forward, and views of the files in it."""

    def __init__(self, reopen: Callable[[], Stream], budget: Budget) -> None:
        self._reopen = reopen
        self._budget = budget
        self._stream = reopen()
        self._at = 0
        self._wanted = 0
        self._last = b""

    def seek(self, offset: int) -> int:
        """Move the position."""
        self._wanted = offset
        return offset

    def tell(self) -> int:
        """Return how far the stream was read."""
        return self._at

    def read(self, count: int) -> bytes:
        """Return up to ``count`` bytes; fewer only at the end.

        Raises:
            UnreadableError: the data is damaged.
            ExpansionError: the budget is spent.
        """
        if self._wanted < self._at:
            self._stream, self._at = self._reopen(), 0
        parts: list[bytes] = []
        try:
            while self._at < self._wanted:
                if not self._take(min(CHUNK, self._wanted - self._at)):
                    return b""
            while count > 0 and (data := self._take(min(CHUNK, count))):
                parts.append(data)
                count -= len(data)
        except ExpansionError as error:
            # What is unpacked in vain belongs to what was looked at last.
            raise ExpansionError(error.what, parts[0] if parts else self._last) from error
        self._wanted = self._at
        self._last = parts[0][:_HEAD] if parts else b""
        return b"".join(parts)

    def view(self, start: int, size: int) -> BinaryIO:
        """Return ``size`` bytes from ``start`` as a file of their own.

        Raises:
            UnreadableError: the data is damaged or ends early.
            ExpansionError: the budget is spent.
        """
        if size > self._budget.kept:
            return lazily(partial(_From, self, start), size, self._budget.kept)
        self.seek(start)
        data = self.read(size)
        if len(data) < size:
            raise UnreadableError("the compressed data ends early")
        return io.BytesIO(data)

    def _take(self, count: int) -> bytes:
        data = self._stream.read(count)
        self._budget.spend(len(data))
        self._at += len(data)
        return data


class _From:
    """The stream from a place on: the common one while nobody else moves it."""

    def __init__(self, solid: Solid, start: int) -> None:
        self._solid = solid
        self._at = start

    def read(self, count: int) -> bytes:
        self._solid.seek(self._at)
        data = self._solid.read(count)
        self._at += len(data)
        return data

    def skip(self, count: int) -> int:
        self._at += count
        return count
