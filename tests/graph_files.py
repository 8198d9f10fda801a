"""Builders of HDF5 files, TensorFlow graphs and TensorFlow Lite models, by the formats' own words.

What they build is inert: names of files and functions that nothing ever opens or calls.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any

UNDEFINED = 2**64 - 1


def _message(kind: int, body: bytes) -> bytes:
    return struct.pack("<BHB", kind, len(body), 0) + body


def _space(*shape: int) -> bytes:
    return struct.pack("<BBBB", 2, len(shape), 0, 1 if shape else 0) + b"".join(
        struct.pack("<Q", each) for each in shape
    )


def attribute(name: str, text: str) -> bytes:
    """An attribute that holds one text of fixed length."""
    raw, data = name.encode() + b"\x00", text.encode()
    datatype = struct.pack("<BBBBI", 0x13, 0, 0, 0, max(1, len(data)))
    space = _space()
    head = struct.pack("<BBHHHB", 3, 0, len(raw), len(datatype), len(space), 1)
    return _message(0x0C, head + raw + datatype + space + (data or b"\x00"))


def external_link(name: str, file: str) -> bytes:
    """A link to an object in another file."""
    value = b"\x00" + file.encode() + b"\x00/x\x00"
    raw = name.encode()
    return _message(
        0x06, struct.pack("<BBBB", 1, 8, 64, len(raw)) + raw + struct.pack("<H", len(value)) + value
    )


def soft_link(name: str, path: str) -> bytes:
    """A link by path in the same file."""
    raw, value = name.encode(), path.encode()
    return _message(
        0x06, struct.pack("<BBBB", 1, 8, 1, len(raw)) + raw + struct.pack("<H", len(value)) + value
    )


def hard_link(name: str, address: int) -> bytes:
    """A link to the header at an address."""
    raw = name.encode()
    return _message(0x06, struct.pack("<BBB", 1, 0, len(raw)) + raw + struct.pack("<Q", address))


def dataset(*shape: int) -> bytes:
    """The messages of a dataset of 32-bit numbers that is stored nowhere."""
    datatype = struct.pack("<BBBBI", 0x11, 0, 0, 0, 4) + bytes(12)
    layout = struct.pack("<BBQQ", 3, 1, UNDEFINED, 0)
    return _message(0x01, _space(*shape)) + _message(0x03, datatype) + _message(0x08, layout)


def object_header(body: bytes) -> bytes:
    """A header of the second version around messages."""
    return b"OHDR" + struct.pack("<BBI", 2, 2, len(body)) + body + bytes(4)


def hdf5(*messages: bytes, objects: dict[str, bytes] | None = None) -> bytes:
    """A file whose root has messages, and links to objects given by their messages."""
    objects = objects or {}
    links = sum(len(hard_link(name, 0)) for name in objects)
    at = 48 + len(object_header(b"".join(messages))) + links
    headers, own = b"", list(messages)
    for name, body in objects.items():
        own.append(hard_link(name, at + len(headers)))
        headers += object_header(body)
    data = object_header(b"".join(own)) + headers
    head = b"\x89HDF\r\n\x1a\n" + bytes([3, 8, 8, 0])
    head += struct.pack("<QQQQI", 0, UNDEFINED, 48 + len(data), 48, 0)
    return head + data


def keras_hdf5(config: Any, **attributes: str) -> bytes:
    """A model as Keras 2 wrote it to HDF5."""
    texts = {"keras_version": "2.11.0", "model_config": json.dumps(config), **attributes}
    return hdf5(*(attribute(name, text) for name, text in texts.items()))


def keras_archive(config: Any, **members: bytes) -> bytes:
    """A model as Keras 3 writes it."""
    from tests.strategies import zip_file  # which builds its own HDF5 file from here

    return zip_file(
        {
            "metadata.json": b'{"keras_version": "3.8.0", "date_saved": "2025-01-01"}',
            "config.json": config if isinstance(config, bytes) else json.dumps(config).encode(),
            "model.weights.h5": hdf5(),
            **members,
        },
        packed=False,
    )


def varint(value: int) -> bytes:
    """A base-128 integer."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(number: int, value: int | bytes | str) -> bytes:
    """A field of a protobuf message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def node(name: str, operator: str, inputs: Sequence[str] = (), **attributes: bytes) -> bytes:
    """A node of a graph; attributes are encoded values."""
    body = field(1, name) + field(2, operator)
    body += b"".join(field(3, each) for each in inputs)
    body += b"".join(field(5, field(1, k) + field(2, v)) for k, v in attributes.items())
    return body


def const(name: str, *texts: str) -> bytes:
    """A constant of texts."""
    tensor = field(1, 7) + b"".join(field(8, each) for each in texts)
    return node(name, "Const", dtype=field(6, 7), value=field(8, tensor))


def text_attribute(*texts: str) -> bytes:
    """The value of an attribute: a text, or a list of them."""
    if len(texts) == 1:
        return field(2, texts[0])
    return field(1, b"".join(field(2, each) for each in texts))


def graph(
    *nodes: bytes, functions: Mapping[str, tuple[Sequence[str], Sequence[bytes]]] | None = None
) -> bytes:
    """A graph with a library of functions: name -> (arguments, nodes)."""
    library = b""
    for name, (arguments, inner) in (functions or {}).items():
        signature = field(1, name) + b"".join(field(2, field(1, each)) for each in arguments)
        library += field(1, field(1, signature) + b"".join(field(3, each) for each in inner))
    body = b"".join(field(1, each) for each in nodes)
    return body + (field(2, library) if library else b"") + field(4, field(1, 1000))


def meta_graph(content: bytes, assets: dict[str, str] | None = None, objects: bytes = b"") -> bytes:
    """A graph with its tags and assets: tensor -> file."""
    body = field(1, field(4, "serve") + field(5, "2.21.0")) + field(2, content)
    for tensor, name in (assets or {}).items():
        body += field(6, field(1, field(1, tensor)) + field(2, name))
    return body + (field(7, objects) if objects else b"")


def saved_model(
    content: bytes, assets: dict[str, str] | None = None, objects: bytes = b""
) -> bytes:
    """A saved model of one graph."""
    return field(1, 1) + field(2, meta_graph(content, assets, objects))


def keras_notes(*configs: Any) -> bytes:
    """The notes that Keras 2 keeps beside a saved model."""
    return b"".join(
        field(1, field(2, n) + field(3, "root") + field(4, "_tf_keras_layer")
              + field(5, json.dumps(config)))
        for n, config in enumerate(configs)
    )  # fmt: skip


class Flat:
    """Builds a FlatBuffer from the front: each part knows its offset, and is written once."""

    def __init__(self) -> None:
        self.data = bytearray(8)
        self.data[4:8] = b"TFL3"

    def text(self, value: str) -> int:
        self._align()
        at = len(self.data)
        self.data += struct.pack("<I", len(value)) + value.encode() + b"\x00"
        return at

    def vector(self, offsets: Sequence[int]) -> int:
        """A vector of offsets to parts that are written later."""
        self._align()
        at = len(self.data)
        self.data += struct.pack("<I", len(offsets))
        for each in offsets:
            self.data += struct.pack("<I", each - len(self.data) & 0xFFFFFFFF)
        return at

    def numbers(self, values: Sequence[int]) -> int:
        self._align()
        at = len(self.data)
        self.data += struct.pack(f"<I{len(values)}i", len(values), *values)
        return at

    def table(self, fields: dict[int, tuple[str, int]]) -> int:
        """A table: field -> (kind of number, value), or ("offset", where it will lead)."""
        self._align()
        count = max(fields, default=-1) + 1
        start = len(self.data)
        table = start + 4 + 2 * count
        table += -table % 8
        offsets, body = [0] * count, b""
        for number, (kind, value) in sorted(fields.items()):
            width = struct.calcsize("<I" if kind == "offset" else "<" + kind)
            body += bytes(-(len(body) + 4) % width)
            offsets[number] = 4 + len(body)
            if kind == "offset":
                body += struct.pack("<I", value - (table + 4 + len(body)) & 0xFFFFFFFF)
            else:
                body += struct.pack("<" + kind, value)
        self.data += struct.pack(f"<HH{count}H", 4 + 2 * count, 4 + len(body), *offsets)
        self.data += bytes(table - len(self.data))
        self.data += struct.pack("<i", table - start) + body
        return table

    def _align(self) -> None:
        self.data += bytes(-len(self.data) % 8)


def tflite(*codes: int | str, tensors: int = 2) -> bytes:
    """A model with one operator for each code: a number of the runtime's own, or a name.

    Offsets in a FlatBuffer only lead forward, so everything is laid out twice: once to learn where
    the parts lie, once with their places.
    """
    places: dict[str, int] = {}
    for _ in range(2):
        places, flat = _lite(codes, tensors, places)
    struct.pack_into("<I", flat.data, 0, places["root"])
    return bytes(flat.data)


def _lite(
    codes: Sequence[int | str], tensors: int, known: dict[str, int]
) -> tuple[dict[str, int], Flat]:
    flat, places = Flat(), {}

    def to(name: str) -> tuple[str, int]:
        return "offset", known.get(name, 0)

    def many(name: str, count: int) -> list[int]:
        return [known.get(f"{name}{n}", 0) for n in range(count)]

    places["root"] = flat.table(
        {0: ("I", 3), 1: to("codes"), 2: to("graphs"), 3: to("words"), 4: to("buffers")}
    )
    places["words"] = flat.text("made by hand")
    places["codes"] = flat.vector(many("code", len(codes)))
    for n, code in enumerate(codes):
        if isinstance(code, str):
            places[f"code{n}"] = flat.table({0: ("b", 32), 1: to(f"name{n}"), 3: ("i", 32)})
            places[f"name{n}"] = flat.text(code)
        else:
            places[f"code{n}"] = flat.table({0: ("b", min(code, 127)), 3: ("i", code)})
    places["buffers"] = flat.vector(many("buffer", 1))
    places["buffer0"] = flat.table({})
    places["graphs"] = flat.vector(many("graph", 1))
    places["graph0"] = flat.table(
        {0: to("tensors"), 1: to("inputs"), 2: to("outputs"), 3: to("operators")}
    )
    places["inputs"] = flat.numbers([0])
    places["outputs"] = flat.numbers([tensors - 1])
    places["tensors"] = flat.vector(many("tensor", tensors))
    for n in range(tensors):
        places[f"tensor{n}"] = flat.table({0: to(f"shape{n}"), 1: ("b", 0), 3: to(f"tname{n}")})
        places[f"shape{n}"] = flat.numbers([1, 4])
        places[f"tname{n}"] = flat.text(f"t{n}")
    places["operators"] = flat.vector(many("operator", len(codes)))
    for n in range(len(codes)):
        places[f"operator{n}"] = flat.table({0: ("I", n)})
    return places, flat
