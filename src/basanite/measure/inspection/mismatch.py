"""Mismatch: whether a model's name says what its bytes are.

A name that promises mere numbers on a file that brings code along is a trap: people and rules let
it pass. Other names for a model are sloppy.
"""

from __future__ import annotations

from typing import BinaryIO

from basanite.domain.artifact import Format, Part
from basanite.domain.errors import UnreadableError
from basanite.domain.finding import Finding, Location, Reference, Rule
from basanite.domain.names import base_name
from basanite.domain.severity import Confidence, Severity
from basanite.formats import tar
from basanite.formats.zip.directory import members

MISMATCH = Rule(
    id="model-format/mismatch",
    title="The name promises another format than the bytes are",
    severity=Severity.HIGH,
    remediation="Do not load it. Ask where the file comes from: its name hides that loading it can "
    "run code.",
    references=(
        Reference(scheme="ATLAS", id="AML.T0010.003"),
        Reference(scheme="ATLAS", id="AML.T0074"),
        Reference(scheme="CWE", id="CWE-646"),
        Reference(scheme="OWASP-LLM-2025", id="LLM03"),
    ),
)
_PROMISES = {
    ".safetensors": {Format.SAFETENSORS},
    ".gguf": {Format.GGUF},
    ".onnx": {Format.ONNX},
    ".tflite": {Format.TFLITE},
    ".npy": {Format.NUMPY, Format.NPZ},
    ".npz": {Format.NUMPY, Format.NPZ},
    ".h5": {Format.HDF5, Format.KERAS},
    ".hdf5": {Format.HDF5, Format.KERAS},
    ".keras": {Format.KERAS, Format.HDF5},
    ".ubj": {Format.XGBOOST},
    ".cbm": {Format.CATBOOST},
    ".pmml": {Format.PMML},
    ".parquet": {Format.PARQUET},
}
"""Endings that promise numbers and structure, and the formats that keep the promise."""
_PICKLES = (".pt", ".pth", ".pkl", ".pickle", ".joblib", ".ckpt", ".dill")
_CODE = frozenset(
    {Format.PICKLE, Format.PYTORCH_ZIP, Format.PYTORCH_EXPORT, Format.NATIVE_CODE, Format.PYTHON}
)
_ARCHIVES = frozenset({Format.ZIP, Format.TAR, Format.SEVEN_ZIP, Format.COMPRESSED, Format.SKOPS})
_CARRY = (*_PICKLES, ".py", ".pyc", ".so", ".dll", ".dylib", ".exe", ".sh", ".bin", ".npy", ".jar")
_MODELS = frozenset(
    {
        Format.SAFETENSORS, Format.GGUF, Format.ONNX, Format.TFLITE, Format.NUMPY, Format.NPZ,
        Format.HDF5, Format.KERAS, Format.XGBOOST, Format.LIGHTGBM, Format.CATBOOST, Format.PMML,
        Format.COREML, Format.EXECUTORCH,
    }
)  # fmt: skip
FORMATS = _CODE | _ARCHIVES | _MODELS - {Format.PYTHON}
"""The formats in which a name can mislead."""
_LOOKED_AT = 10_000


def misnamed(part: Part) -> bool:
    """Return whether a file's name may say something else than its format."""
    ending = _ending(part)
    kept = _PROMISES.get(ending)
    return part.format in FORMATS and (
        part.format not in kept
        if kept is not None
        else ending in _PICKLES and part.format in _MODELS - {Format.NUMPY, Format.NPZ}
    )


def _ending(part: Part) -> str:
    name = base_name(part.path).lower()
    return name[name.rfind(".") :] if "." in name else ""


def mismatch(part: Part, file: BinaryIO) -> Finding | None:
    """Return what is wrong with the name of a file, or None."""
    ending = _ending(part)
    form = part.format
    kept = _PROMISES.get(ending)
    if kept is None:
        # A pickle loader refuses these, and nothing runs.
        harmless = ending in _PICKLES and form in _MODELS - {Format.NUMPY, Format.NPZ}
        return _finding(part, ending, Severity.LOW) if harmless else None
    if form in kept:
        return None
    if form in _CODE:
        return _finding(part, ending, Severity.HIGH)
    if form in _ARCHIVES:
        carries = _carries_code(part, file)
        return _finding(part, ending, Severity.HIGH if carries else Severity.MEDIUM)
    return _finding(part, ending, Severity.LOW) if form in _MODELS else None


def _carries_code(part: Part, file: BinaryIO) -> bool:
    """Whether an archive has members whose names say that they bring code along."""
    try:
        if part.format is Format.TAR:
            names = [each.name for each in tar.members(file, 0, part.size)][:_LOOKED_AT]
        elif part.format in (Format.ZIP, Format.SKOPS):
            names = [each.name for each in members(file, 0, part.size)][:_LOOKED_AT]
        else:
            return False
    except UnreadableError:
        return True
    return any(each.lower().endswith(_CARRY) for each in names)


def _finding(part: Part, ending: str, severity: Severity) -> Finding:
    return Finding(
        rule=MISMATCH,
        message=f"Its name ends in {ending}, and it is {part.format.value}.",
        confidence=Confidence.HIGH,
        location=Location(path=part.path),
        severity=severity,
        detail={"ending": ending, "format": part.format.value},
    )
