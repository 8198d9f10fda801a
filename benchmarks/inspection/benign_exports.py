"""Benign exported models, really produced by the exporters people use.

Environment: Python 3.11, an environment of its own with

    pip install onnx skl2onnx onnxruntime scikit-learn coremltools openvino
    pip install torch==2.13.0 onnxscript
    pip install executorch          # where it installs

Writes into a folder, one file or package each, with fixed seeds. An exporter that is missing or
breaks is named and left out. `basanite inspect` has to find nothing in what is written.

    python benchmarks/inspection/benign_exports.py FOLDER
"""

# What it imports is not installed where types are checked.
# mypy: ignore-errors

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

SEED = 7


def data() -> tuple[Any, Any]:
    """Return 200 rows of four columns, and labels 0 to 2."""
    import numpy as np

    random = np.random.default_rng(SEED)
    rows = random.normal(size=(200, 4)).astype("float32")
    return rows, (rows[:, 0] * 2 + rows[:, 1] > 0).astype(int) + (rows[:, 2] > 1)


def sklearn_models() -> dict[str, Any]:
    """Return fitted scikit-learn models by name."""
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA
    from sklearn.ensemble import (
        GradientBoostingClassifier,
        IsolationForest,
        RandomForestClassifier,
        RandomForestRegressor,
    )
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC
    from sklearn.tree import DecisionTreeClassifier

    rows, labels = data()
    models = {
        "linear": LinearRegression(),
        "logistic": LogisticRegression(),
        "forest": RandomForestClassifier(10, random_state=SEED),
        "forest-regressor": RandomForestRegressor(10, random_state=SEED),
        "boosting": GradientBoostingClassifier(n_estimators=5, random_state=SEED),
        "isolation": IsolationForest(n_estimators=10, random_state=SEED),
        "bayes": GaussianNB(),
        "neighbours": KNeighborsClassifier(3),
        "svc": SVC(probability=False),
        "tree": DecisionTreeClassifier(random_state=SEED),
        "mlp": MLPClassifier((8,), max_iter=50, random_state=SEED),
        "kmeans": KMeans(3, n_init=1, random_state=SEED),
        "pca": PCA(2),
        "pipeline": make_pipeline(StandardScaler(), LogisticRegression()),
    }
    return {name: model.fit(rows, labels) for name, model in models.items()}


def skl2onnx_models(out: Path) -> None:
    """Classical models as ONNX."""
    from skl2onnx import to_onnx

    rows, _ = data()
    for name, model in sklearn_models().items():
        (out / f"skl-{name}.onnx").write_bytes(
            to_onnx(model, rows[:1], target_opset={"": 18, "ai.onnx.ml": 3}).SerializeToString()
        )


def networks() -> dict[str, tuple[Any, tuple[Any, ...]]]:
    """Return PyTorch modules with an example of their input."""
    import torch
    from torch import nn

    torch.manual_seed(SEED)

    class Attention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(50, 16)
            self.layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
            self.head = nn.Linear(16, 3)

        def forward(self, tokens: torch.Tensor) -> torch.Tensor:
            hidden: torch.Tensor = self.layer(self.embed(tokens))
            pooled: torch.Tensor = self.head(hidden.mean(dim=1))
            return pooled

    dense = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.1), nn.Linear(8, 3))
    image = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.SiLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(8, 2),
    )  # fmt: skip
    return {
        "dense": (dense.eval(), (torch.zeros(1, 4),)),
        "image": (image.eval(), (torch.zeros(1, 3, 16, 16),)),
        "attention": (Attention().eval(), (torch.zeros(1, 7, dtype=torch.long),)),
        "lstm": (nn.LSTM(4, 8, batch_first=True).eval(), (torch.zeros(1, 5, 4),)),
    }


def torch_onnx(out: Path) -> None:
    """Networks as ONNX, by the exporter that traces and by the one that captures."""
    import torch

    for name, (model, example) in networks().items():
        torch.onnx.export(model, example, str(out / f"torch-{name}-traced.onnx"), dynamo=False)
        program = torch.onnx.export(model, example, dynamo=True)
        program.save(str(out / f"torch-{name}.onnx"))
        program.save(str(out / f"torch-{name}-outside.onnx"), external_data=True)


