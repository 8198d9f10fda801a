"""Tensors of GGUF files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from basanite.formats.gguf import layout
from basanite.formats.weights.tensor import Tensor


def gguf_tensors(file: BinaryIO, size: int) -> Iterator[Tensor]:
    """Yield the tensors in the order of the header.

    Raises:
        UnreadableError: the header is truncated or announces the impossible.
    """
    data, entries = layout(file, size)
    for each in entries:
        # GGUF names the fastest dimension first.
        yield Tensor(each.name, each.kind, each.shape[::-1], file, data + each.offset)
