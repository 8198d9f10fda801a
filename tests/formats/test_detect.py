"""What bytes are is judged by content first."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import time
import zlib
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.strategies import VALID, mutated, npy_file, safetensors_file, torch_zip, values, zip_file

from basanite.domain.artifact import Format
from basanite.formats.detect import detect
from basanite.formats.facts import read_facts


def kind(data: bytes, name: str = "thing") -> Format:
    return detect(name, io.BytesIO(data), len(data))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("pickle", Format.PICKLE),
        ("pickle-0", Format.PICKLE),
        ("zip", Format.ZIP),
        ("torch", Format.PYTORCH_ZIP),
        ("safetensors", Format.SAFETENSORS),
        ("gguf", Format.GGUF),
        ("npy", Format.NUMPY),
        ("npz", Format.NPZ),
        ("hdf5", Format.HDF5),
        ("tflite", Format.TFLITE),
        ("tensorflow", Format.TENSORFLOW),
    ],
)
@pytest.mark.parametrize("name", ["thing", "readme.txt", "weights.onnx", "notes.md", "a.json"])
def test_a_renamed_model_is_still_seen(content: str, expected: Format, name: str) -> None:
    assert kind(VALID[content], name) is expected


@settings(max_examples=60, deadline=None)
@given(values.filter(lambda value: isinstance(value, list | dict | tuple) and bool(value)))
def test_pickles_of_every_protocol_are_seen_under_a_foreign_name(value: Any) -> None:
    for protocol in range(6):
        assert kind(pickle.dumps(value, protocol), "notes.txt") is Format.PICKLE


def test_the_suite_s_inert_attack_without_a_protocol_is_a_pickle() -> None:
    assert kind(b"cos\nsystem\n(S'true'\ntR.", "readme.md") is Format.PICKLE
    assert kind(b"(S'true'\nios\nsystem\n.", "readme.md") is Format.PICKLE
    assert kind(b"cos\nsystem\n(S'true'\ntR and then some text", "readme.md") is Format.PICKLE


@pytest.mark.parametrize(
    "text",
    [
        "N.B. this is a note\n",
        "cat\ndog\nRat\n.\n",
        "(see below)\n.",
        "Some text.\nWith lines.\n",
        "I1\n2\n3\n",
        "import os\nos.system('true')\n",
        "class Model:\n    pass\n",
        "collections\nOrderedDict\n",
        "G. Miller wrote this.",
        "]]]]}}}}....",
        "K.",
        "L'année dernière.\n",
        "0.5,0.6\n0.7,0.8\n",
        "2.",
        "}{.\n",
        "Very long line without a stop",
    ],
)
def test_text_is_not_taken_for_a_pickle(text: str) -> None:
    assert kind(text.encode("utf-8"), "notes.txt") is Format.TEXT


def test_the_standard_library_s_sources_are_not_taken_for_pickles() -> None:
    for path in sorted(Path(pickle.__file__).parent.glob("*.py"))[:150]:
        data = path.read_bytes()
        if data:
            assert kind(data, "x.txt") in (Format.TEXT, Format.PYTHON, Format.JSON), path.name


@pytest.mark.parametrize("pack", [zlib.compress, gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_pickle_is_a_pickle(pack: Any) -> None:
    data = pack(pickle.dumps(OrderedDict(a=1), 4))

    assert kind(data, "model.bin") is Format.PICKLE
    assert read_facts(Format.PICKLE, "m", io.BytesIO(data), len(data)).facts["calls"] == 1


def test_gzip_of_something_else_is_gzip() -> None:
    assert kind(gzip.compress(b"a,b\n1,2\n")) is Format.COMPRESSED


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("requirements.txt", "numpy\n", Format.REQUIREMENTS),
        ("a/requirements-dev.txt", "numpy\n", Format.REQUIREMENTS),
        ("requirements/base.txt", "numpy\n", Format.REQUIREMENTS),
        (".env", "A=b\n", Format.ENV),
        ("deploy/.env.production", "A=b\n", Format.ENV),
        ("system-prompt.txt", "You are\n", Format.PROMPT),
        ("prompts/a.md", "You are\n", Format.PROMPT),
        ("app.py", "import os\n", Format.PYTHON),
        ("run", "#!/usr/bin/env python3\nprint()\n", Format.PYTHON),
        ("prompt.py", "import os\n", Format.PYTHON),
        ("a.yaml", "a: 1\n", Format.YAML),
        ("a.yml", "a: 1\n", Format.YAML),
        ("a.json", "{}\n", Format.JSON),
        ("a.jsonl", "{}\n{}\n", Format.JSONL),
        ("a.toml", "a = 1\n", Format.TOML),
        ("a.csv", "a,b\n1,2\n", Format.CSV),
        ("a.ipynb", "{}", Format.NOTEBOOK),
        ("uv.lock", "version = 1\n", Format.LOCKFILE),
        ("x/poetry.lock", "version = 1\n", Format.LOCKFILE),
        ("package-lock.json", "{}", Format.LOCKFILE),
        ("pylock.dev.toml", "a = 1\n", Format.LOCKFILE),
        ("tokenizer.json", "{}", Format.TOKENIZER),
        ("Dockerfile", "FROM x\n", Format.TEXT),
        ("LICENSE", "text\n", Format.TEXT),
        ("model.pkl", "not a pickle at all", Format.PICKLE),
        ("model.onnx", "not a model at all", Format.ONNX),
        ("empty.pkl", "", Format.EMPTY),
    ],
)
def test_kinds_of_text_go_by_name(name: str, text: str, expected: Format) -> None:
    assert kind(text.encode(), name) is expected


def test_bytes_that_are_nothing_known_are_unknown_unless_they_claim_to_be_a_model() -> None:
    junk = bytes(range(1, 200)) * 3 + b"\x00"

    assert kind(junk, "thing.bin") is Format.UNKNOWN
    assert kind(junk, "thing.pkl") is Format.PICKLE
    assert kind(junk, "thing.safetensors") is Format.SAFETENSORS


def test_real_arrays_and_archives_are_told_apart() -> None:
    out = io.BytesIO()
    np.savez(out, a=np.arange(3), b=np.eye(2))

    assert kind(out.getvalue()) is Format.NPZ
    assert kind(zip_file({"a.npy": npy_file(), "b.txt": b""})) is Format.ZIP
    assert kind(torch_zip(b"\x80\x02}.", packed=True)) is Format.PYTORCH_ZIP
    keras = zip_file({"config.json": b"{}", "metadata.json": b"{}", "model.weights.h5": b""})
    assert kind(keras) is Format.KERAS


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(VALID)).flatmap(lambda each: mutated(VALID[each]))
    | st.binary(max_size=400),
    st.sampled_from(
        ["a", "a.pkl", "a.txt", "a.json", "requirements.txt", "a.npz", "tokenizer.json"]
    ),
)
def test_no_bytes_make_detection_or_facts_raise(data: bytes, name: str) -> None:
    form = kind(data, name)
    facts = read_facts(form, name, io.BytesIO(data), len(data))

    assert "detect" in facts.readers
    assert (form is Format.EMPTY) == (not data)


class Sparse(io.RawIOBase):
    """A file of zeros behind a head: 10 GB that take no room."""

    def __init__(self, head: bytes, size: int) -> None:
        self.head, self.size, self.at, self.given = head, size, 0, 0

    def seek(self, at: int, whence: int = 0) -> int:
        assert whence == 0
        self.at = at
        return at

    def read(self, count: int = -1) -> bytes:
        assert count >= 0, "a reader asked for everything"
        data = self.head[self.at : self.at + count]
        data += bytes(max(0, min(count, self.size - self.at) - len(data)))
        self.at += len(data)
        self.given += len(data)
        return data


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"PK\x03\x04",
        b"\x80\x04\x95",
        b"\x80\x04\x8e\x00\x00\x00\x00\x02\x00\x00\x00",
        b"GGUF\x03\x00\x00\x00",
        b"\x89HDF\r\n\x1a\n",
        b"\x93NUMPY\x01\x00",
        b"\x08\x07",
        b"\x1f\x8b",
        b"x\x9c",
        safetensors_file({"w": ("F32", [2, 2], 16)})[:20],
    ],
)
@pytest.mark.parametrize("name", ["a.bin", "a.pkl", "a.json", "a.onnx"])
def test_a_sparse_file_of_ten_gigabytes_is_read_only_in_small_parts(head: bytes, name: str) -> None:
    file: Any = Sparse(head, 10 << 30)
    start = time.process_time()
    read_facts(detect(name, file, file.size), name, file, file.size)

    assert file.given < 16 << 20
    assert time.process_time() - start < 2
