"""Contradiction: bytes that are all there and that no writer of their format writes."""

from __future__ import annotations

from basanite.domain.errors import UnreadableError


class ContradictionError(UnreadableError):
    """A file contradicts the format it is in.

    A file that only ends early is `UnreadableError`: transfers break every day. A header that
    announces what no file can hold, or that one reader takes and another refuses, was made so.
    """
