"""Object headers of HDF5: the messages that say what an object is. Source: section IV.A."""

from __future__ import annotations

from dataclasses import dataclass

from basanite.domain.errors import UnreadableError
from basanite.formats.hdf5.source import Fields, Source

DATASPACE, LINK_INFO, DATATYPE, LINK, EXTERNAL_FILES, LAYOUT = 0x01, 0x02, 0x03, 0x06, 0x07, 0x08
ATTRIBUTE, CONTINUATION, SYMBOL_TABLE, ATTRIBUTE_INFO = 0x0C, 0x10, 0x11, 0x15
_MAX_MESSAGES = 100_000
_MAX_CHUNKS = 4096
_SHARED = 2


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a header."""

    kind: int
    data: bytes


def messages(source: Source, address: int) -> list[Message]:
    """Return all messages of the object header at an address, shared ones resolved.

    Raises:
        UnreadableError: there is no header, or it is damaged.
    """
    start = source.block(address, 4)
    if start == b"OHDR":
        raw = _second(source, address)
    elif start[0] == 1:
        raw = _first(source, address)
    else:
        raise UnreadableError(f"there is no HDF5 object header at address {address}")
    return [_resolved(source, each, flags) for each, flags in raw]


def _first(source: Source, address: int) -> list[tuple[Message, int]]:
    fields = source.fields(source.block(address, 12), 2)
    count, _, size = fields.number(2), fields.number(4), fields.number(4)
    found: list[tuple[Message, int]] = []
    chunks = [(address + 16, size)]
    for at, length in chunks:  # It grows with each continuation.
        body = source.fields(source.block(at, length))
        while body.left >= 8 and len(found) < count:
            kind, size, flags = body.number(2), body.number(2), body.number(1)
            body.take(3)
            _add(source, found, chunks, Message(kind, body.take(size)), flags)
    return found


def _second(source: Source, address: int) -> list[tuple[Message, int]]:
    head = source.fields(source.block(address, min(64, source.size - source.base - address)), 5)
    flags = head.number(1)
    head.take((16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0))
    length = head.number(1 << (flags & 3))
    ordered = bool(flags & 4)
    found: list[tuple[Message, int]] = []
    # Continuations begin with their signature and end, as this one does, with a check sum.
    chunks = [(address + head.at - 4, length + 8)]
    for number, (at, size) in enumerate(chunks):
        body = source.fields(source.block(at, size))
        signature = body.take(4)
        if number and signature != b"OCHK":
            raise UnreadableError(f"there is no HDF5 block OCHK at address {at}")
        while body.left - 4 >= (6 if ordered else 4):
            kind, long, own = body.number(1), body.number(2), body.number(1)
            body.take(2 if ordered else 0)
            _add(source, found, chunks, Message(kind, body.take(long)), own)
    return found


def _add(
    source: Source,
    found: list[tuple[Message, int]],
    chunks: list[tuple[int, int]],
    message: Message,
    flags: int,
) -> None:
    found.append((message, flags))
    if message.kind == CONTINUATION:
        fields = source.fields(message.data)
        chunks.append((fields.address(), fields.length()))
    if len(found) > _MAX_MESSAGES or len(chunks) > _MAX_CHUNKS:
        raise UnreadableError("an HDF5 object header goes on without end")


def _resolved(source: Source, message: Message, flags: int) -> Message:
    if not flags & _SHARED or message.kind == CONTINUATION:
        return message
    return Message(message.kind, shared(source, source.fields(message.data), message.kind))


def shared(source: Source, fields: Fields, kind: int) -> bytes:
    """Return what a shared message refers to: a message of a kind in another header.

    Raises:
        UnreadableError: it refers to the file's heap of shared messages, which is not read.
    """
    version, where = fields.number(1), fields.number(1)
    if version == 3 and where != 2:
        raise UnreadableError("the HDF5 file shares messages in a way that is not read")
    if version == 1:
        fields.take(6)
    address = fields.address()
    start = source.block(address, 4)
    raw = _second(source, address) if start == b"OHDR" else _first(source, address)
    for each, flags in raw:
        if each.kind == kind and not flags & _SHARED:
            return each.data
    raise UnreadableError(f"an HDF5 message refers to address {address}, which has none")
