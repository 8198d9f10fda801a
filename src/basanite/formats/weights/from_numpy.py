"""Tensors of NumPy arrays."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from basanite.formats.numpy import read_header
from basanite.formats.stream import Span
from basanite.formats.weights.tensor import Tensor

_KINDS = {"f": "F", "i": "I", "u": "U"}
_CODE = re.compile(r"[<|]?([fiu])([1248])$")


def numpy_tensors(file: BinaryIO, size: int) -> Iterator[Tensor]:
    """Yield the array of an npy file. Big-endian and object arrays give none.

    Raises:
        UnreadableError: the header is damaged.
    """
    header = read_header(Span(file, 0, size))
    found = _CODE.match(header.dtype)
    if found is not None and not header.objects:
        kind = f"{_KINDS[found[1]]}{int(found[2]) * 8}"
        shape = header.shape[::-1] if header.fortran else header.shape
        yield Tensor("array", kind, shape, file, header.length)
