"""Bulk: pass over whole groups of data at once, as if each opcode had been followed.

A group is what stands between a mark and the opcode that takes it up into a container. Where it
makes nothing but data, all that is left of it are the values that it memorised.
"""

from __future__ import annotations

import re
import sys

from basanite.formats.pickle.lexemes import group, memorised
from basanite.formats.pickle.memo import Memo

WORTHWHILE = 64
"""Bytes below which it is quicker to look at each opcode."""
_LITTLE = sys.byteorder == "little"
_MAX_COMPILED = 16
_SPECIAL = re.compile(rb"\x8c[\x02-\xff]__|X.\0\0\0__", re.DOTALL)
_BETWEEN = 1 << 14
"""Bytes from one pattern to the next, more each time."""


class Bulk:
    """What is matched at once, which hangs on what the memo holds."""

    def __init__(self) -> None:
        self._pattern: re.Pattern[bytes] | None = None
        self._memo = b""
        self._count = self._changes = self._compiled = self._next = 0
        self._off = not _LITTLE

    def passed(self, buffer: bytes, at: int, offset: int, memo: Memo, protocol: int) -> int:
        """Return where the groups that begin at ``at`` end, behind the opcode that takes them up.

        ``offset`` is the place of the buffer in the stream. The memo is brought up to date. The
        answer is ``at`` where nothing was passed over.
        """
        pattern = self._chosen(offset + at, memo, protocol)
        if pattern is None:
            return at
        found = pattern.match(buffer, at)
        end = found.end() if found else at
        if end - at < WORTHWHILE:
            return at
        span = buffer[at:end]
        if b"__" in span and _SPECIAL.search(span):
            # Names that begin so may matter as keys.
            return at
        count = memorised(span, self._memo, len(memo))
        if count is None:
            return at
        if count:
            memo.span(span, self._memo, count, texts=b"\x8c" in span or b"X" in span)
        return end

    def _chosen(self, offset: int, memo: Memo, protocol: int) -> re.Pattern[bytes] | None:
        """Return the pattern for what the memo holds under numbers below 256.

        It stays good while the memo grows, only not as far as it might go; it is made anew now and
        then.
        """
        if self._off or memo.sparse:
            return None
        count = min(len(memo), 256)
        changed = memo.changes != self._changes
        if self._pattern is None or changed or (count > self._count and offset >= self._next):
            self._compiled += 1
            self._off = self._compiled > _MAX_COMPILED
            self._next = offset + _BETWEEN * self._compiled
            self._count, self._changes = count, memo.changes
            self._memo = b"\x94" if protocol >= 4 else b"r" if count == 256 else b""
            self._pattern = group(self._memo, memo.dull(count))
        return self._pattern
