"""Reader of TensorFlow's files: saved models, graphs, checkpoints, and Keras's notes beside them.

Source: saved_model.proto, meta_graph.proto, graph.proto, node_def.proto, function.proto,
saved_object_graph.proto and fingerprint.proto of TensorFlow; saved_metadata.proto of Keras 2.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible
from basanite.formats.protobuf import Field, Message
from basanite.formats.protobuf_bytes import spans

NAME = "tensorflow"
VERSION = 1
_TABLE_END = bytes.fromhex("57fb808b247547db")
"""The last eight bytes of a table of keys and values, which the index of a checkpoint is."""
_TABLE_FOOTER = 48
_DATA_NAME = re.compile(r"\.data-\d{5}-of-\d{5}$")
_OPERATOR = re.compile(r"_?[A-Z][\w>./]*")
_SMALL = 4096
_LARGE = 1 << 18
_FIRST = (b"\x08", b"\x0a", b"\x12")
_MAX_NODES = 1_000_000
_MAX_TEXT = 1 << 16
_MAX_TEXTS = 4096
_MAX_JSON = 16 << 20
_STRING = 7
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Node:
    """One operator in a graph."""

    name: str
    operator: str
    inputs: tuple[str, ...]
    message: Message
    place: Field
    calls: bool = True
    """Whether it may call functions; False only where it surely does not."""

    def texts(self, attribute: str) -> list[str] | None:
        """Return the texts of an attribute, of a constant's value too; None where it is missing.

        Raises:
            UnreadableError: the attribute is malformed.
        """
        for entry in _inner(self.message, 5):
            fields = {f.number: f for f in entry if f.wire == 2}
            if 2 in fields and 1 in fields and entry.text(fields[1]) == attribute:
                return list(_texts(entry.inner(fields[2])))[:_MAX_TEXTS]
        return None

    def functions(self) -> list[str]:
        """Return the names of the functions that the node calls by its attributes.

        Raises:
            UnreadableError: an attribute is malformed.
        """
        found: list[str] = []
        for entry in _inner(self.message, 5):
            for value in _inner(entry, 2):
                lists = [(value, 10), *((each, 9) for each in _inner(value, 1))]
                for holder, number in lists:
                    for function in _inner(holder, number):
                        found += [
                            function.text(f) for f in function if (f.number, f.wire) == (1, 2)
                        ]
        return found[:_MAX_TEXTS]


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph, or a function that graphs call."""

    function: str
    """Name of the function; empty for the graph itself."""
    arguments: tuple[str, ...]
    """Names of the function's arguments, in order."""
    message: Message
    nodes_in: int
    """Number of the field that holds the nodes."""

    def nodes(self) -> Iterator[Node]:
        """Yield the nodes in order.

        Raises:
            UnreadableError: the graph is malformed, or has more than a million nodes.
        """
        count = 0
        for each in self.message:
            if each.number == self.nodes_in and each.wire == 2:
                count += 1
                if count > _MAX_NODES:
                    raise UnreadableError(f"the graph has more than {_MAX_NODES} nodes")
                yield self.node(each)

    def node(self, place: Field) -> Node:
        """Return the node at a place, which one of this graph's nodes was at before."""
        inner = self.message.inner(place)
        return _large(inner, place) if place.size > _LARGE else _small(self.message, inner, place)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that belongs to a saved model."""

    tensor: str
    """The node that gets its path when the model is loaded."""
    name: str


def kind(name: str, file: BinaryIO, size: int) -> str | None:
    """Return what kind of TensorFlow's files the bytes are, or None.

    One of ``saved-model``, ``meta-graph``, ``graph``, ``keras-metadata``, ``fingerprint``,
    ``checkpoint-index``; and ``checkpoint-data`` by the name alone, since it is plain numbers.
    """
    if size > _TABLE_FOOTER:
        file.seek(size - len(_TABLE_END))
        if file.read(len(_TABLE_END)) == _TABLE_END:
            return "checkpoint-index"
    file.seek(0)
    if file.read(1) in _FIRST:
        try:
            found = _message_kind(Message(file, 0, size)) or _fingerprint(file, size)
        except UnreadableError:
            found = None
        if found is not None:
            return found
    return "checkpoint-data" if _DATA_NAME.search(name) else None


def graphs(file: BinaryIO, size: int, form: str) -> Iterator[Graph]:
    """Yield the graphs in a file, and the functions of their libraries.

    Raises:
        UnreadableError: the file is malformed.
    """
    whole = Message(file, 0, size)
    if form == "graph":
        yield from _graph(whole)
    else:
        for meta in metas(whole, form):
            for each in _inner(meta, 2):
                yield from _graph(each)


def assets(file: BinaryIO, size: int, form: str) -> Iterator[Asset]:
    """Yield the files that a saved model says belong to it.

    Raises:
        UnreadableError: the file is malformed.
    """
    for meta in metas(Message(file, 0, size), form):
        for each in _inner(meta, 6):
            texts = {f.number: each.text(f) for f in each if f.wire == 2}
            for tensor in _inner(each, 1):
                named = [tensor.text(f) for f in tensor if f.number == 1 and f.wire == 2]
                yield Asset("".join(named).partition(":")[0], texts.get(2, ""))


def keras_notes(file: BinaryIO, size: int, form: str) -> Iterator[str]:
    """Yield the JSON that Keras 2 keeps of each of its objects.

    Raises:
        UnreadableError: the file is malformed, or a note is larger than 16 MiB.
    """
    whole = Message(file, 0, size)
    if form == "keras-metadata":
        for node in _inner(whole, 1):
            yield from _note(node, 5)
    elif form in ("saved-model", "meta-graph"):
        for meta in metas(whole, form):
            for objects in _inner(meta, 7):
                for node in _inner(objects, 1):
                    for user in _inner(node, 4):
                        yield from _note(user, 3)


def _note(message: Message, number: int) -> Iterator[str]:
    for each in message:
        if each.number == number and each.wire == 2:
            if each.size > _MAX_JSON:
                raise UnreadableError(f"Keras's note has {each.size} bytes, more than are read")
            yield message.text(each, _MAX_JSON)


def metas(whole: Message, form: str) -> Iterator[Message]:
    """Yield the parts of a file that each hold a graph with what belongs to it."""
    if form == "meta-graph":
        yield whole
    elif form == "saved-model":
        yield from _inner(whole, 2)


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return the kind, operators, functions, assets, tags and versions.

    Raises:
        UnreadableError: the file is malformed.
    """
    form = kind("", file, size)
    if form is None:
        # Its name says so; there is nothing in plain numbers that could be read.
        return {"kind": "checkpoint-data"}
    facts: dict[str, Any] = {"kind": form}
    if form not in ("saved-model", "meta-graph", "graph"):
        return facts
    operators: Counter[str] = Counter()
    functions = 0
    for graph in graphs(file, size, form):
        functions += bool(graph.function)
        for node in graph.nodes():
            if len(operators) < 10_000:
                operators[node.operator] += 1
    facts |= {"nodes": operators.total(), "operators": len(operators), "functions": functions}
    facts["custom_operators"] = sorted(visible(each, 80) for each in operators if ">" in each)[
        :_SHOWN
    ]
    for meta in metas(Message(file, 0, size), form):
        for info in _inner(meta, 1):
            for each in info:
                if each.number == 5 and each.wire == 2:
                    facts["tensorflow"] = visible(info.text(each), 80)
                elif each.number == 4 and each.wire == 2:
                    facts.setdefault("tags", []).append(visible(info.text(each), 80))
    named = [visible(each.name, 200) for each in assets(file, size, form)]
    return {**facts, "assets": named[:_SHOWN]}