def runtime_onnx(out: Path) -> None:
    """Models that ONNX Runtime optimised and quantised, which use operators of its own."""
    import onnxruntime
    from onnxruntime.quantization import QuantType, quantize_dynamic

    for path in sorted(out.glob("torch-*-traced.onnx")):
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.optimized_model_filepath = str(out / f"{path.stem}-optimised.onnx")
        onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        quantised = out / f"{path.stem}-quantised.onnx"
        quantize_dynamic(str(path), str(quantised), weight_type=QuantType.QInt8)


def fused_onnx(out: Path) -> None:
    """A transformer with fused operators of com.microsoft, and models with nested graphs."""
    import numpy as np
    from onnx import TensorProto, checker, helper, numpy_helper, save

    value = helper.make_tensor_value_info
    nodes = [
        helper.make_node("Attention", ["x", "w", "b"], ["a"], domain="com.microsoft", num_heads=2),
        helper.make_node("SkipLayerNormalization", ["x", "a", "g"], ["s"], domain="com.microsoft"),
        helper.make_node("FastGelu", ["s"], ["y"], domain="com.microsoft"),
    ]
    weights = {"w": (16, 48), "b": (48,), "g": (16,)}
    graph = helper.make_graph(
        nodes,
        "bert",
        [value("x", TensorProto.FLOAT, [1, 4, 16])],
        [value("y", TensorProto.FLOAT, [1, 4, 16])],
        [numpy_helper.from_array(np.ones(s, "float32"), n) for n, s in weights.items()],
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)]
    save(helper.make_model(graph, opset_imports=opsets), str(out / "bert-fused.onnx"))

    def branch(name: str) -> Any:
        node = helper.make_node("Identity", ["x"], [name])
        return helper.make_graph([node], name, [], [value(name, TensorProto.FLOAT, [1])])

    choose = helper.make_node("If", ["c"], ["y"], then_branch=branch("t"), else_branch=branch("e"))
    tensors = [
        helper.make_tensor("i4", TensorProto.INT4, [3], [1, 2, 3]),
        helper.make_tensor("h", TensorProto.FLOAT16, [2], [1.0, 2.0]),
        helper.make_tensor("z", TensorProto.COMPLEX64, [2], [1 + 1j, 2]),
        helper.make_tensor("t", TensorProto.STRING, [2], [b"a", b"b"]),
        helper.make_tensor("n", TensorProto.INT64, [3], [-1, 2, 3]),
        helper.make_tensor("e", TensorProto.FLOAT, [0], []),
        helper.make_tensor("b", TensorProto.BOOL, [2], [True, False]),
    ]
    graph = helper.make_graph(
        [choose],
        "nested",
        [value("c", TensorProto.BOOL, []), value("x", TensorProto.FLOAT, [1])],
        [value("y", TensorProto.FLOAT, [1])],
        tensors,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    checker.check_model(model)
    save(model, str(out / "nested.onnx"))


def torchscript(out: Path) -> None:
    """Networks as TorchScript, traced and scripted; also frozen and for mobile."""
    import torch

    for name, (model, example) in networks().items():
        traced = torch.jit.trace(model, example, check_trace=False)
        torch.jit.save(traced, str(out / f"script-{name}-traced.pt"))
        torch.jit.save(torch.jit.freeze(traced), str(out / f"script-{name}-frozen.pt"))
        scripted = torch.jit.script(model)
        torch.jit.save(scripted, str(out / f"script-{name}-scripted.pt"))
        scripted._save_for_lite_interpreter(str(out / f"script-{name}-lite.ptl"))
    import torch.ao.quantization

    dense, _ = networks()["dense"]
    quantised = torch.ao.quantization.quantize_dynamic(dense, {torch.nn.Linear})
    torch.jit.save(torch.jit.script(quantised), str(out / "script-dense-quantised.pt"))


def torch_exports(out: Path) -> None:
    """Networks as exported programs, and the same modules and weights as pickles."""
    import torch

    for name, (model, example) in networks().items():
        torch.export.save(torch.export.export(model, example), str(out / f"export-{name}.pt2"))
        torch.save(model.state_dict(), str(out / f"weights-{name}.pt"))


def coreml_models(out: Path) -> None:
    """Networks and classical models as Core ML, as single files and as packages."""
    import coremltools
    import torch

    for name in ("dense", "image"):
        model, example = networks()[name]
        traced = torch.jit.trace(model, example)
        inputs = [coremltools.TensorType(shape=example[0].shape)]
        network = coremltools.convert(traced, inputs=inputs, convert_to="neuralnetwork")
        network.save(str(out / f"coreml-{name}.mlmodel"))
        program = coremltools.convert(traced, inputs=inputs, convert_to="mlprogram")
        program.author, program.license = "the authors", "Apache-2.0"
        program.save(str(out / f"coreml-{name}.mlpackage"))


def coreml_by_hand(out: Path) -> None:
    """A linear model, a pipeline and a tree, written with Core ML's own messages."""
    from coremltools.models import datatypes
    from coremltools.models.tree_ensemble import TreeEnsembleRegressor
    from coremltools.proto import Model_pb2

    tree = TreeEnsembleRegressor([("x", datatypes.Array(2))], [("y", datatypes.Double())])
    tree.set_default_prediction_value([0.0])
    tree.add_branch_node(0, 0, 0, 0.5, "BranchOnValueLessThanEqual", 1, 2)
    tree.add_leaf_node(0, 1, [1.0])
    tree.add_leaf_node(0, 2, [2.0])
    (out / "coreml-tree.mlmodel").write_bytes(tree.spec.SerializeToString())
    model = Model_pb2.Model(specificationVersion=1)
    model.description.input.add(name="x").type.doubleType.SetInParent()
    model.description.output.add(name="y").type.doubleType.SetInParent()
    model.glmRegressor.weights.add(value=[1.0])
    model.glmRegressor.offset.append(0.0)
    (out / "coreml-linear.mlmodel").write_bytes(model.SerializeToString())
    outer = Model_pb2.Model(specificationVersion=1)
    outer.description.CopyFrom(model.description)
    outer.pipelineRegressor.pipeline.models.add().CopyFrom(model)
    (out / "coreml-pipeline.mlmodel").write_bytes(outer.SerializeToString())


def openvino_models(out: Path) -> None:
    """ONNX models and PyTorch networks as OpenVINO's intermediate representation."""
    import openvino

    for path in sorted(out.glob("torch-*-traced.onnx")):
        model = openvino.convert_model(str(path))
        openvino.save_model(model, str(out / f"openvino-{path.stem}.xml"))
        full = out / f"openvino-{path.stem}-float32.xml"
        openvino.save_model(model, str(full), compress_to_fp16=False)


def executorch_programs(out: Path) -> None:
    """Networks as ExecuTorch programs: portable kernels, and the XNNPACK delegate."""
    import torch
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.exir import to_edge, to_edge_transform_and_lower

    for name, (model, example) in networks().items():
        exported = torch.export.export(model, example)
        portable = to_edge(exported).to_executorch()
        (out / f"executorch-{name}.pte").write_bytes(portable.buffer)
        lowered = to_edge_transform_and_lower(exported, partitioner=[XnnpackPartitioner()])
        (out / f"executorch-{name}-xnnpack.pte").write_bytes(lowered.to_executorch().buffer)


EXPORTERS: tuple[Callable[[Path], None], ...] = (
    skl2onnx_models,
    torch_onnx,
    runtime_onnx,
    fused_onnx,
    torchscript,
    torch_exports,
    coreml_by_hand,
    coreml_models,
    openvino_models,
    executorch_programs,
)


def main() -> None:
    """Write all that can be written into the folder of the first argument."""
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for exporter in EXPORTERS:
        try:
            exporter(out)
        except Exception as error:  # noqa: BLE001 - one exporter less is said, not an end
            print(f"{exporter.__name__}: left out, {type(error).__name__}: {str(error)[:200]}")
            traceback.print_exc(limit=-2)
        else:
            print(f"{exporter.__name__}: done")


if __name__ == "__main__":
    main()
