"""Datasets of HDF5: shape, type, and the files that their numbers come from.

Source: sections IV.A.2.d (types), IV.A.2.h (external files), IV.A.2.i (layout) and VII.C (virtual).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from basanite.domain.errors import UnreadableError
from basanite.formats.hdf5.attributes import dimensions
from basanite.formats.hdf5.header import DATASPACE, DATATYPE, EXTERNAL_FILES, LAYOUT, Message
from basanite.formats.hdf5.heaps import GlobalHeap, local_heap
from basanite.formats.hdf5.source import Fields, Source

_KINDS = {
    0: "int", 1: "float", 2: "time", 3: "string", 4: "bits", 5: "opaque", 6: "compound",
    7: "reference", 8: "enum", 9: "variable", 10: "array", 11: "complex",
}  # fmt: skip
_VIRTUAL = 3
_MAX_FILES = 1000
_MAX_MAPPINGS = 100_000
_MOST = 1 << 62


@dataclass(frozen=True, slots=True)
class Dataset:
    """What a dataset's header says."""

    shape: tuple[int, ...]
    dtype: str
    elements: int
    bytes: int
    external: tuple[str, ...]
    """Raw files that hold its numbers."""
    virtual: tuple[str, ...] | None
    """Files whose datasets it is made of (``.`` is this one); None where it is not virtual."""


def dataset(source: Source, heap: GlobalHeap, header: list[Message]) -> Dataset | None:
    """Return the dataset with a header, or None where it is none.

    Raises:
        UnreadableError: it is damaged.
    """
    by_kind = {each.kind: each.data for each in header}
    if LAYOUT not in by_kind or DATATYPE not in by_kind or DATASPACE not in by_kind:
        return None
    shape = dimensions(source, by_kind[DATASPACE]) or ()
    fields = source.fields(by_kind[DATATYPE])
    kind = fields.number(1) & 15
    fields.take(3)
    size = fields.number(4)
    dtype = _KINDS.get(kind, f"class {kind}")
    elements = min(math.prod(shape), _MOST)
    return Dataset(
        shape=shape,
        dtype=f"{dtype}{8 * size}" if kind in (0, 1) else dtype,
        elements=elements,
        bytes=min(elements * size, _MOST),
        external=_external(source, by_kind.get(EXTERNAL_FILES)),
        virtual=_virtual(source, heap, by_kind[LAYOUT]),
    )


def _external(source: Source, data: bytes | None) -> tuple[str, ...]:
    if data is None:
        return ()
    fields = source.fields(data, 4)
    fields.number(2)
    used = fields.number(2)
    heap = local_heap(source, fields.address())
    found: list[str] = []
    for _ in range(min(used, _MAX_FILES)):
        found.append(heap.text(fields.length()))
        fields.length()
        fields.length()
    return tuple(found)


def _virtual(source: Source, heap: GlobalHeap, data: bytes) -> tuple[str, ...] | None:
    fields = source.fields(data)
    version = fields.number(1)
    if version < 3:
        return None
    if version > 5:
        raise UnreadableError(f"HDF5 layouts of version {version} are not known")
    if fields.number(1) != _VIRTUAL:
        return None
    address, number = fields.address(), fields.number(4)
    if address == source.undefined:
        return ()
    fields = source.fields(heap.value(address, number))
    if (version := fields.number(1)) != 0:
        raise UnreadableError(f"HDF5 virtual datasets of version {version} are not known")
    found: dict[str, None] = {}
    for _ in range(min(fields.length(), _MAX_MAPPINGS)):
        if len(found) >= _MAX_FILES:
            break
        found[fields.text()] = None
        fields.text()
        _selection(fields)
        _selection(fields)
    return tuple(found)


def _selection(fields: Fields) -> None:
    """Pass over a choice of elements. Source: section VII.C, selections."""
    kind, version = fields.number(4), fields.number(4)
    if kind in (0, 3):
        fields.take(8)
    elif version == 1 and kind in (1, 2):
        fields.take(4)
        fields.take(fields.number(4))
    elif kind == 2 and version == 2:
        fields.take(1)
        fields.take(fields.number(4))
    elif kind == 2 and version == 3:
        regular, width = fields.number(1) & 1, fields.number(1)
        rank = fields.number(4)
        fields.take(rank * width * (4 if regular else 2 * fields.number(width)))
    elif kind == 1 and version == 2:
        width, rank = fields.number(1), fields.number(4)
        fields.take(rank * width * fields.number(width))
    else:
        raise UnreadableError("an HDF5 virtual dataset chooses elements in a way that is not known")
