"""Reader of TensorFlow Lite models. Source: tensorflow/compiler/mlir/lite/schema/schema.fbs."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible
from basanite.formats.flatbuffer import Buffer, Table, Vector

NAME = "tflite"
VERSION = 2
MAGIC = b"TFL3"
_CUSTOM = 32
_MAX_ITEMS = 200_000
_SHOWN = 100
_TYPES = {
    0: "float32", 1: "float16", 2: "int32", 3: "uint8", 4: "int64", 5: "string", 6: "bool",
    7: "int16", 8: "complex64", 9: "int8", 10: "float64", 11: "complex128", 12: "uint64",
    13: "resource", 14: "variant", 15: "uint32", 16: "uint16", 17: "int4", 18: "bfloat16",
    19: "int2", 20: "uint4",
}  # fmt: skip


@dataclass
class Model:
    """What a model needs and holds."""

    description: str = ""
    version: int = 0
    builtin: Counter[int] = field(default_factory=Counter)
    """Operators of the runtime itself, by their number, with how often they are used."""
    custom: Counter[str] = field(default_factory=Counter)
    """Operators that come from elsewhere, by name."""
    subgraphs: int = 0
    tensors: int = 0
    parameters: int = 0
    dtypes: Counter[str] = field(default_factory=Counter)
    inputs: list[dict[str, Any]] = field(default_factory=list)
    outputs: list[dict[str, Any]] = field(default_factory=list)
    buffers: int = 0
    metadata: list[str] = field(default_factory=list)


def looks_like_tflite(head: bytes) -> bool:
    """Return whether a file's first bytes are those of a TensorFlow Lite model."""
    return head[4:8] == MAGIC


def model(file: BinaryIO, size: int) -> Model:
    """Return what a model of ``size`` bytes needs and holds.

    Raises:
        UnreadableError: it is damaged, points outside of itself or announces the impossible.
    """
    buffer = Buffer(file, 0, size)
    if buffer.take(4, 4) != MAGIC:
        raise UnreadableError("it is no TensorFlow Lite model: its mark is missing")
    root = buffer.root()
    found = Model(version=root.unsigned(0, 4), description=visible(root.text(3), 200))
    codes = [_code(each) for each in _some(root.vector(1)).tables()]
    holds = [_holds(each, size) for each in _some(root.vector(4)).tables()]
    found.buffers = len(holds)
    for graph in _some(root.vector(2)).tables():
        _graph(graph, codes, holds, found)
    found.metadata = [
        visible(each.text(0), 80) for each in _some(root.vector(6)).tables() if each.text(0)
    ][:_SHOWN]
    if not found.subgraphs:
        raise UnreadableError("the model has no graph")
    return found


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return inputs and outputs, operators, tensors and parameters.

    Raises:
        UnreadableError: it is damaged.
    """
    found = model(file, size)
    return {
        "schema": found.version,
        "description": found.description,
        "subgraphs": found.subgraphs,
        "operators": len(found.builtin) + len(found.custom),
        "nodes": found.builtin.total() + found.custom.total(),
        "custom_operators": [visible(each, 80) for each in sorted(found.custom)][:_SHOWN],
        "tensors": found.tensors,
        "parameters": found.parameters,
        "dtypes": dict(sorted(found.dtypes.items())),
        "inputs": found.inputs,
        "outputs": found.outputs,
        "metadata_keys": found.metadata,
    }


def _some(vector: Vector) -> Vector:
    if vector.count > _MAX_ITEMS:
        raise UnreadableError(f"the model announces {vector.count} things of one kind")
    return vector


def _code(table: Table) -> str | int:
    """The name of an operator from elsewhere, or the number of one of the runtime's own."""
    # The old field is a signed byte; whichever is larger counts, as the runtime does it.
    number = max(table.signed(0, 1), table.signed(3, 4))
    custom = table.text(1)
    return custom if number == _CUSTOM or custom else number


def _holds(table: Table, size: int) -> bool:
    """Whether a buffer holds bytes; large models keep them behind the FlatBuffer."""
    offset, length = table.unsigned(1, 8), table.unsigned(2, 8)
    if offset > 1 and offset + length > size:
        raise UnreadableError(f"a buffer of {length} bytes at byte {offset} lies outside the file")
    return table.vector(0).data()[1] > 0 or (offset > 1 and length > 0)


def _graph(graph: Table, codes: list[str | int], holds: list[bool], found: Model) -> None:
    found.subgraphs += 1
    tensors = list(_some(graph.vector(0)).tables())
    found.tensors += len(tensors)
    if found.tensors > _MAX_ITEMS:
        raise UnreadableError(f"the model has more than {_MAX_ITEMS} tensors")
    for each in tensors:
        place = each.unsigned(2, 4)
        if place >= max(1, len(holds)):
            raise UnreadableError(f"a tensor lies in buffer {place} of {len(holds)}")
        if holds and holds[place]:
            count = math.prod(each.vector(0).numbers()[:64])
            if count > 1 << 62:
                raise UnreadableError("a tensor announces an impossible shape")
            found.parameters += max(0, count)
            found.dtypes[_type(each)] += 1
    _operators(graph, codes, found)
    if found.subgraphs == 1:
        for number, listed in ((1, found.inputs), (2, found.outputs)):
            for place in graph.vector(number).numbers()[:_SHOWN]:
                if 0 <= place < len(tensors):
                    listed.append(_described(tensors[place]))


def _operators(graph: Table, codes: list[str | int], found: Model) -> None:
    operators = _some(graph.vector(3))
    if found.builtin.total() + found.custom.total() + operators.count > _MAX_ITEMS:
        raise UnreadableError(f"the model has more than {_MAX_ITEMS} operators")
    for each in operators.tables():
        index = each.unsigned(0, 4)
        if index >= len(codes):
            raise UnreadableError(f"an operator has code {index} of {len(codes)}")
        code = codes[index]
        if isinstance(code, str):
            found.custom[code] += 1
        else:
            found.builtin[code] += 1


def _type(tensor: Table) -> str:
    number = tensor.signed(1, 1)
    return _TYPES.get(number, f"type {number}")


def _described(tensor: Table) -> dict[str, Any]:
    shape = list(tensor.vector(0).numbers()[:64])
    return {"name": visible(tensor.text(3), 120), "type": _type(tensor), "shape": shape}
