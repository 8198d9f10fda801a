"""The central directory of a zip archive.

Own code, not `zipfile`: model loaders accept archives that `zipfile` refuses (wrong check sums, an
encryption flag that is not meant, names that differ between header and directory). What a loader
would read must be looked at, so nothing is refused here that can still be read.
Source: APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import encode_name

MAX_MEMBERS = 100_000
END = b"PK\x05\x06"
_END_64 = b"PK\x06\x06"
_LOCATOR_64 = b"PK\x06\x07"
ENTRY = b"PK\x01\x02"
LOCAL = b"PK\x03\x04"
_MAX_DIRECTORY = 32 << 20
_UNSET_32 = 0xFFFFFFFF
_UNIX, _DARWIN = 3, 19


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
    crc: int = 0
    """CRC-32 of the unpacked bytes, as announced."""
    raw: bytes = b""
    """The name as it is written."""
    mode: int = 0
    """Kind and rights as Unix has them, where the writer says them; else 0."""
    unicode: bytes | None = None
    """The name by the Info-ZIP Unicode path field (section 4.6.9), where it belongs to ``raw``."""

    @property
    def folder(self) -> bool:
        """Whether it is a folder and nothing else."""
        return self.raw.endswith(b"/") and self.size == 0

    @property
    def encrypted(self) -> bool:
        """Whether the archive says that the member is encrypted."""
        return bool(self.flags & 1)


@dataclass(frozen=True, slots=True)
class Archive:
    """One reading of a zip archive: by one end record."""

    members: tuple[Member, ...]
    begins: int
    """Where the directory begins, from the start of the file."""
    ends: int
    """Where the end record ends; what follows is the comment."""
    counted: int
    """How many members the end record counts."""

    @property
    def miscounted(self) -> bool:
        """Whether the directory lists more or fewer. Old writers count only to 65,535."""
        return len(self.members) & 0xFFFF != self.counted & 0xFFFF


def members(file: BinaryIO, start: int, size: int) -> tuple[Member, ...]:
    """Return the entries of the archive that fills ``size`` bytes from ``start``.

    Raises:
        UnreadableError: there is no directory, or it is damaged.
    """
    return archive(file, start, start + size).members


def archive(file: BinaryIO, start: int, end: int) -> Archive:
    """Return the archive as its last end record shows it, which is what most readers go by.

    Raises:
        UnreadableError: there is no directory, or it is damaged.
    """
    tail_start = max(start, end - 22 - 0xFFFF)
    file.seek(tail_start)
    tail = file.read(end - tail_start)
    place = tail.rfind(END)
    if place < 0 or place + 22 > len(tail):
        raise UnreadableError("the archive has no directory: it ends early or is damaged")
    return archive_at(file, start, tail_start + place)


def archive_at(file: BinaryIO, start: int, place: int) -> Archive:
    """Return the archive whose end record stands at ``place``.

    Raises:
        UnreadableError: the directory is damaged, or lies outside the file.
    """
    found = readings_at(file, start, place)
    first = next(found, None)
    if first is None:
        raise UnreadableError("the directory of the archive lies outside the file, or is damaged")
    return first


def readings_at(file: BinaryIO, start: int, place: int) -> Iterator[Archive]:
    """Yield each way to read the archive whose end record stands at ``place``, at least one.

    Readers differ in whether they go by the 64-bit record where the other one is enough, and in
    whether a directory begins where its record says or right in front of it.

    Raises:
        UnreadableError: by no way there is a sound directory.
    """
    seen: set[int] = set()
    fault: UnreadableError | None = None
    good = False
    for total, length, offset, before in _end_records(file, start, place):
        for begins in (before - length, start + offset):
            if begins in seen or not start <= begins <= before - length:
                continue
            seen.add(begins)
            try:
                found = _directory(file, begins, length, total, begins - offset)
            except UnreadableError as error:
                fault = fault or error
                continue
            yield Archive(found, begins, place + 22, total)
            good = True
    if not good and fault is not None:
        raise fault


def _directory(
    file: BinaryIO, begins: int, length: int, total: int, shift: int
) -> tuple[Member, ...]:
    """Return the entries of a directory. Bytes in front of the archive shift all its offsets."""
    if total > MAX_MEMBERS or length > _MAX_DIRECTORY:
        raise UnreadableError(f"the archive announces {total} members, more than are looked at")
    file.seek(begins)
    return _entries(file.read(length), total, shift)


@lru_cache(maxsize=2)
def _entries(data: bytes, total: int, shift: int) -> tuple[Member, ...]:
    """Return the entries in the bytes of a directory. Several who ask in a row share the answer."""
    found: list[Member] = []
    at = 0
    # Some readers go by the number of entries and some by their length: none is left out.
    while data[at : at + 4] == ENTRY and len(found) <= MAX_MEMBERS:
        entry, at = _entry(data, at, shift)
        found.append(entry)
    if len(found) > MAX_MEMBERS:
        raise UnreadableError(f"the archive has more than {MAX_MEMBERS} members")
    if at < len(data) and len(found) < total:
        raise UnreadableError(f"entry {len(found)} of the archive's directory is damaged")
    if total and not found:
        raise UnreadableError("the archive's directory is empty or lies elsewhere")
    return tuple(found)


def ends_with_archive(file: BinaryIO, size: int) -> bool:
    """Return whether the last bytes of a file are the end of a sound archive with members."""
    start = max(0, size - 22 - 0xFFFF)
    file.seek(start)
    tail = file.read(size - start)
    place = tail.rfind(END)
    if place < 0 or place + 22 + int.from_bytes(tail[place + 20 : place + 22], "little") != len(
        tail
    ):
        return False
    try:
        found = members(file, 0, size)
        return bool(found) and all(data_start(file, each, size) > 0 for each in found[:3])
    except UnreadableError:
        return False


def _end_records(file: BinaryIO, start: int, before: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield members, length and offset of the directory, and where its end record begins."""
    file.seek(before)
    record = file.read(22)
    if len(record) < 22:
        raise UnreadableError("the archive's end record is cut off")
    _, _, _, total, length, offset, _ = struct.unpack("<HHHHIIH", record[4:])
    file.seek(max(start, before - 20))
    locator = file.read(20)
    if locator[:4] == _LOCATOR_64 and len(locator) == 20:
        place = start + struct.unpack("<Q", locator[8:16])[0]
        for candidate in (before - 76, place):
            if start <= candidate <= before - 76:
                file.seek(candidate)
                wide = file.read(56)
                if wide[:4] == _END_64 and len(wide) == 56:
                    yield (*struct.unpack("<QQQ", wide[32:56]), candidate)
    elif total == 0xFFFF or _UNSET_32 in (length, offset):
        raise UnreadableError("the archive's 64-bit directory record is damaged")
    if total != 0xFFFF and _UNSET_32 not in (length, offset):
        yield total, length, offset, before


