"""Reader of ExecuTorch programs, by walking their flat buffer.

Source: schema/program.fbs and the extended header of ExecuTorch 1.x; flatbuffers.dev, "FlatBuffer
internals". Only names and places are read: weights and delegates' blobs are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible
from basanite.formats import native
from basanite.formats.flatbuffer import Buffer, Table

NAME = "executorch"
VERSION = 2
MAGIC = b"ET12"
_MAX_LIST = 50_000
_MAX_NAME = 200
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
    buffer = Buffer(file, 0, size)
    if buffer.take(4, 4) != MAGIC:
        raise UnreadableError("it has no identifier of an ExecuTorch program")
    root = buffer.root()
    methods: list[str] = []
    operators: set[str] = set()
    delegates: set[str] = set()
    looked_at = 0
    for plan in _tables(root, 1):
        methods.append(_name(plan, 0))
        for each in _tables(plan, 6):
            name, overload = _name(each, 0), _name(each, 1)
            operators.add(f"{name}.{overload}" if overload else name)
            looked_at += 1
        for each in _tables(plan, 7):
            delegates.add(_name(each, 0))
            looked_at += 1
        # Methods may share one list: what is counted is the work, not what is new.
        if len(methods) + looked_at > _MAX_LIST:
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


def _segments(buffer: Buffer, root: Table) -> dict[str, Any]:
    base = 0
    if buffer.size >= 32 and buffer.take(8, 4) == b"eh00":
        base = buffer.unsigned(24, 8)
    beyond = code = count = 0
    for each in _tables(root, 4):
        count += 1
        start, length = base + each.unsigned(0, 8), each.unsigned(1, 8)
        if length and start + length > buffer.size:
            beyond += 1
        elif length:
            code += bool(native.kind(buffer.take(start, min(length, 64))))
    found = {"segments": count, "beyond_the_end": beyond, "native_segments": code}
    return {key: value for key, value in found.items() if value or key == "segments"}


def _name(table: Table, field: int) -> str:
    return visible(table.text(field), _MAX_NAME)


def _tables(table: Table, field: int) -> Iterator[Table]:
    vector = table.vector(field)
    if vector.count > _MAX_LIST:
        raise UnreadableError(f"a list announces {vector.count} entries")
    return vector.tables()
