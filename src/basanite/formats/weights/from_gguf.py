"""Tensors of GGUF files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from basanite.domain.names import visible
from basanite.formats.ggml import KINDS
from basanite.formats.gguf import laid_out
from basanite.formats.weights.tensor import Tensor


def gguf_tensors(file: BinaryIO, size: int) -> Iterator[Tensor]:
    """Yield the tensors in the order of the header.

    Raises:
        UnreadableError: the header is truncated or announces the impossible.
    """
    data, entries = laid_out(file, size)
    for each in entries:
        kind = KINDS.get(each.kind)
        name = visible(each.name.decode("utf-8", "replace"), 200)
        word = kind.name if kind else f"type {each.kind}"
        # GGUF names the fastest dimension first.
        yield Tensor(name, word, each.shape[::-1], file, data + each.offset)
