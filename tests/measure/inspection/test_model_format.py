"""Models in formats without code pass; what reaches outside, or cannot be read, does not."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper
from tests import exported_models
from tests.measure.inspection.conftest import put
from tests.strategies import VALID, gguf_file, hostile, safetensors_file, zip_file

from basanite.domain.answer import Answer
from basanite.domain.outcome import Outcome

Ask = Callable[..., Answer]


def onnx_model(operator: str = "Relu", domain: str = "", location: str = "") -> bytes:
    """A real model of one node, its weights elsewhere when a location is given."""
    value = helper.make_tensor_value_info
    tensor = helper.make_tensor("w", TensorProto.FLOAT, [1], [1.0])
    if location:
        tensor.ClearField("float_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=location)
    graph = helper.make_graph(
        [helper.make_node(operator, ["x"], ["y"], domain=domain)],
        "g",
        [value("x", TensorProto.FLOAT, [1])],
        [value("y", TensorProto.FLOAT, [1])],
        initializer=[tensor],
    )
    opsets = [helper.make_opsetid("", 18)]
    if domain:
        opsets.append(helper.make_opsetid(domain, 1))
    return bytes(helper.make_model(graph, opset_imports=opsets).SerializeToString())


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("m.onnx", onnx_model()),
        ("m.onnx", onnx_model(location="weights.bin")),
        ("m.safetensors", safetensors_file({"w": ("F32", [2, 2], 16)})),
        ("m.gguf", gguf_file()),
    ],
)
def test_a_sound_model_of_a_format_without_code_passes(ask: Ask, name: str, data: bytes) -> None:
    assert ask("model-format", data, name).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    "location",
    ["/etc/passwd", "../../secret.bin", "a/../../b", "\\\\host\\share", "C:/x", "http://x"],
)
def test_weights_outside_the_folder_fail(ask: Ask, location: str) -> None:
    answer = ask("model-format", onnx_model(location=location), "m.onnx")

    assert answer.outcome is Outcome.FAILED
    assert [f.rule.id for f in answer.findings] == ["model-format/outside-data"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("m.mlmodel", exported_models.coreml_program(exported_models.coreml_weights("w.bin"))),
        ("m.xml", exported_models.openvino_of(exported_models.openvino_layer("Add"))),
        ("m.pte", exported_models.executorch_of("aten::add")),
    ],
)
def test_an_exported_model_passes(ask: Ask, name: str, data: bytes) -> None:
    assert ask("model-format", data, name).outcome is Outcome.PASSED


def test_core_ml_weights_outside_the_package_fail(ask: Ask) -> None:
    weights = exported_models.coreml_weights("@model_path/../../w.bin")
    answer = ask("model-format", exported_models.coreml_program(weights), "m.mlmodel")

    assert answer.outcome is Outcome.FAILED
    assert answer.findings[0].detail == {"location": "../../w.bin"}


def test_xml_with_entities_fails(ask: Ask) -> None:
    data = exported_models.openvino_of(before='<!DOCTYPE net [<!ENTITY a SYSTEM "file:///x">]>')
    answer = ask("model-format", data, "m.xml")

    assert answer.outcome is Outcome.FAILED
    assert answer.findings[0].rule.id == "model-format/document-type"


def test_onnx_tensors_that_lie_about_their_size_are_reported(ask: Ask) -> None:
    tensor = exported_models.onnx_tensor((4,), bytes(3))
    answer = ask("model-format", exported_models.onnx_of((5, tensor)), "m.onnx")

    assert answer.findings[0].detail == {"wrong_sizes": 1}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("m.onnx", b""),
        ("m.safetensors", b""),
        ("m.gguf", b"\xde\xad\xbe\xef" * 64),
    ],
)
def test_a_model_that_nobody_can_look_into_is_incomplete(ask: Ask, name: str, data: bytes) -> None:
    answer = ask("model-format", data, name)

    assert answer.outcome is Outcome.INCOMPLETE
    assert answer.reason


def test_an_empty_file_that_is_no_model_is_no_matter(ask: Ask) -> None:
    assert ask("model-format", b"", "__init__.py").outcome is Outcome.NOT_APPLICABLE


NOISE = bytes(range(1, 256)) * 4 + b"\x00"
PLAIN = b"\x80\x04K\x01."


def tar_of(
    members: dict[str, bytes], mode: str = "w", links: dict[str, str] | None = None
) -> bytes:
    """A real tar archive."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as file:  # type: ignore[call-overload]
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            file.addfile(entry, io.BytesIO(data))
        for name, target in (links or {}).items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            file.addfile(entry)
    return out.getvalue()


