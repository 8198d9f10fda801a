"""Artifact: bytes with a digest and a detected format."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from basanite.domain.value import JsonObject, Sha256, Value


class Format(StrEnum):
    """What the bytes are, judged by content first."""

    PICKLE = "pickle"
    PYTORCH_ZIP = "pytorch-zip"
    ZIP = "zip"
    SAFETENSORS = "safetensors"
    ONNX = "onnx"
    GGUF = "gguf"
    NUMPY = "numpy"
    HDF5 = "hdf5"
    KERAS = "keras"
    TFLITE = "tflite"
    TAR = "tar"
    GZIP = "gzip"
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
    TOKENIZER = "tokenizer"
    PROMPT = "prompt"
    TEXT = "text"
    EMPTY = "empty"
    UNKNOWN = "unknown"


MODEL_FORMATS = frozenset(
    {
        Format.PICKLE,
        Format.PYTORCH_ZIP,
        Format.SAFETENSORS,
        Format.ONNX,
        Format.GGUF,
        Format.HDF5,
        Format.KERAS,
        Format.TFLITE,
    }
)
"""Formats whose content is, or may be, a model."""


class Identity(Value):
    """What the operating system says of a file; a digest is believed only while this holds."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int


class Artifact(Value):
    """A file of the system."""

    path: str
    """Encoded name below the system's root."""
    size: int = Field(ge=0)
    sha256: Sha256
    format: Format
    facts: JsonObject = {}
    """What its header says: tensor counts, dtypes, parameters, opset, producer, template, …"""
    readers: dict[str, int] = {}
    """Names and versions of the readers that said so."""
    component: str | None = None
    """Id of the component it belongs to; None when the manifest names none."""
    note: str = ""
    """Why the facts are missing or partial, when they are."""
