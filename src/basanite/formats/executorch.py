"""Reader of ExecuTorch programs, by walking their flat buffer.

Source: schema/program.fbs and the extended header of ExecuTorch 1.x; flatbuffers.dev, "FlatBuffer
internals". Only names and places are read: weights and delegates' blobs are passed over.
"""

from __future__ import annotations

from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible
from basanite.formats import native

NAME = "executorch"
VERSION = 1
MAGIC = b"ET12"
_MAX_LIST = 200_000
_SHOWN = 100
_KNOWN = frozenset(
    {
        "aten", "dim_order_ops", "quantized_decomposed", "executorch_prim", "et_copy", "prim",
        "llama", "torchao", "prims", "quantized", "et_vk", "cadence", "cortex_m", "bolt",
    }
)  # fmt: skip
"""Namespaces of operators that ExecuTorch's own kernel libraries have."""
_DELEGATES = frozenset(
    {
        "XnnpackBackend", "CoreMLBackend", "MPSBackend", "QnnBackend", "VulkanBackend",
        "EthosUBackend",
        "ArmBackend", "VgfBackend", "TOSABackend", "NeuropilotBackend", "OpenvinoBackend",
        "EnnBackend", "MediatekBackend", "CudaBackend", "AotiBackend", "MetalBackend", "NXPBackend",
        "NeutronBackend", "SamsungBackend", "MLXBackend",
    }
)  # fmt: skip
"""Backends of ExecuTorch's own source tree."""


def looks_like_executorch(head: bytes) -> bool:
    """Return whether the identifier of a program stands where flat buffers have theirs."""
    return head[4:8] == MAGIC


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return methods, operators, delegates, and segments that lie beyond the file.

    Raises:
        UnreadableError: the file is truncated or malformed.
    """
    buffer = _Buffer(file, size)
    if buffer.take(4, 4) != MAGIC:
        raise UnreadableError("it has no identifier of an ExecuTorch program")
    root = buffer.number(0, 4)
    methods: list[str] = []
    operators: set[str] = set()
    delegates: set[str] = set()
    for plan in buffer.tables(root, 1):
        methods.append(buffer.text(plan, 0))
        for each in buffer.tables(plan, 6):
            name, overload = buffer.text(each, 0), buffer.text(each, 1)
            operators.add(f"{name}.{overload}" if overload else name)
        for each in buffer.tables(plan, 7):
            delegates.add(buffer.text(each, 0))
        if len(methods) + len(operators) + len(delegates) > _MAX_LIST:
            raise UnreadableError("the program has more methods and operators than are looked at")
    if not methods:
        raise UnreadableError("the program has no method")
    custom = {each for each in operators if each.partition("::")[0] not in _KNOWN}
    custom |= {f"delegate {each}" for each in delegates - _DELEGATES}
    facts: dict[str, Any] = {
        "methods": methods[:_SHOWN],
        "operators": len(operators),
        "operator_domains": sorted({each.partition("::")[0] for each in operators})[:_SHOWN],
        "delegates": sorted(delegates)[:_SHOWN],
        **_segments(buffer, root),
    }
    if custom:
        facts["custom_operators"] = sorted(custom)[:_SHOWN]
    return facts


def _segments(buffer: _Buffer, root: int) -> dict[str, Any]:
    base = 0
    if buffer.size >= 32 and buffer.take(8, 4) == b"eh00":
        base = buffer.number(24, 8)
    beyond = code = count = 0
    for each in buffer.tables(root, 4):
        count += 1
        start, length = base + buffer.scalar(each, 0, 8), buffer.scalar(each, 1, 8)
        if length and start + length > buffer.size:
            beyond += 1
        elif length:
            code += bool(native.kind(buffer.take(start, min(length, 64))))
    found = {"segments": count, "beyond_the_end": beyond, "native_segments": code}
    return {key: value for key, value in found.items() if value or key == "segments"}


class _Buffer:
    """A flat buffer: tables by place, fields by number, every place checked."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self.size = size

    def take(self, at: int, count: int) -> bytes:
        """Return bytes.

        Raises:
            UnreadableError: they lie beyond the file.
        """
        if not 0 <= at <= self.size - count:
            raise UnreadableError(f"byte {at} is named, and the file has {self.size}")
        self._file.seek(at)
        data = self._file.read(count)
        if len(data) < count:
            raise UnreadableError(f"the file ends early, at byte {at + len(data)}")
        return data

    def number(self, at: int, width: int) -> int:
        """Return an unsigned number."""
        return int.from_bytes(self.take(at, width), "little")

    def _field(self, table: int, index: int) -> int | None:
        """Return where a field of a table lies; None where it has its default."""
        places = table - int.from_bytes(self.take(table, 4), "little", signed=True)
        if 4 + 2 * index + 2 > self.number(places, 2):
            return None
        offset = self.number(places + 4 + 2 * index, 2)
        return table + offset if offset else None

    def _target(self, table: int, index: int) -> int | None:
        at = self._field(table, index)
        return None if at is None else at + self.number(at, 4)

    def scalar(self, table: int, index: int, width: int) -> int:
        """Return a number of a table."""
        at = self._field(table, index)
        return 0 if at is None else self.number(at, width)

    def text(self, table: int, index: int) -> str:
        """Return a text of a table, cut at 200 bytes."""
        at = self._target(table, index)
        if at is None:
            return ""
        data = self.take(at + 4, min(200, self.number(at, 4)))
        return visible(data.decode("utf-8", "replace"), 200)

    def tables(self, table: int, index: int) -> list[int]:
        """Return where the tables of a list lie.

        Raises:
            UnreadableError: the list is longer than the file, or than what is looked at.
        """
        at = self._target(table, index)
        if at is None:
            return []
        count = self.number(at, 4)
        if count > _MAX_LIST:
            raise UnreadableError(f"a list announces {count} entries")
        data = self.take(at + 4, 4 * count)
        return [
            at + 4 + place + int.from_bytes(data[place : place + 4], "little")
            for place in range(0, len(data), 4)
        ]
