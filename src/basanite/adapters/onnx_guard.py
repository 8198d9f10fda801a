"""What an ONNX file must not hold before it is given to a runtime.

A model may name files outside itself that hold its weights, and operators that only a library of
its maker implements. Both are refused here, on the bytes, before the runtime sees them. Field
numbers are those of onnx.proto3 (ONNX 1.18, IR version 11).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible

KNOWN_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})
"""Operator sets that the runtime itself implements."""

_MAX_DEPTH = 40
_MAX_MESSAGES = 5_000_000


class _Kind(Enum):
    MODEL = auto()
    GRAPH = auto()
    NODE = auto()
    ATTRIBUTE = auto()
    TENSOR = auto()
    SPARSE = auto()
    TRAINING = auto()
    FUNCTION = auto()


_PARTS: Mapping[_Kind, Mapping[int, _Kind]] = {
    _Kind.MODEL: {7: _Kind.GRAPH, 20: _Kind.TRAINING, 25: _Kind.FUNCTION},
    _Kind.GRAPH: {1: _Kind.NODE, 5: _Kind.TENSOR, 15: _Kind.SPARSE},
    _Kind.NODE: {5: _Kind.ATTRIBUTE},
    _Kind.ATTRIBUTE: {
        5: _Kind.TENSOR,
        6: _Kind.GRAPH,
        10: _Kind.TENSOR,
        11: _Kind.GRAPH,
        22: _Kind.SPARSE,
        23: _Kind.SPARSE,
    },
    _Kind.TENSOR: {},
    _Kind.SPARSE: {1: _Kind.TENSOR, 2: _Kind.TENSOR},
    _Kind.TRAINING: {1: _Kind.GRAPH, 2: _Kind.GRAPH},
    _Kind.FUNCTION: {7: _Kind.NODE, 11: _Kind.ATTRIBUTE},
}


@dataclass
class _Seen:
    """Operator domains that nodes use, and those that the model's own functions define."""

    used: set[str] = field(default_factory=set)
    defined: set[str] = field(default_factory=set)
    messages: int = 0


def guard(data: bytes) -> None:
    """Refuse a model that reaches outside itself.

    Raises:
        UnreadableError: it is no protobuf, holds external data or custom operators, or is nested
            deeper or split finer than any model is.
    """
    seen = _Seen()
    _walk(memoryview(data), _Kind.MODEL, 0, seen)
    strange = sorted(seen.used - seen.defined - KNOWN_DOMAINS)
    if strange:
        raise UnreadableError(
            f"the model uses operators that are not standard ({visible(strange[0], 80)})",
            remedy="They are code that Basanite does not load.",
        )


def _walk(message: memoryview, kind: _Kind, depth: int, seen: _Seen) -> None:
    seen.messages += 1
    if depth > _MAX_DEPTH or seen.messages > _MAX_MESSAGES:
        raise UnreadableError("the model is nested too deep or has too many parts")
    parts = _PARTS[kind]
    for number, value in _fields(message):
        if kind is _Kind.TENSOR and (number == 13 or (number == 14 and value != 0)):
            raise UnreadableError(
                "the model keeps weights in other files, which are not loaded",
                remedy="Save it as one file.",
            )
        if not isinstance(value, memoryview):
            continue
        if kind is _Kind.NODE and number == 7:
            seen.used.add(_text(value))
        elif kind is _Kind.FUNCTION and number == 10:
            seen.defined.add(_text(value))
        elif number in parts:
            _walk(value, parts[number], depth + 1, seen)


def _text(value: memoryview) -> str:
    return bytes(value[:256]).decode("utf-8", errors="replace")


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yield field numbers with varints as numbers and everything longer as bytes."""
    at, end = 0, len(message)
    while at < end:
        key, at = _varint(message, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(message, at)
            yield number, value
            continue
        if wire == 2:
            length, at = _varint(message, at)
        elif wire in (1, 5):
            length = 8 if wire == 1 else 4
        else:
            raise UnreadableError("not an ONNX model: a field has an unknown wire type")
        if length > end - at:
            raise UnreadableError("not an ONNX model, or cut short")
        yield number, message[at : at + length]
        at += length


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            raise UnreadableError("not an ONNX model, or cut short")
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise UnreadableError("not an ONNX model: a number is too long")
