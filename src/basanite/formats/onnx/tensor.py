"""Tensors of ONNX: what they announce, and whether as many bytes are there.

Source: message TensorProto in onnx/onnx.proto of the ONNX project. Weights are never read; only
the lengths of the fields that hold them count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from basanite.domain.names import encode_name, visible
from basanite.formats.protobuf import Field, Message

_ELEMENTS = {
    1: "float", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string",
    9: "bool", 10: "float16", 11: "double", 12: "uint32", 13: "uint64", 14: "complex64",
    15: "complex128", 16: "bfloat16", 17: "float8e4m3fn", 18: "float8e4m3fnuz", 19: "float8e5m2",
    20: "float8e5m2fnuz", 21: "uint4", 22: "int4", 23: "float4e2m1", 24: "float8e8m0", 25: "uint2",
    26: "int2",
}  # fmt: skip
_BITS = {
    1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64,
    15: 128, 16: 16, 17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4, 24: 8, 25: 2, 26: 2,
}  # fmt: skip
_MAX_DIMENSIONS = 64
_MAX_COUNT = 1 << 62
_FIXED = {4: (32, 5), 10: (64, 1)}
"""Fields of numbers of one width (float_data, double_data): bits, and the wire of a single one."""
_VARINTS = frozenset({5, 7, 11})
"""Fields of numbers of one to ten bytes: int32_data, int64_data, uint64_data."""
_STRINGS, _RAW, _EXTERNAL, _LOCATION = 6, 9, 13, 14


def element(number: int) -> str:
    """Return the name of a type of elements."""
    return _ELEMENTS.get(number, f"type {number}")


@dataclass(frozen=True, slots=True)
class External:
    """Where the bytes of a tensor lie in another file. Numbers are as written: believed in nothing.

    ``location`` is an encoded path.
    """

    location: str
    offset: str = ""
    length: str = ""


@dataclass(slots=True)
class Tensor:
    """One tensor, as it announces itself."""

    name: str = ""
    dimensions: list[int] = field(default_factory=list)
    """Signed, as written."""
    element: int = 0
    raw: int | None = None
    """Bytes of raw data; None when there is no such field."""
    fixed: int = 0
    """Bits in fields of numbers of one width."""
    fewest: int = 0
    most: int = 0
    """How many numbers the fields of one to ten bytes a number hold, at least and at most."""
    strings: int = 0
    external: External | None = None

    @property
    def impossible(self) -> bool:
        """Whether no tensor can have this shape."""
        shape = self.dimensions
        return any(each < 0 for each in shape) or (0 not in shape and math.prod(shape) > _MAX_COUNT)

    @property
    def count(self) -> int:
        """Elements by the shape; 0 when it is impossible."""
        return 0 if self.impossible else math.prod(self.dimensions)

    def wrong_size(self) -> bool:
        """Return whether the bytes that are there are not as many as shape and type need."""
        if self.impossible or self.element not in _ELEMENTS:
            return False
        count = self.count
        if self.element == 8:
            return self.raw is None and self.strings not in (0, count)
        needed = count * _BITS[self.element]
        if self.external is not None:
            return not _fits(self.external, (needed + 7) // 8)
        if self.raw is not None:
            return self.raw != (needed + 7) // 8
        if self.fixed:
            return self.fixed != needed
        if self.most:
            # Numbers narrower than a byte may be packed several to a field, or lie one to a field.
            least = (needed + 7) // 8 if _BITS[self.element] < 8 else count
            return not (self.fewest <= count and least <= self.most)
        return False


def _fits(place: External, needed: int) -> bool:
    for text in (place.offset, place.length):
        if text and not (text.isascii() and text.isdigit() and len(text) <= 19):
            return False
    return not place.length or int(place.length) == needed


def read_tensor(message: Message) -> Tensor:
    """Return a tensor without its weights.

    Raises:
        UnreadableError: the message is malformed.
    """
    tensor = Tensor()
    for each in message:
        number = each.number
        if number == 1 and len(tensor.dimensions) < _MAX_DIMENSIONS:
            tensor.dimensions += [_signed(value) for value in message.numbers(each)]
        elif number == 2:
            tensor.element = each.value
        elif number == 8 and each.wire == 2:
            tensor.name = visible(message.text(each), 120)
        elif number == _RAW and each.wire == 2:
            tensor.raw = each.size
        elif number == _STRINGS:
            tensor.strings += 1
        elif number in _FIXED:
            width, single = _FIXED[number]
            tensor.fixed += width if each.wire == single else 8 * each.size
        elif number in _VARINTS:
            _varints(tensor, each)
        elif number == _EXTERNAL and each.wire == 2:
            _external(message.inner(each), tensor)
    return tensor


def _varints(tensor: Tensor, each: Field) -> None:
    tensor.fewest += 1 if each.wire == 0 else -(-each.size // 10)
    tensor.most += 1 if each.wire == 0 else each.size


def _external(message: Message, tensor: Tensor) -> None:
    key = value = ""
    for each in message:
        if each.wire == 2 and each.number == 1:
            key = message.text(each, 20)
        elif each.wire == 2 and each.number == 2:
            value = message.text(each, 4096)
    found = tensor.external or External("")
    if key == "location":
        tensor.external = External(encode_name(value), found.offset, found.length)
    elif key == "offset":
        tensor.external = External(found.location, visible(value, 30), found.length)
    elif key == "length":
        tensor.external = External(found.location, found.offset, visible(value, 30))


def _signed(value: int) -> int:
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value
