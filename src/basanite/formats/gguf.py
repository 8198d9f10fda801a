"""Reader of GGUF headers. Source: docs/gguf.md of the ggml project, versions 2 and 3."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible
from basanite.formats import declared
from basanite.formats.cursor import Cursor

NAME = "gguf"
VERSION = 1
MAGIC = b"GGUF"
MAX_KEYS = 10_000
MAX_TENSORS = 200_000
MAX_ITEMS = 20_000_000
"""Array items passed over in one file."""
_WIDTHS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_SIGNED = {1, 3, 5, 11}
_FLOATS = {6, 12}
_TEXT, _ARRAY = 8, 9
_TENSOR_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 9: "Q8_1",
    10: "Q2_K", 11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 15: "Q8_K", 16: "IQ2_XXS",
    17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS",
    24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M", 30: "BF16", 34: "TQ1_0",
    35: "TQ2_0", 39: "MXFP4",
}  # fmt: skip
_KEPT_TEXT = 256


class _Reader:
    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.items = 0

    def text(self) -> str:
        length = self.cursor.unsigned(8)
        kept = self.cursor.take(min(length, _KEPT_TEXT)) if length <= self.cursor.left else b""
        self.cursor.skip(length - len(kept))
        return visible(kept.decode("utf-8", "replace"), _KEPT_TEXT)

    def value(self, kind: int, depth: int = 0) -> str | int | list[int] | None:
        if kind == _TEXT:
            return self.text()
        if kind == _ARRAY:
            return self.array(depth)
        if kind not in _WIDTHS:
            raise UnreadableError(f"a value has the unknown type {kind}")
        data = self.cursor.take(_WIDTHS[kind])
        return None if kind in _FLOATS else int.from_bytes(data, "little", signed=kind in _SIGNED)

    def array(self, depth: int) -> list[int]:
        """Pass over an array and return its length, as a list of one."""
        kind, count = self.cursor.unsigned(4), self.cursor.unsigned(8)
        if kind in _WIDTHS:
            self.cursor.skip(count * _WIDTHS[kind])
            return [count]
        self.items += count
        if self.items > MAX_ITEMS or depth > 3 or count > self.cursor.left:
            raise UnreadableError("an array of the header is too large or too deep")
        if kind not in (_TEXT, _ARRAY):
            raise UnreadableError(f"an array has the unknown type {kind}")
        for _ in range(count):
            if kind == _TEXT:
                self.cursor.skip(self.cursor.unsigned(8))
            else:
                self.array(depth + 1)
        return [count]


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return architecture, name, tensor types, parameters, tokenizer and chat template presence.

    Raises:
        UnreadableError: the header is truncated or announces the impossible.
    """
    cursor = Cursor(file, 0, size)
    if cursor.take(4) != MAGIC:
        raise UnreadableError("no GGUF file: its first bytes are not those of the format")
    version = cursor.unsigned(4)
    if version not in (2, 3):
        raise UnreadableError(f"GGUF version {version} is not known (or the file is big-endian)")
    tensors, keys = cursor.unsigned(8), cursor.unsigned(8)
    if tensors > MAX_TENSORS or keys > MAX_KEYS:
        raise UnreadableError(f"the header announces {tensors} tensors and {keys} keys")
    reader = _Reader(cursor)
    values: dict[str, Any] = {}
    for _ in range(keys):
        key = reader.text()
        values[key] = reader.value(cursor.unsigned(4))
    types, parameters, furthest = _tensors(reader, tensors)
    alignment = values.get("general.alignment", 32)
    tokens = values.get("tokenizer.ggml.tokens")
    architecture = values.get("general.architecture")
    data = cursor.position + -cursor.position % (
        alignment if isinstance(alignment, int) and alignment > 0 else 32
    )
    if furthest and data + furthest >= size:
        raise UnreadableError(f"a tensor begins at byte {data + furthest}: the file ends early")
    return {
        "version": version,
        "tensors": tensors,
        "parameters": parameters,
        "tensor_types": dict(sorted(types.items())),
        "architecture": architecture if isinstance(architecture, str) else "",
        "name": _shown(values, "general.name"),
        "licence": _shown(values, "general.license"),
        "context_length": _number(values, f"{architecture}.context_length"),
        "tokenizer": _shown(values, "tokenizer.ggml.model"),
        "vocabulary": tokens[0] if isinstance(tokens, list) else 0,
        "chat_template": "tokenizer.chat_template" in values,
        **declared.fact(declared.of_gguf(values)),
    }


def _tensors(reader: _Reader, count: int) -> tuple[dict[str, int], int, int]:
    types: dict[str, int] = {}
    parameters = furthest = 0
    for _ in range(count):
        reader.text()
        dimensions = reader.cursor.unsigned(4)
        if dimensions > 8:
            raise UnreadableError(f"a tensor announces {dimensions} dimensions")
        size = math.prod(reader.cursor.unsigned(8) for _ in range(dimensions))
        if size > 1 << 62:
            raise UnreadableError("a tensor announces an impossible shape")
        kind = reader.cursor.unsigned(4)
        furthest = max(furthest, reader.cursor.unsigned(8))
        name = _TENSOR_TYPES.get(kind, f"type {kind}")
        types[name] = types.get(name, 0) + 1
        parameters += size
    return types, parameters, furthest


@dataclass(frozen=True, slots=True)
class Entry:
    """One tensor of the header."""

    name: str
    kind: str
    shape: tuple[int, ...]
    """The fastest dimension first."""
    offset: int
    """Bytes from the start of the tensors' data."""


def layout(file: BinaryIO, size: int) -> tuple[int, list[Entry]]:
    """Return where the tensors' data begins, and the tensors.

    Raises:
        UnreadableError: the header is truncated or announces the impossible.
    """
    cursor = Cursor(file, 0, size)
    cursor.skip(8)
    count, keys = cursor.unsigned(8), cursor.unsigned(8)
    if count > MAX_TENSORS or keys > MAX_KEYS:
        raise UnreadableError(f"the header announces {count} tensors and {keys} keys")
    reader = _Reader(cursor)
    alignment = 32
    for _ in range(keys):
        key = reader.text()
        value = reader.value(cursor.unsigned(4))
        if key == "general.alignment" and isinstance(value, int) and value > 0:
            alignment = value
    entries = [_entry(reader) for _ in range(count)]
    return cursor.position + -cursor.position % alignment, entries


def _entry(reader: _Reader) -> Entry:
    name = reader.text()
    dimensions = reader.cursor.unsigned(4)
    if dimensions > 8:
        raise UnreadableError(f"a tensor announces {dimensions} dimensions")
    shape = tuple(reader.cursor.unsigned(8) for _ in range(dimensions))
    if math.prod(shape) > 1 << 62:
        raise UnreadableError("a tensor announces an impossible shape")
    kind = reader.cursor.unsigned(4)
    return Entry(name, _TENSOR_TYPES.get(kind, f"type {kind}"), shape, reader.cursor.unsigned(8))


def _shown(values: dict[str, Any], key: str) -> str:
    value = values.get(key)
    return value if isinstance(value, str) else ""


def _number(values: dict[str, Any], key: str) -> int:
    value = values.get(key)
    return value if isinstance(value, int) else 0
