"""Members of a zip archive as streams."""

from __future__ import annotations

from typing import BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.formats.stream import Inflated, Span, Stream
from basanite.formats.zip.directory import Member, data_start

_DEFLATED = {8: "deflate", 12: "bzip2"}


def stored_at(file: BinaryIO, member: Member, end: int) -> tuple[int, int] | None:
    """Return where a stored member lies (start, size), or None when it is compressed.

    Raises:
        UnreadableError: it lies outside the archive.
    """
    if member.method != 0:
        return None
    begin = data_start(file, member, end)
    if begin + member.packed > end:
        raise UnreadableError(f"member {member.name} lies outside the archive")
    return begin, member.packed


def open_member(file: BinaryIO, member: Member, end: int) -> Stream:
    """Return a member's bytes as a stream. Check sums are not asked: loaders do not either.

    Raises:
        UnreadableError: it lies outside the archive, or uses a compression that is not read.
    """
    begin = data_start(file, member, end)
    if begin + member.packed > end:
        raise UnreadableError(f"member {member.name} lies outside the archive")
    span = Span(file, begin, member.packed)
    if member.method == 0:
        return span
    if member.method not in _DEFLATED:
        raise UnreadableError(f"member {member.name} uses compression method {member.method}")
    return Inflated(span, _DEFLATED[member.method])
