"""Small Protocol Buffers messages that lie in memory: their fields, as fast as Python goes.

`protobuf.Message` walks files of any size; this walks the many small messages inside them.
"""

from __future__ import annotations

from basanite.domain.errors import UnreadableError

Span = tuple[int, int, int]
"""Number of a field, and where its bytes begin and end; a number's own value is not given."""


def spans(data: bytes, at: int, end: int) -> list[Span]:
    """Return the length-delimited fields of the message between two places.

    Raises:
        UnreadableError: the message is malformed or ends early.
    """
    found: list[Span] = []
    try:
        while at < end:
            key = data[at]
            at += 1
            if key > 127:
                key, at = _varint(data, at - 1)
            wire = key & 7
            if wire == 2:
                length = data[at]
                at += 1
                if length > 127:
                    length, at = _varint(data, at - 1)
                found.append((key >> 3, at, at + length))
                at += length
            elif wire == 0:
                while data[at] > 127:
                    at += 1
                at += 1
            elif wire == 1:
                at += 8
            elif wire == 5:
                at += 4
            else:
                raise UnreadableError(f"wire type {wire} is not legal")
    except IndexError:
        at = end + 1
    if at != end:
        raise UnreadableError("a message ends early")
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 128:
            return value, at
        shift += 7
        if shift > 63:
            raise UnreadableError("an integer is longer than ten bytes")
