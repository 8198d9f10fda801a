"""Inputs and outputs of an ONNX graph: name, element type, shape. Source: onnx/onnx.proto."""

from __future__ import annotations

from typing import Any

from basanite.domain.names import visible
from basanite.formats.onnx.tensor import element
from basanite.formats.protobuf import Message


def value_info(message: Message) -> dict[str, Any]:
    """Return name, element type and shape of an input or output; ``?`` for an open dimension."""
    info: dict[str, Any] = {"name": "", "type": "", "shape": []}
    for each in message:
        if each.delimited(1):
            info["name"] = visible(message.text(each), 120)
        elif each.delimited(2):
            kind = message.inner(each)
            for part in kind:
                if part.delimited(1):
                    _tensor_type(kind.inner(part), info)
    return info


def _tensor_type(message: Message, info: dict[str, Any]) -> None:
    for each in message:
        if each.number == 1 and each.wire == 0:
            info["type"] = element(each.value)
        elif each.delimited(2):
            shape = message.inner(each)
            for dimension in shape:
                if dimension.delimited(1) and len(info["shape"]) < 64:
                    info["shape"].append(_dimension(shape.inner(dimension)))


def _dimension(message: Message) -> int | str:
    for each in message:
        if each.number == 1 and each.wire == 0:
            return each.value
        if each.delimited(2):
            return visible(message.text(each), 60)
    return "?"
