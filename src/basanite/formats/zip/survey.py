"""Survey: every way to read a zip archive, and where they disagree.

Most readers go by the directory at the end, some by the headers in front of the members, and some
by another end record than the last. A file that shows each of them something else passes by one and
is loaded by the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.formats.zip.directory import END, LOCAL, Archive, Member, archive, readings_at
from basanite.formats.zip.local import Local, read_local

_BLOCK = 1 << 20
_MOST_HIDDEN = 10_000
_SHORTEST = 30
MANY = 16
"""More members than this that share bytes are a bomb and nothing else."""
_UNSET_32 = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Difference:
    """A member whose own header says something else than the directory."""

    member: Member
    other: Member
    """As its own header has it."""
    what: tuple[str, ...]
    """``name``, ``method``, ``size``, ``packed size``, ``check sum``, ``encryption``"""

    @property
    def reads_differently(self) -> bool:
        """Whether a reader that goes by it comes to another name or to other bytes."""
        return bool({"name", "method", "size", "packed size", "encryption"}.intersection(self.what))


@dataclass(frozen=True, slots=True)
class Survey:
    """All readings of one file."""

    members: tuple[Member, ...]
    """By the last end record."""
    differences: tuple[Difference, ...]
    hidden: tuple[Member, ...]
    """Members that only their own headers show."""
    others: tuple[Archive, ...]
    """Further whole archives, by other end records."""
    overlapping: tuple[tuple[Member, Member], ...]
    """Members that share bytes, in pairs."""
    miscounted: int | None
    """How many members the end record counts, where the directory lists another number."""


def survey(file: BinaryIO, size: int) -> Survey:
    """Return all readings of the archive that fills a file of ``size`` bytes.

    Where many members share bytes nobody needs to know more: the rest is left empty.

    Raises:
        UnreadableError: there is no directory, it is damaged, or there are too many readings.
    """
    main = archive(file, 0, size)
    counted = main.counted if main.miscounted else None
    overlapping = tuple(_overlaps(main.members))
    if len(overlapping) > MANY:
        return Survey(main.members, (), (), (), overlapping, counted)
    found = _locals(file, main.members, size)
    differences = tuple(
        _difference(member, local)
        for member in main.members
        if (local := found.get(member.header)) is not None and _differing(member, local)
    )
    used = sorted(_extents(main, found, size))
    hidden, others = _between(file, used, size)
    others = (*_again(file, main, size), *others)
    return Survey(main.members, differences, hidden, others, overlapping, counted)


def stray(file: BinaryIO, size: int) -> tuple[Member, ...]:
    """Return the members that headers show in a file whose directory is missing or damaged."""
    return _between(file, [], size)[0]


def _locals(file: BinaryIO, members: tuple[Member, ...], size: int) -> dict[int, Local]:
    found: dict[int, Local] = {}
    for member in members:
        local = read_local(file, member.header, size)
        if local is not None:
            found[member.header] = local
    return found


def _differing(member: Member, local: Local) -> tuple[str, ...]:
    """Return what the member's own header says otherwise."""
    told = {
        "name": local.raw != member.raw,
        "method": local.method != member.method,
        "encryption": (local.flags ^ member.flags) & 1 != 0,
    }
    for what, own, listed in (
        ("size", local.size, member.size),
        ("packed size", local.packed, member.packed),
        ("check sum", local.crc, member.crc),
    ):
        # What follows behind the bytes need not be known in front of them.
        unknown = local.described and own in (0, _UNSET_32)
        told[what] = own != listed and not unknown
    return tuple(what for what, differs in told.items() if differs)


def _difference(member: Member, local: Local) -> Difference:
    unknown = local.described and local.packed in (0, _UNSET_32)
    other = local.member(packed=member.packed if unknown else None)
    if unknown or local.size in (0, _UNSET_32):
        other = replace(other, size=member.size)
    return Difference(member, other, _differing(member, local))


def _extents(main: Archive, found: dict[int, Local], size: int) -> Iterator[tuple[int, int]]:
    """Yield the ranges of the file that the archive accounts for."""
    for member in main.members:
        local = found.get(member.header)
        if local is None:
            continue
        length = member.packed
        if not local.described:
            # By its own header the member may end earlier, and what follows is then hidden.
            length = min(length, local.packed)
        yield member.header, min(size, local.begins + length)
    yield main.begins, main.ends


def _overlaps(members: tuple[Member, ...]) -> Iterator[tuple[Member, Member]]:
    """Yield members that begin before another one ends, each with that one."""
    ends, last = -1, None
    for member in sorted(members, key=lambda each: (each.header, each.packed)):
        if last is not None and member.header < ends:
            yield last, member
        end = member.header + _SHORTEST + len(member.raw) + member.packed
        if end >= ends:
            ends, last = end, member


def _between(
    file: BinaryIO, used: list[tuple[int, int]], size: int
) -> tuple[tuple[Member, ...], tuple[Archive, ...]]:
    """Return the members and archives that stand where the archive accounts for nothing."""
    places: list[int] = []
    others: list[Archive] = []
    for start, end in _gaps(used, size):
        for place, kind in _signatures(file, start, end):
            if kind == LOCAL:
                places.append(place)
            else:
                others += _whole(file, place, size)
            if len(places) + len(others) > _MOST_HIDDEN:
                raise UnreadableError("it holds too many archives or members outside its directory")
    listed = {each.header for other in others for each in other.members}
    hidden: list[Member] = []
    ends = -1
    for place, after in zip(places, [*places[1:], size], strict=False):
        local = read_local(file, place, size)
        if place < ends or place in listed or local is None or not local.plausible:
            continue
        unknown = local.described and local.packed in (0, _UNSET_32)
        packed = after - local.begins if unknown else local.packed
        if packed < 0 or local.begins + packed > size:
            packed = size - local.begins
        ends = local.begins + (0 if unknown else packed)
        hidden.append(local.member(packed))
    return tuple(hidden), tuple(others)


def _again(file: BinaryIO, main: Archive, size: int) -> list[Archive]:
    """Return what other readers find by the same end record, where that is something else."""
    found = _whole(file, main.ends - 22, size)
    return [each for each in found if each.members != main.members]


def _whole(file: BinaryIO, place: int, size: int) -> list[Archive]:
    """Return the archives whose end record stands there, if they are sound and have members."""
    try:
        found = list(readings_at(file, 0, place))
    except UnreadableError:
        return []
    return [
        each
        for each in found
        if each.members
        and all(read_local(file, inner.header, size) is not None for inner in each.members[:3])
    ]


def _gaps(used: list[tuple[int, int]], size: int) -> Iterator[tuple[int, int]]:
    at = 0
    for start, end in used:
        if start - at >= len(END):
            yield at, start
        at = max(at, end)
    if size - at >= len(END):
        yield at, size


def _signatures(file: BinaryIO, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Yield where headers of members and end records seem to stand."""
    at = start
    while at < end:
        file.seek(at)
        block = file.read(min(_BLOCK + 3, end - at))
        place = block.find(b"PK")
        while 0 <= place < _BLOCK:
            kind = block[place : place + 4]
            if kind in (LOCAL, END):
                yield at + place, kind
            place = block.find(b"PK", place + 2)
        if len(block) < 4:
            return
        at += _BLOCK
