"""Exported graphs: what their readers say, and that lies and bad bytes are told."""

from __future__ import annotations

import io
import struct
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import exported_models as made
from tests.exported_models import message, onnx_node, onnx_of, onnx_tensor
from tests.strategies import VALID, mutated

from basanite.domain.artifact import Artifact, Format
from basanite.domain.errors import UnreadableError
from basanite.formats import coreml, executorch, native, onnx, openvino
from basanite.formats.detect import detect
from basanite.formats.facts import read_facts
from basanite.formats.places import leads_outside


def read(module: ModuleType, data: bytes) -> dict[str, Any]:
    facts: dict[str, Any] = module.read(io.BytesIO(data), len(data))
    return facts


def kind(data: bytes, name: str = "thing") -> Format:
    return detect(name, io.BytesIO(data), len(data))


SAMPLES: dict[str, tuple[ModuleType, Format, bytes]] = {
    "onnx": (onnx, Format.ONNX, onnx_of((1, onnx_node("Relu")), (5, onnx_tensor((1,), bytes(4))))),
    "coreml": (
        coreml,
        Format.COREML,
        made.coreml_program(made.coreml_weights("@model_path/w.bin")),
    ),
    "openvino": (
        openvino,
        Format.OPENVINO,
        made.openvino_of(
            made.openvino_layer("Const", offset=0, size=8, shape="2", element_type="f32")
        ),
    ),
    "executorch": (
        executorch,
        Format.EXECUTORCH,
        made.executorch_of("aten::add", delegates=("XnnpackBackend",), segments=((0, 16),)),
    ),
    "native": (native, Format.NATIVE_CODE, made.ELF),
}


@pytest.mark.parametrize("sample", sorted(SAMPLES))
@pytest.mark.parametrize("name", ["thing", "weights.onnx", "notes.md", "a.pkl", "a.xml"])
def test_an_exported_model_is_seen_by_its_bytes(sample: str, name: str) -> None:
    _, form, data = SAMPLES[sample]

    assert kind(data, name) is form


def test_formats_of_protocol_buffers_are_told_apart() -> None:
    graph_first = message((7, message((1, onnx_node("Relu")))), (8, message((2, 18))), (1, 9))
    saved_model = message((1, 1), (2, message((1, message((4, "serve"))))))

    assert kind(graph_first) is Format.ONNX
    assert kind(saved_model) not in (Format.ONNX, Format.COREML)
    assert kind(made.coreml_of(300, message((1, b"")))) is Format.COREML
    assert kind(message((1, 4), (2, "x"), (250, "x"))) is Format.UNKNOWN


@pytest.mark.parametrize("name", sorted(made.PROGRAMS))
def test_programs_are_seen_by_their_first_bytes(name: str) -> None:
    data = made.PROGRAMS[name]

    assert kind(data, "weights.bin") is Format.NATIVE_CODE
    assert read(native, data)["code"]


@pytest.mark.parametrize(
    "data",
    [b"MZ and some text", b"\x7fELF", b"\xca\xfe\xba\xbe\x00", b"\xcf\xfa\xed\xfe" + bytes(30)],
)
def test_a_magic_number_alone_is_no_program(data: bytes) -> None:
    assert kind(data) is not Format.NATIVE_CODE


@pytest.mark.parametrize(
    ("place", "outside"),
    [
        ("w.bin", False), ("a/b/w.bin", False), ("a..b", False), ("model.onnx.data", False),
        ("./w.bin", False), ("/etc/passwd", True), ("../w", True), ("a/../../w", True),
        ("..\\w", True), ("~/w", True), ("C:/w", True), ("c:w", True), ("file:///w", True),
        ("http://x/w", True), ("\\\\host\\share", True), ("w%00.bin", True),
        ("*/_ORT_MEM_ADDR_/*", True),
    ],
)  # fmt: skip
def test_places_outside_the_folder_are_known(place: str, outside: bool) -> None:
    assert leads_outside(place) is outside


