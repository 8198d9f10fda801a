"""Unpacked: the bytes behind a compression, in memory and never more than a bound."""

from __future__ import annotations

import io
from typing import BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.formats.pickle.reader import open_stream
from basanite.formats.stream import Stream, fill

MAX_UNPACKED = 64 << 20
"""A compressed archive is unpacked to memory up to this size; a larger one is not looked into."""


def in_memory(stream: Stream) -> tuple[BinaryIO, int]:
    """Return all bytes of a stream as a file, and how many they are.

    Raises:
        UnreadableError: the stream is damaged or larger than `MAX_UNPACKED`.
    """
    data = fill(stream, MAX_UNPACKED + 1)
    if len(data) > MAX_UNPACKED:
        raise UnreadableError("a compressed archive is larger than 64 MiB when it is unpacked")
    return io.BytesIO(data), len(data)


def whole(file: BinaryIO, size: int) -> tuple[BinaryIO, int]:
    """Return a file and its size, unpacked when it is compressed as a whole.

    Raises:
        UnreadableError: as `in_memory`.
    """
    stream, kind = open_stream(file, 0, size)
    return in_memory(stream) if kind else (file, size)
