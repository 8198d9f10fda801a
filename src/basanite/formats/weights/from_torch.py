"""Tensors of PyTorch archives: storages, as the pickle in the archive cuts them up."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.formats.container.budget import Budget
from basanite.formats.container.unpacked import unpacked
from basanite.formats.container.window import window
from basanite.formats.pickle.events import Broken, Call, PersistentId
from basanite.formats.pickle.machine import events
from basanite.formats.pickle.symbols import Global
from basanite.formats.stream import Span
from basanite.formats.weights.tensor import Tensor
from basanite.formats.zip.directory import Member, members
from basanite.formats.zip.member import open_member, stored_at

_KINDS = {
    "FloatStorage": "F32", "DoubleStorage": "F64", "HalfStorage": "F16", "BFloat16Storage": "BF16",
    "LongStorage": "I64", "IntStorage": "I32", "ShortStorage": "I16", "CharStorage": "I8",
    "ByteStorage": "U8",
}  # fmt: skip
_REBUILD = frozenset({"_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3"})


def torch_tensors(file: BinaryIO, size: int) -> Iterator[Tensor]:
    """Yield the tensors whose numbers lie in C order in their storage, in the pickle's order.

    Views with other strides are left out. The names are those of the storages.

    Raises:
        UnreadableError: the archive or its pickle is damaged.
    """
    entries = members(file, 0, size)
    index = next((each for each in entries if each.name.endswith("data.pkl")), None)
    if index is None:
        raise UnreadableError("the archive has no data.pkl")
    folder = index.name[: -len("data.pkl")]
    storages = {each.name: each for each in entries if each.name.startswith(f"{folder}data/")}
    pickle, length = _opened(file, index, size)
    opened: dict[str, tuple[BinaryIO, int]] = {}
    storage: tuple[str, str] | None = None
    for event in events(Span(pickle, 0, length)):
        if isinstance(event, Broken):
            raise UnreadableError(f"the archive's pickle is damaged: {event.reason}")
        if isinstance(event, PersistentId):
            storage = _storage(event.identifier)
        elif isinstance(event, Call) and storage is not None and _rebuilds(event):
            name = f"{folder}data/{storage[1]}"
            if name in storages:
                if name not in opened:
                    opened[name] = _opened(file, storages[name], size)
                yield from _tensor(storage, event.arguments, opened[name])


def _opened(file: BinaryIO, member: Member, end: int) -> tuple[BinaryIO, int]:
    stored = stored_at(file, member, end)
    if stored is not None:
        return window(file, *stored), stored[1]
    return unpacked(partial(open_member, file, member, end), Budget(member.packed))


def _storage(identifier: object) -> tuple[str, str] | None:
    """Return the kind of number and the key of a storage that a persistent id names."""
    match identifier:
        case ("storage", Global(module="torch", name=name), str() as key, *_) if name in _KINDS:
            return _KINDS[name], key
    return None


def _rebuilds(call: Call) -> bool:
    callee = call.callee
    return isinstance(callee, Global) and callee.name in _REBUILD


def _tensor(
    storage: tuple[str, str], arguments: object, data: tuple[BinaryIO, int]
) -> Iterator[Tensor]:
    match arguments:
        case (_, int() as offset, tuple() as shape, tuple() as strides, *_):
            if not all(isinstance(each, int) and each >= 0 for each in (*shape, *strides)):
                return
            plain = Tensor(f"storage {storage[1]}", storage[0], shape, data[0], 0)
            width = (plain.size or 0) // max(1, plain.count)
            if plain.count and strides == _contiguous(shape) and width:
                start = offset * width
                if start >= 0 and start + (plain.size or 0) <= data[1]:
                    yield Tensor(plain.name, plain.kind, shape, data[0], start)


def _contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    strides: list[int] = []
    step = 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))