def test_onnx_is_walked_into_every_corner() -> None:
    inner = message((1, onnx_node("Deep", "corner.branch")))
    branch = message((1, "then"), (6, inner))
    several = message((1, "bodies"), (11, inner.replace(b"branch", b"bodies")))
    sparse = message((1, onnx_tensor((1,), location="../values")), (2, onnx_tensor((1,))))
    default = message((1, "d"), (5, onnx_tensor((1,), location="../default")))
    function = message(
        (1, "F"), (7, onnx_node("Deep", "corner.function")), (10, "own"), (11, default)
    )
    training = message((2, message((1, onnx_node("Deep", "corner.training")))))
    facts = read(
        onnx,
        onnx_of(
            (1, onnx_node("If", "", branch, several)),
            (1, onnx_node("F", "own")),
            (15, sparse),
            model=((25, function), (20, training)),
        ),
    )

    assert facts["custom_operators"] == [
        f"corner.{each}.Deep" for each in ("bodies", "branch", "function", "training")
    ]
    assert facts["external_data"] == ["../default", "../values"]


def test_a_function_of_the_model_is_no_foreign_operator() -> None:
    function = message((1, "F"), (7, onnx_node("Relu")), (10, "pkg.torch"))
    facts = read(onnx, onnx_of((1, onnx_node("F", "pkg.torch")), model=((25, function),)))

    assert facts["custom_operators"] == []


def test_places_of_onnx_weights_are_told_in_full() -> None:
    place = {"location": "w.bin", "offset": "4096", "length": "8"}
    facts = read(onnx, onnx_of((5, onnx_tensor((2,), None, **place))))

    assert facts["external_parts"] == [place]
    assert "wrong_sizes" not in facts


@pytest.mark.parametrize(
    ("tensor", "fact"),
    [
        (onnx_tensor((4,), bytes(12)), "wrong_sizes"),
        (onnx_tensor((4,), b""), "wrong_sizes"),
        (onnx_tensor((1 << 40,), bytes(4)), "wrong_sizes"),
        (message((1, 3), (2, 1), (4, bytes(8))), "wrong_sizes"),
        (message((1, 100), (2, 7), (7, b"\x01\x02")), "wrong_sizes"),
        (message((1, 2), (2, 8), (6, "a"), (6, "b"), (6, "c")), "wrong_sizes"),
        (onnx_tensor((4,), location="w", length="15"), "wrong_sizes"),
        (onnx_tensor((4,), location="w", offset="-8", length="16"), "wrong_sizes"),
        (onnx_tensor((4,), location="w", length="9" * 30), "wrong_sizes"),
        (onnx_tensor((-1,), bytes(4)), "wrong_sizes"),
        (onnx_tensor((1 << 40, 1 << 40), bytes(4)), "wrong_sizes"),
    ],
)
def test_tensors_that_lie_about_their_size_are_counted(tensor: bytes, fact: str) -> None:
    assert read(onnx, onnx_of((5, tensor)))[fact] == 1


@pytest.mark.parametrize(
    "tensor",
    [
        onnx_tensor((), bytes(4)),
        onnx_tensor((0, 5), b""),
        onnx_tensor((2,)),
        message((1, 3), (2, 22), (5, b"\x21\x03")),
        message((1, 3), (2, 22), (9, b"\x21\x03")),
        message((1, 3), (2, 7), (7, b"\x01" + b"\xff" * 9 + b"\x01" + b"\x02")),
        message((1, 1), (2, 7), (7, 5)),
        message((1, 2), (2, 14), (4, bytes(16))),
        message((1, 2), (2, 8), (6, "a"), (6, "b")),
    ],
)
def test_honest_tensors_of_every_storage_are_no_lies(tensor: bytes) -> None:
    facts = read(onnx, onnx_of((5, tensor)))

    assert "wrong_sizes" not in facts


def test_names_that_several_tensors_share_are_counted() -> None:
    tensor = onnx_tensor((1,), bytes(4))

    assert read(onnx, onnx_of((5, tensor), (5, tensor)))["repeated_tensors"] == 1


