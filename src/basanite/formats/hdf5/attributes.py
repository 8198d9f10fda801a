"""Attributes of HDF5 objects: names, and the texts in them. Source: section IV.A.2.m."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from basanite.domain.errors import UnreadableError
from basanite.formats.hdf5.dense import fractal_heap, records
from basanite.formats.hdf5.header import ATTRIBUTE, ATTRIBUTE_INFO, DATATYPE, Message, shared
from basanite.formats.hdf5.heaps import GlobalHeap
from basanite.formats.hdf5.source import MAX_BLOCK, Source

_STRING, _VARIABLE = 3, 9
_MAX_TEXTS = 100_000


@dataclass(frozen=True, slots=True)
class Attribute:
    """A name with a value that is not read yet."""

    name: str
    datatype: bytes
    shape: tuple[int, ...] | None
    """None where it is null."""
    data: bytes


def attributes(source: Source, header: list[Message]) -> Iterator[Attribute]:
    """Yield the attributes of the object with a header.

    Raises:
        UnreadableError: one is damaged.
    """
    for message in header:
        if message.kind == ATTRIBUTE:
            yield _attribute(source, message.data)
        elif message.kind == ATTRIBUTE_INFO:
            fields = source.fields(message.data, 1)
            fields.take(2 if fields.number(1) & 1 else 0)
            heap_at, tree = fields.address(), fields.address()
            if heap_at != source.undefined:
                heap = fractal_heap(source, heap_at)
                for record in records(source, tree):
                    if record[8] & 2:
                        raise UnreadableError("an HDF5 attribute is shared, which is not read")
                    yield _attribute(source, heap.value(record[:8]))


def _attribute(source: Source, data: bytes) -> Attribute:
    fields = source.fields(data)
    version, flags = fields.number(1), fields.number(1)
    lengths = fields.number(2), fields.number(2), fields.number(2)
    if version not in (1, 2, 3):
        raise UnreadableError(f"HDF5 attributes of version {version} are not known")
    fields.take(1 if version == 3 else 0)
    name, datatype, space = (
        fields.take(each + (-each % 8 if version == 1 else 0)) for each in lengths
    )
    if version > 1 and flags & 1:
        datatype = shared(source, source.fields(datatype), DATATYPE)
    if version > 1 and flags & 2:
        raise UnreadableError("an HDF5 attribute shares its shape, which is not read")
    return Attribute(
        name.split(b"\x00")[0].decode("utf-8", "replace"),
        datatype,
        dimensions(source, space),
        fields.take(fields.left),
    )


def dimensions(source: Source, data: bytes) -> tuple[int, ...] | None:
    """Return the shape that a dataspace message states; None for no value at all.

    Raises:
        UnreadableError: it is damaged.
    """
    fields = source.fields(data)
    version, rank, _ = fields.number(1), fields.number(1), fields.number(1)
    if version == 1:
        fields.take(5)
    elif fields.number(1) == 2:
        return None
    if rank > 32:
        raise UnreadableError("an HDF5 shape has more than 32 dimensions")
    return tuple(fields.length() for _ in range(rank))


def texts(source: Source, heap: GlobalHeap, attribute: Attribute) -> list[str] | None:
    """Return the texts in an attribute; None where it holds something else.

    Raises:
        UnreadableError: they are cut off, or larger than 16 MiB each.
    """
    kind = attribute.datatype[0] & 15 if len(attribute.datatype) >= 8 else 0
    size = int.from_bytes(attribute.datatype[4:8], "little")
    if attribute.shape is None or kind not in (_STRING, _VARIABLE):
        return None
    count = math.prod(attribute.shape)
    if count > _MAX_TEXTS or (size and count * size > MAX_BLOCK):
        raise UnreadableError("an HDF5 attribute is larger than is read")
    fields = source.fields(attribute.data)
    if kind == _STRING:
        raw = [fields.take(size) for _ in range(count)]
    elif attribute.datatype[1] & 15 != 1:
        return None
    else:
        raw = []
        for _ in range(count):
            length, address, number = fields.number(4), fields.address(), fields.number(4)
            if length > MAX_BLOCK:
                raise UnreadableError("a text in an HDF5 attribute is larger than is read")
            raw.append(heap.value(address, number, length) if length else b"")
    return [each.split(b"\x00")[0].decode("utf-8", "replace") for each in raw]
