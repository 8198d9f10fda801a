"""The detector as an ONNX file: only standard operators, nothing that can carry code.

Input ``x`` float32 [N, F]. Outputs ``score`` float32 [N] and ``label`` int64 [N].
"""

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from riverbend.detector import Detector

OPSET = 18
IR_VERSION = 10


def write(detector: Detector, path: Path) -> None:
    """Write the model. The same detector gives the same bytes."""
    width = len(detector.features)
    nodes = [
        helper.make_node("Sub", ["x", "means"], ["apart"], doc_string="[K, N, F]"),
        helper.make_node("MatMul", ["apart", "whitening"], ["white"]),
        helper.make_node("ReduceSumSquare", ["white", "last"], ["squares"], keepdims=0),
        helper.make_node("ReduceMin", ["squares", "first"], ["nearest"], keepdims=0),
        helper.make_node("Sqrt", ["nearest"], ["score"]),
        helper.make_node("Greater", ["score", "threshold"], ["above"]),
        helper.make_node("Cast", ["above"], ["label"], to=TensorProto.INT64),
    ]
    graph = helper.make_graph(
        nodes,
        "riverbend-anomaly-detector",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", width])],
        [
            helper.make_tensor_value_info("score", TensorProto.FLOAT, ["N"]),
            helper.make_tensor_value_info("label", TensorProto.INT64, ["N"]),
        ],
        [
            _tensor("means", detector.means[:, None, :]),
            _tensor("whitening", detector.whitening),
            _tensor("threshold", np.array(detector.threshold, dtype=np.float32)),
            _tensor("last", np.array([2], dtype=np.int64)),
            _tensor("first", np.array([0], dtype=np.int64)),
        ],
    )
    model = helper.make_model(
        graph,
        producer_name="riverbend",
        producer_version="1.0.0",
        doc_string="Distance of a row of readings to the nearest normal mode of the plant.",
        domain="example.riverbend",
        model_version=1,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    helper.set_model_props(model, detector.facts())
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString(deterministic=True))


def _tensor(name: str, values: NDArray[np.float32] | NDArray[np.int64]) -> onnx.TensorProto:
    return numpy_helper.from_array(np.ascontiguousarray(values), name)