def test_weights_of_gigabytes_are_passed_over() -> None:
    size = 3 << 30
    raw = onnx_tensor((size // 4,)) + b"\x4a" + made.varint(size)
    graph = message((1, onnx_node("Relu"))) + b"\x2a" + made.varint(len(raw) + size) + raw
    head = message((1, 9)) + b"\x3a" + made.varint(len(graph) + size) + graph

    class Sparse(io.RawIOBase):
        at = given = 0

        def seek(self, at: int, whence: int = 0) -> int:
            self.at = at
            return at

        def read(self, count: int = -1) -> bytes:
            data = head[self.at : self.at + count]
            data += bytes(max(0, min(count, len(head) + size - self.at) - len(data)))
            self.at += len(data)
            self.given += len(data)
            return data

    file: Any = Sparse()
    facts = onnx.read(file, len(head) + size)

    assert facts["parameters"] == size // 4
    assert file.given < 2 << 20


def test_coreml_says_kind_author_and_what_it_asks_for() -> None:
    custom = message((1, message((1, "l"), (500, message((10, "MyLayer"))))))
    loop = message((3, custom), (4, message((1, message((500, message((10, "Inner"))))))))
    network = custom + message((1, message((615, loop))))
    facts = read(coreml, made.coreml_of(500, network))

    assert facts["kinds"] == ["neural network"]
    assert facts["author"] == "the author"
    assert facts["inputs"] == [{"name": "x"}]
    assert facts["custom_operators"] == ["layer Inner", "layer MyLayer"]


def test_coreml_is_walked_through_pipelines_programs_and_links() -> None:
    inner = made.coreml_of(555, message((10, "MyModel")))
    outer = read(coreml, made.coreml_of(200, message((1, message((1, inner))))))
    value = message((3, message((1, message((4, message((1, "MyOp"))))))))
    operation = message((1, "custom_layer"), (5, entry("class_name", value)))
    linked = message((1, message((1, message((1, "other.mlmodel"))), (2, message((1, "/x:b"))))))

    assert outer["custom_operators"] == ["model MyModel"]
    assert read(coreml, made.coreml_program(operation))["custom_operators"] == ["layer MyOp"]
    program = made.coreml_program(made.coreml_weights("@model_path/weights/weight.bin"))
    assert read(coreml, program)["external_data"] == ["weights/weight.bin"]
    assert read(coreml, made.coreml_of(556, linked))["external_data"] == [
        "/x",
        "b",
        "other.mlmodel",
    ]
    assert read(coreml, made.coreml_of(3000, message((1, "z"))))["opaque_parts"]


def entry(key: str, value: bytes) -> bytes:
    return made.entry(key, value)


@pytest.mark.parametrize(
    "data",
    [
        {"offset": -1, "size": 8, "shape": "2", "element_type": "f32"},
        {"offset": 0, "size": 1 << 63, "shape": "2", "element_type": "f32"},
        {"offset": (1 << 63) - 1, "size": 8, "shape": "2", "element_type": "f32"},
        {"offset": 0, "size": 12, "shape": "2", "element_type": "f32"},
        {"offset": 0, "size": 8, "shape": "-2", "element_type": "f32"},
        {"offset": "0x0", "size": 8},
    ],
)
def test_openvino_constants_that_lie_are_counted(data: dict[str, Any]) -> None:
    assert (
        read(openvino, made.openvino_of(made.openvino_layer("Const", **data)))["wrong_sizes"] == 1
    )


def test_openvino_tells_its_own_layers_from_others() -> None:
    facts = read(
        openvino,
        made.openvino_of(
            made.openvino_layer("Add"),
            made.openvino_layer("MyLayer", "extension"),
            made.openvino_layer("VocabDecoder", "extension"),
            made.openvino_layer("Thing", "vendor7"),
        ),
    )

    assert facts["custom_operators"] == ["MyLayer", "Thing"]
    assert facts["extension_operators"] == ["VocabDecoder"]


@pytest.mark.parametrize(
    "before",
    [
        "<!DOCTYPE net>",
        '<!DOCTYPE net SYSTEM "file:///etc/hostname">',
        '<!DOCTYPE net [<!ENTITY a "a"><!ENTITY b "&a;&a;">]>',
        '<!DOCTYPE net [<!ENTITY % p SYSTEM "http://x/"> %p;]>',
    ],
)
def test_a_document_type_is_told_and_never_followed(before: str) -> None:
    data = made.openvino_of(before=before)

    assert kind(data, "m.xml") is Format.OPENVINO
    assert "document_type" in read(openvino, data)


@pytest.mark.parametrize(
    "data",
    [
        b"<net version='1'>",
        b"<other><net version='1'/></other>",
        b"<net version='1'>" + b"<layer>" * 300,
        b"<net version='1'>" + b"</layers>",
        b"<net version='1'>\xff</net>",
    ],
)
def test_bad_xml_is_unreadable(data: bytes) -> None:
    with pytest.raises(UnreadableError):
        read(openvino, data)


def test_a_tag_without_an_end_does_not_fill_the_memory() -> None:
    with pytest.raises(UnreadableError, match="16 MiB"):
        read(openvino, b"<net version='" + b"1" * (20 << 20))


def test_executorch_says_methods_operators_and_delegates() -> None:
    data = made.executorch_of("aten::add", "my::op", delegates=("XnnpackBackend", "Mine"))
    facts = read(executorch, data)

    assert facts["methods"] == ["forward"]
    assert facts["custom_operators"] == ["delegate Mine", "my::op.out"]


def test_executorch_segments_beyond_the_file_and_programs_in_them_are_told() -> None:
    facts = read(executorch, made.executorch_of("aten::add", segments=((0, 8), (1 << 62, 8))))
    assert facts["beyond_the_end"] == 1

    data = made.executorch_of("aten::add", segments=((0, 0),))
    data = made.executorch_of("aten::add", segments=((len(data), 64),)) + made.ELF
    assert read(executorch, data)["native_segments"] == 1


def test_executorch_that_names_places_outside_is_unreadable() -> None:
    data = bytearray(made.executorch_of("aten::add"))
    struct.pack_into("<I", data, 0, 1 << 31)

    with pytest.raises(UnreadableError):
        read(executorch, bytes(data))


@pytest.mark.parametrize("sample", sorted(SAMPLES))
def test_a_file_that_ends_early_is_unreadable(sample: str) -> None:
    module, _, data = SAMPLES[sample]
    for end in range(0, len(data) - 1, 3 if sample != "native" else 200):
        if sample == "executorch" and end > 40:
            break
        with pytest.raises(UnreadableError):
            read(module, data[:end])


@pytest.mark.parametrize("sample", sorted(SAMPLES))
def test_bad_bytes_are_unreadable_and_nothing_else(sample: str) -> None:
    module, form, valid = SAMPLES[sample]

    @settings(max_examples=150, deadline=2000)
    @given(mutated(valid) | st.binary(max_size=300), st.sampled_from(["a", "a.xml", "a.pte"]))
    def check(data: bytes, name: str) -> None:
        found = read_facts(kind(data, name), name, io.BytesIO(data), len(data))
        assert "detect" in found.readers
        try:
            facts = read(module, data)
        except UnreadableError:
            return
        Artifact(path="x", size=0, sha256="0" * 64, format=form, facts=facts)

    check()


@pytest.mark.parametrize("sample", sorted(VALID))
def test_other_formats_are_not_taken_for_exported_models(sample: str) -> None:
    assert kind(VALID[sample]) not in {form for _, form, _ in SAMPLES.values()}


def test_an_executorch_program_is_followed_within_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    data = made.executorch_of("aten::a", "aten::b", delegates=("XnnpackBackend",))
    monkeypatch.setattr(executorch, "_MAX_LIST", 3)

    with pytest.raises(UnreadableError, match="more methods and operators than are looked at"):
        read(executorch, data)

    monkeypatch.setattr(executorch, "_MAX_LIST", 4)
    assert read(executorch, data)["operators"] == 2
