"""The superblock of an HDF5 file: where everything else begins. Source: section II.A."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.formats.hdf5.source import Source

MAGIC = b"\x89HDF\r\n\x1a\n"
_WIDTHS = (2, 4, 8)


@dataclass(frozen=True, slots=True)
class Superblock:
    """Version and address of the root object."""

    version: int
    source: Source
    root: int


def find_superblock(file: BinaryIO, size: int) -> int | None:
    """Return where the superblock begins: at 0, 512, 1024, 2048, … or nowhere (None)."""
    at = 0
    while at + len(MAGIC) <= min(size, 1 << 24):
        file.seek(at)
        if file.read(len(MAGIC)) == MAGIC:
            return at
        at = max(512, at * 2)
    return None


def read_superblock(file: BinaryIO, size: int) -> Superblock:
    """Return the superblock.

    Raises:
        UnreadableError: there is none, it is of an unknown version, or the file ends before the
            address that it states.
    """
    at = find_superblock(file, size)
    if at is None:
        raise UnreadableError("no HDF5 superblock")
    file.seek(at)
    block = file.read(128)
    if len(block) < 44:
        raise UnreadableError("the HDF5 superblock ends early")
    version = block[8]
    if version > 3:
        raise UnreadableError(f"HDF5 superblock version {version} is not known")
    old = version < 2
    offset, length = (block[13], block[14]) if old else (block[9], block[10])
    if offset not in _WIDTHS or length not in _WIDTHS:
        raise UnreadableError("the HDF5 superblock has addresses of an odd width")
    source = Source(file, size, at, offset, length)
    fields = source.fields(block, {0: 24, 1: 28}.get(version, 12))
    base, _, end = fields.address(), fields.address(), fields.address()
    if old:
        fields.address()
        fields.address()  # The root's symbol table entry begins with the offset of its name.
    root = fields.address()
    # Files whose front was cut off or padded have a base that no longer is where they begin.
    if end - min(base, end) > size - at:
        raise UnreadableError(f"the file announces {end} bytes and has {size}: it ends early")
    return Superblock(version, source, root)
