"""Reader of safetensors headers.

Layout: eight bytes of header length, a JSON header, the tensors' bytes without gaps.
Source: the format section of the safetensors project's README, and what its reference reader
(version 0.8) refuses.
"""

from __future__ import annotations

import math
import re
from array import array
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible
from basanite.formats import declared
from basanite.formats.contradiction import ContradictionError
from basanite.formats.cursor import Cursor
from basanite.formats.safetensors_header import METADATA, HeaderReader

NAME = "safetensors"
VERSION = 3
MAX_HEADER = 100_000_000
"""The limit of the reference implementation."""
MAX_TENSORS = 500_000
"""More in one file is a header made to exhaust its reader: the largest models have 100,000."""
_BITS = {
    "BOOL": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8,
    "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32, "C64": 64, "F64": 64, "I64": 64, "U64": 64,
}  # fmt: skip
MAX_COUNT = 1 << 62
_FIELDS = frozenset({"dtype", "shape", "data_offsets"})
_LICENCES = ("license", "licence", "modelspec.license")
_PACKED = re.compile(r"\s*(?:data:[^,]{0,80},)?\s*(?:gASV|gAJ[cjY]|f0VMRg|TVqQAA|UEsDB)")
"""Base64 of a pickle, of an ELF or Windows program, of a zip."""
_CODE = re.compile(
    r"\A#!\s*/|<script\b|\b(?:eval|exec|__import__)\s*\(|\bimport\s+(?:os|sys|subprocess|socket)\b|"
    r"\bos\.system\b|\bsubprocess\.|powershell\s+-",
    re.IGNORECASE,
)
_LARGE_TEXT = 4 << 20


@dataclass
class _Seen:
    """What was counted while the header went by."""

    begins: array[int] = field(default_factory=lambda: array("Q"))
    ends: array[int] = field(default_factory=lambda: array("Q"))
    names: array[int] = field(default_factory=lambda: array("q"))
    dtypes: dict[str, int] = field(default_factory=dict)
    metadata: list[Any] = field(default_factory=list)
    parameters: int = 0
    wrong: int = 0
    reversed: int = 0
    extra_fields: int = 0


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return tensor count, dtypes, parameters, metadata keys, and whether the layout holds.

    Raises:
        UnreadableError: the file is truncated, or it is something else.
        ContradictionError: the header contradicts the format.
    """
    cursor = Cursor(file, 0, size)
    length = cursor.unsigned(8)
    begins = cursor.take(1) if cursor.left else b""
    if length > MAX_HEADER:
        if begins != b"{":
            raise UnreadableError("it does not begin as a safetensors file does")
        raise ContradictionError(f"the header announces {length} bytes, more than {MAX_HEADER}")
    if length < 2:
        raise UnreadableError("it does not begin as a safetensors file does")
    if length > size - 8:
        raise UnreadableError(f"the header announces {length} bytes: the file ends early")
    header = HeaderReader(file, 8, length)
    seen = _Seen()
    for name, tensor in header.entries():
        if name == METADATA:
            seen.metadata.append(tensor)
        else:
            _count(seen, name, tensor)
    seen.metadata[:] = seen.metadata[:10]
    metadata = next((each for each in seen.metadata if isinstance(each, dict)), {})
    return {
        "tensors": len(seen.begins),
        "parameters": seen.parameters,
        "dtypes": dict(sorted(seen.dtypes.items())),
        "metadata_keys": sorted(visible(key, 80) for key in metadata)[:100],
        "licence": _licence(metadata),
        **declared.fact(declared.of_safetensors(metadata)),
        "header_bytes": length,
        **_layout(seen, size - 8 - length),
        "wrong_sizes": seen.wrong,
        "repeated_names": _repeated(seen.names) + max(0, len(seen.metadata) - 1),
        "repeated_fields": header.repeated_fields,
        "unknown_dtypes": sum(n for name, n in seen.dtypes.items() if name not in _BITS),
        "extra_fields": seen.extra_fields,
        "odd_padding": int(header.odd_padding),
        "odd_metadata": int(any(not _plain(each) for each in seen.metadata)),
        "code_in_metadata": _suspicious(metadata),
    }


def _count(seen: _Seen, name: str, tensor: Any) -> None:
    dtype, shape, begin, end = _tensor(name, tensor)
    count = math.prod(shape)
    if count > MAX_COUNT:
        raise ContradictionError(f"tensor {visible(name, 80)} announces an impossible shape")
    if len(seen.begins) >= MAX_TENSORS:
        raise ContradictionError(f"the header lists more than {MAX_TENSORS} tensors")
    seen.parameters += count
    if dtype in seen.dtypes or len(seen.dtypes) < 100:
        seen.dtypes[dtype] = seen.dtypes.get(dtype, 0) + 1
    seen.begins.append(begin)
    seen.ends.append(end)
    seen.names.append(hash(name))
    seen.reversed += end < begin
    seen.wrong += dtype in _BITS and end >= begin and (end - begin) * 8 != count * _BITS[dtype]
    seen.extra_fields += len(tensor) != len(_FIELDS)


def _tensor(name: str, tensor: Any) -> tuple[str, list[int], int, int]:
    match tensor:
        case {"dtype": str() as dtype, "shape": list() as shape, "data_offsets": [begin, end]}:
            numbers = (*shape, begin, end)
            whole = {type(each) for each in numbers} == {int}
            if whole and min(numbers) >= 0 and max(numbers) < MAX_COUNT and len(shape) <= 64:
                return visible(dtype, 20), shape, begin, end
    raise ContradictionError(f"tensor {visible(name, 80)} has no proper dtype, shape and offsets")


def _layout(seen: _Seen, data: int) -> dict[str, Any]:
    """Return what is odd about where the tensors lie: the format allows no gap and no overlap."""
    overlaps = gaps = at = 0
    spans = zip(seen.begins, seen.ends, strict=True)
    if any(begin > later for begin, later in zip(seen.begins, seen.begins[1:], strict=False)):
        spans = iter(sorted(spans))  # type: ignore[assignment]
    for begin, end in spans:
        overlaps += begin < at and end > begin
        gaps += begin > at
        at = max(at, end)
    odd = overlaps or gaps or seen.wrong or seen.reversed
    if at > data and not odd:
        raise UnreadableError(f"the tensors need {at} bytes and {data} are there: it ends early")
    return {
        "overlapping_tensors": overlaps,
        "gaps": gaps,
        "reversed_offsets": seen.reversed,
        "beyond_the_end": int(at > data),
        "trailing_bytes": max(0, data - at),
    }


def _repeated(names: array[int]) -> int:
    """Return how many names come again. Names are told apart by a hash of 64 bits."""
    return len(names) - len(set(names))


def _plain(metadata: Any) -> bool:
    return isinstance(metadata, dict) and all(isinstance(each, str) for each in metadata.values())


def _licence(metadata: dict[str, Any]) -> str:
    said = next((metadata[each] for each in _LICENCES if metadata.get(each)), "")
    return visible(said, 200) if isinstance(said, str) else ""


def _suspicious(metadata: dict[str, Any]) -> list[str]:
    """Return the keys whose text is code, or so large that something else lies in it."""
    found = [
        visible(key, 80)
        for key, text in metadata.items()
        if isinstance(text, str)
        and (len(text) > _LARGE_TEXT or _PACKED.match(text) or _CODE.search(text))
    ]
    return found[:20]
