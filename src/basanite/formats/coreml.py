"""Reader of Core ML models, by walking the file.

Source: mlmodel/format/Model.proto, NeuralNetwork.proto, MIL.proto and LinkedModel.proto of
coremltools 9. A ``.mlpackage`` is a folder that holds such a file and its weights.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import encode_name, visible
from basanite.formats.protobuf import Message

NAME = "coreml"
VERSION = 2
_MAX_DEPTH = 16
_MAX_PARTS = 1_000_000
_SHOWN = 100
_SHORT = 1000
_KINDS = {
    200: "pipeline classifier", 201: "pipeline regressor", 202: "pipeline", 300: "linear regressor",
    301: "support vector regressor", 302: "tree ensemble regressor",
    303: "neural network regressor",
    304: "Bayesian probit regressor", 400: "linear classifier", 401: "support vector classifier",
    402: "tree ensemble classifier", 403: "neural network classifier",
    404: "nearest neighbours classifier", 500: "neural network", 501: "item similarity recommender",
    502: "program", 555: "custom model", 556: "linked model", 560: "class confidence threshold",
    600: "one hot encoder", 601: "imputer", 602: "feature vectorizer", 603: "dictionary vectorizer",
    604: "scaler", 606: "categorical mapping", 607: "normalizer", 609: "array feature extractor",
    610: "non-maximum suppression", 900: "identity", 2000: "text classifier", 2001: "word tagger",
    2002: "vision feature print", 2003: "sound analysis preprocessing", 2004: "gazetteer",
    2005: "word embedding", 2006: "audio feature print", 3000: "serialized model",
}  # fmt: skip
_PIPELINES, _PIPELINE = (200, 201), 202
_NETWORKS = (303, 403, 500)
_PROGRAM, _CUSTOM, _LINKED, _SERIALIZED = 502, 555, 556, 3000
_LAYER_CUSTOM, _LAYER_BRANCH, _LAYER_LOOP = 500, 605, 615
_METADATA = {1: "description", 2: "version", 3: "author", 4: "license"}
_MODEL_PATH = "@model_path/"
_OWN_FOLDERS = ("@model_path", "@model_bundle")


def looks_like_coreml(file: BinaryIO, size: int, head: bytes) -> bool:
    """Return whether the outer message is a version, a description and a model of a known type.

    The numbers of its fields (200 and up for the model) are those of no other format here. A file
    that ends early is seen by what it announces.
    """
    if head[:1] not in (b"\x08", b"\x12"):
        return False
    seen: set[int] = set()
    try:
        for each in Message(file, 0, size):
            known = each.number in (1, 2, 10) or each.number in _KINDS
            if not known or each.wire != (0 if each.number in (1, 10) else 2) or len(seen) > 8:
                return False
            if each.number == 1 and each.value > 1000:
                return False
            seen.add(each.number)
    except UnreadableError:
        return head[:1] == b"\x08" and seen >= {1, 2} and bool(seen & set(_KINDS))
    return bool(seen & set(_KINDS)) and bool(seen & {1, 2})


@dataclass
class _Found:
    layers: int = 0
    custom: set[str] = field(default_factory=set)
    """Classes that the program which loads the model has to bring."""
    opaque: set[str] = field(default_factory=set)
    external: set[str] = field(default_factory=set)
    kinds: dict[str, None] = field(default_factory=dict)
    parts: int = 0

    def step(self, depth: int) -> None:
        """Count a part of the model.

        Raises:
            UnreadableError: there are too many, or they are nested too deeply.
        """
        self.parts += 1
        if depth > _MAX_DEPTH or self.parts > _MAX_PARTS:
            raise UnreadableError("the model is nested too deeply, or has too many parts")


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return version, kind, inputs, outputs, metadata, custom classes and files of weights.

    Raises:
        UnreadableError: the file is truncated, malformed or holds no model.
    """
    found = _Found()
    facts: dict[str, Any] = {"specification_version": 0, "inputs": [], "outputs": []}
    _model(Message(file, 0, size), found, 0, facts)
    if not found.kinds:
        raise UnreadableError("it holds no model of a known kind")
    facts["kinds"] = list(found.kinds)[:_SHOWN]
    facts["layers"] = found.layers
    facts["external_data"] = sorted(found.external)[:_SHOWN]
    if found.custom:
        facts["custom_operators"] = sorted(found.custom)[:_SHOWN]
    if found.opaque:
        facts["opaque_parts"] = sorted(found.opaque)[:_SHOWN]
    return facts


def _model(message: Message, found: _Found, depth: int, facts: dict[str, Any] | None) -> None:
    found.step(depth)
    for each in message:
        number = each.number
        if number == 1 and each.wire == 0 and facts is not None:
            facts["specification_version"] = each.value
        if each.wire != 2:
            continue
        if number == 2 and facts is not None:
            _description(message.inner(each), facts)
            continue
        if number not in _KINDS:
            continue
        found.kinds[_KINDS[number]] = None
        _kind(message.inner(each), number, found, depth)


def _kind(inner: Message, number: int, found: _Found, depth: int) -> None:
    """Walk the model of one kind."""
    if number in _PIPELINES:
        for part in inner:
            if part.delimited(1):
                _pipeline(inner.inner(part), found, depth)
    elif number == _PIPELINE:
        _pipeline(inner, found, depth)
    elif number in _NETWORKS:
        _network(inner, found, depth)
    elif number == _PROGRAM:
        _program(inner, found, depth)
    elif number == _CUSTOM:
        found.custom.add(f"model {_class(inner) or 'without a class'}")
    elif number == _LINKED:
        _linked(inner, found)
    elif number == _SERIALIZED:
        found.opaque.add(f"serialized model {_text(inner, 1)}")


