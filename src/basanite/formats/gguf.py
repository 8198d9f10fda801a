"""Reader of GGUF files: what the header says, and whether the tensors lie as it says.

Source: docs/gguf.md of the ggml project, and what the reference loader (gguf.cpp) refuses.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible
from basanite.formats import declared
from basanite.formats.ggml import FILE_TYPES, KINDS
from basanite.formats.gguf_header import KEPT_TEXT, MAGIC, Header, Items, Tensor

__all__ = ["MAGIC", "NAME", "VERSION", "laid_out", "read", "templates"]
NAME = "gguf"
VERSION = 3
_ALIGNMENT = 32
_MAX_ALIGNMENT = 1 << 20
_LOOKED_AT = 1 << 20
"""Bytes between tensors that are looked at for anything but zeros."""
_TEMPLATES = "tokenizer.chat_template"
_MAX_TEMPLATE = 4 << 20


@dataclass
class _Laid:
    """How the tensors lie."""

    spans: list[tuple[int, int]] = field(default_factory=list)
    kinds: dict[str, int] = field(default_factory=dict)
    names: set[int] = field(default_factory=set)
    parameters: int = 0
    repeated: int = 0
    misaligned: int = 0
    unknown: int = 0
    broken_rows: int = 0


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return architecture, name, licence, tensor types, parameters, tokenizer, and the layout.

    Raises:
        UnreadableError: the file is truncated, or it is something else.
        ContradictionError: the header announces the impossible.
    """
    header = Header(file, size)
    values: dict[str, Any] = {}
    repeated = 0
    for key, value in header.keys():  # noqa: SIM118 - no mapping
        repeated += key in values
        values.setdefault(key, value)
    alignment, sound = _alignment(values.get("general.alignment", _ALIGNMENT))
    laid = _Laid()
    for tensor in header.tensors():
        _lay(laid, tensor, alignment)
    data = header.position + -header.position % alignment
    architecture = _shown(values, "general.architecture")
    tokens = values.get("tokenizer.ggml.tokens")
    return {
        "version": header.version,
        "byte_order": "big" if header.big_endian else "little",
        "tensors": header.tensor_count,
        "parameters": laid.parameters,
        "tensor_types": dict(sorted(laid.kinds.items())),
        "quantisation": FILE_TYPES.get(_number(values, "general.file_type", -1), ""),
        "architecture": architecture,
        "name": _shown(values, "general.name"),
        "licence": _shown(values, "general.license"),
        "base_models": _base_models(values),
        "context_length": _number(values, f"{architecture}.context_length"),
        "tokenizer": _shown(values, "tokenizer.ggml.model"),
        "vocabulary": tokens.count if isinstance(tokens, Items) else 0,
        "chat_template": _TEMPLATES in values,
        "split": _split(values),
        "repeated_names": repeated + laid.repeated,
        "bad_alignment": int(not sound),
        "misaligned_tensors": laid.misaligned,
        "broken_rows": laid.broken_rows,
        "unknown_types": laid.unknown,
        **declared.fact(declared.of_gguf(values)),
        **_layout(file, size, laid, data, alignment),
    }


def templates(file: BinaryIO, size: int) -> Iterator[tuple[str, str]]:
    """Yield name and text of every chat template, repeated ones too.

    A text longer than 4 MiB is cut there.

    Raises:
        UnreadableError: the header ends early or contradicts the format.
    """
    keep = lambda key: _MAX_TEMPLATE if key.startswith(_TEMPLATES) else KEPT_TEXT  # noqa: E731
    for key, value in Header(file, size).keys(keep):
        if key.startswith(_TEMPLATES) and isinstance(value, str):
            yield visible(key, 120), value


def laid_out(file: BinaryIO, size: int) -> tuple[int, list[Tensor]]:
    """Return where the tensors' data begins, and what the header says of every tensor.

    Raises:
        UnreadableError: as `read`.
    """
    header = Header(file, size)
    alignment = _ALIGNMENT
    for key, value in header.keys():  # noqa: SIM118 - no mapping
        if key == "general.alignment":
            alignment, _ = _alignment(value)
    tensors = list(header.tensors())
    return header.position + -header.position % alignment, tensors


def _alignment(value: Any) -> tuple[int, bool]:
    """Return the alignment to read on with, and whether the file's own is sound."""
    if type(value) is int and 0 < value <= _MAX_ALIGNMENT and value & (value - 1) == 0:
        return value, True
    return _ALIGNMENT, False


def _lay(laid: _Laid, tensor: Tensor, alignment: int) -> None:
    count = math.prod(tensor.shape)
    laid.parameters += count
    kind = KINDS.get(tensor.kind)
    name = kind.name if kind else f"type {tensor.kind}"
    if name in laid.kinds or len(laid.kinds) < 100:
        laid.kinds[name] = laid.kinds.get(name, 0) + 1
    length = 0
    if kind is None:
        laid.unknown += 1
    else:
        row = tensor.shape[0] if tensor.shape else 1
        laid.broken_rows += row % kind.block != 0
        length = count // kind.block * kind.bytes
    laid.misaligned += tensor.offset % alignment != 0
    key = hash(tensor.name)
    laid.repeated += key in laid.names
    laid.names.add(key)
    laid.spans.append((tensor.offset, tensor.offset + length))


def _layout(file: BinaryIO, size: int, laid: _Laid, data: int, alignment: int) -> dict[str, int]:
    """Return what is odd about where the tensors lie: one after the other, padded with zeros."""
    overlaps = gaps = at = 0
    hidden = 0
    laid.spans.sort()
    for begin, end in laid.spans:
        overlaps += begin < at and end > begin
        padded = at + -at % alignment
        if begin > padded and not laid.unknown:
            gaps += 1
            hidden += _holds_anything(file, data + at, min(data + begin, size))
        at = max(at, end)
    odd = overlaps or gaps or laid.misaligned or laid.broken_rows
    if laid.spans and data + at > size and not odd:
        raise UnreadableError(
            f"the tensors need {data + at} bytes and {size} are there: it ends early"
        )
    rest = data + at if laid.spans else min(size, data)
    trailing = max(0, size - rest) if not laid.unknown else 0
    if trailing:
        trailing *= _holds_anything(file, rest, size)
    return {
        "overlapping_tensors": overlaps,
        "gaps": hidden,
        "empty_gaps": gaps - hidden,
        "beyond_the_end": int(bool(laid.spans) and data + at > size),
        "trailing_bytes": trailing,
    }


def _holds_anything(file: BinaryIO, start: int, end: int) -> bool:
    """Whether bytes between two places are anything but zeros, by the first and last mebibyte."""
    if end <= start:
        return False
    for at in {start, max(start, end - _LOOKED_AT)}:
        file.seek(at)
        if file.read(min(_LOOKED_AT, end - at)).strip(b"\0"):
            return True
    return False


def _base_models(values: dict[str, Any]) -> list[str]:
    found = []
    for index in range(min(8, _number(values, "general.base_model.count"))):
        key = f"general.base_model.{index}"
        found.append(_shown(values, f"{key}.repo_url") or _shown(values, f"{key}.name"))
    return [each for each in found if each]


def _split(values: dict[str, Any]) -> str:
    count = _number(values, "split.count")
    return f"{_number(values, 'split.no') + 1} of {count}" if count > 1 else ""


def _shown(values: dict[str, Any], key: str) -> str:
    value = values.get(key)
    return visible(value, KEPT_TEXT) if isinstance(value, str) else ""


def _number(values: dict[str, Any], key: str, default: int = 0) -> int:
    value = values.get(key)
    return value if type(value) is int else default
