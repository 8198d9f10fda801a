"""The central directory of a zip archive.

Own code, not `zipfile`: model loaders accept archives that `zipfile` refuses (wrong check sums, an
encryption flag that is not meant, names that differ between header and directory). What a loader
would read must be looked at, so nothing is refused here that can still be read.
Source: APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import encode_name

MAX_MEMBERS = 200_000
_END = b"PK\x05\x06"
_END_64 = b"PK\x06\x06"
_LOCATOR_64 = b"PK\x06\x07"
_ENTRY = b"PK\x01\x02"
_LOCAL = b"PK\x03\x04"
_MAX_DIRECTORY = 64 << 20
_UNSET_32 = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of the directory."""

    name: str
    """Encoded."""
    method: int
    """0 stored, 8 deflated, 12 bzip2, 14 LZMA, …"""
    flags: int
    packed: int
    """Bytes in the archive."""
    size: int
    """Bytes when unpacked, as announced."""
    header: int
    """Offset of the local header from the start of the file."""

    @property
    def encrypted(self) -> bool:
        """Whether the archive says that the member is encrypted."""
        return bool(self.flags & 1)


def members(file: BinaryIO, start: int, size: int) -> tuple[Member, ...]:
    """Return the entries of the archive that fills ``size`` bytes from ``start``.

    Raises:
        UnreadableError: there is no directory, or it is damaged.
    """
    end = start + size
    total, length, offset, before = _end_record(file, start, end)
    if total > MAX_MEMBERS or length > _MAX_DIRECTORY:
        raise UnreadableError(f"the archive announces {total} members, more than are looked at")
    # Bytes in front of the archive shift every offset; the directory ends where its record begins.
    shift = before - length - offset
    if before - length < start:
        raise UnreadableError("the directory of the archive lies outside the file")
    file.seek(before - length)
    data = file.read(length)
    found: list[Member] = []
    at = 0
    while len(found) < total:
        if data[at : at + 4] != _ENTRY or at + 46 > len(data):
            raise UnreadableError(f"entry {len(found)} of the archive's directory is damaged")
        entry, at = _entry(data, at, shift)
        found.append(entry)
    return tuple(found)


def ends_with_archive(file: BinaryIO, size: int) -> bool:
    """Return whether the last bytes of a file are the end of a sound archive with members."""
    start = max(0, size - 22 - 0xFFFF)
    file.seek(start)
    tail = file.read(size - start)
    place = tail.rfind(_END)
    if place < 0 or place + 22 + int.from_bytes(tail[place + 20 : place + 22], "little") != len(
        tail
    ):
        return False
    try:
        found = members(file, 0, size)
        return bool(found) and all(data_start(file, each, size) > 0 for each in found[:3])
    except UnreadableError:
        return False


def _end_record(file: BinaryIO, start: int, end: int) -> tuple[int, int, int, int]:
    """Return members, length and offset of the directory, and where its end record begins."""
    tail_start = max(start, end - 22 - 0xFFFF)
    file.seek(tail_start)
    tail = file.read(end - tail_start)
    place = tail.rfind(_END)
    if place < 0 or place + 22 > len(tail):
        raise UnreadableError("the archive has no directory: it ends early or is damaged")
    _, _, _, total, length, offset, _ = struct.unpack("<HHHHIIH", tail[place + 4 : place + 22])
    before = tail_start + place
    if _UNSET_32 in (length, offset) or total == 0xFFFF:
        file.seek(max(start, before - 20))
        locator = file.read(20)
        if locator[:4] == _LOCATOR_64 and len(locator) == 20:
            return _end_record_64(file, start, before - 20, locator)
    return total, length, offset, before


def _end_record_64(
    file: BinaryIO, start: int, before: int, locator: bytes
) -> tuple[int, int, int, int]:
    place = start + struct.unpack("<Q", locator[8:16])[0]
    for candidate in (before - 56, place):
        if start <= candidate <= before - 56:
            file.seek(candidate)
            record = file.read(56)
            if record[:4] == _END_64 and len(record) == 56:
                total, length, offset = struct.unpack("<QQQ", record[32:56])
                return total, length, offset, candidate
    raise UnreadableError("the archive's 64-bit directory record is damaged")


def _entry(data: bytes, at: int, shift: int) -> tuple[Member, int]:
    flags, method = struct.unpack_from("<HH", data, at + 8)
    packed, size, name_length, extra_length, comment_length = struct.unpack_from(
        "<IIHHH", data, at + 20
    )
    (header,) = struct.unpack_from("<I", data, at + 42)
    name_at = at + 46
    extra_at = name_at + name_length
    end = extra_at + extra_length + comment_length
    if end > len(data):
        raise UnreadableError("the archive's directory ends early")
    wide = _wide_fields(data[extra_at : extra_at + extra_length])
    # Section 4.5.3: the fields that are unset, and only those, follow in this order.
    numbers = [size, packed, header]
    for place, value in enumerate(numbers):
        if value == _UNSET_32 and wide:
            numbers[place] = wide.pop(0)
    size, packed, header = numbers
    name = encode_name(data[name_at : name_at + name_length])
    return Member(name, method, flags, packed, size, header + shift), end


def _wide_fields(extra: bytes) -> list[int]:
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            body = extra[at + 4 : at + 4 + length]
            return [int.from_bytes(body[i : i + 8], "little") for i in range(0, len(body) - 7, 8)]
        at += 4 + length
    return []


def data_start(file: BinaryIO, member: Member, end: int) -> int:
    """Return where a member's bytes begin.

    Raises:
        UnreadableError: its local header is not there.
    """
    if not 0 <= member.header <= end - 30:
        raise UnreadableError(f"member {member.name} lies outside the archive")
    file.seek(member.header)
    local = file.read(30)
    if local[:4] != _LOCAL or len(local) < 30:
        raise UnreadableError(f"member {member.name} has no local header")
    name_length, extra_length = struct.unpack_from("<HH", local, 26)
    return int(member.header + 30 + name_length + extra_length)
