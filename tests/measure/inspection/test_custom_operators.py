"""Operators of the runtime pass; those of a library nobody knows leave the question open."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import exported_models as made
from tests.exported_models import message, onnx_node, onnx_of
from tests.measure.inspection.conftest import BY_ID, opened, put
from tests.strategies import mutated, zip_file

from basanite.domain.answer import Answer
from basanite.domain.outcome import Outcome

Ask = Callable[..., Answer]


def of_nodes(*nodes: bytes) -> bytes:
    return onnx_of(*((1, each) for each in nodes))


FUNCTION = message((1, "F"), (7, onnx_node("Relu")), (10, "pkg.onnxscript.torch_lib"))
PASSING = {
    "standard.onnx": of_nodes(onnx_node("Relu"), onnx_node("Add", "ai.onnx")),
    "classical.onnx": of_nodes(onnx_node("TreeEnsembleClassifier", "ai.onnx.ml")),
    "fused.onnx": of_nodes(
        onnx_node("Attention", "com.microsoft"), onnx_node("Conv", "com.microsoft.nchwc")
    ),
    "functions.onnx": onnx_of(
        (1, onnx_node("F", "pkg.onnxscript.torch_lib")), model=((25, FUNCTION),)
    ),
    "m.mlmodel": made.coreml_of(500, message((1, message((1, "l"), (140, b""))))),
    "m.xml": made.openvino_of(made.openvino_layer("Add"), made.openvino_layer("Const", "opset15")),
    "m.pte": made.executorch_of(
        "aten::add", "dim_order_ops::_to_dim_order_copy", delegates=("XnnpackBackend",)
    ),
}
OPEN = {
    "m.onnx": of_nodes(onnx_node("Exec", "evil.ops")),
    "compiled.onnx": of_nodes(onnx_node("EPContext", "com.microsoft")),
    "m.mlmodel": made.coreml_of(555, message((10, "MyModel"))),
    "layer.mlmodel": made.coreml_of(403, message((1, message((500, message((10, "MyLayer"))))))),
    "opaque.mlmodel": made.coreml_of(3000, message((1, "z"))),
    "m.xml": made.openvino_of(made.openvino_layer("MyLayer", "extension")),
    "m.pte": made.executorch_of("my::op"),
    "delegate.pte": made.executorch_of("aten::add", delegates=("Mine",)),
}


@pytest.mark.parametrize("name", sorted(PASSING))
def test_a_model_of_its_runtime_s_operators_passes(ask: Ask, name: str) -> None:
    answer = ask("custom-operators", PASSING[name], name)

    assert answer.outcome is Outcome.PASSED
    assert answer.findings == ()


@pytest.mark.parametrize("name", sorted(OPEN))
def test_what_needs_a_library_nobody_knows_is_undecided(ask: Ask, name: str) -> None:
    answer = ask("custom-operators", OPEN[name], name)

    assert answer.outcome is Outcome.UNDECIDED
    assert answer.reason
    assert [each.level.value for each in answer.findings] == ["medium"]


@pytest.mark.parametrize(
    ("operator", "domain", "rule"),
    [
        ("PyOp", "pyop", "python"),
        ("PyCustomOp", "ai.onnx.contrib", "python"),
        ("PythonOp", "com.microsoft", "python"),
        ("AzureTextToText", "com.microsoft.extensions", "reaches-out"),
        ("ImageReader", "ai.onnx.contrib", "reaches-out"),
    ],
)
def test_operators_that_call_python_or_reach_out_fail(
    ask: Ask, operator: str, domain: str, rule: str
) -> None:
    answer = ask("custom-operators", of_nodes(onnx_node(operator, domain)), "m.onnx")

    assert answer.outcome is Outcome.FAILED
    assert answer.findings[0].rule.id == f"custom-operators/{rule}"


def test_an_operator_that_names_a_python_class_fails_whatever_it_is_called(ask: Ask) -> None:
    named = (message((1, "module"), (4, "os")), message((1, "class_name"), (4, "x")))
    answer = ask("custom-operators", of_nodes(onnx_node("Add2", "mine", *named)), "m.onnx")

    assert answer.outcome is Outcome.FAILED


@pytest.mark.parametrize("name", ["m.onnx", "m.xml"])
def test_a_public_extension_is_told_and_passes(ask: Ask, name: str) -> None:
    data = {
        "m.onnx": of_nodes(onnx_node("BertTokenizer", "ai.onnx.contrib")),
        "m.xml": made.openvino_of(made.openvino_layer("BPETokenizer", "extension")),
    }[name]
    answer = ask("custom-operators", data, name)

    assert answer.outcome is Outcome.PASSED
    assert [each.level.value for each in answer.findings] == ["low"]


def test_a_function_with_the_name_of_a_standard_operator_is_undecided(ask: Ask) -> None:
    function = message((1, "Relu"), (7, onnx_node("Identity")), (10, ""))
    data = onnx_of((1, onnx_node("Relu")), model=((25, function),))
    answer = ask("custom-operators", data, "m.onnx")

    assert answer.outcome is Outcome.UNDECIDED
    assert answer.findings[0].detail == {"operators": ["ai.onnx.Relu"]}


def test_a_model_inside_an_archive_is_looked_at_there(ask: Ask) -> None:
    data = zip_file({"a/m.onnx": OPEN["m.onnx"]})

    assert ask("custom-operators", data, "models.zip").outcome is Outcome.UNDECIDED


def test_a_model_that_cannot_be_read_is_incomplete(ask: Ask) -> None:
    assert ask("custom-operators", OPEN["m.onnx"][:-30], "m.onnx").outcome is Outcome.INCOMPLETE


@given(st.sampled_from(sorted(OPEN)).flatmap(lambda name: mutated(OPEN[name])))
def test_hostile_bytes_never_break_the_check(data: bytes) -> None:
    for name in ("m.onnx", "m.mlmodel", "m.pte"):
        answer = put(opened(data, name), BY_ID["custom-operators"], {})
        assert answer.outcome is not Outcome.ERROR, answer.reason
