"""Domains of ONNX operators: which ones a runtime brings along itself.

Source: the operator sets of ONNX 1.20 and the domains that ONNX Runtime 1.23 registers
(include/onnxruntime/core/graph/constants.h).
"""

from __future__ import annotations

STANDARD_DOMAINS = frozenset(
    {
        "", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview",
        "ai.onnx.preview.training",
    }
)  # fmt: skip
RUNTIME_DOMAINS = STANDARD_DOMAINS | {
    "com.microsoft", "com.microsoft.nchwc", "com.microsoft.experimental", "com.microsoft.dml",
    "com.microsoft.mlfeaturizers", "com.ms.internal.nhwc", "org.pytorch.aten",
}  # fmt: skip
"""Operators of these need nothing but the runtime."""
EXTENSION_DOMAINS = frozenset({"ai.onnx.contrib", "com.microsoft.extensions"})
"""Operators of onnxruntime-extensions, a public library that a program has to load."""
CALLS_PYTHON = frozenset({"PyOp", "PyCustomOp", "PythonOp", "PythonOpGrad"})
"""Operators that import a Python module or call a Python function by name."""
_CALLS_OUT = ("Azure", "OpenAI")
_READS_FILES = frozenset({"ImageReader"})
_COMPILED = frozenset({("com.microsoft", "EPContext")})


def reaches_out(domain: str, operator: str) -> bool:
    """Return whether an operator sends its input to a service or reads other files."""
    return domain in EXTENSION_DOMAINS and (
        operator.startswith(_CALLS_OUT) or operator in _READS_FILES
    )


def needs_library(domain: str, operator: str) -> bool:
    """Return whether an operator comes from a library that nobody but its maker knows."""
    if (domain, operator) in _COMPILED:
        return True
    return domain not in RUNTIME_DOMAINS and domain not in EXTENSION_DOMAINS
