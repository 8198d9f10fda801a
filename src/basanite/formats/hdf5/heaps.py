"""Local and global heaps of HDF5: names, and values of any length. Source: III.D and III.E."""

from __future__ import annotations

from dataclasses import dataclass, field

from basanite.domain.errors import UnreadableError
from basanite.formats.hdf5.source import MAX_BLOCK, Fields, Source


@dataclass(frozen=True, slots=True)
class LocalHeap:
    """The names of one group, or of a dataset's files."""

    names: Fields

    def text(self, offset: int) -> str:
        """Return the text at an offset.

        Raises:
            UnreadableError: it lies outside the heap.
        """
        if not 0 <= offset < len(self.names.data):
            raise UnreadableError("an HDF5 name lies outside its heap")
        self.names.at = offset
        return self.names.text()


def local_heap(source: Source, address: int) -> LocalHeap:
    """Return the local heap at an address.

    Raises:
        UnreadableError: there is none, or it is larger than 16 MiB.
    """
    count = 8 + 2 * source.length_width + source.offset_width
    fields = source.signed(address, count, b"HEAP")
    fields.take(4)
    size, _, start = fields.length(), fields.length(), fields.address()
    return LocalHeap(source.fields(source.block(start, size)))


@dataclass
class GlobalHeap:
    """The values of any length in a file, by collection and number."""

    source: Source
    _known: dict[int, dict[int, tuple[int, int]]] = field(default_factory=dict)

    def value(self, address: int, number: int, limit: int = MAX_BLOCK) -> bytes:
        """Return a value, cut at ``limit`` bytes.

        Raises:
            UnreadableError: there is none.
        """
        if address not in self._known:
            if len(self._known) > 64:
                self._known.clear()
            self._known[address] = self._collection(address)
        place = self._known[address].get(number)
        if place is None:
            raise UnreadableError(f"an HDF5 value is missing in the heap at address {address}")
        return self.source.block(place[0], min(place[1], limit))

    def _collection(self, address: int) -> dict[int, tuple[int, int]]:
        head = 8 + self.source.length_width
        fields = self.source.signed(address, head, b"GCOL")
        fields.take(4)
        end = address + fields.length()
        at = address + head
        found: dict[int, tuple[int, int]] = {}
        entry = 8 + self.source.length_width
        while at + entry <= end:
            each = self.source.fields(self.source.block(at, entry))
            number = each.number(2)
            each.take(6)
            size = each.length()
            if number == 0:
                break
            found[number] = (at + entry, size)
            at += entry + size + (-size % 8)
        return found
