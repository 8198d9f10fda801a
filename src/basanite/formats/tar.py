"""Reader of tar archives: the members' names, kinds, links and places. Nothing is unpacked.

Source: POSIX.1-2017, pax interchange format; the GNU long names; and Lib/tarfile.py of CPython,
whose reading is followed where writers differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

from basanite.domain.errors import UnreadableError
from basanite.domain.names import encode_name

NAME = "tar"
VERSION = 3
BLOCK = 512
MAX_MEMBERS = 100_000
_MAX_HEADER = 1 << 20
_ZEROS = 1 << 16
_SHOWN = 200
_DRIVE = re.compile(r"[A-Za-z]:")
_FILES = frozenset({b"0", b"\0", b"7", b"S"})
_KINDS = {b"1": "hard link", b"2": "link", b"3": "device", b"4": "device", b"5": "folder",
          b"6": "pipe", b"S": "sparse"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TarMember:
    """One member."""

    name: str
    """Encoded."""
    kind: str
    """``file``, ``link``, ``hard link``, ``folder``, ``device``, ``pipe``, ``sparse``, ``other``"""
    start: int
    """Offset of its bytes from the start of the file."""
    size: int
    link: str
    """Encoded; where a link leads."""

    hidden: bool = False
    """Whether it stands behind the end of the archive, where most readers stop."""

    @property
    def leaves(self) -> bool:
        """Whether unpacking it may write, or lead, outside of the folder it is unpacked to."""
        depth = self.name.count("/") if self.kind == "link" else 0
        return escapes(self.name) or escapes(self.link, depth)


def escapes(name: str, depth: int = 0) -> bool:
    """Return whether a name leads above the folder that lies ``depth`` folders up."""
    parts = name.replace("\\", "/").replace("%5C", "/").split("/")
    if (name and not parts[0]) or _DRIVE.match(name):
        return True
    for part in parts:
        depth += {"..": -1, "": 0, ".": 0}.get(part, 1)
        if depth < 0:
            return True
    return False


def looks_like_tar(head: bytes) -> bool:
    """Return whether the first 512 bytes are a tar header; the oldest kind has only a check sum."""
    if len(head) < BLOCK or not head[0]:
        return False
    return head[257:262] == b"ustar" or _sound(head[:BLOCK])


def read(file: Source, size: int) -> dict[str, Any]:
    """Return the number of members, their first names, and those that lead outside.

    Raises:
        UnreadableError: it is damaged or ends early.
    """
    count = unpacked = links = 0
    names: list[str] = []
    leaving: list[str] = []
    for each in members(file, 0, size):
        count += 1
        unpacked += each.size
        links += bool(each.link)
        if count <= _SHOWN:
            names.append(each.name)
        if each.leaves and len(leaving) < _SHOWN:
            leaving.append(each.name)
    facts: dict[str, Any] = {"members": count, "names": names, "unpacked_bytes": unpacked}
    return {**facts, "links": links, **({"leaving": leaving} if leaving else {})}


class Source(Protocol):
    """What an archive is read from; it may be readable forward only."""

    def seek(self, offset: int, /) -> int:
        """Move the position."""
        ...

    def read(self, count: int, /) -> bytes:
        """Return up to ``count`` bytes."""
        ...

    def tell(self) -> int:
        """Return the position, which is not behind the end where only reading shows the end."""
        ...


def members(file: Source, start: int, size: int) -> Iterator[TarMember]:
    """Yield the members of the archive that fills up to ``size`` bytes from ``start``.

    Raises:
        UnreadableError: it is damaged, ends early, or has more members than are looked at.
    """
    at, end, count = start, start + size, 0
    ended, hidden = start, False
    common: dict[str, bytes] = {}
    special: dict[str, bytes] = {}
    while at < end:
        file.seek(at)
        head = file.read(BLOCK)
        if not head and file.tell() < ended:
            # Where the size of the whole is not known, its end is met only by reading.
            raise UnreadableError("the tar archive ends early, within a member")
        if not any(head):
            further = _past_zeros(file, at + BLOCK, end)
            if further is None:
                break
            at, hidden = further, True
            continue
        if len(head) < BLOCK or not _sound(head):
            if hidden:
                return
            raise UnreadableError(f"the tar header at byte {at} is damaged")
        at += BLOCK
        kind, length = head[156:157], _number(head[124:136])
        if kind in (b"x", b"g", b"X", b"L", b"K"):
            body = _body(file, at, length, end)
            if kind == b"g":
                common.update(_pax(body))
            else:
                key = {b"L": "path", b"K": "linkpath"}.get(kind)
                special.update({key: body.split(b"\0")[0]} if key else _pax(body))
            at += _padded(length)
            continue
        member = _member(head, kind, length, at, {**common, **special})
        special = {}
        if member.start + member.size > end:
            raise UnreadableError(f"member {member.name} of the tar archive ends early")
        yield replace(member, hidden=True) if hidden else member
        ended = member.start + member.size
        at += _padded(member.size)
        count += 1
        if count > MAX_MEMBERS:
            raise UnreadableError(f"more than {MAX_MEMBERS} members; the rest was not looked at")
    if special:
        raise UnreadableError("the tar archive ends early")


def _past_zeros(file: Source, at: int, end: int) -> int | None:
    """Return where the first block that is not all zeros begins, or None."""
    while at < end:
        file.seek(at)
        block = file.read(min(_ZEROS, end - at))
        rest = block.lstrip(b"\0")
        if rest:
            return at + (len(block) - len(rest)) // BLOCK * BLOCK
        if len(block) < _ZEROS:
            return None
        at += _ZEROS
    return None


def _member(head: bytes, kind: bytes, length: int, at: int, special: dict[str, bytes]) -> TarMember:
    name = head[:100].split(b"\0")[0]
    prefix = head[345:500].split(b"\0")[0]
    if prefix and head[257:263] == b"ustar\0":
        name = prefix + b"/" + name
    name = special.get("GNU.sparse.name") or special.get("path") or name
    link = special.get("linkpath") or head[157:257].split(b"\0")[0]
    if "size" in special:
        length = _decimal(special["size"])
    if kind == b"\0" and name.endswith(b"/"):
        kind = b"5"
    shown = _KINDS.get(kind, "file" if kind in _FILES else "other")
    if any(key.startswith("GNU.sparse") for key in special):
        shown = "sparse"
    holds = shown in ("file", "sparse", "other")
    is_link = shown in ("link", "hard link")
    return TarMember(
        name=encode_name(name),
        kind=shown,
        start=at,
        size=length if holds else 0,
        link=encode_name(link) if is_link else "",
    )


def _sound(head: bytes) -> bool:
    """Whether the header's check sum is right, added up in either of the two ways in use."""
    try:
        announced = _number(head[148:156])
    except UnreadableError:
        return False
    rest = head[:148] + b" " * 8 + head[156:BLOCK]
    signed = sum(byte - 256 if byte > 127 else byte for byte in rest)
    return announced in (sum(rest), signed)


