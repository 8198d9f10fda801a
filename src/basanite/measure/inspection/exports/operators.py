"""Operators of PyTorch: which namespaces it brings itself, and which operators reach outside.

Source: native_functions.yaml, the registrations under torch/csrc and the libraries of the PyTorch
project, as of 2.13.
"""

from __future__ import annotations

from basanite.domain.finding import Rule
from basanite.measure.inspection.exports.rules import FOREIGN, LIBRARY, REACHES_OUT

BUILT_IN = frozenset(
    {
        "aten", "prim", "prims", "nvprims", "debugprims", "quantized", "_quantized",
        "quantized_decomposed", "onednn", "mkldnn", "mkldnn_prepacked", "prepacked", "sparse",
        "_caffe2", "caffe2", "inductor", "profiler", "cuda", "higher_order", "aot_inductor",
        "metal", "metal_prepacked", "vulkan", "vulkan_prepacked", "static_runtime", "streams",
        "nnapi", "rngprims", "symm_mem", "dim_order_ops", "export", "_inductor_test", "torch_attn",
    }
)  # fmt: skip
LIBRARIES = frozenset(
    {
        "torchvision",
        "image",
        "torchaudio",
        "torchtext",
        "torchao",
        "torchcodec",
        "fbgemm",
        "torchrec",
    }
)
TOUCHES_FILES = frozenset({"from_file", "save", "load", "_save_to_file", "load_library"})
"""Operators of aten that read or write a file by name."""
_TALKS = frozenset({"rpc", "c10d_rpc", "dist_rpc"})
_BUILT_IN_CLASSES = frozenset(
    {"quantized", "xnnpack", "mkldnn", "rnn", "_nnapi", "sparse", "profiling"}
)


def operator_rule(namespace: str, name: str) -> Rule | None:
    """Return the rule that an operator falls under; None where it only computes."""
    if namespace in ("aten", "prim") and (name in TOUCHES_FILES or name.startswith("rpc_")):
        return REACHES_OUT
    if namespace in _TALKS:
        return REACHES_OUT
    if namespace in BUILT_IN:
        return None
    return LIBRARY if namespace in LIBRARIES else FOREIGN


def class_rule(namespace: str) -> Rule | None:
    """Return the rule that a custom class of a namespace falls under."""
    if namespace in _TALKS:
        return REACHES_OUT
    if namespace in _BUILT_IN_CLASSES:
        return None
    return LIBRARY if namespace in LIBRARIES else FOREIGN
