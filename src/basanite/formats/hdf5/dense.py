"""Dense storage of HDF5: many links or attributes in a fractal heap, found by a B-tree.

Source: sections III.A.2 (version 2 B-trees) and III.G (fractal heaps).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from basanite.domain.errors import UnreadableError
from basanite.formats.hdf5.source import Source

_MAX_RECORDS = 1_000_000
_MAX_DEPTH = 16
_MAX_ROWS = 64


def records(source: Source, address: int) -> Iterator[bytes]:
    """Yield the records of the B-tree at an address, in its order.

    Raises:
        UnreadableError: there is no tree, or it is damaged.
    """
    head = source.signed(address, 16 + source.offset_width + 2, b"BTHD")
    head.take(2)
    node, record, depth = head.number(4), head.number(2), head.number(2)
    head.take(2)
    root, count = head.address(), head.number(2)
    if depth > _MAX_DEPTH or record == 0 or node < 10 + record:
        raise UnreadableError("an HDF5 tree announces the impossible")
    if root == source.undefined:
        return
    # How many records fit decides how wide the counts beside the pointers are.
    capacity = [(node - 10) // record]
    total = [capacity[0]]
    for level in range(1, depth + 1):
        pointer = source.offset_width + _width(capacity[0])
        pointer += _width(total[-1]) if level > 1 else 0
        capacity.append((node - 10 - pointer) // (record + pointer))
        total.append(capacity[-1] + (capacity[-1] + 1) * total[-1])
    left = _MAX_RECORDS
    todo = [(root, count, depth)]
    while todo:
        at, many, level = todo.pop()
        signature = b"BTIN" if level else b"BTLF"
        fields = source.signed(at, node, signature)
        fields.take(2)
        for _ in range(many):
            yield fields.take(record)
        left -= many + 1
        if left < 0:
            raise UnreadableError(f"an HDF5 tree has more than {_MAX_RECORDS} records")
        if level:
            below: list[tuple[int, int, int]] = []
            for _ in range(many + 1):
                child, inner = fields.address(), fields.number(_width(capacity[0]))
                if level > 1:
                    fields.number(_width(total[level - 1]))
                below.append((child, inner, level - 1))
            todo += reversed(below)


def _width(largest: int) -> int:
    return max(1, (largest.bit_length() + 7) // 8)


@dataclass(frozen=True)
class FractalHeap:
    """A heap of links or attributes."""

    source: Source
    address: int
    filtered: bool
    largest: int
    """Bytes of the largest object that lies in a block."""
    width: int
    start: int
    max_direct: int
    bits: int
    root: int
    rows: int
    huge: int

    def value(self, identity: bytes) -> bytes:
        """Return the object that an identity in a record leads to.

        Raises:
            UnreadableError: there is none, or the heap is compressed.
        """
        fields = self.source.fields(identity)
        kind = fields.number(1) >> 4 & 3
        if self.filtered:
            raise UnreadableError("an HDF5 heap is compressed, which is not read")
        if kind == 2:
            return fields.take(min(fields.left, (identity[0] & 15) + 1))
        if kind == 1:
            return self._huge(fields.number(fields.left))
        offset = fields.number((self.bits + 7) // 8)
        length = fields.number(
            min(_width(self.max_direct), _width(self.largest), max(1, fields.left))
        )
        return self.source.block(self._place(offset), length)

    def _huge(self, number: int) -> bytes:
        for each in records(self.source, self.huge):
            fields = self.source.fields(each)
            address, length = fields.address(), fields.length()
            if fields.length() == number:
                return self.source.block(address, length)
        raise UnreadableError("an HDF5 value is missing in its heap")

    def _place(self, offset: int) -> int:
        """Return the address of an offset in the heap: down the table of doubling blocks."""
        at, rows, base = self.root, self.rows, 0
        for _ in range(_MAX_DEPTH):
            if rows == 0:
                return at + offset - base
            row, column, base = self._cell(offset, base, rows)
            direct = self._direct_rows()
            pointer = (row * self.width + column) * self.source.offset_width
            lead = 5 + self.source.offset_width + (self.bits + 7) // 8
            found = self.source.block(at + lead + pointer, self.source.offset_width)
            self.source.signed(at, 4, b"FHIB")
            at = int.from_bytes(found, "little")
            rows = 0 if row < direct else self._rows_in(row)
        raise UnreadableError("an HDF5 heap is nested too deeply")

    def _cell(self, offset: int, base: int, rows: int) -> tuple[int, int, int]:
        for row in range(min(rows, _MAX_ROWS)):
            size = self._size(row)
            if offset < base + size * self.width:
                column = (offset - base) // size
                return row, column, base + column * size
            base += size * self.width
        raise UnreadableError("an HDF5 value lies outside its heap")

    def _size(self, row: int) -> int:
        return self.start << max(0, row - 1)

    def _direct_rows(self) -> int:
        return (self.max_direct // self.start).bit_length() + 1

    def _rows_in(self, row: int) -> int:
        return max(1, (self._size(row) // (self.start * self.width)).bit_length())


def fractal_heap(source: Source, address: int) -> FractalHeap:
    """Return the fractal heap at an address.

    Raises:
        UnreadableError: there is none, or it announces the impossible.
    """
    count = 22 + 12 * source.length_width + 3 * source.offset_width
    fields = source.signed(address, count, b"FRHP")
    fields.take(3)
    filters = fields.number(2)
    fields.take(1)
    largest = fields.number(4)
    fields.length()
    huge = fields.address()
    fields.length()
    fields.address()
    for _ in range(8):
        fields.length()
    width, start, max_direct = fields.number(2), fields.length(), fields.length()
    bits = fields.number(2)
    fields.number(2)
    root, rows = fields.address(), fields.number(2)
    if not (width and start and max_direct >= start and bits <= 64 and rows <= _MAX_ROWS):
        raise UnreadableError("an HDF5 heap announces the impossible")
    return FractalHeap(
        source, address, filters > 0, largest, width, start, max_direct, bits, root, rows, huge
    )