def _description(message: Message, facts: dict[str, Any]) -> None:
    for each in message:
        listed = {1: facts["inputs"], 10: facts["outputs"]}.get(each.number)
        if each.wire != 2:
            continue
        if listed is not None and len(listed) < _SHOWN:
            listed.append({"name": _text(message.inner(each), 1)})
        elif each.number == 100:
            inner = message.inner(each)
            for part in inner:
                if part.wire == 2 and part.number in _METADATA:
                    facts[_METADATA[part.number]] = visible(inner.text(part), 200)


def _text(message: Message, number: int, limit: int = 300) -> str:
    """Return the text of a field; the last one counts, as in every reader of Protocol Buffers."""
    found = ""
    for each in message:
        if each.delimited(number):
            found = message.text(each, limit)
    return visible(found, 120)


def _class(message: Message) -> str:
    return _text(message, 10)


def _pipeline(message: Message, found: _Found, depth: int) -> None:
    for each in message:
        if each.delimited(1):
            _model(message.inner(each), found, depth + 1, None)


def _linked(message: Message, found: _Found) -> None:
    """Note the file, and the folders to look for it in, that a linked model names."""
    for each in message:
        if not each.delimited(1):
            continue
        file = message.inner(each)
        for part in file:
            if part.wire == 2 and part.number in (1, 2):
                inner = file.inner(part)
                for default in inner:
                    if default.delimited(1):
                        text = inner.text(default, 4096)
                        for place in text.split(":") if part.number == 2 else [text]:
                            _external(place, found)


def _external(place: str, found: _Found) -> None:
    # What is beside the model is named so: the place within its own folder counts.
    inside = place.removeprefix(_MODEL_PATH)
    if inside and inside not in _OWN_FOLDERS and len(found.external) < 1000:
        found.external.add(encode_name(inside))


def _network(message: Message, found: _Found, depth: int) -> None:
    found.step(depth)
    for each in message:
        if each.delimited(1):
            found.layers += 1
            found.step(depth)
            layer = message.inner(each)
            for part in layer:
                if part.wire != 2:
                    continue
                if part.number == _LAYER_CUSTOM:
                    name = _class(layer.inner(part)) or "without a class"
                    found.custom.add(f"layer {name}")
                elif part.number in (_LAYER_BRANCH, _LAYER_LOOP):
                    _inner_networks(layer.inner(part), found, depth + 1)


def _inner_networks(message: Message, found: _Found, depth: int) -> None:
    for each in message:
        if each.wire == 2 and each.number in (1, 3, 4):
            # Field 1 is a number in a loop and a network in a branch; field 2 is a name.
            _network(message.inner(each), found, depth)


def _program(message: Message, found: _Found, depth: int) -> None:
    for each in message:
        if each.delimited(2):
            for function in _values(message.inner(each)):
                for part in function:
                    if part.delimited(3):
                        for block in _values(function.inner(part)):
                            _block(block, found, depth + 1)


def _values(entry: Message) -> list[Message]:
    """Return the value of an entry of a map."""
    return [entry.inner(each) for each in entry if each.delimited(2)]


def _block(message: Message, found: _Found, depth: int) -> None:
    found.step(depth)
    for each in message:
        if not each.delimited(3):
            continue
        found.layers += 1
        found.step(depth)
        operation = message.inner(each)
        kind = name = ""
        for part in operation:
            if part.wire != 2:
                continue
            if part.number == 1:
                kind = operation.text(part, 80)
            elif part.number == 2:
                _argument(operation.inner(part), found)
            elif part.number == 4:
                _block(operation.inner(part), found, depth + 1)
            elif part.number == 5:
                name = _attribute(operation.inner(part), found) or name
        if kind.startswith("custom_layer"):
            found.custom.add(f"layer {name or 'without a class'}")


def _argument(entry: Message, found: _Found) -> None:
    """Note the weights in files that an input of an operation is bound to."""
    for argument in _values(entry):
        for binding in argument:
            if binding.delimited(1):
                for value in _values(argument.inner(binding)):
                    _value(value, found)


def _attribute(entry: Message, found: _Found) -> str:
    """Note weights in files; return the text where the attribute names a class."""
    key = _text(entry, 1)
    texts = [_value(value, found) for value in _values(entry)]
    return texts[-1] if key == "class_name" and texts else ""


def _value(message: Message, found: _Found) -> str:
    """Note weights in a file; return the value where it is a text."""
    text = ""
    for each in message:
        if each.delimited(5):
            inner = message.inner(each)
            for part in inner:
                if part.delimited(1):
                    _external(inner.text(part, 4096), found)
        elif each.delimited(3) and each.size < _SHORT:
            text = _inmost(message.inner(each))
    return visible(text, 120)


def _inmost(message: Message) -> str:
    """Return the first text of a value: a tensor, its strings, the first of them."""
    for _ in range(2):
        first = next((each for each in message if each.wire == 2), None)
        if first is None:
            return ""
        message = message.inner(first)
    first = next((each for each in message if each.wire == 2), None)
    return "" if first is None else message.text(first)
