"""Artifact: bytes with a digest and a detected format; and a part, which lies inside one."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from basanite.domain.value import JsonObject, Sha256, Value


class Format(StrEnum):
    """What the bytes are, judged by content first."""

    PICKLE = "pickle"
    PYTORCH_ZIP = "pytorch-zip"
    PYTORCH_EXPORT = "pytorch-export"
    SKOPS = "skops"
    ZIP = "zip"
    SAFETENSORS = "safetensors"
    ONNX = "onnx"
    GGUF = "gguf"
    NUMPY = "numpy"
    NPZ = "npz"
    HDF5 = "hdf5"
    KERAS = "keras"
    TENSORFLOW = "tensorflow"
    TFLITE = "tflite"
    COREML = "coreml"
    OPENVINO = "openvino"
    EXECUTORCH = "executorch"
    XGBOOST = "xgboost"
    LIGHTGBM = "lightgbm"
    CATBOOST = "catboost"
    PMML = "pmml"
    NATIVE_CODE = "native-code"
    TAR = "tar"
    SEVEN_ZIP = "7z"
    COMPRESSED = "compressed"
    CSV = "csv"
    PARQUET = "parquet"
    JSON = "json"
    JSONL = "jsonl"
    YAML = "yaml"
    TOML = "toml"
    ENV = "env"
    REQUIREMENTS = "requirements"
    LOCKFILE = "lockfile"
    PYTHON = "python"
    NOTEBOOK = "notebook"
    MODEL_SIGNATURE = "model-signature"
    TOKENIZER = "tokenizer"
    PROMPT = "prompt"
    TEXT = "text"
    EMPTY = "empty"
    UNKNOWN = "unknown"


MODEL_FORMATS = frozenset(
    {
        Format.PICKLE,
        Format.PYTORCH_ZIP,
        Format.PYTORCH_EXPORT,
        Format.SKOPS,
        Format.SAFETENSORS,
        Format.ONNX,
        Format.GGUF,
        Format.HDF5,
        Format.KERAS,
        Format.TENSORFLOW,
        Format.TFLITE,
        Format.COREML,
        Format.OPENVINO,
        Format.EXECUTORCH,
        Format.XGBOOST,
        Format.LIGHTGBM,
        Format.CATBOOST,
        Format.PMML,
    }
)
"""Formats whose content is, or may be, a model."""
CONTAINERS = frozenset(
    {
        Format.ZIP,
        Format.PYTORCH_ZIP,
        Format.PYTORCH_EXPORT,
        Format.SKOPS,
        Format.KERAS,
        Format.NPZ,
        Format.TAR,
        Format.SEVEN_ZIP,
        Format.COMPRESSED,
    }
)
"""Formats that hold further files, which are inspected as parts."""


class Identity(Value):
    """What the operating system says of a file; a digest is believed only while this holds."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int


class Part(Value):
    """Bytes with a detected format: an artifact as a whole, or a file inside one."""

    path: str
    """Encoded name below the system's root; ``outer.zip!/inner.pkl`` for a file inside another."""
    size: int = Field(ge=0)
    format: Format
    facts: JsonObject = {}
    """What its header says: tensor counts, dtypes, parameters, opset, producer, template, …"""
    within: tuple[Format, ...] = ()
    """Formats of the containers around it, outermost first; empty for an artifact."""


class Artifact(Part):
    """A file of the system."""

    sha256: Sha256
    readers: dict[str, int] = {}
    """Names and versions of the readers that said so."""
    component: str | None = None
    """Id of the component it belongs to; None when the manifest names none."""
    note: str = ""
    """Why the facts are missing or partial, when they are."""
