"""ONNX models are run; what reaches outside itself, or is no model, is refused before that."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from basanite.adapters.onnx_guard import guard
from basanite.adapters.onnx_model import OnnxModel
from basanite.domain.errors import UnreadableError


def build(
    nodes: list[Any],
    outputs: list[Any],
    *,
    weights: Any = (),
    rows: Any = "N",
    domains: Any = (),
    functions: Any = (),
) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [rows, 2])],
        outputs,
        list(weights),
    )
    imports = [helper.make_opsetid("", 18), *(helper.make_opsetid(d, 1) for d in domains)]
    return helper.make_model(graph, opset_imports=imports, ir_version=10, functions=list(functions))


def sums(rows: Any = "N") -> onnx.ModelProto:
    """Sum of a row, as ``y``."""
    axes = numpy_helper.from_array(np.array([1], dtype=np.int64), "axes")
    node = helper.make_node("ReduceSum", ["x", "axes"], ["y"], keepdims=0)
    return build(
        [node],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [rows])],
        weights=[axes],
        rows=rows,
    )


@pytest.mark.parametrize("rows", ["N", 1])
def test_rows_are_answered_one_by_one_and_in_order(rows: Any) -> None:
    model = OnnxModel(sums(rows).SerializeToString())
    assert (model.inputs, model.outputs) == (("x",), ("y",))
    data = [(float(i), 1.0) for i in range(9000 if rows == "N" else 30)]
    assert list(model.predict(data)["y"]) == [i + 1 for i in range(len(data))]


def test_missing_readings_reach_the_model() -> None:
    found = OnnxModel(sums().SerializeToString()).predict([(math.nan, 1.0)])
    assert math.isnan(found["y"][0])


def test_a_model_with_an_input_for_each_column_is_fed_by_column() -> None:
    graph = helper.make_graph(
        [helper.make_node("Sub", ["a", "b"], ["y"])],
        "g",
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["N", 1]) for n in "ab"],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 1])],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    model = OnnxModel(made.SerializeToString())
    assert model.predict([(5.0, 3.0)])["y"] == [[2.0]]
    with pytest.raises(UnreadableError, match="2 inputs and the table 3 features"):
        model.predict([(1.0, 2.0, 3.0)])


def test_rows_of_the_wrong_width_are_the_models_refusal() -> None:
    with pytest.raises(UnreadableError, match="breaks on its input"):
        OnnxModel(sums().SerializeToString()).predict([(1.0, 2.0, 3.0)])


def test_an_output_without_one_answer_for_each_row_is_refused() -> None:
    node = helper.make_node("ReduceSum", ["x"], ["y"], keepdims=0)
    made = build([node], [helper.make_tensor_value_info("y", TensorProto.FLOAT, [])])
    with pytest.raises(UnreadableError, match="one answer for each row"):
        OnnxModel(made.SerializeToString()).predict([(1.0, 2.0), (3.0, 4.0)])


def test_weights_in_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "w.bin").write_bytes(np.ones(2, np.float32).tobytes())
    outside = TensorProto(
        name="w",
        data_type=TensorProto.FLOAT,
        dims=[2],
        data_location=TensorProto.EXTERNAL,
        external_data=[onnx.StringStringEntryProto(key="location", value="w.bin")],
    )
    out = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 2])]
    as_weight = build([helper.make_node("Add", ["x", "w"], ["y"])], out, weights=[outside])
    constant = build(
        [
            helper.make_node("Constant", [], ["w"], value=outside),
            helper.make_node("Add", ["x", "w"], ["y"]),
        ],
        out,
    )
    branch = helper.make_graph(
        [helper.make_node("Constant", [], ["z"], value=outside)],
        "b",
        [],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, [2])],
    )
    yes = numpy_helper.from_array(np.array(True), "yes")
    nested = build(
        [
            helper.make_node("If", ["yes"], ["w"], then_branch=branch, else_branch=branch),
            helper.make_node("Add", ["x", "w"], ["y"]),
        ],
        out,
        weights=[yes],
    )
    for made in (as_weight, constant, nested):
        with pytest.raises(UnreadableError, match="weights in other files"):
            OnnxModel(made.SerializeToString())


def test_operators_of_strangers_are_refused_and_the_models_own_functions_are_not() -> None:
    out = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 2])]
    strange = build([helper.make_node("Foo", ["x"], ["y"], domain="evil")], out, domains=["evil"])
    with pytest.raises(UnreadableError, match=r"not standard \(evil\)"):
        OnnxModel(strange.SerializeToString())
    function = helper.make_function(
        "evil",
        "Foo",
        ["a"],
        ["b"],
        [helper.make_node("Neg", ["a"], ["b"])],
        [helper.make_opsetid("", 18)],
    )
    own = build(
        [helper.make_node("Foo", ["x"], ["y"], domain="evil")],
        out,
        domains=["evil"],
        functions=[function],
    )
    assert OnnxModel(own.SerializeToString()).predict([(1.0, 2.0)])["y"] == [[-1.0, -2.0]]


@pytest.mark.parametrize("cut", [1, 10, 60])
def test_a_model_cut_short_is_refused(cut: int) -> None:
    with pytest.raises(UnreadableError):
        OnnxModel(sums().SerializeToString()[:-cut])


@pytest.mark.parametrize("data", [b"", b"garbage", b"\x08\x0a", b"\x80" * 40, b"ORTM" * 20])
def test_what_is_no_model_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableError):
        OnnxModel(data)


def test_nesting_without_end_is_refused() -> None:
    data = b""
    for _ in range(60):
        size, head = len(data), bytearray()
        while size >= 0x80:
            head.append(size & 0x7F | 0x80)
            size >>= 7
        data = b"\x0a" + bytes([*head, size]) + data  # field 1
    graph = b"\x3a\x00"
    guard(graph)
    attribute = sums()
    inner = attribute.graph
    for _ in range(30):
        node = helper.make_node("If", ["c"], ["y"], then_branch=inner)
        inner = helper.make_graph([node], "g", [], [])
    attribute.graph.CopyFrom(inner)
    with pytest.raises(UnreadableError, match="too deep"):
        guard(attribute.SerializeToString())


@settings(deadline=None)
@given(st.data())
def test_the_guard_survives_any_bytes(data: st.DataObject) -> None:
    """Random bytes, and a real model with some bytes changed, are guarded or refused."""
    raw = bytearray(sums().SerializeToString())
    for _ in range(data.draw(st.integers(0, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    for each in (bytes(raw), data.draw(st.binary(max_size=200))):
        try:
            guard(each)
        except UnreadableError:
            continue
