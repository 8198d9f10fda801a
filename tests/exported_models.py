"""Exported models by hand: Protocol Buffers, flat buffers and PyTorch archives of any shape."""

from __future__ import annotations

import json
import struct
from typing import Any

from tests.strategies import zip_file


def varint(value: int) -> bytes:
    """A base-128 integer; negative ones as 64 bits."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def message(*fields: tuple[int, int | str | bytes]) -> bytes:
    """A message: numbers as varints, all else by length."""
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            data = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(data)) + data
    return out


def entry(key: str, value: bytes | str) -> bytes:
    """An entry of a map."""
    return message((1, key), (2, value))


def onnx_of(*graph: tuple[int, bytes], model: tuple[tuple[int, bytes], ...] = ()) -> bytes:
    """An ONNX model from the fields of its graph, and further fields of its own."""
    return message((1, 9), (7, message(*graph)), (8, message((1, ""), (2, 18))), *model)


def onnx_node(operator: str, domain: str = "", *attributes: bytes) -> bytes:
    """A node."""
    return message(
        (1, "x"), (2, "y"), (4, operator), (7, domain), *((5, each) for each in attributes)
    )


def onnx_tensor(dimensions: tuple[int, ...], raw: bytes | None = None, **place: str) -> bytes:
    """A tensor of float32: raw data, or a place in another file."""
    fields: list[tuple[int, int | str | bytes]] = [(1, each) for each in dimensions]
    fields += [(2, 1), (8, "w")]
    if raw is not None:
        fields.append((9, raw))
    fields += [(13, entry(key, value)) for key, value in place.items()]
    return message(*fields, *([(14, 1)] if place else []))


def coreml_of(kind: int, model: bytes) -> bytes:
    """A Core ML model of one kind, with one input and one output."""
    feature = message((1, "x"), (3, b""))
    metadata = message((3, "the author"), (4, "MIT"))
    description = message((1, feature), (10, feature), (100, metadata))
    return message((1, 4), (2, description), (kind, model))


def coreml_program(*operations: bytes) -> bytes:
    """A Core ML program of one block."""
    block = message(*((3, each) for each in operations))
    function = message((2, "CoreML6"), (3, entry("CoreML6", block)))
    return coreml_of(502, message((1, 1), (2, entry("main", function))))


def coreml_weights(file: str) -> bytes:
    """A constant whose value lies in another file."""
    value = message((5, message((1, file), (2, 64))))
    return message((1, "const"), (5, entry("val", value)))


def openvino_of(*layers: str, before: str = "") -> bytes:
    """A net of layers."""
    text = f'<?xml version="1.0"?>{before}<net name="m" version="11"><layers>'
    return (text + "".join(layers) + "</layers><edges/></net>").encode()


def openvino_layer(kind: str, opset: str = "opset1", **data: Any) -> str:
    """A layer."""
    said = " ".join(f'{key}="{value}"' for key, value in data.items())
    return f'<layer id="0" name="l" type="{kind}" version="{opset}"><data {said}/></layer>'


def flat(root: dict[int, Any], identifier: bytes = b"ET12") -> bytes:
    """A flat buffer: tables are dicts by field, numbers have eight bytes."""
    out = bytearray(4) + bytearray(identifier)
    todo: list[tuple[int, Any]] = [(0, root)]
    while todo:
        slot, node = todo.pop(0)
        out += bytes(-len(out) % 8)
        if isinstance(node, str):
            place = len(out)
            out += struct.pack("<I", len(node)) + node.encode() + b"\0"
        elif isinstance(node, list):
            place = len(out)
            out += struct.pack("<I", len(node)) + bytes(4 * len(node))
            todo += [(place + 4 + 4 * i, each) for i, each in enumerate(node)]
        else:
            size = max(node, default=-1) + 1
            offsets = [8 + 8 * i if i in node else 0 for i in range(size)]
            table = struct.pack(f"<{2 + size}H", 4 + 2 * size, 8 + 8 * size, *offsets)
            begins = len(out)
            out += table
            out += bytes(-len(out) % 8)
            place = len(out)
            out += struct.pack("<i", place - begins) + bytes(4 + 8 * size)
            for index, value in node.items():
                if isinstance(value, int):
                    struct.pack_into("<Q", out, place + offsets[index], value)
                else:
                    todo.append((place + offsets[index], value))
        struct.pack_into("<I", out, slot, place - slot)
    return bytes(out)


def executorch_of(
    *operators: str,
    delegates: tuple[str, ...] = (),
    segments: tuple[tuple[int, int], ...] = (),
) -> bytes:
    """An ExecuTorch program of one method."""
    plan = {
        0: "forward",
        6: [{0: each, 1: "out"} for each in operators],
        7: [{0: each} for each in delegates],
    }
    return flat({0: 0, 1: [plan], 4: [{0: at, 1: size} for at, size in segments]})


def torchscript(*sources: str, **members: bytes) -> bytes:
    """A TorchScript archive: sources, and further members by name."""
    files = {
        "m/data.pkl": b"\x80\x02}q\x00.",
        "m/constants.pkl": b"\x80\x02).",
        "m/version": b"3\n",
    }
    for number, source in enumerate(sources):
        files[f"m/code/__torch__/part{number}.py"] = source.encode()
    return zip_file(
        {**files, **{f"m/{name}": data for name, data in members.items()}}, packed=False
    )


def exported(
    *targets: str,
    expressions: tuple[str, ...] = (),
    guards: tuple[str, ...] = (),
    members: dict[str, bytes] | None = None,
) -> bytes:
    """An archive as `torch.export.save` lays it out."""
    nodes = [{"target": each, "inputs": [], "metadata": {}} for each in targets]
    values = {f"s{n}": {"as_expr": {"expr_str": each}} for n, each in enumerate(expressions)}
    graph = {
        "graph_module": {"graph": {"nodes": nodes, "sym_int_values": values}},
        "guards_code": guards,
    }
    files = {
        "m/archive_format": b"pt2",
        "m/models/model.json": json.dumps(graph).encode(),
        "m/version": b"6\n",
    }
    return zip_file({**files, **(members or {})}, packed=False)


ELF = b"\x7fELF\x02\x01\x01\x00" + bytes(56)
"""The header of an ELF file, and nothing behind it."""
PE = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\x00\x00" + bytes(20)
MACH_O = b"\xcf\xfa\xed\xfe" + struct.pack("<IIII", 0x0100000C, 0, 6, 3) + bytes(12)
FAT = b"\xca\xfe\xba\xbe" + struct.pack(">II", 2, 7) + bytes(24)
JAVA = b"\xca\xfe\xba\xbe" + struct.pack(">HH", 0, 61) + bytes(24)
WASM = b"\x00asm\x01\x00\x00\x00" + bytes(8)
CACHED = struct.pack("<H", 3495) + b"\r\n" + bytes(12) + b"\xe3" + bytes(16)
PROGRAMS = {
    "elf": ELF, "pe": PE, "mach-o": MACH_O, "fat": FAT, "java": JAVA, "wasm": WASM, "pyc": CACHED,
}  # fmt: skip
"""Beginnings of programs, none of which runs."""
