"""Reader of safetensors headers.

Layout: eight bytes of header length, a JSON header, the tensors' bytes without gaps.
Source: the format section of the safetensors project's README.
"""

from __future__ import annotations

import math
from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible
from basanite.formats import declared
from basanite.formats.cursor import Cursor
from basanite.formats.json_document import load_json

NAME = "safetensors"
VERSION = 1
MAX_HEADER = 50_000_000
"""The limit of the reference implementation is 100 MB; half of it is far beyond real models."""
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F4": 4, "F6_E2M3": 6,
    "F6_E3M2": 6, "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32,
    "I64": 64, "U64": 64, "F64": 64, "C64": 64,
}  # fmt: skip
MAX_COUNT = 1 << 62


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return tensor count, dtypes, parameters, metadata keys, and whether the layout holds.

    Raises:
        UnreadableError: the header is truncated, too large or no JSON object of tensors.
    """
    cursor = Cursor(file, 0, size)
    length = cursor.unsigned(8)
    if length > MAX_HEADER:
        raise UnreadableError(f"the header announces {length} bytes, more than {MAX_HEADER}")
    header = load_json(cursor.take(length))
    if not isinstance(header, dict):
        raise UnreadableError("the header is no JSON object")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict):
        raise UnreadableError("the header's __metadata__ is no JSON object")
    dtypes: dict[str, int] = {}
    parameters = 0
    spans: list[tuple[int, int]] = []
    wrong = 0
    for name, tensor in header.items():
        dtype, shape, begin, end = _tensor(name, tensor)
        count = math.prod(shape)
        if count > MAX_COUNT:
            raise UnreadableError(f"tensor {visible(name, 80)} announces an impossible shape")
        parameters += count
        dtypes[dtype] = dtypes.get(dtype, 0) + 1
        spans.append((begin, end))
        wrong += dtype in _BITS and (end - begin) * 8 != count * _BITS[dtype]
    return {
        "tensors": len(spans),
        "parameters": parameters,
        "dtypes": dict(sorted(dtypes.items())),
        "metadata_keys": sorted(visible(key, 80) for key in metadata)[:100],
        "header_bytes": length,
        **declared.fact(declared.of_safetensors(metadata)),
        **_layout(spans, cursor.left, wrong),
    }


def _tensor(name: str, tensor: Any) -> tuple[str, list[int], int, int]:
    match tensor:
        case {"dtype": str() as dtype, "shape": list() as shape, "data_offsets": [begin, end]}:
            numbers = [*shape, begin, end]
            if all(type(n) is int and 0 <= n < MAX_COUNT for n in numbers) and len(shape) <= 64:
                return visible(dtype, 20), shape, begin, end
    raise UnreadableError(f"tensor {visible(name, 80)} has no proper dtype, shape and offsets")


def _layout(spans: list[tuple[int, int]], data: int, wrong: int) -> dict[str, Any]:
    """Return what is odd about where the tensors lie: the format allows no gap and no overlap."""
    overlaps = gaps = at = 0
    for begin, end in sorted(spans):
        overlaps += begin < at or end < begin
        gaps += begin > at
        at = max(at, end)
    if at > data:
        raise UnreadableError(f"the tensors need {at} bytes and {data} are there: it ends early")
    return {
        "overlapping_tensors": overlaps,
        "gaps": gaps,
        "trailing_bytes": data - at,
        "wrong_sizes": wrong,
    }
