"""Facts: what the header of an artifact says, through the reader of its format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, BinaryIO

from basanite.domain.artifact import Format
from basanite.domain.errors import UnreadableError
from basanite.formats import (
    catboost,
    chat_template,
    coreml,
    declared,
    detect,
    executorch,
    gguf,
    git_pointer,
    keras,
    lightgbm,
    lockfile,
    model_signature,
    native,
    notebook,
    numpy,
    onnx,
    openvino,
    pmml,
    python,
    recognised,
    requirements,
    safetensors,
    skops,
    table,
    tar,
    tflite,
    tokenizer,
    xgboost,
    yaml_document,
)
from basanite.formats.container import walk as container
from basanite.formats.container.budget import Budget
from basanite.formats.container.openers import whole_tar
from basanite.formats.hdf5 import reader as hdf5
from basanite.formats.keyed import reader as keyed
from basanite.formats.pickle import reader as pickle
from basanite.formats.seven_zip import reader as seven_zip
from basanite.formats.stream import ExpansionError
from basanite.formats.tensorflow import reader as tensorflow
from basanite.formats.zip import reader as zip_reader

MODULES = (
    detect,
    container,
    pickle,
    zip_reader,
    tar,
    seven_zip,
    safetensors,
    onnx,
    coreml,
    openvino,
    executorch,
    native,
    gguf,
    chat_template,
    xgboost,
    lightgbm,
    catboost,
    pmml,
    recognised,
    numpy,
    hdf5,
    keras,
    tokenizer,
    requirements,
    lockfile,
    python,
    notebook,
    table,
    model_signature,
    declared,
    tensorflow,
    tflite,
    skops,
    yaml_document,
    git_pointer,
    keyed,
)
READERS: Mapping[str, int] = MappingProxyType({each.NAME: each.VERSION for each in MODULES})
"""Version of every reader by name. Evidence that stands on a reader names its version."""

_MAX_REQUIREMENTS = 4 << 20
_UNPACKED_FOR_FACTS = 16 << 20
"""Facts are a first look: a compressed archive is followed so far, the checks go to its end."""
Read = Callable[[BinaryIO, int], dict[str, Any]]


@dataclass(frozen=True)
class Facts:
    """What was read of one artifact."""

    facts: dict[str, Any]
    readers: dict[str, int]
    """The readers that took part, with their versions."""
    note: str
    """Why the facts are missing or partial; empty when they are neither."""


def _requirements(file: BinaryIO, size: int) -> dict[str, Any]:
    file.seek(0)
    data = file.read(min(size, _MAX_REQUIREMENTS))
    parsed = requirements.parse_requirements(data.decode("utf-8-sig", "replace"))
    return {
        "requirements": len(parsed.requirements),
        "pinned": sum(each.pinned is not None for each in parsed.requirements),
        "hashed": sum(bool(each.hashes) for each in parsed.requirements),
        "problems": len(parsed.problems),
    }


def _tar(file: BinaryIO, size: int) -> dict[str, Any]:
    try:
        return tar.read(*whole_tar(file, size, Budget(0, free=_UNPACKED_FOR_FACTS)))
    except ExpansionError:
        return {"complete": False}


_READ: dict[Format, tuple[str, Read]] = {
    Format.PICKLE: (pickle.NAME, pickle.read),
    Format.PYTORCH_ZIP: (zip_reader.NAME, zip_reader.read),
    Format.ZIP: (zip_reader.NAME, zip_reader.read),
    Format.SKOPS: (zip_reader.NAME, zip_reader.read),
    Format.TAR: (tar.NAME, _tar),
    Format.SEVEN_ZIP: (seven_zip.NAME, seven_zip.read),
    Format.KERAS: (keras.NAME, keras.read),
    Format.SAFETENSORS: (safetensors.NAME, safetensors.read),
    Format.ONNX: (onnx.NAME, onnx.read),
    Format.COREML: (coreml.NAME, coreml.read),
    Format.OPENVINO: (openvino.NAME, openvino.read),
    Format.EXECUTORCH: (executorch.NAME, executorch.read),
    Format.NATIVE_CODE: (native.NAME, native.read),
    Format.GGUF: (gguf.NAME, gguf.read),
    Format.XGBOOST: (xgboost.NAME, xgboost.read),
    Format.LIGHTGBM: (lightgbm.NAME, lightgbm.read),
    Format.CATBOOST: (catboost.NAME, catboost.read),
    Format.PMML: (pmml.NAME, pmml.read),
    Format.NUMPY: (numpy.NAME, numpy.read),
    Format.NPZ: (numpy.NAME, numpy.read),
    Format.HDF5: (hdf5.NAME, hdf5.read),
    Format.TENSORFLOW: (tensorflow.NAME, tensorflow.read),
    Format.TFLITE: (tflite.NAME, tflite.read),
    Format.TOKENIZER: (tokenizer.NAME, tokenizer.read),
    Format.REQUIREMENTS: (requirements.NAME, _requirements),
    Format.PYTHON: (python.NAME, python.read),
    Format.NOTEBOOK: (notebook.NAME, notebook.read),
    Format.MODEL_SIGNATURE: (model_signature.NAME, model_signature.read),
}


def read_facts(form: Format, name: str, file: BinaryIO, size: int) -> Facts:
    """Return what the header of an artifact of ``size`` bytes says.

    ``also`` among the facts names what else the bytes are. Bad bytes never raise: the note says
    in plain words what is wrong. Lock files and tables have
    no facts here; whoever needs their content reads it.
    """
    readers = {detect.NAME: detect.VERSION}
    if form is Format.EMPTY:
        return Facts({}, readers, "the file is empty")
    if form is Format.LOCKFILE:
        readers[lockfile.NAME] = lockfile.VERSION
    second = detect.also(form, file, size)
    both: dict[str, Any] = {"also": [each.value for each in second]} if second else {}
    if claims := declared.read(name, file, size):
        both |= declared.fact(claims)
        readers[declared.NAME] = declared.VERSION
    if form not in _READ:
        return Facts(both, readers, "")
    reader, read = _READ[form]
    readers[reader] = READERS[reader]
    try:
        return Facts({**read(file, size), **both}, readers, "")
    except UnreadableError as error:
        return Facts(both, readers, f"{name}, read as {form.value}: {error.what}"[:1000])
