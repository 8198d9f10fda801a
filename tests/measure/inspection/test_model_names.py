"""A name that promises numbers on a file that brings code fails; data of known kinds passes."""

from __future__ import annotations

import gzip
import io
import pickle
import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.formats.test_tree_models import CATBOOST, LIGHTGBM, PMML, VALID
from tests.measure.inspection.conftest import opened
from tests.measure.inspection.test_model_format import tar_of
from tests.strategies import VALID as FILES
from tests.strategies import mutated, torch_zip, zip_file

from basanite.domain.answer import Answer
from basanite.domain.outcome import Outcome
from basanite.formats.recognised import recognise

Ask = Callable[..., Answer]
PLAIN = pickle.dumps({"w": [1, 2, 3]}, 4)
TORCH = torch_zip(PLAIN)
MODEL = "model-format/mismatch"


@pytest.mark.parametrize(
    "ending",
    ["safetensors", "gguf", "onnx", "h5", "keras", "npy", "npz", "cbm", "tflite", "pmml", "ubj"],
)
@pytest.mark.parametrize(
    "data",
    [PLAIN, TORCH, zip_file({"a.pkl": PLAIN}), zip_file({"run.py": b"x = 1\n"}),
     tar_of({"a/b.pt": PLAIN})],
)  # fmt: skip
def test_a_name_that_promises_numbers_on_code_fails(ask: Ask, ending: str, data: bytes) -> None:
    answer = ask("model-format", data, f"model.{ending}")

    assert answer.outcome is Outcome.FAILED
    assert MODEL in [each.rule.id for each in answer.findings]


@pytest.mark.parametrize("data", [zip_file({"a.txt": b"x"}), gzip.compress(b"text", mtime=0)])
def test_an_archive_of_anything_under_such_a_name_is_left_open(ask: Ask, data: bytes) -> None:
    answer = ask("model-format", data, "model.onnx")

    assert answer.outcome is Outcome.UNDECIDED
    assert [each.rule.id for each in answer.findings] == [MODEL]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("model.pt", FILES["safetensors"]),
        ("model.safetensors", FILES["gguf"]),
        ("model.pkl", LIGHTGBM),
        ("model.cbm", FILES["gguf"]),
    ],
)
def test_another_name_for_data_is_only_noted(ask: Ask, name: str, data: bytes) -> None:
    answer = ask("model-format", data, name)

    assert answer.outcome is Outcome.PASSED
    assert [(each.rule.id, each.level.value) for each in answer.findings] == [(MODEL, "low")]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("model.pkl", TORCH), ("pytorch_model.bin", TORCH), ("model.pt", PLAIN), ("m.model", PLAIN),
        ("training_args.bin", PLAIN), ("a.npy", FILES["npz"]), ("data.zip", zip_file({"a": b"b"})),
    ],
)  # fmt: skip
def test_names_that_promise_nothing_are_no_matter(ask: Ask, name: str, data: bytes) -> None:
    answer = ask("model-format", data, name)

    assert answer.outcome is Outcome.NOT_APPLICABLE
    assert answer.findings == ()


@pytest.mark.parametrize("kind", VALID)
def test_models_of_trees_pass(ask: Ask, kind: str) -> None:
    answer = ask("model-format", VALID[kind][2], "model")

    assert answer.outcome is Outcome.PASSED
    assert answer.findings == ()


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b'<!DOCTYPE PMML [<!ENTITY a "b">]><PMML version="4.4">&a;</PMML>', "document-type"),
        (PMML.replace(b"PMMLPipeline", b"Runtime.getRuntime().exec("), "script"),
        (PMML.replace(b'function="+"', b'function="com.example.Own"'), "script"),
        (CATBOOST[:8] + b"\xff\xff\xff\x00" + CATBOOST[12:], "layout"),
    ],
)
def test_what_does_not_belong_into_such_a_model_fails(ask: Ask, data: bytes, rule: str) -> None:
    answer = ask("model-format", data, "model")

    assert answer.outcome is Outcome.FAILED
    assert [each.rule.id for each in answer.findings] == [f"model-format/{rule}"]


def piece(text: bytes, score: float) -> bytes:
    inner = b"\x0a" + bytes([len(text)]) + text + b"\x15" + struct.pack("<f", score)
    return b"\x0a" + bytes([len(inner)]) + inner


SETTINGS = b"\x12\x04\x28\x80\x80\x01\x1a\x02\x0a\x00"
SENTENCEPIECE = piece(b"<unk>", 0) + piece(b"\xe2\x96\x81the", -1.5) + SETTINGS
WORDS = b"2 3\n" + b"a " + bytes(12) + b"\nbc " + bytes(12) + b"\n"
DATA = {
    "SentencePiece": SENTENCEPIECE,
    "fastText": struct.pack("<iii", 793712314, 12, 100) + bytes(60),
    "ggml": b"lmgg" + bytes(40),
    "ggjt": b"tjgg" + bytes(40),
    "Faiss": b"IxF2" + struct.pack("<iq", 128, 3) + bytes(40),
    "word2vec": WORDS,
}


@pytest.mark.parametrize("kind", DATA)
def test_data_of_a_known_kind_passes(ask: Ask, kind: str) -> None:
    answer = ask("model-format", DATA[kind], "model.bin", declared_model=True)

    assert answer.outcome is Outcome.PASSED
    assert "holds no code" in answer.reason


@pytest.mark.parametrize(
    "data",
    [SENTENCEPIECE[:-1], SENTENCEPIECE + b"\x32\x01a", DATA["fastText"][:20], WORDS[:20],
     b"IxF2" + struct.pack("<iq", -1, 3), b"2 3\n" + bytes(5), b"\x0a\xff\xff\xff\xff\xff"],
)  # fmt: skip
def test_what_only_begins_like_it_is_incomplete(ask: Ask, data: bytes) -> None:
    assert ask("model-format", data, "m.engine").outcome is Outcome.INCOMPLETE


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"ftrt" + bytes(range(60)), "TensorRT"), (b"RKNN" + bytes(range(60)), "Rockchip")],
)
def test_programs_for_one_machine_are_incomplete_and_said_so(
    ask: Ask, data: bytes, said: str
) -> None:
    answer = ask("model-format", data, "anything.dat")

    assert answer.outcome is Outcome.INCOMPLETE
    assert said in answer.reason


@pytest.mark.parametrize("name", ["tokenizer.model", "spiece.model", "vocab.txt", "merges.txt"])
def test_vocabularies_are_never_incomplete(ask: Ask, name: str) -> None:
    data = SENTENCEPIECE if name.endswith("model") else b"#version: 0.2\na b\nc d\n"

    assert ask("model-format", data, name).outcome in (Outcome.PASSED, Outcome.NOT_APPLICABLE)
    assert ask("pickle-code-execution", data, name).outcome in (
        Outcome.PASSED, Outcome.NOT_APPLICABLE
    )  # fmt: skip


@given(data=st.sampled_from(sorted(DATA)).flatmap(lambda kind: mutated(DATA[kind])))
def test_recognising_never_breaks(data: bytes) -> None:
    recognise(io.BytesIO(data), len(data))
    assert opened(data, "x").artifact.size == len(data)
