"""Hypothesis strategies that several rooms share: valid files, and what strangers make of them."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from tests.graph_files import graph, keras_hdf5, node, saved_model, tflite

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=100),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(st.text(max_size=8), inner, max_size=5)
    ),
    max_leaves=20,
)
"""Plain Python values, as any serialiser takes them."""

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


def zip_file(members: dict[str, bytes], *, packed: bool = True) -> bytes:
    """A real zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return out.getvalue()


def safetensors_file(
    tensors: dict[str, tuple[str, list[int], int]], metadata: dict[str, str] | None = None
) -> bytes:
    """A safetensors file by the format's description: name -> (dtype, shape, bytes)."""
    header: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    at = 0
    for name, (dtype, shape, size) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(at)


def gguf_text(text: str) -> bytes:
    """A text as GGUF writes it."""
    return struct.pack("<Q", len(text.encode())) + text.encode()


def gguf_file() -> bytes:
    """A GGUF file of two tensors, with a tokenizer and a chat template."""
    keys = [
        gguf_text("general.architecture") + struct.pack("<I", 8) + gguf_text("llama"),
        gguf_text("general.name") + struct.pack("<I", 8) + gguf_text("small"),
        gguf_text("llama.context_length") + struct.pack("<II", 4, 2048),
        gguf_text("tokenizer.ggml.model") + struct.pack("<I", 8) + gguf_text("gpt2"),
        gguf_text("tokenizer.ggml.tokens")
        + struct.pack("<IIQ", 9, 8, 3)
        + b"".join(map(gguf_text, ("a", "b", "c"))),
        gguf_text("tokenizer.chat_template") + struct.pack("<I", 8) + gguf_text("{{ x }}"),
        gguf_text("general.scale") + struct.pack("<If", 6, 1.5),
    ]
    tensors = [
        gguf_text("w") + struct.pack("<IQQIQ", 2, 4, 8, 0, 0),
        gguf_text("v") + struct.pack("<IQIQ", 1, 32, 8, 128),
    ]
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys))
    head += b"".join(keys) + b"".join(tensors)
    return head + bytes(-len(head) % 32) + bytes(192)


def npy_file(descr: str = "'<f4'", shape: str = "(2, 3)", body: bytes = bytes(24)) -> bytes:
    """An array file, version 1.0."""
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + body


def hdf5_file() -> bytes:
    """A small model as Keras 2 wrote it to HDF5."""
    return keras_hdf5({"class_name": "Sequential", "config": {"name": "m", "layers": []}})


def torch_zip(pickled: bytes, *, packed: bool = False) -> bytes:
    """The layout of a PyTorch archive."""
    return zip_file(
        {"m/data.pkl": pickled, "m/version": b"3\n", "m/data/0": bytes(16)}, packed=packed
    )


TOKENIZER = json.dumps(
    {
        "model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": ["a b"]},
        "added_tokens": [{"id": 2}],
        "pre_tokenizer": {"type": "ByteLevel"},
    }
).encode()
NOTEBOOK = json.dumps(
    {
        "nbformat": 4,
        "metadata": {"kernelspec": {"name": "python3", "language": "python"}},
        "cells": [
            {"cell_type": "markdown", "source": ["# Title"]},
            {
                "cell_type": "code",
                "source": ["%matplotlib inline\n", "import torch\n", "torch.load('m.pt')"],
                "outputs": [{"output_type": "stream", "text": ["hello"]}],
            },
        ],
    }
).encode()

VALID: dict[str, bytes] = {
    "pickle": pickle.dumps(OrderedDict(a=[1, 2.5, "x"], b={"c": (1, b"d")}), 4),
    "pickle-0": pickle.dumps(OrderedDict(a=[1, 2.5, "x"], b={"c": (1, b"d")}), 0),
    "zip": zip_file({"a.txt": b"hello", "b.pkl": pickle.dumps([1])}),
    "torch": torch_zip(pickle.dumps({"w": 1}, 2)),
    "safetensors": safetensors_file({"w": ("F32", [2, 2], 16)}, {"format": "pt"}),
    "gguf": gguf_file(),
    "npy": npy_file(),
    "npz": zip_file({"a.npy": npy_file(), "b.npy": npy_file("'|O'", "(1,)", pickle.dumps([1]))}),
    "hdf5": hdf5_file(),
    "tflite": tflite(0, 9, "FlexErf"),
    "tensorflow": saved_model(graph(node("x", "Placeholder"), node("y", "Relu", ["x"]))),
    "tokenizer": TOKENIZER,
    "notebook": NOTEBOOK,
    "python": b"import torch\nfrom numpy import load as l\nl('x', allow_pickle=True)\n",
}
"""A valid file of every kind, by kind."""


@st.composite
def mutated(draw: st.DrawFn, data: bytes) -> bytes:
    """A file with a few bytes changed, removed or added, or cut off."""
    out = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(out) - 1)))
        kind = draw(st.sampled_from(["set", "cut", "insert", "remove", "wide"]))
        if kind == "set" and out:
            out[at] = draw(st.integers(0, 255))
        elif kind == "cut":
            del out[at:]
        elif kind == "insert":
            out[at:at] = draw(st.binary(max_size=12))
        elif kind == "remove":
            del out[at : at + draw(st.integers(1, 12))]
        else:
            out[at : at + 8] = draw(st.sampled_from([b"\xff" * 8, bytes(8), b"\x7f" * 8]))
    return bytes(out)


def hostile(kind: str) -> st.SearchStrategy[bytes]:
    """Random bytes, and mutated files of a kind."""
    return st.binary(max_size=300) | mutated(VALID[kind])


Reader = Callable[[Any, int], dict[str, Any]]