def _number(field: bytes) -> int:
    if field[0] == 0o200:
        return int.from_bytes(field[1:], "big")
    text = field.split(b"\0")[0].strip()
    if not text:
        return 0
    if any(byte not in b"01234567" for byte in text):
        raise UnreadableError("a number in a tar header is damaged")
    return int(text, 8)


def _decimal(text: bytes) -> int:
    if not text.isdigit() or len(text) > 20:
        raise UnreadableError("a number in a tar header is damaged")
    return int(text)


def _body(file: Source, at: int, length: int, end: int) -> bytes:
    if length > _MAX_HEADER or at + length > end:
        raise UnreadableError(f"the tar header at byte {at - BLOCK} announces {length} bytes")
    file.seek(at)
    return file.read(length)


def _pax(body: bytes) -> dict[str, bytes]:
    """Return the records ``length key=value``."""
    found: dict[str, bytes] = {}
    at = 0
    while at < len(body) and body[at]:
        digits, space, _ = body[at : at + 24].partition(b" ")
        length = _decimal(digits) if space else 0
        record = body[at + len(digits) + 1 : at + length]
        key, equals, value = record.partition(b"=")
        if not equals or not record.endswith(b"\n") or at + length > len(body):
            raise UnreadableError("an extended tar header is damaged")
        found[key.decode("utf-8", "replace")] = value[:-1]
        at += length
    return found


def _padded(length: int) -> int:
    return -(-length // BLOCK) * BLOCK
