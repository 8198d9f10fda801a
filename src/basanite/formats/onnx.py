"""Reader of ONNX models, by walking the file. Source: onnx/onnx.proto of the ONNX project."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import encode_name, visible
from basanite.formats.protobuf import Field, Message

NAME = "onnx"
VERSION = 1
STANDARD_DOMAINS = frozenset(
    {"", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training"}
)
_MAX_NODES = 1_000_000
_MAX_DEPTH = 8
_SHOWN = 100
_ELEMENTS = {
    1: "float", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string",
    9: "bool", 10: "float16", 11: "double", 12: "uint32", 13: "uint64", 14: "complex64",
    15: "complex128", 16: "bfloat16", 17: "float8e4m3fn", 18: "float8e4m3fnuz", 19: "float8e5m2",
    20: "float8e5m2fnuz", 21: "uint4", 22: "int4", 23: "float4e2m1",
}  # fmt: skip
_MODEL_GRAPH, _MODEL_OPSET, _MODEL_METADATA, _MODEL_FUNCTIONS = 7, 8, 14, 25
_MODEL_TEXTS = {2: "producer", 3: "producer_version", 4: "domain"}


@dataclass
class _Found:
    operators: Counter[tuple[str, str]] = field(default_factory=Counter)
    external: set[str] = field(default_factory=set)
    dtypes: Counter[str] = field(default_factory=Counter)
    parameters: int = 0
    initializers: int = 0
    nodes: int = 0
    inputs: list[dict[str, Any]] = field(default_factory=list)
    outputs: list[dict[str, Any]] = field(default_factory=list)


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return versions, inputs and outputs, operators, parameters and external data locations.

    Raises:
        UnreadableError: the file is truncated, malformed or holds no graph.
    """
    model = Message(file, 0, size)
    facts: dict[str, Any] = {"ir_version": 0, "producer": "", "opsets": {}, "metadata_keys": []}
    found = _Found()
    graphs = functions = 0
    for each in model:
        if each.number == 1 and each.wire == 0:
            facts["ir_version"] = each.value
        elif each.wire != 2:
            continue
        elif each.number in _MODEL_TEXTS:
            facts[_MODEL_TEXTS[each.number]] = visible(model.text(each), 120)
        elif each.number == _MODEL_GRAPH:
            graphs += 1
            _graph(model.inner(each), found, 0)
        elif each.number == _MODEL_OPSET:
            _opset(model.inner(each), facts["opsets"])
        elif each.number == _MODEL_METADATA and len(facts["metadata_keys"]) < _SHOWN:
            inner = model.inner(each)
            facts["metadata_keys"] += [visible(inner.text(f), 80) for f in inner if _is(f, 1)]
        elif each.number == _MODEL_FUNCTIONS:
            functions += 1
            _function(model.inner(each), found)
    if graphs == 0:
        raise UnreadableError("the model has no graph")
    return {**facts, "functions": functions, **_summary(found)}


def _function(message: Message, found: _Found) -> None:
    for each in message:
        if _is(each, 7):
            _node(message.inner(each), found, 0)


def _is(each: Field, number: int) -> bool:
    return each.number == number and each.wire == 2


def _summary(found: _Found) -> dict[str, Any]:
    custom = sorted({f"{d}.{o}" for d, o in found.operators if d not in STANDARD_DOMAINS})
    return {
        "nodes": found.nodes,
        "operators": len(found.operators),
        "operator_domains": sorted({domain or "ai.onnx" for domain, _ in found.operators})[:_SHOWN],
        "custom_operators": custom[:_SHOWN],
        "initializers": found.initializers,
        "parameters": found.parameters,
        "dtypes": dict(sorted(found.dtypes.items())),
        "inputs": found.inputs,
        "outputs": found.outputs,
        "external_data": sorted(found.external)[:_SHOWN],
    }


def _opset(message: Message, opsets: dict[str, int]) -> None:
    domain, version = "", 0
    for each in message:
        if _is(each, 1):
            domain = visible(message.text(each), 80)
        elif each.number == 2:
            version = each.value
    if len(opsets) < _SHOWN:
        opsets[domain or "ai.onnx"] = version


def _graph(message: Message, found: _Found, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise UnreadableError("graphs are nested too deeply")
    for each in message:
        if each.wire != 2:
            continue
        if each.number == 1:
            _node(message.inner(each), found, depth)
        elif each.number == 5:
            _tensor(message.inner(each), found)
        elif each.number == 15:
            inner = message.inner(each)
            for part in inner:
                if _is(part, 1):
                    _tensor(inner.inner(part), found)
        elif depth == 0 and each.number in (11, 12):
            listed = found.inputs if each.number == 11 else found.outputs
            if len(listed) < _SHOWN:
                listed.append(_value_info(message.inner(each)))


def _node(message: Message, found: _Found, depth: int) -> None:
    found.nodes += 1
    if found.nodes > _MAX_NODES:
        raise UnreadableError(f"the model has more than {_MAX_NODES} nodes")
    operator = domain = ""
    for each in message:
        if _is(each, 4):
            operator = visible(message.text(each), 80)
        elif _is(each, 7):
            domain = visible(message.text(each), 80)
        elif _is(each, 5):
            attribute = message.inner(each)
            for part in attribute:
                if part.wire == 2 and part.number in (6, 11):
                    _graph(attribute.inner(part), found, depth + 1)
                elif part.wire == 2 and part.number in (5, 10):
                    _tensor(attribute.inner(part), found, counted=False)
    if len(found.operators) < 10_000:
        found.operators[domain, operator] += 1


def _tensor(message: Message, found: _Found, *, counted: bool = True) -> None:
    dimensions: list[int] = []
    element = 0
    for each in message:
        if each.number == 1 and len(dimensions) < 64:
            dimensions += message.numbers(each)
        elif each.number == 2:
            element = each.value
        elif _is(each, 13):
            inner = message.inner(each)
            texts = {f.number: inner.text(f, 1000) for f in inner if f.wire == 2}
            if texts.get(1) == "location" and len(found.external) < 1000:
                found.external.add(encode_name(texts.get(2, "")))
    count = math.prod(dimensions[:64])
    if count > 1 << 62:
        raise UnreadableError("a tensor announces an impossible shape")
    if counted:
        found.initializers += 1
        found.parameters += count
        found.dtypes[_ELEMENTS.get(element, f"type {element}")] += 1


def _value_info(message: Message) -> dict[str, Any]:
    info: dict[str, Any] = {"name": "", "type": "", "shape": []}
    for each in message:
        if _is(each, 1):
            info["name"] = visible(message.text(each), 120)
        elif _is(each, 2):
            kind = message.inner(each)
            for part in kind:
                if _is(part, 1):
                    _tensor_type(kind.inner(part), info)
    return info


def _tensor_type(message: Message, info: dict[str, Any]) -> None:
    for each in message:
        if each.number == 1 and each.wire == 0:
            info["type"] = _ELEMENTS.get(each.value, f"type {each.value}")
        elif _is(each, 2):
            shape = message.inner(each)
            for dimension in shape:
                if _is(dimension, 1) and len(info["shape"]) < 64:
                    info["shape"].append(_dimension(shape.inner(dimension)))


def _dimension(message: Message) -> int | str:
    for each in message:
        if each.number == 1 and each.wire == 0:
            return each.value
        if _is(each, 2):
            return visible(message.text(each), 60)
    return "?"
