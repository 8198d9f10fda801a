"""The blocks of a 7z archive: where they lie, how they are packed, what they hold.

Source: ``DOC/7zFormat.txt`` of the 7-Zip sources.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate

from basanite.domain.errors import UnreadableError
from basanite.formats.seven_zip.header import Header
from basanite.formats.seven_zip.values import Coder, Folder

__all__ = ["Folder", "Streams", "Sub", "read_streams"]

_END, _PACK, _UNPACK, _SUB, _SIZE, _CRC, _FOLDER, _UNPACK_SIZE, _NUMBER = (
    0,
    6,
    7,
    8,
    9,
    10,
    11,
    12,
    13,
)
_START = 32
_MAX_CODERS = 32


@dataclass(frozen=True, slots=True)
class Sub:
    """One file's bytes in a block."""

    size: int
    crc: int | None


@dataclass(frozen=True, slots=True)
class Streams:
    """All blocks, and the parts that each is cut into."""

    folders: tuple[Folder, ...]
    subs: tuple[tuple[Sub, ...], ...]


def read_streams(header: Header) -> Streams:
    """Return the blocks that the next part of a header describes.

    Raises:
        UnreadableError: it is damaged.
    """
    packs: list[tuple[int, int]] = []
    folders: list[Folder] = []
    subs: tuple[tuple[Sub, ...], ...] | None = None
    while (kind := header.byte()) != _END:
        if kind == _PACK:
            packs = _packs(header)
        elif kind == _UNPACK:
            folders = _folders(header, packs)
        elif kind == _SUB:
            subs = _subs(header, folders)
        else:
            raise UnreadableError(f"the header of the 7z archive has an unknown part {kind}")
    if subs is None:
        subs = tuple((Sub(each.size, each.crc),) for each in folders)
    return Streams(tuple(folders), subs)


def _packs(header: Header) -> list[tuple[int, int]]:
    """Return start and length of the packed streams."""
    start = _START + header.number()
    count = header.count()
    sizes: list[int] = []
    while (kind := header.byte()) != _END:
        if kind == _SIZE:
            sizes = [header.number() for _ in range(count)]
        elif kind == _CRC:
            header.digests(count)
        else:
            raise UnreadableError(f"the header of the 7z archive has an unknown part {kind}")
    return list(zip(accumulate(sizes, initial=start), sizes, strict=False))


def _folders(header: Header, packs: list[tuple[int, int]]) -> list[Folder]:
    if header.byte() != _FOLDER:
        raise UnreadableError("the header of the 7z archive is damaged")
    count = header.count()
    if header.byte():
        raise UnreadableError("the blocks of the 7z archive are described elsewhere")
    shapes = [_shape(header) for _ in range(count)]
    if header.byte() != _UNPACK_SIZE:
        raise UnreadableError("the header of the 7z archive is damaged")
    sizes = [[header.number() for _ in range(shape.outs)] for shape in shapes]
    digests: list[int | None] = [None] * count
    while (kind := header.byte()) != _END:
        if kind != _CRC:
            raise UnreadableError(f"the header of the 7z archive has an unknown part {kind}")
        digests = header.digests(count)
    found: list[Folder] = []
    at = 0
    for shape, each, digest in zip(shapes, sizes, digests, strict=True):
        if at + shape.packs > len(packs):
            raise UnreadableError("a block of the 7z archive has no packed bytes")
        start, length = packs[at] if shape.packs else (_START, 0)
        found.append(shape.folder(each, start, length, digest))
        at += shape.packs
    return found


@dataclass(frozen=True, slots=True)
class _Shape:
    coders: tuple[Coder, ...]
    binds: dict[int, int]
    """Stream in -> stream out that feeds it."""
    packs: int
    outs: int

    def folder(self, sizes: list[int], start: int, packed: int, crc: int | None) -> Folder:
        """Return the block, its coders in the order of packing."""
        fed = set(self.binds.values())
        last = next((out for out in range(self.outs) if out not in fed), None)
        if last is None:
            raise UnreadableError("the coders of a 7z archive go in a circle")
        whole = Folder((), start, packed, sizes[last], crc)
        if self.packs != 1 or not all(each.simple for each in self.coders):
            names = ", ".join(each.method.hex() for each in self.coders)
            return replace(whole, coders=self.coders, fault=f"coders {names} with several streams")
        chain: list[Coder] = []
        place: int | None = last
        while place is not None and len(chain) <= len(self.coders):
            chain.append(replace(self.coders[place], size=sizes[place]))
            place = self.binds.get(place)
        if len(chain) != len(self.coders):
            raise UnreadableError("the coders of a 7z archive do not make a chain")
        return replace(whole, coders=tuple(chain))


def _shape(header: Header) -> _Shape:
    count = header.count()
    if not 0 < count <= _MAX_CODERS:
        raise UnreadableError(f"a block of the 7z archive has {count} coders")
    coders: list[Coder] = []
    ins = outs = 0
    for _ in range(count):
        flags = header.byte()
        method = header.raw(flags & 15)
        taken, given = (header.count(), header.count()) if flags & 16 else (1, 1)
        properties = header.raw(header.count()) if flags & 32 else b""
        coders.append(Coder(method, properties, taken == given == 1, 0))
        ins, outs = ins + taken, outs + given
    if not 0 < ins <= _MAX_CODERS or not 0 < outs <= _MAX_CODERS:
        raise UnreadableError("a block of the 7z archive has too many streams")
    binds = {header.number(): header.number() for _ in range(outs - 1)}
    if any(a >= ins or b >= outs for a, b in binds.items()) or len(binds) != outs - 1:
        raise UnreadableError("the coders of a 7z archive are bound to nothing")
    packs = ins - len(binds)
    if packs > 1:
        for _ in range(packs):
            header.number()
    return _Shape(tuple(coders), binds, packs, outs)


def _subs(header: Header, folders: list[Folder]) -> tuple[tuple[Sub, ...], ...]:
    counts = [1] * len(folders)
    kind = header.byte()
    if kind == _NUMBER:
        counts = [header.count() for _ in folders]
        if sum(counts) > header.left * 8 + len(folders):
            raise UnreadableError("the header of the 7z archive announces too many files")
        kind = header.byte()
    sizes: list[list[int]] = []
    for folder, count in zip(folders, counts, strict=True):
        # All but the last are written; without that part there is at most one in each.
        told = [header.number() for _ in range(count - 1)] if kind == _SIZE else []
        if count and len(told) != count - 1:
            raise UnreadableError("the header of the 7z archive leaves out sizes")
        rest = folder.size - sum(told)
        if rest < 0:
            raise UnreadableError("the files of a 7z archive are larger than their block")
        sizes.append([*told, rest] if count else [])
    if kind == _SIZE:
        kind = header.byte()
    known = [
        count == 1 and folder.crc is not None for folder, count in zip(folders, counts, strict=True)
    ]
    unknown = sum(count for count, whole in zip(counts, known, strict=True) if not whole)
    digests: list[int | None] = [None] * unknown
    while kind != _END:
        if kind != _CRC:
            raise UnreadableError(f"the header of the 7z archive has an unknown part {kind}")
        digests = header.digests(unknown)
        kind = header.byte()
    rest_of = iter(digests)
    return tuple(
        tuple(Sub(size, folder.crc if whole else next(rest_of)) for size in each)
        for folder, each, whole in zip(folders, sizes, known, strict=True)
    )
