"""Source: the bytes of an HDF5 file by address, and the fields in a block of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from basanite.domain.errors import UnreadableError

MAX_BLOCK = 16 << 20
"""No block of structure is larger: one that claims more is a lie or an attack."""
_MAX_READ = 512 << 20


@dataclass
class Source:
    """A file whose addresses count from ``base``; addresses and lengths have stated widths."""

    file: BinaryIO
    size: int
    base: int
    offset_width: int
    length_width: int
    read_bytes: int = 0
    """Bytes of structure that were read so far."""

    @property
    def undefined(self) -> int:
        """Return the address that means nowhere."""
        return (1 << (8 * self.offset_width)) - 1

    def block(self, address: int, count: int) -> bytes:
        """Return ``count`` bytes from an address.

        Raises:
            UnreadableError: they lie outside the file, are more than 16 MiB, or make the structure
                as a whole larger than 512 MiB, as only bytes that are read again and again do.
        """
        start = self.base + address
        if address < 0 or not 0 <= count <= MAX_BLOCK or start + count > self.size:
            raise UnreadableError(f"{count} bytes at address {address} lie outside the HDF5 file")
        self.read_bytes += count
        if self.read_bytes > _MAX_READ:
            raise UnreadableError("the structure of the HDF5 file is larger than is read")
        self.file.seek(start)
        data = self.file.read(count)
        if len(data) < count:
            raise UnreadableError(f"the HDF5 file ends early, at byte {start + len(data)}")
        return data

    def signed(self, address: int, count: int, signature: bytes) -> Fields:
        """Return the fields of a block after its signature.

        Raises:
            UnreadableError: another block is there, or none.
        """
        data = self.block(address, count)
        if not data.startswith(signature):
            name = signature.decode("ascii")
            raise UnreadableError(f"there is no HDF5 block {name} at address {address}")
        return self.fields(data, len(signature))

    def fields(self, data: bytes, at: int = 0) -> Fields:
        """Return bytes as fields, from a place in them."""
        return Fields(data, self.offset_width, self.length_width, at)


class Fields:
    """Reads numbers out of bytes, forward."""

    def __init__(self, data: bytes, offset_width: int, length_width: int, at: int = 0) -> None:
        self.data = data
        self.at = at
        self._offset_width = offset_width
        self._length_width = length_width

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return len(self.data) - self.at

    def take(self, count: int) -> bytes:
        """Return the next bytes.

        Raises:
            UnreadableError: fewer are left.
        """
        if not 0 <= count <= self.left:
            raise UnreadableError(f"an HDF5 block announces {count} bytes and has {self.left}")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, width: int) -> int:
        """Return the next little-endian unsigned integer."""
        return int.from_bytes(self.take(width), "little")

    def address(self) -> int:
        """Return the next address."""
        return self.number(self._offset_width)

    def length(self) -> int:
        """Return the next length."""
        return self.number(self._length_width)

    def text(self) -> str:
        """Return the text up to the next zero byte, or to the end."""
        end = self.data.find(b"\x00", self.at)
        end = len(self.data) if end < 0 else end
        raw = self.data[self.at : end]
        self.at = min(len(self.data), end + 1)
        return raw.decode("utf-8", "replace")
