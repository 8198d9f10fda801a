"""Claims of a model's papers: read where they are made, inert, and never a reason to fail."""

from __future__ import annotations

import io
import json
import struct
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import gguf_text, json_values, safetensors_file

from basanite.domain.artifact import Format
from basanite.formats.declared import read
from basanite.formats.facts import READERS, read_facts

CARD = b"""---
license: other
license_name: example-terms
base_model:
  - example/base-7b
base_model_relation: quantized
datasets: [example/logs, 'example/faults']
pipeline_tag: text-generation
model-index:
  - name: nested
    license: no-licence
---
# A model
license: not-this
"""


def declared(name: str, data: bytes) -> dict[str, Any]:
    return read(name, io.BytesIO(data), len(data))


def test_a_model_card_declares_licence_ancestor_data_and_task() -> None:
    assert declared("models/x/README.md", CARD) == {
        "licence": "example-terms",
        "task": "text-generation",
        "relation": "quantized",
        "datasets": ["example/logs", "example/faults"],
        "ancestors": [{"name": "example/base-7b"}],
    }


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        (
            "adapter_config.json",
            {"base_model_name_or_path": "example/base", "peft_type": "LORA"},
            {
                "relation": "adapter",
                "adapter": "LORA",
                "library": "peft",
                "ancestors": [{"name": "example/base"}],
            },
        ),
        (
            "config.json",
            {
                "model_type": "llama",
                "architectures": ["LlamaForCausalLM"],
                "quantization_config": {"quant_method": "gptq"},
            },
            {
                "family": "llama",
                "architecture": "LlamaForCausalLM",
                "library": "transformers",
                "quantization": "gptq",
            },
        ),
        ("config.json", {"debug": True, "license": "MIT"}, {}),
        ("other.json", {"model_type": "llama"}, {}),
        ("adapter_config.json", ["no", "object"], {}),
    ],
)
def test_configurations_declare_what_they_are_and_come_from(
    name: str, body: Any, expected: dict[str, Any]
) -> None:
    assert declared(name, json.dumps(body).encode()) == expected


def test_an_mlflow_model_declares_the_run_that_made_it() -> None:
    text = b"mlflow_version: 3.1.0\nrun_id: abc123\nutc_time_created: '2026-05-04 10:00:00.5'\n"

    assert declared("m/MLmodel", text)["run"] == {
        "id": "abc123",
        "ended": "2026-05-04 10:00:00.5",
        "tool": "MLflow",
        "tool_version": "3.1.0",
    }


def test_a_gguf_header_declares_its_ancestors() -> None:
    def pair(key: str, value: str) -> bytes:
        return gguf_text(key) + struct.pack("<I", 8) + gguf_text(value)

    keys = [
        pair("general.architecture", "llama"),
        pair("general.license", "apache-2.0"),
        gguf_text("general.base_model.count") + struct.pack("<II", 4, 1),
        pair("general.base_model.0.name", "Base 7B"),
        pair("general.base_model.0.organization", "Example"),
        pair("general.base_model.0.repo_url", "https://models.example/base-7b"),
    ]
    data = b"GGUF" + struct.pack("<IQQ", 3, 0, len(keys)) + b"".join(keys)
    data += bytes(-len(data) % 32)

    found = read_facts(Format.GGUF, "m.gguf", io.BytesIO(data), len(data)).facts["declared"]

    assert found["licence"] == "apache-2.0"
    assert found["ancestors"] == [
        {
            "name": "Base 7B",
            "organization": "Example",
            "url": "https://models.example/base-7b",
        }
    ]


def test_safetensors_metadata_declares_a_licence_and_an_ancestor() -> None:
    data = safetensors_file(
        {"w": ("F32", [2, 2], 16)}, {"modelspec.license": "MIT", "base_model": "example/base"}
    )

    found = read_facts(Format.SAFETENSORS, "m.safetensors", io.BytesIO(data), len(data))

    assert found.facts["declared"] == {"licence": "MIT", "ancestors": [{"name": "example/base"}]}


def test_a_paper_beside_a_model_is_read_by_its_name_whatever_its_format() -> None:
    found = read_facts(Format.TEXT, "a/README.md", io.BytesIO(CARD), len(CARD))

    assert found.facts["declared"]["licence"] == "example-terms"
    assert found.readers["declared"] == READERS["declared"]


NAMES = st.sampled_from(["README.md", "config.json", "adapter_config.json", "MLmodel"])


@given(name=NAMES, data=st.binary(max_size=300) | json_values.map(lambda v: json.dumps(v).encode()))
def test_no_bytes_make_a_paper_raise(name: str, data: bytes) -> None:
    json.dumps(declared(name, data))


@given(name=NAMES, head=st.text(max_size=300))
def test_what_a_card_says_is_inert(name: str, head: str) -> None:
    data = f"---\nlicense: {head}\n---\nmlflow_version: 1\nrun_id: {head}".encode()

    told = json.dumps(declared(name, data), ensure_ascii=False)
    assert not {unicodedata.category(each) for each in told} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_a_deep_or_endless_paper_is_read_only_at_its_beginning() -> None:
    assert declared("config.json", b"[" * 300_000) == {}
    assert declared("README.md", b"---\n" + b"license: mit\n" * 1_000_000)["licence"] == "mit"
