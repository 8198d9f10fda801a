"""Members of a zip archive as streams."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.formats.stream import CHUNK, ExpansionError, Inflated, Span, Stream
from basanite.formats.zip.directory import Member, data_start

_PACKED = {8: "deflate", 12: "bzip2", 14: "zip-lzma", 20: "zstd", 93: "zstd", 95: "xz"}
_NAMED = {
    9: "Deflate64", 1: "Shrink", 6: "Implode", 94: "MP3", 96: "JPEG", 97: "WavPack", 98: "PPMd",
    99: "AES encryption",
}  # fmt: skip


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
    if member.method not in _PACKED:
        named = _NAMED.get(member.method, str(member.method))
        raise UnreadableError(f"member {member.name} uses compression {named}, which is not read")
    return Inflated(span, _PACKED[member.method])


def truly_encrypted(file: BinaryIO, member: Member, end: int, pay: Callable[[int], None]) -> bool:
    """Return whether a member that is said to be encrypted is so.

    Some readers ask the flag and refuse, others do not and read what is there. Encrypted bytes are
    longer than the member, or do not unpack to what is announced. ``pay`` is told of all bytes that
    are unpacked.

    Raises:
        ExpansionError: it unpacks to more than it may.
    """
    if member.method == 0:
        return member.packed != member.size
    try:
        stream = open_member(file, member, end)
        left = member.size
        while left >= 0 and (data := stream.read(min(CHUNK, left + 1))):
            left -= len(data)
            pay(len(data))
    except ExpansionError:
        raise
    except UnreadableError:
        return True
    return left != 0
