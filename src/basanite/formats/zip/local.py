"""Local headers of a zip archive: what a reader sees that goes from the front.

Source: APPNOTE.TXT 6.3.10, sections 4.3.7 to 4.3.9.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from basanite.domain.names import encode_name
from basanite.formats.zip.directory import LOCAL, Member, widened

METHODS = frozenset({0, 8, 9, 12, 14, 20, 93, 94, 95, 96, 97, 98, 99})
_LENGTH = 30
_NEWEST = 63
"""The newest version of the format that any member needs."""
_KNOWN_FLAGS = 0x3FFF
_LONGEST_NAME = 1024


@dataclass(frozen=True, slots=True)
class Local:
    """One local header."""

    raw: bytes
    version: int
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    header: int
    """Where it begins, from the start of the file."""
    begins: int
    """Where the member's bytes begin."""

    @property
    def described(self) -> bool:
        """Whether sizes and check sum follow behind the bytes, and may be missing here."""
        return bool(self.flags & 8)

    @property
    def plausible(self) -> bool:
        """Whether this is a header, and not four bytes that look like one."""
        return (
            self.version <= _NEWEST
            and self.method in METHODS
            and self.flags & ~_KNOWN_FLAGS == 0
            and 0 < len(self.raw) <= _LONGEST_NAME
            and not any(byte < 32 for byte in self.raw[:1] + self.raw[-1:])
        )

    def member(self, packed: int | None = None) -> Member:
        """Return the member as this header shows it."""
        return Member(
            name=encode_name(self.raw),
            method=self.method,
            flags=self.flags,
            packed=self.packed if packed is None else packed,
            size=self.size,
            header=self.header,
            crc=self.crc,
            raw=self.raw,
        )


def read_local(file: BinaryIO, at: int, end: int) -> Local | None:
    """Return the local header at a place of the file, or None where there is none."""
    if not 0 <= at <= end - _LENGTH:
        return None
    file.seek(at)
    head = file.read(min(end - at, 512))
    if head[:4] != LOCAL or len(head) < _LENGTH:
        return None
    version, flags, method = struct.unpack_from("<HHH", head, 4)
    crc, packed, size, name_length, extra_length = struct.unpack_from("<IIIHH", head, 14)
    begins = at + _LENGTH + name_length + extra_length
    if begins > end:
        return None
    if begins - at > len(head):
        file.seek(at)
        head = file.read(begins - at)
    raw = head[_LENGTH : _LENGTH + name_length]
    extra = head[_LENGTH + name_length : begins - at]
    size, packed = widened(extra, size, packed)
    return Local(raw, version & 0xFF, flags, method, crc, packed, size, at, begins)