@pytest.mark.parametrize(
    "name",
    ["saved_model.pb", "a.mlmodel", "m.nemo", "m.mar", "net.engine", "libnet.so", "libnet.so.1",
     "pytorch_model.bin", "model.onnx.zst", "models.7z", "deep.PLAN"],
)  # fmt: skip
def test_bytes_of_no_known_kind_with_a_model_s_name_are_incomplete(ask: Ask, name: str) -> None:
    answer = ask("model-format", NOISE, name)

    assert answer.outcome is Outcome.INCOMPLETE
    assert answer.reason


@pytest.mark.parametrize("data", [b"", NOISE])
def test_whatever_a_model_component_declares_is_looked_at_or_incomplete(
    ask: Ask, data: bytes
) -> None:
    name = "weights.dat"
    assert ask("model-format", data, name).outcome is Outcome.NOT_APPLICABLE

    answer = ask("model-format", data, name, declared_model=True)
    assert answer.outcome is Outcome.INCOMPLETE
    assert "declares" in answer.reason


@pytest.mark.parametrize(
    "name", ["photo.png", "data.bin", "logs.gz", "a.woff2", "remodeling.dat", "clip.mp4"]
)
def test_other_binaries_are_no_matter_of_models(ask: Ask, name: str) -> None:
    data = gzip.compress(b"text", mtime=0) if name.endswith("gz") else NOISE

    assert ask("model-format", data, name).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize(
    ("member", "data", "outcome"),
    [
        ("m.onnx", onnx_model(), Outcome.PASSED),
        ("x.gguf", gguf_file(), Outcome.PASSED),
        ("s.pb", NOISE, Outcome.INCOMPLETE),
    ],
)
def test_a_model_in_a_tar_is_read_there(
    ask: Ask, mode: str, member: str, data: bytes, outcome: Outcome
) -> None:
    answer = ask("model-format", tar_of({"notes.txt": b"x", member: data}, mode), "data.tar")

    assert answer.outcome is outcome
    assert outcome is Outcome.PASSED or member in answer.reason


def test_an_unknown_member_counts_only_where_the_archive_is_a_model(ask: Ask) -> None:
    data = tar_of({"blob": NOISE})

    assert ask("model-format", data, "backup.tar").outcome is Outcome.NOT_APPLICABLE
    for name in ("models.tar", "model.nemo"):
        assert ask("model-format", data, name).outcome is Outcome.INCOMPLETE
    assert ask("model-format", data, "x.tar", declared_model=True).outcome is Outcome.INCOMPLETE
    assert ask("model-format", zip_file({"blob": NOISE}), "m.mar").outcome is Outcome.INCOMPLETE


def test_an_archive_of_what_other_checks_read_is_left_to_them(ask: Ask) -> None:
    data = tar_of({"model_config.yaml": b"a: 1\n", "model_weights.pkl": PLAIN})

    assert ask("model-format", data, "model.nemo").outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(("kind", "tail"), [("gguf", 30), ("safetensors", 0)])
def test_a_file_that_ends_early_is_never_a_pass(ask: Ask, kind: str, tail: int) -> None:
    """A GGUF file may end in padding (30 bytes here)."""
    for end in range(len(VALID[kind]) - tail):
        answer = ask("model-format", VALID[kind][:end], f"m.{kind}")
        assert answer.outcome is not Outcome.PASSED, end


@given(data=st.one_of(hostile("gguf"), hostile("safetensors"), st.binary(max_size=400)))
def test_hostile_bytes_never_break_the_check(data: bytes) -> None:
    from tests.measure.inspection.conftest import BY_ID, opened

    for name in ("m.onnx", "m.gguf", "m.safetensors", "m.bin"):
        answer = put(opened(data, name), BY_ID["model-format"], {})
        assert answer.outcome is not Outcome.ERROR, answer.reason