def _inner(message: Message, number: int) -> Iterator[Message]:
    for each in message:
        if each.number == number and each.wire == 2:
            yield message.inner(each)


def _graph(message: Message) -> Iterator[Graph]:
    yield Graph("", (), message, 1)
    for library in _inner(message, 2):
        for function in _inner(library, 1):
            name, arguments = _signature(function)
            yield Graph(name or "?", arguments, function, 3)


def _signature(function: Message) -> tuple[str, tuple[str, ...]]:
    name = ""
    arguments: list[str] = []
    for signature in _inner(function, 1):
        for each in signature:
            if each.number == 1 and each.wire == 2:
                name = signature.text(each)
            elif each.number == 2 and each.wire == 2 and len(arguments) < 10_000:
                inner = signature.inner(each)
                arguments += [inner.text(f) for f in inner if f.number == 1 and f.wire == 2]
    return name, tuple(arguments)


def _small(graph: Message, message: Message, place: Field) -> Node:
    data = graph.data(place)
    name = operator = ""
    inputs: list[str] = []
    calls = False
    for number, start, end in spans(data, 0, len(data)):
        if number == 1:
            name = data[start:end].decode("utf-8", "replace")
        elif number == 2:
            operator = data[start:end].decode("utf-8", "replace")
        elif number == 3:
            inputs.append(data[start:end].decode("utf-8", "replace"))
        elif number == 5 and not calls:
            # The key of a name that is called: field 10, or in a list field 9.
            calls = b"\x52" in data[start:end] or b"\x4a" in data[start:end]
    return Node(name, operator, tuple(inputs), message, place, calls and operator != "Const")


