"""Links of HDF5: what a group holds, and where else it leads. Source: IV.A.2.g, III.A.1, III.B."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from basanite.domain.errors import UnreadableError
from basanite.formats.hdf5.dense import fractal_heap, records
from basanite.formats.hdf5.header import LINK, LINK_INFO, SYMBOL_TABLE, Message
from basanite.formats.hdf5.heaps import LocalHeap, local_heap
from basanite.formats.hdf5.source import Source

_MAX_NODES = 200_000
_MAX_NODE_ENTRIES = 65_536


@dataclass(frozen=True, slots=True)
class Link:
    """One name in a group."""

    name: str
    address: int | None = None
    """Where the object lies; None for a link that leads elsewhere by name."""
    target: str = ""
    """The path of a soft link, or of the object in another file."""
    file: str = ""
    """The other file of an external link."""


def links(source: Source, header: list[Message]) -> Iterator[Link]:
    """Yield the links of the group with a header; none where it is no group.

    Raises:
        UnreadableError: the group is damaged.
    """
    for message in header:
        fields = source.fields(message.data)
        if message.kind == SYMBOL_TABLE:
            yield from _table(source, fields.address(), fields.address())
        elif message.kind == LINK:
            yield _link(source, message.data)
        elif message.kind == LINK_INFO:
            flags = fields.data[1] if fields.left > 1 else 0
            fields.take(2 + (8 if flags & 1 else 0))
            heap, tree = fields.address(), fields.address()
            if heap != source.undefined:
                yield from _dense(source, heap, tree)


def _link(source: Source, data: bytes) -> Link:
    fields = source.fields(data, 1)
    flags = fields.number(1)
    kind = fields.number(1) if flags & 8 else 0
    fields.take((8 if flags & 4 else 0) + (1 if flags & 16 else 0))
    name = fields.take(fields.number(1 << (flags & 3))).decode("utf-8", "replace")
    if kind == 0:
        return Link(name, fields.address())
    value = source.fields(fields.take(fields.number(2)))
    if kind == 1:
        return Link(name, target=value.text())
    if kind == 64:
        value.take(1)
        return Link(name, file=value.text(), target=value.text())
    raise UnreadableError(f"the HDF5 link {name[:80]!r} is of a kind that is not known ({kind})")


def _dense(source: Source, heap_at: int, tree: int) -> Iterator[Link]:
    heap = fractal_heap(source, heap_at)
    for record in records(source, tree):
        yield _link(source, heap.value(record[4:]))


def _table(source: Source, tree: int, heap_at: int) -> Iterator[Link]:
    heap = local_heap(source, heap_at)
    todo = [tree]
    seen = {tree}
    wide = source.offset_width
    while todo:
        at = todo.pop()
        if source.block(at, 4) == b"SNOD":
            yield from _node(source, at, heap)
            continue
        fields = source.signed(at, 8 + 2 * wide, b"TREE")
        fields.take(2)
        entries = fields.number(2)
        body = source.fields(
            source.block(at + 8 + 2 * wide, entries * (wide + source.length_width))
        )
        for _ in range(entries):
            body.length()
            child = body.address()
            if child not in seen:
                seen.add(child)
                todo.append(child)
        if len(seen) > _MAX_NODES:
            raise UnreadableError("an HDF5 group is larger than is read")


def _node(source: Source, at: int, heap: LocalHeap) -> Iterator[Link]:
    count = source.signed(at, 8, b"SNOD").data[6:8]
    entry = 2 * source.offset_width + 24
    number = int.from_bytes(count, "little")
    if number > _MAX_NODE_ENTRIES:
        raise UnreadableError("an HDF5 group is larger than is read")
    fields = source.fields(source.block(at + 8, number * entry))
    for _ in range(number):
        name, address = heap.text(fields.address()), fields.address()
        kind = fields.number(4)
        fields.take(4)
        scratch = source.fields(fields.take(16))
        if kind == 2:
            yield Link(name, target=heap.text(scratch.number(4)))
        else:
            yield Link(name, address)
