"""Tensors of ONNX models: initialisers whose bytes lie in the file."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import BinaryIO

from basanite.domain.names import visible
from basanite.formats.protobuf import Message
from basanite.formats.weights.tensor import Tensor

_KINDS = {
    1: "F32", 2: "U8", 3: "I8", 4: "U16", 5: "I16", 6: "I32", 7: "I64", 10: "F16", 11: "F64",
    12: "U32", 13: "U64", 16: "BF16", 17: "F8_E4M3", 19: "F8_E5M2",
}  # fmt: skip
_GRAPH, _INITIALIZER = 7, 5
_DIMENSIONS, _TYPE, _FLOATS, _NAME, _RAW = 1, 2, 4, 8, 9


def onnx_tensors(file: BinaryIO, size: int) -> Iterator[Tensor]:
    """Yield the initialisers of the main graph.

    Raises:
        UnreadableError: the file is truncated or malformed.
    """
    model = Message(file, 0, size)
    for outer in model:
        if (outer.number, outer.wire) == (_GRAPH, 2):
            graph = model.inner(outer)
            for each in graph:
                if (each.number, each.wire) == (_INITIALIZER, 2):
                    yield from _tensor(file, graph.inner(each))


def _tensor(file: BinaryIO, message: Message) -> Iterator[Tensor]:
    shape: list[int] = []
    name, kind = "", 0
    data: tuple[int, int] | None = None
    for each in message:
        if each.number == _DIMENSIONS:
            shape += message.numbers(each)
        elif each.number == _TYPE:
            kind = each.value
        elif each.number == _NAME and each.wire == 2:
            name = visible(message.text(each), 200)
        elif each.number in (_FLOATS, _RAW) and each.wire == 2:
            # Packed floats have the same bytes as raw ones.
            data = (each.start, each.size)
    if kind not in _KINDS or data is None or len(shape) > 64 or math.prod(shape) > 1 << 62:
        return
    tensor = Tensor(name, _KINDS[kind], tuple(shape), file, data[0])
    if tensor.size == data[1]:
        yield tensor