def _large(message: Message, place: Field) -> Node:
    texts: dict[int, list[str]] = {1: [], 2: [], 3: []}
    for each in message:
        if each.wire == 2 and each.number in texts:
            texts[each.number].append(message.text(each, 1000))
    return Node("".join(texts[1]), "".join(texts[2]), tuple(texts[3]), message, place)


def _texts(value: Message) -> Iterator[str]:
    """The texts in the value of an attribute: one, a list of them, or a tensor of them."""
    for each in value:
        if each.wire != 2:
            continue
        if each.number == 2:
            yield value.text(each, _MAX_TEXT)
        elif each.number in (1, 8):
            inner = value.inner(each)
            number = 2 if each.number == 1 else 8
            for count, one in enumerate(inner):
                if count > _MAX_TEXTS:
                    return
                if one.number == number and one.wire == 2:
                    yield inner.text(one, _MAX_TEXT)


def _is_node(message: Message) -> bool:
    texts: dict[int, str] = {}
    for each in message:
        if each.number > 7 or each.wire != 2:
            return False
        if each.number in (1, 2):
            texts[each.number] = message.text(each)
        elif 1 in texts and 2 in texts:
            break
    return bool(texts.get(1)) and _OPERATOR.fullmatch(texts.get(2, "")) is not None


def _is_graph(message: Message) -> bool:
    """Whether the fields are those of a graph whose first node is one."""
    for count, each in enumerate(message):
        if (each.number, each.wire) not in {(1, 2), (2, 2), (3, 0), (4, 2), (5, 2)}:
            return False
        if each.number == 1:
            return _is_node(message.inner(each))
        if each.number == 2:
            return any(True for _ in _inner(message.inner(each), 1))
        if count > 3:
            break
    return False


def _is_meta(message: Message) -> bool:
    """Whether the fields are those of a graph with what belongs to it."""
    for each in message:
        if each.wire != 2 or each.number > 7:
            return False
        if each.number == 2:
            return _is_graph(message.inner(each))
    return False


def _message_kind(whole: Message) -> str | None:
    for form, test in (
        ("saved-model", _is_saved_model),
        ("graph", _is_graph),
        ("meta-graph", _is_meta),
        ("keras-metadata", _is_keras_metadata),
    ):
        if test(whole):
            return form
    return None


def _is_saved_model(whole: Message) -> bool:
    for each in whole:
        if each.number == 1 and each.wire == 0 and each.value <= 100:
            continue
        return each.number == 2 and each.wire == 2 and _is_meta(whole.inner(each))
    return False


def _is_keras_metadata(whole: Message) -> bool:
    node = next(_inner(whole, 1), None)
    return node is not None and any(
        each.number == 4 and each.wire == 2 and node.text(each).startswith("_tf_keras_")
        for each in node
    )


def _fingerprint(file: BinaryIO, size: int) -> str | None:
    if size > _SMALL:
        return None
    fields = list(Message(file, 0, size))
    numbers = {each.number for each in fields}
    plain = {1, 2} <= numbers <= set(range(1, 8)) and all(
        each.wire == (2 if each.number > 5 else 0) for each in fields
    )
    return "fingerprint" if plain else None
