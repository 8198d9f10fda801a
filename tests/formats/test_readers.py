"""Readers of formats: what they say of valid files, and that bad ones are only unreadable."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from tests.strategies import (
    NOTEBOOK,
    TOKENIZER,
    VALID,
    gguf_file,
    hdf5_file,
    hostile,
    npy_file,
    safetensors_file,
    torch_zip,
    zip_file,
)

from basanite.domain.artifact import Artifact, Format
from basanite.domain.errors import UnreadableError
from basanite.formats import (
    facts,
    gguf,
    notebook,
    numpy,
    onnx,
    python,
    safetensors,
    tflite,
    tokenizer,
)
from basanite.formats.facts import READERS, read_facts
from basanite.formats.hdf5 import reader as hdf5
from basanite.formats.pickle import reader as pickle_reader
from basanite.formats.stream import fill
from basanite.formats.tensorflow import reader as tensorflow
from basanite.formats.zip import reader as zip_reader
from basanite.formats.zip.directory import members
from basanite.formats.zip.member import open_member


def read(module: ModuleType, data: bytes) -> dict[str, Any]:
    facts: dict[str, Any] = module.read(io.BytesIO(data), len(data))
    return facts


def refuse(module: ModuleType, data: bytes) -> str:
    with pytest.raises(UnreadableError) as caught:
        read(module, data)
    return caught.value.what


def onnx_file(**changes: Any) -> bytes:
    from onnx import TensorProto, helper, numpy_helper

    weights = numpy_helper.from_array(np.ones((4, 3), dtype=np.float32), "w")
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["x", "w"], ["y"]),
            helper.make_node("Strange", ["y"], ["z"], domain=changes.get("domain", "")),
        ],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 4])],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, [None, 3])],
        [weights],
    )
    model = helper.make_model(
        graph, producer_name="the test", opset_imports=[helper.make_opsetid("", 17)]
    )
    entry = model.metadata_props.add()
    entry.key, entry.value = "site", "somewhere"
    if "external" in changes:
        tensor = model.graph.initializer.add(name="far", data_type=1, dims=[10], data_location=1)
        place = tensor.external_data.add()
        place.key, place.value = "location", changes["external"]
    data: bytes = model.SerializeToString()
    return data


def test_safetensors_say_what_is_in_them() -> None:
    facts = read(
        safetensors,
        safetensors_file({"a": ("F32", [2, 3], 24), "b": ("BF16", [4], 8)}, {"format": "pt"}),
    )

    assert facts["tensors"] == 2
    assert facts["parameters"] == 10
    assert facts["dtypes"] == {"BF16": 1, "F32": 1}
    assert facts["metadata_keys"] == ["format"]
    assert (facts["gaps"], facts["overlapping_tensors"], facts["wrong_sizes"]) == (0, 0, 0)


def test_safetensors_with_overlaps_or_false_sizes_are_told() -> None:
    text = json.dumps(
        {
            "a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
            "b": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]},
            "c": {"dtype": "F32", "shape": [9], "data_offsets": [20, 24]},
        }
    ).encode()
    facts = read(safetensors, struct.pack("<Q", len(text)) + text + bytes(30))

    assert facts["overlapping_tensors"] == 1
    assert facts["gaps"] == 1
    assert facts["wrong_sizes"] == 1
    assert facts["trailing_bytes"] == 6


@pytest.mark.parametrize(
    "data",
    [
        b"",
        struct.pack("<Q", 1 << 60) + b"{",
        struct.pack("<Q", 2) + b"[]",
        struct.pack("<Q", 40) + b'{"a":1}',
        struct.pack("<Q", 7) + b'{"a":1}',
        safetensors_file({"a": ("F32", [8], 32)})[:-4],
        struct.pack("<Q", 200_000) + b"[" * 200_000,
    ],
)
def test_bad_safetensors_are_unreadable(data: bytes) -> None:
    assert refuse(safetensors, data)


def test_onnx_headers_are_read_as_the_onnx_library_wrote_them() -> None:
    facts = read(onnx, onnx_file(domain="com.example", external="../weights.bin"))

    assert facts["ir_version"] > 0
    assert facts["producer"] == "the test"
    assert facts["opsets"] == {"ai.onnx": 17}
    assert facts["custom_operators"] == ["com.example.Strange"]
    assert facts["inputs"] == [{"name": "x", "type": "float", "shape": ["batch", 4]}]
    assert facts["outputs"] == [{"name": "z", "type": "float", "shape": ["?", 3]}]
    assert facts["initializers"] == 2
    assert facts["parameters"] == 22
    assert facts["external_data"] == ["../weights.bin"]
    assert facts["metadata_keys"] == ["site"]


def test_a_truncated_onnx_model_is_unreadable() -> None:
    assert refuse(onnx, onnx_file()[:-20])
    assert refuse(onnx, b"\x08\x07")


def test_gguf_headers_say_architecture_tokenizer_and_template() -> None:
    facts = read(gguf, gguf_file())

    assert facts["architecture"] == "llama"
    assert facts["parameters"] == 64
    assert facts["tensor_types"] == {"F32": 1, "Q8_0": 1}
    assert facts["vocabulary"] == 3
    assert facts["context_length"] == 2048
    assert facts["chat_template"] is True


def test_gguf_headers_that_announce_the_impossible_are_unreadable() -> None:
    data = bytearray(gguf_file())
    data[8:16] = b"\xff" * 8

    assert refuse(gguf, bytes(data))
    assert refuse(gguf, gguf_file()[:100])
    assert refuse(gguf, gguf_file()[:-192])


@pytest.mark.parametrize("array", [np.zeros((2, 3)), np.array([{"a": 1}], dtype=object)])
def test_numpy_arrays_say_whether_a_pickle_is_inside(array: Any) -> None:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=True)
    facts = read(numpy, out.getvalue())

    assert facts["objects"] is (array.dtype == object)
    assert facts["shape"] == list(array.shape)


def test_npz_archives_say_it_of_each_member() -> None:
    out = io.BytesIO()
    np.savez(out, a=np.zeros(4), b=np.array([None], dtype=object))
    facts = read(numpy, out.getvalue())

    assert facts["objects"] is True
    assert facts["parameters"] == 5
    assert facts["members"]["a.npy"]["dtype"] == "<f8"


@pytest.mark.parametrize("descr", ["'O'", "[('a', '|O')]", "[('a', [('b', '|O8')])]", "7"])
def test_objects_are_found_wherever_a_dtype_hides_them(descr: str) -> None:
    assert read(numpy, npy_file(descr))["objects"] is True


@pytest.mark.parametrize("shape", ["(-1,)", "7", "(1.5,)", "'x'", "(" * 3000 + ")" * 3000])
def test_bad_array_headers_are_unreadable(shape: str) -> None:
    assert refuse(numpy, npy_file(shape=shape))


def test_hdf5_superblocks_and_keras_are_recognised() -> None:
    facts = read(hdf5, hdf5_file())

    assert facts["superblock"] == 3
    assert facts["keras"] is True
    assert facts["keras_version"] == "2.11.0"
    assert refuse(hdf5, hdf5_file()[:-10]).endswith("ends early")


def test_tokenizers_say_model_vocabulary_and_template() -> None:
    assert read(tokenizer, TOKENIZER)["vocabulary"] == 2
    assert read(tokenizer, b'{"a": 0, "b": 1}')["kind"] == "vocabulary"
    configured = read(tokenizer, b'{"tokenizer_class": "X", "chat_template": "{{ m }}"}')
    assert configured["chat_template"] is True


def test_notebooks_say_cells_kernel_and_outputs() -> None:
    facts = read(notebook, NOTEBOOK)

    assert facts["cells"] == 2
    assert facts["language"] == "python"
    assert facts["outputs"] is True


def test_python_says_its_imports_and_never_warns_or_runs() -> None:
    source = b"import os.path, torch as t\nfrom a.b import c\nx = '\\d'\nraise SystemExit\n"

    assert read(python, source)["imports"] == ["a", "os", "torch"]


@pytest.mark.parametrize(
    "source", [b"def (", b"x = \x00", b"(" * 5000, b"-" * 100_000 + b"1", b"\xff\xfe"]
)
def test_bad_python_is_unreadable(source: bytes) -> None:
    assert refuse(python, source)


def test_pytorch_archives_say_layout_and_version() -> None:
    facts = read(zip_reader, torch_zip(pickle.dumps({}, 2)))

    assert facts["layout"] == "pytorch-zip"
    assert facts["version"] == "3"
    assert facts["tensors"] == 1


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
@pytest.mark.parametrize("front", [b"", b"something in front"])
def test_members_are_read_back_whatever_stands_in_front(method: int, front: bytes) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        file.writestr("a b\n.txt", b"hello " * 1000)
    data = front + out.getvalue()
    (member,) = members(io.BytesIO(data), 0, len(data))

    assert member.name == "a b%0A.txt"
    assert fill(open_member(io.BytesIO(data), member, len(data)), 1 << 20) == b"hello " * 1000


def test_archives_that_zipfile_refuses_are_still_read() -> None:
    data = bytearray(zip_file({"data.pkl": b"the content"}, packed=False))
    at = data.index(b"the content")
    data[at - 30 - 8 + 14 : at - 30 - 8 + 18] = b"\x00\x00\x00\x00"
    directory = data.index(b"PK\x01\x02")
    data[directory + 8] |= 1
    data[directory + 16 : directory + 20] = b"\xde\xad\xbe\xef"
    with pytest.raises(RuntimeError), zipfile.ZipFile(io.BytesIO(data)) as file:
        file.read("data.pkl")
    (member,) = members(io.BytesIO(data), 0, len(data))

    assert fill(open_member(io.BytesIO(data), member, len(data)), 99) == b"the content"
    assert read(zip_reader, bytes(data))["encrypted_members"] == 1


def test_large_archives_with_64_bit_records_are_read() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file, file.open("a", "w", force_zip64=True) as member:
        member.write(b"x")
    small = members(io.BytesIO(out.getvalue()), 0, len(out.getvalue()))
    many = zip_file({f"{n}": b"" for n in range(66_000)}, packed=False)

    assert small[0].size == 1
    assert len(members(io.BytesIO(many), 0, len(many))) == 66_000


def test_pickle_facts_list_imports_and_protocol() -> None:
    facts = read(pickle_reader, VALID["pickle"])

    assert facts["protocol"] == 4
    assert facts["imports"] == ["collections.OrderedDict"]
    assert facts["complete"] is True


def test_every_reader_has_a_version_under_its_name() -> None:
    assert len(READERS) == len(facts.MODULES)
    assert all(each.NAME in READERS and each.VERSION >= 1 for each in facts.MODULES)
    assert {"detect", "container", "pickle", "zip", "tar"} <= set(READERS)


@pytest.mark.parametrize("kind", sorted(VALID))
def test_facts_fit_an_artifact(kind: str) -> None:
    form = {
        "pickle": Format.PICKLE, "pickle-0": Format.PICKLE, "zip": Format.ZIP,
        "torch": Format.PYTORCH_ZIP, "npy": Format.NUMPY, "npz": Format.NPZ,
    }.get(kind) or Format(kind)  # fmt: skip
    data = VALID[kind]
    found = read_facts(form, "x", io.BytesIO(data), len(data))

    assert found.note == ""
    assert Artifact(
        path="x", size=len(data), sha256="0" * 64, format=form, facts=found.facts,
        readers=found.readers, note=found.note,
    ).facts  # fmt: skip


MODULES: dict[str, ModuleType] = {
    "pickle": pickle_reader,
    "pickle-0": pickle_reader,
    "zip": zip_reader,
    "torch": zip_reader,
    "safetensors": safetensors,
    "gguf": gguf,
    "npy": numpy,
    "npz": numpy,
    "hdf5": hdf5,
    "tensorflow": tensorflow,
    "tflite": tflite,
    "tokenizer": tokenizer,
    "notebook": notebook,
    "python": python,
    "onnx": onnx,
}


@pytest.mark.parametrize("kind", sorted(MODULES))
def test_bad_bytes_are_unreadable_and_nothing_else(kind: str) -> None:
    VALID.setdefault("onnx", onnx_file(external="x"))

    @settings(max_examples=120, deadline=2000)
    @given(hostile(kind))
    def check(data: bytes) -> None:
        try:
            facts = read(MODULES[kind], data)
        except UnreadableError:
            return
        Artifact(path="x", size=0, sha256="0" * 64, format=Format.UNKNOWN, facts=facts)

    try:
        check()
    finally:
        VALID.pop("onnx", None)
