"""Tensor files that contradict their format fail; those that real programs write pass."""

from __future__ import annotations

import json
import struct
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from tests.measure.inspection.conftest import BY_ID, opened, put
from tests.strategies import gguf_text, hostile, safetensors_file

from basanite.domain.answer import Answer
from basanite.domain.outcome import Outcome

Ask = Callable[..., Answer]


def safetensors(header: str | bytes, data: int = 0, length: int | None = None) -> bytes:
    """A file with a header as given, however wrong."""
    text = header.encode() if isinstance(header, str) else header
    return struct.pack("<Q", len(text) if length is None else length) + text + bytes(data)


def tensor(begin: int, end: int, *, dtype: str = "U8", shape: list[int] | None = None) -> Any:
    return {
        "dtype": dtype,
        "shape": [end - begin] if shape is None else shape,
        "data_offsets": [begin, end],
    }


def header(**tensors: Any) -> str:
    return json.dumps(tensors)


A, B = tensor(0, 8), tensor(8, 16)
SOUND = {
    "no tensors": safetensors("{}"),
    "padding": safetensors(header(a=A) + " " * 13, 8),
    "any order": safetensors(header(b=B, a=A), 16),
    "empty tensors": safetensors(header(a=A, n=tensor(8, 8, shape=[0, 4]), b=B), 16),
    "scalar": safetensors(header(a=tensor(0, 4, dtype="F32", shape=[])), 4),
    "small floats": safetensors(
        header(
            a=tensor(0, 4, dtype="F4", shape=[8]),
            b=tensor(4, 7, dtype="F6_E2M3", shape=[4]),
            c=tensor(7, 9, dtype="F8_E4M3FNUZ", shape=[2]),
            d=tensor(9, 10, dtype="F8_E8M0", shape=[1]),
            e=tensor(10, 18, dtype="C64", shape=[1]),
        ),
        18,
    ),
    "text about the model": safetensors(
        json.dumps({"__metadata__": {"format": "pt", "license": "mit", "note": "a" * 900_000},
                    "a": A}), 8,
    ),
}  # fmt: skip
TWICE = '{"a":' + json.dumps(A) + ',"%s":' + json.dumps(B) + "}"
FALSE = {
    "overlap": safetensors(header(a=A, b=tensor(4, 12)), 12),
    "same bytes twice": safetensors(header(a=A, b=A), 8),
    "gap": safetensors(header(a=A, b=tensor(16, 24)), 24),
    "gap in front": safetensors(header(b=B), 16),
    "bytes left over": safetensors(header(a=A), 9),
    "bytes and no tensor": safetensors("{}", 64),
    "size": safetensors(header(a=tensor(0, 8, dtype="F32", shape=[4])), 8),
    "overflowing shape": safetensors(header(a=tensor(0, 8, shape=[1 << 32, 1 << 33])), 8),
    "reversed": safetensors(header(a=A, b=tensor(16, 8, shape=[8])), 16),
    "beyond": safetensors(header(a=tensor(0, 1 << 40, shape=[4])), 8),
    "twice": safetensors(TWICE % "a", 16),
    "twice, escaped": safetensors(TWICE % "\\u0061", 16),
    "field twice": safetensors(
        '{"a":{"dtype":"U8","dtype":"I8","shape":[8],"data_offsets":[0,8]}}', 8
    ),
    "metadata twice": safetensors('{"__metadata__":{},"__metadata__":{"a":"b"}}'),
    "metadata no texts": safetensors(json.dumps({"__metadata__": {"a": [1]}, "a": A}), 8),
    "metadata no map": safetensors(json.dumps({"__metadata__": "x", "a": A}), 8),
    "no object": safetensors("[]"),
    "no JSON": safetensors('{"a": nonsense}', 8),
    "not closed": safetensors('{"a": {"dtype": "U8"', 8),
    "no UTF-8": safetensors(b'{"\xff\xfe":' + json.dumps(A).encode() + b"}", 8),
    "text behind": safetensors(header(a=A) + "{}", 8),
    "zeros behind": safetensors(header(a=A).encode() + bytes(5), 8),
    "float": safetensors('{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8.0]}}', 8),
    "negative": safetensors('{"a":{"dtype":"U8","shape":[-8],"data_offsets":[0,8]}}', 8),
    "true": safetensors('{"a":{"dtype":"U8","shape":[true],"data_offsets":[0,1]}}', 1),
    "not a number": safetensors('{"a":{"dtype":"U8","shape":[NaN],"data_offsets":[0,1]}}', 1),
    "endless number": safetensors(
        '{"a":{"dtype":"U8","shape":[' + "9" * 9000 + '],"data_offsets":[0,8]}}', 8
    ),
    "deep": safetensors('{"a":' + "[" * 100_000 + "]" * 100_000 + "}", 8),
    "no shape": safetensors('{"a":{"dtype":"U8","data_offsets":[0,8]}}', 8),
    "header of 1 GB": safetensors('{"a":', length=1 << 30),
    "header beyond all": safetensors('{"a":', length=(1 << 64) - 1),
}  # fmt: skip
OPEN = {
    "new number type": safetensors(header(a=tensor(0, 8, dtype="F3_E1M1", shape=[8])), 8),
    "further fields": safetensors(header(a={**A, "note": "x"}), 8),
    "code in the text": safetensors(
        json.dumps({"__metadata__": {"x": "import os; os.system('true')"}, "a": A}), 8
    ),
    "pickle in the text": safetensors(
        json.dumps({"__metadata__": {"x": "gASVBQAAAAAAAABLAS4="}, "a": A}), 8
    ),
}


