"""Reader of ONNX models, by walking the file. Source: onnx/onnx.proto of the ONNX project."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible
from basanite.formats.onnx.domains import (
    CALLS_PYTHON,
    EXTENSION_DOMAINS,
    RUNTIME_DOMAINS,
    needs_library,
    reaches_out,
)
from basanite.formats.onnx.tensor import External, Tensor, element, read_tensor
from basanite.formats.onnx.value_info import value_info
from basanite.formats.protobuf import Message

NAME = "onnx"
VERSION = 2
_MAX_NODES = 1_000_000
_MAX_DEPTH = 16
_SHOWN = 100
_MANY = 10_000
_MAX_NAMES = 200_000
_MODEL_GRAPH, _MODEL_OPSET, _MODEL_METADATA, _MODEL_TRAINING, _MODEL_FUNCTIONS = 7, 8, 14, 20, 25
_MODEL_TEXTS = {2: "producer", 3: "producer_version", 4: "domain"}
_MODEL_WIRES = {1: 0, 5: 0, **dict.fromkeys((2, 3, 4, 6, 7, 8, 14, 20, 25, 26), 2)}
_NODE, _INITIALIZER, _SPARSE = 1, 5, 15
_GRAPHS, _TENSORS, _SPARSE_TENSORS = (6, 11), (5, 10), (22, 23)
"""Fields of an attribute that hold one, or several."""


def looks_like_onnx(file: BinaryIO, size: int, head: bytes) -> bool:
    """Return whether the fields of the outer message are a model's: a graph, and versions.

    A model whose fields stand in their usual order is seen also when it ends early.
    """
    usual = head[:1] == b"\x08"
    if not usual and head[:1] not in (b"\x12", b"\x1a", b"\x22", b"\x28", b"\x32", b":", b"B"):
        return False
    seen: set[int] = set()
    try:
        for count, each in enumerate(Message(file, 0, size)):
            if _MODEL_WIRES.get(each.number) != each.wire:
                return False
            if each.number == 1 and each.value > 1000:
                return False
            seen.add(each.number)
            if count > 1000:
                break
    except UnreadableError:
        return usual and _MODEL_GRAPH in seen
    return _MODEL_GRAPH in seen and (usual or bool(seen & {1, _MODEL_OPSET}))


@dataclass
class _Found:
    operators: Counter[tuple[str, str]] = field(default_factory=Counter)
    functions: set[tuple[str, str]] = field(default_factory=set)
    python: set[str] = field(default_factory=set)
    external: dict[External, None] = field(default_factory=dict)
    dtypes: Counter[str] = field(default_factory=Counter)
    parameters: int = 0
    initializers: int = 0
    nodes: int = 0
    repeated: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    impossible: list[str] = field(default_factory=list)
    inputs: list[dict[str, Any]] = field(default_factory=list)
    outputs: list[dict[str, Any]] = field(default_factory=list)


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return versions, inputs and outputs, operators, parameters, external data, and size lies.

    Weights are passed over: a model of gigabytes costs as much as its graph.

    Raises:
        UnreadableError: the file is truncated, malformed or holds no graph.
    """
    model = Message(file, 0, size)
    facts: dict[str, Any] = {"ir_version": 0, "producer": "", "opsets": {}, "metadata_keys": []}
    found = _Found()
    graphs = training = 0
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
            facts["metadata_keys"] += [visible(inner.text(f), 80) for f in inner if f.delimited(1)]
        elif each.number == _MODEL_TRAINING:
            training += 1
            _training(model.inner(each), found)
        elif each.number == _MODEL_FUNCTIONS:
            _function(model.inner(each), found)
    if graphs == 0:
        raise UnreadableError("the model has no graph")
    return {
        **facts,
        "functions": len(found.functions),
        **({"training_graphs": training} if training else {}),
        **_summary(found),
    }


def _training(message: Message, found: _Found) -> None:
    for each in message:
        if each.wire == 2 and each.number in (1, 2):
            _graph(message.inner(each), found, 1)


def _function(message: Message, found: _Found) -> None:
    name = domain = ""
    for each in message:
        if each.delimited(1):
            name = visible(message.text(each), 80)
        elif each.delimited(10):
            domain = visible(message.text(each), 80)
        elif each.delimited(7):
            _node(message.inner(each), found, 0)
        elif each.delimited(11):
            _attribute(message.inner(each), found, 0)
    if len(found.functions) < _MANY:
        found.functions.add((domain, name))


