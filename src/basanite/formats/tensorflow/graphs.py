"""Graphs in TensorFlow's files: their nodes, functions, assets, and Keras's notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.formats.protobuf import Field, Message
from basanite.formats.protobuf_bytes import spans

_LARGE = 1 << 18
_MAX_NODES = 400_000
_MAX_TEXT = 1 << 16
_MAX_TEXTS = 4096
_MAX_JSON = 16 << 20


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
        for entry in inner(self.message, 5):
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
        for entry in inner(self.message, 5):
            for value in inner(entry, 2):
                lists = [(value, 10), *((each, 9) for each in inner(value, 1))]
                for holder, number in lists:
                    for function in inner(holder, number):
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
            UnreadableError: the graph is malformed, or has more than 400,000 nodes.
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
        own = self.message.inner(place)
        return _large(own, place) if place.size > _LARGE else _small(self.message, own, place)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that belongs to a saved model."""

    tensor: str
    """The node that gets its path when the model is loaded."""
    name: str


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
            for each in inner(meta, 2):
                yield from _graph(each)


def assets(file: BinaryIO, size: int, form: str) -> Iterator[Asset]:
    """Yield the files that a saved model says belong to it.

    Raises:
        UnreadableError: the file is malformed.
    """
    for meta in metas(Message(file, 0, size), form):
        for each in inner(meta, 6):
            texts = {f.number: each.text(f) for f in each if f.wire == 2}
            for tensor in inner(each, 1):
                named = [tensor.text(f) for f in tensor if f.number == 1 and f.wire == 2]
                yield Asset("".join(named).partition(":")[0], texts.get(2, ""))


def keras_notes(file: BinaryIO, size: int, form: str) -> Iterator[str]:
    """Yield the JSON that Keras 2 keeps of each of its objects.

    Raises:
        UnreadableError: the file is malformed, or a note is larger than 16 MiB.
    """
    whole = Message(file, 0, size)
    if form == "keras-metadata":
        for node in inner(whole, 1):
            yield from _note(node, 5)
    elif form in ("saved-model", "meta-graph"):
        for meta in metas(whole, form):
            for objects in inner(meta, 7):
                for node in inner(objects, 1):
                    for user in inner(node, 4):
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
        yield from inner(whole, 2)


def inner(message: Message, number: int) -> Iterator[Message]:
    """Yield the messages in the fields of a number."""
    for each in message:
        if each.number == number and each.wire == 2:
            yield message.inner(each)


def _graph(message: Message) -> Iterator[Graph]:
    yield Graph("", (), message, 1)
    for library in inner(message, 2):
        for function in inner(library, 1):
            name, arguments = _signature(function)
            yield Graph(name or "?", arguments, function, 3)


def _signature(function: Message) -> tuple[str, tuple[str, ...]]:
    name = ""
    arguments: list[str] = []
    for signature in inner(function, 1):
        for each in signature:
            if each.number == 1 and each.wire == 2:
                name = signature.text(each)
            elif each.number == 2 and each.wire == 2 and len(arguments) < 10_000:
                named = signature.inner(each)
                arguments += [named.text(f) for f in named if f.number == 1 and f.wire == 2]
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
            held = value.inner(each)
            number = 2 if each.number == 1 else 8
            for count, one in enumerate(held):
                if count > _MAX_TEXTS:
                    return
                if one.number == number and one.wire == 2:
                    yield held.text(one, _MAX_TEXT)
