"""Tensors of safetensors files."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible
from basanite.formats.cursor import Cursor
from basanite.formats.json_document import load_json
from basanite.formats.safetensors import MAX_COUNT, MAX_HEADER
from basanite.formats.weights.tensor import Tensor


def safetensors_tensors(file: BinaryIO, size: int) -> Iterator[Tensor]:
    """Yield the tensors in the order of the header.

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
    for name, entry in header.items():
        if name != "__metadata__":
            yield _tensor(file, visible(name, 200), entry, 8 + length, size)


def _tensor(file: BinaryIO, name: str, entry: Any, data: int, end: int) -> Tensor:
    match entry:
        case {"dtype": str() as kind, "shape": list() as shape, "data_offsets": [int(at), int()]}:
            sound = all(type(each) is int and 0 <= each < MAX_COUNT for each in [*shape, at])
            if sound and math.prod(shape) < MAX_COUNT:
                tensor = Tensor(name, visible(kind, 20), tuple(shape), file, data + at)
                if tensor.start + (tensor.size or 0) <= end:
                    return tensor
    raise UnreadableError(f"tensor {name} has no proper dtype, shape and offsets")
