"""Listing: the tensors of a model file, by its format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from basanite.domain.artifact import Format
from basanite.formats.weights.from_gguf import gguf_tensors
from basanite.formats.weights.from_numpy import numpy_tensors
from basanite.formats.weights.from_onnx import onnx_tensors
from basanite.formats.weights.from_safetensors import safetensors_tensors
from basanite.formats.weights.from_torch import torch_tensors
from basanite.formats.weights.tensor import Tensor

NAME = "weights"
VERSION = 3
MAX_TENSORS = 200_000
_LISTS: dict[Format, Callable[[BinaryIO, int], Iterator[Tensor]]] = {
    Format.SAFETENSORS: safetensors_tensors,
    Format.GGUF: gguf_tensors,
    Format.NUMPY: numpy_tensors,
    Format.ONNX: onnx_tensors,
    Format.PYTORCH_ZIP: torch_tensors,
}
LISTED = frozenset(_LISTS)
"""Formats whose tensors are found. An npz archive is listed array by array, as parts."""


def tensors(form: Format, file: BinaryIO, size: int) -> Iterator[Tensor]:
    """Yield the tensors of ``size`` bytes of a format in `LISTED`.

    Raises:
        UnreadableError: the file is not what its format says.
    """
    yield from _LISTS[form](file, size)