def _entry(data: bytes, at: int, shift: int) -> tuple[Member, int]:
    if at + 46 > len(data):
        raise UnreadableError("the archive's directory ends early")
    system, flags, method = struct.unpack_from("<xBxxHH", data, at + 4)
    crc, packed, size, name_length, extra_length, comment_length = struct.unpack_from(
        "<IIIHHH", data, at + 16
    )
    attributes, header = struct.unpack_from("<II", data, at + 38)
    name_at = at + 46
    extra_at = name_at + name_length
    end = extra_at + extra_length + comment_length
    if end > len(data):
        raise UnreadableError("the archive's directory ends early")
    raw = data[name_at:extra_at]
    extra = data[extra_at : extra_at + extra_length]
    size, packed, header = widened(extra, size, packed, header)
    unix = system in (_UNIX, _DARWIN)
    member = Member(
        name=encode_name(raw),
        method=method,
        flags=flags,
        packed=packed,
        size=size,
        header=header + shift,
        crc=crc,
        raw=raw,
        mode=attributes >> 16 if unix else 0,
        unicode=_unicode_path(extra, raw),
    )
    return member, end


def widened(extra: bytes, *numbers: int) -> list[int]:
    """Return sizes and offsets with their 64-bit values where a header has left them unset."""
    wide = extra_field(extra, 1) or b""
    values = [int.from_bytes(wide[i : i + 8], "little") for i in range(0, len(wide) - 7, 8)]
    # Section 4.5.3: the fields that are unset, and only those, follow in this order.
    return [values.pop(0) if each == _UNSET_32 and values else each for each in numbers]


def extra_field(extra: bytes, wanted: int) -> bytes | None:
    """Return the first extra field of a kind, or None."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == wanted:
            return extra[at + 4 : at + 4 + length]
        at += 4 + length
    return None


def _unicode_path(extra: bytes, raw: bytes) -> bytes | None:
    field = extra_field(extra, 0x7075)
    if field is None or len(field) < 5 or field[0] != 1:
        return None
    # A field that was made for another name is passed over by readers.
    return field[5:] if int.from_bytes(field[1:5], "little") == zlib.crc32(raw) else None


def data_start(file: BinaryIO, member: Member, end: int) -> int:
    """Return where a member's bytes begin.

    Raises:
        UnreadableError: its local header is not there.
    """
    if not 0 <= member.header <= end - 30:
        raise UnreadableError(f"member {member.name} lies outside the archive")
    file.seek(member.header)
    local = file.read(30)
    if local[:4] != LOCAL or len(local) < 30:
        raise UnreadableError(f"member {member.name} has no local header")
    name_length, extra_length = struct.unpack_from("<HH", local, 26)
    return int(member.header + 30 + name_length + extra_length)