def _summary(found: _Found) -> dict[str, Any]:
    used = set(found.operators)
    library = {each for each in used - found.functions if needs_library(*each)}
    extensions = {each for each in used - found.functions if each[0] in EXTENSION_DOMAINS}
    out = {each for each in extensions if reaches_out(*each)}
    said = {
        "python_operators": sorted(found.python),
        "reaching_operators": _names(out),
        "extension_operators": _names(extensions - out),
        "overridden_operators": _names(
            {each for each in found.functions if each[0] in RUNTIME_DOMAINS}
        ),
        "wrong_sizes": len(found.wrong) + len(found.impossible),
        "odd_tensors": (found.wrong + found.impossible)[:20],
        "repeated_tensors": len(found.repeated),
    }
    return {
        "nodes": found.nodes,
        "operators": len(found.operators),
        "operator_domains": sorted({domain or "ai.onnx" for domain, _ in found.operators})[:_SHOWN],
        "custom_operators": _names(library),
        "initializers": found.initializers,
        "parameters": found.parameters,
        "dtypes": dict(sorted(found.dtypes.items())),
        "inputs": found.inputs,
        "outputs": found.outputs,
        "external_data": sorted({each.location for each in found.external})[:_SHOWN],
        "external_parts": [
            {"location": each.location, "offset": each.offset, "length": each.length}
            for each in list(found.external)[:_SHOWN]
        ],
        **{key: value for key, value in said.items() if value},
    }


def _names(operators: set[tuple[str, str]]) -> list[str]:
    return sorted(f"{domain or 'ai.onnx'}.{operator}" for domain, operator in operators)[:_SHOWN]


def _opset(message: Message, opsets: dict[str, int]) -> None:
    domain, version = "", 0
    for each in message:
        if each.delimited(1):
            domain = visible(message.text(each), 80)
        elif each.number == 2:
            version = each.value
    if len(opsets) < _SHOWN:
        opsets[domain or "ai.onnx"] = version


def _graph(message: Message, found: _Found, depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise UnreadableError("graphs are nested too deeply")
    names: set[str] = set()
    for each in message:
        if each.wire != 2:
            continue
        if each.number == _NODE:
            _node(message.inner(each), found, depth)
        elif each.number == _INITIALIZER:
            tensor = _tensor(message.inner(each), found)
            _once(tensor.name, names, found)
        elif each.number == _SPARSE:
            _sparse(message.inner(each), found, counted=True)
        elif depth == 0 and each.number in (11, 12):
            listed = found.inputs if each.number == 11 else found.outputs
            if len(listed) < _SHOWN:
                listed.append(value_info(message.inner(each)))


def _once(name: str, names: set[str], found: _Found) -> None:
    if name and name in names and len(found.repeated) < _MANY:
        found.repeated.add(name)
    if len(names) < _MAX_NAMES:
        names.add(name)


def _node(message: Message, found: _Found, depth: int) -> None:
    found.nodes += 1
    if found.nodes > _MAX_NODES:
        raise UnreadableError(f"the model has more than {_MAX_NODES} nodes")
    operator = domain = ""
    attributes: set[str] = set()
    for each in message:
        if each.delimited(4):
            operator = visible(message.text(each), 80)
        elif each.delimited(7):
            domain = visible(message.text(each), 80)
        elif each.delimited(5):
            attributes.add(_attribute(message.inner(each), found, depth))
    if len(found.operators) < _MANY:
        found.operators[domain, operator] += 1
    if (operator in CALLS_PYTHON or {"module", "class_name"} <= attributes) and domain != "":
        found.python.add(f"{domain}.{operator}")


def _attribute(message: Message, found: _Found, depth: int) -> str:
    """Walk what an attribute holds and return its name."""
    name = ""
    for each in message:
        if each.wire != 2:
            continue
        if each.number == 1:
            name = message.text(each, 80)
        elif each.number in _GRAPHS:
            _graph(message.inner(each), found, depth + 1)
        elif each.number in _TENSORS:
            _tensor(message.inner(each), found, counted=False)
        elif each.number in _SPARSE_TENSORS:
            _sparse(message.inner(each), found, counted=False)
    return name


def _sparse(message: Message, found: _Found, *, counted: bool) -> None:
    for each in message:
        if each.wire == 2 and each.number in (1, 2):
            _tensor(message.inner(each), found, counted=counted and each.number == 1)


def _tensor(message: Message, found: _Found, *, counted: bool = True) -> Tensor:
    tensor = read_tensor(message)
    if tensor.external is not None and len(found.external) < _MANY:
        found.external[tensor.external] = None
    if tensor.impossible and len(found.impossible) < _MANY:
        found.impossible.append(tensor.name)
    elif tensor.wrong_size() and len(found.wrong) < _MANY:
        found.wrong.append(tensor.name)
    if counted:
        found.initializers += 1
        found.parameters += tensor.count
        found.dtypes[element(tensor.element)] += 1
    return tensor