@pytest.mark.parametrize("name", SOUND)
def test_sound_safetensors_pass(ask: Ask, name: str) -> None:
    answer = ask("model-format", SOUND[name], "m.safetensors")

    assert answer.outcome is Outcome.PASSED, answer
    assert answer.findings == ()


@pytest.mark.parametrize("name", FALSE)
def test_safetensors_that_contradict_the_format_fail(ask: Ask, name: str) -> None:
    answer = ask("model-format", FALSE[name], "m.safetensors")

    assert answer.outcome is Outcome.FAILED, answer.reason
    assert [each.rule.id for each in answer.findings] == ["model-format/layout"]


@pytest.mark.parametrize("name", OPEN)
def test_what_newer_programs_may_write_is_left_open(ask: Ask, name: str) -> None:
    assert ask("model-format", OPEN[name], "m.safetensors").outcome is Outcome.UNDECIDED


@pytest.mark.parametrize("padding", ["\n", " \t "])
def test_padding_with_other_spaces_is_only_noted(ask: Ask, padding: str) -> None:
    answer = ask("model-format", safetensors(header(a=A) + padding, 8), "m.safetensors")

    assert answer.outcome is Outcome.PASSED
    assert [each.level.value for each in answer.findings] == ["low"]


@pytest.mark.parametrize(
    "data",
    [safetensors(header(a=A, b=B), 12), safetensors(header(a=A))[:30], b"\x08", bytes(200),
     b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n", b"\xde\xad" * 100],
)  # fmt: skip
def test_a_file_that_ended_early_or_never_came_is_incomplete(ask: Ask, data: bytes) -> None:
    answer = ask("model-format", data, "m.safetensors")

    assert answer.outcome is Outcome.INCOMPLETE
    assert answer.reason


def test_a_header_of_many_tensors_costs_little_memory(ask: Ask) -> None:
    entries = ",".join(
        f'"layers.{n}.w":{{"dtype":"U8","shape":[1],"data_offsets":[{n},{n + 1}]}}'
        for n in range(20_000)
    )
    data = safetensors("{" + entries + "}", 20_000)
    tracemalloc.start()
    answer = ask("model-format", data, "m.safetensors")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert answer.outcome is Outcome.PASSED
    assert peak < 16 << 20


def test_a_header_of_endless_tensors_is_refused(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("basanite.formats.safetensors.MAX_TENSORS", 1000)
    one = '"{}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'
    data = safetensors("{" + ",".join(one.format(n) for n in range(1001)) + "}")

    assert ask("model-format", data, "m.safetensors").outcome is Outcome.FAILED


# --- GGUF ---------------------------------------------------------------------------------------


def key(name: str, kind: int, value: bytes) -> bytes:
    return gguf_text(name) + struct.pack("<I", kind) + value


def gguf(
    keys: list[bytes] | None = None,
    tensors: list[tuple[str, list[int], int, int]] | None = None,
    data: bytes | None = None,
    *,
    counts: tuple[int, int] | None = None,
    version: int = 3,
) -> bytes:
    """A GGUF file: tensors are (name, shape, type, offset)."""
    keys = [key("general.architecture", 8, gguf_text("llama"))] if keys is None else keys
    tensors = [("a", [8], 0, 0), ("b", [32], 8, 32)] if tensors is None else tensors
    data = bytes(32 + 34) if data is None else data
    out = b"GGUF" + struct.pack("<IQQ", version, *(counts or (len(tensors), len(keys))))
    out += b"".join(keys)
    for name, shape, kind, offset in tensors:
        out += gguf_text(name) + struct.pack("<I", len(shape))
        out += struct.pack(f"<{len(shape)}Q", *shape) + struct.pack("<IQ", kind, offset)
    return out + bytes(-len(out) % 32) + data


def u32(value: int) -> bytes:
    return struct.pack("<I", value)


GGUF_SOUND = {
    "two tensors": gguf(),
    "padded at the end": gguf(data=bytes(32 + 34 + 30)),
    "no tensors": gguf(tensors=[], data=b""),
    "own alignment": gguf(
        [key("general.alignment", 4, u32(8))], [("a", [2], 0, 0), ("b", [2], 0, 8)], bytes(16)
    ),
    "every block": gguf(
        tensors=[("a", [256, 2], 14, 0), ("b", [64], 40, 448)], data=b"\x01" * (448 + 36)
    ),
    "one of two": gguf([key("split.count", 2, b"\x02\x00"), key("split.no", 2, b"\x01\x00")]),
    "big endian": b"GGUF" + struct.pack(">IQQ", 3, 0, 1) + struct.pack(">Q", 1) + b"k"
    + struct.pack(">II", 4, 7),
    "version 1": b"GGUF" + struct.pack("<III", 1, 0, 1) + struct.pack("<I", 1) + b"k"
    + struct.pack("<II", 4, 7),
}  # fmt: skip
GGUF_FALSE = {
    "counts": gguf(counts=(2, 1 << 60)),
    "tensor counts": gguf(counts=(1 << 60, 1)),
    "text": gguf([gguf_text("k") + u32(8) + struct.pack("<Q", 1 << 62)]),
    "key": gguf([struct.pack("<Q", 1 << 20)]),
    "array": gguf([key("k", 9, struct.pack("<IQ", 10, 1 << 61))]),
    "array of texts": gguf([key("k", 9, struct.pack("<IQ", 8, 1 << 61))]),
    "arrays in arrays": gguf([key("k", 9, struct.pack("<IQ", 9, 1) * 9)]),
    "type": gguf([key("k", 77, b"")]),
    "array type": gguf([key("k", 9, struct.pack("<IQ", 55, 1))]),
    "alignment 0": gguf([key("general.alignment", 4, u32(0))]),
    "alignment 24": gguf([key("general.alignment", 4, u32(24))]),
    "alignment a text": gguf([key("general.alignment", 8, gguf_text("32"))]),
    "key twice": gguf([key("k", 4, u32(1)), key("k", 4, u32(2))]),
    "tensor twice": gguf(tensors=[("a", [8], 0, 0), ("a", [32], 8, 32)]),
    "five dimensions": gguf(tensors=[("a", [1] * 5, 0, 0)]),
    "dimensions beyond all": gguf(tensors=[("a", [1 << 32, 1 << 32], 0, 0)]),
    "overlap": gguf(tensors=[("a", [8], 0, 0), ("b", [32], 8, 0)]),
    "across the alignment": gguf(tensors=[("a", [8], 0, 0), ("b", [8], 0, 36)], data=bytes(96)),
    "half a block": gguf(tensors=[("a", [33], 8, 0)], data=bytes(64)),
    "far away": gguf(tensors=[("a", [8], 0, 0), ("b", [8], 0, 1 << 40)]),
    "beyond all": gguf(tensors=[("a", [8], 0, (1 << 64) - 32)]),
    "bytes in a gap": gguf(
        tensors=[("a", [8], 0, 0), ("b", [8], 0, 96)], data=b"\x01" * 96 + bytes(32)
    ),
    "bytes left over": gguf(data=bytes(96) + b"hidden"),
    "bytes and no tensor": gguf(tensors=[], data=bytes(64) + b"hidden"),
}


@pytest.mark.parametrize("name", GGUF_SOUND)
def test_sound_gguf_files_pass(ask: Ask, name: str) -> None:
    answer = ask("model-format", GGUF_SOUND[name], "m.gguf")

    assert answer.outcome is Outcome.PASSED, answer
    assert answer.findings == ()


@pytest.mark.parametrize("name", GGUF_FALSE)
def test_gguf_files_that_contradict_the_format_fail(ask: Ask, name: str) -> None:
    answer = ask("model-format", GGUF_FALSE[name], "m.gguf")

    assert answer.outcome is Outcome.FAILED, answer.reason
    assert "model-format/layout" in [each.rule.id for each in answer.findings]


def test_zeros_between_tensors_are_only_noted(ask: Ask) -> None:
    data = gguf(tensors=[("a", [8], 0, 0), ("b", [8], 0, 96)], data=bytes(128))
    answer = ask("model-format", data, "m.gguf")

    assert answer.outcome is Outcome.PASSED
    assert [each.rule.id for each in answer.findings] == ["model-format/untidy"]


def test_a_number_type_from_the_future_is_left_open(ask: Ask) -> None:
    answer = ask("model-format", gguf(tensors=[("a", [32], 99, 0)]), "m.gguf")

    assert answer.outcome is Outcome.UNDECIDED


@pytest.mark.parametrize("cut", [1, 33, 34, 60])
def test_a_gguf_file_cut_within_its_last_tensor_is_incomplete(ask: Ask, cut: int) -> None:
    assert ask("model-format", gguf()[:-cut], "m.gguf").outcome is Outcome.INCOMPLETE


def test_a_vocabulary_of_many_words_costs_little_time(ask: Ask) -> None:
    words = struct.pack("<IQ", 8, 1_000_000) + gguf_text("word") * 1_000_000
    data = gguf([key("tokenizer.ggml.tokens", 9, words)])
    begun = time.process_time()

    assert ask("model-format", data, "m.gguf").outcome is Outcome.PASSED
    assert time.process_time() - begun < 5


def test_the_facts_of_a_gguf_file_name_licence_origin_and_quantisation() -> None:
    keys = [
        key("general.license", 8, gguf_text("apache-2.0")),
        key("general.file_type", 4, u32(15)),
        key("general.base_model.count", 4, u32(1)),
        key("general.base_model.0.repo_url", 8, gguf_text("https://example.com/base")),
        key("split.count", 2, b"\x03\x00"),
        key("split.no", 2, b"\x00\x00"),
    ]
    facts = opened(gguf(keys), "m.gguf").artifact.facts

    assert facts["licence"] == "apache-2.0"
    assert facts["quantisation"] == "Q4_K_M"
    assert facts["base_models"] == ["https://example.com/base"]
    assert facts["split"] == "1 of 3"
    assert facts["parameters"] == 40


def test_the_facts_of_safetensors_name_the_licence() -> None:
    data = safetensors_file({"w": ("F32", [2], 8)}, {"license": "mit"})

    assert opened(data, "m.safetensors").artifact.facts["licence"] == "mit"


@settings(deadline=None)
@given(data=hostile("gguf") | hostile("safetensors"))
def test_no_tensor_file_breaks_the_check(data: bytes) -> None:
    for name in ("m.gguf", "m.safetensors"):
        for check in ("model-format", "chat-template"):
            answer = put(opened(data, name), BY_ID[check], {})
            assert answer.outcome is not Outcome.ERROR, answer.reason
