"""Is the model in a format that can be looked into, and that cannot bring code along?

Some formats hold numbers and structure only: safetensors, GGUF, ONNX, Core ML, OpenVINO,
ExecuTorch, the models of XGBoost, LightGBM and CatBoost, PMML. The check reads their headers as a
loader would and reports what makes a loader reach further: weights in other files by absolute paths
or paths that leave the model's folder; XML that declares entities or holds scripts. Operators from
elsewhere are a matter of the check `custom-operators`, and code inside of `embedded-code`.

It holds a file to its format. Tensors that overlap, leave gaps, are named twice, lie about their
size or leave bytes over fail: readers see such a file differently, or something is hidden in it. A
name that promises numbers only, on a pickle or another file that brings code along, fails too.

Vocabularies of SentencePiece, fastText models, word vectors, Faiss indexes and the layouts of ggml
before GGUF are known by their first bytes, and hold no code.

Other model files are recognised and not understood here: native libraries; an empty file, or bytes
of no known kind, that have a model's name, lie in an archive that has one, or that the manifest
declares as part of a model. Keras, HDF5, TensorFlow and TensorFlow Lite have checks of their own.
For them the answer is `incomplete`: nobody looked, which is not the same as nothing found.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import BinaryIO

from basanite.domain.answer import Answer
from basanite.domain.artifact import Format
from basanite.domain.check import Check, ShelfLife, Stage
from basanite.domain.finding import Finding, Location, Reference, Rule
from basanite.domain.outcome import Outcome
from basanite.domain.ports import OpenArtifact
from basanite.domain.severity import Confidence, Severity
from basanite.domain.value import JsonObject
from basanite.formats import (
    catboost,
    coreml,
    executorch,
    gguf,
    lightgbm,
    onnx,
    openvino,
    pmml,
    safetensors,
    xgboost,
)
from basanite.formats.contradiction import ContradictionError
from basanite.formats.detect import names_model
from basanite.formats.places import leads_outside
from basanite.formats.recognised import recognise
from basanite.measure.inspection.inspector import Inspector
from basanite.measure.inspection.layout import HIDDEN_CODE, LAYOUT, UNTIDY, contradiction, layout
from basanite.measure.inspection.mismatch import FORMATS, MISMATCH, mismatch, misnamed

_REFERENCES = (
    Reference(scheme="ATLAS", id="AML.T0010.003"),
    Reference(scheme="ATLAS", id="AML.T0018"),
    Reference(scheme="CWE", id="CWE-829"),
    Reference(scheme="OWASP-LLM-2025", id="LLM03"),
)
_OUTSIDE = Rule(
    id="model-format/outside-data",
    title="The model reads weights from outside its folder",
    severity=Severity.HIGH,
    remediation="Do not load this file. Ask the supplier for a model whose external data lies "
    "beside it, or for one in a single file.",
    references=(*_REFERENCES, Reference(scheme="CWE", id="CWE-22")),
)
_DOCUMENT_TYPE = Rule(
    id="model-format/document-type",
    title="The model's XML declares entities, which readers expand or fetch",
    severity=Severity.HIGH,
    remediation="Do not open this file: entities read other files and addresses, or grow without "
    "end. No exporter of models writes them.",
    references=(*_REFERENCES, Reference(scheme="CWE", id="CWE-611")),
)
_SCRIPT = Rule(
    id="model-format/script",
    title="The model holds a script, or calls functions of the program that reads it",
    severity=Severity.HIGH,
    remediation="Do not load this file. Ask the supplier for a model that uses the format's own "
    "functions only.",
    references=(*_REFERENCES, Reference(scheme="CWE", id="CWE-94")),
)
_READERS: dict[Format, Callable[[BinaryIO, int], JsonObject]] = {
    Format.ONNX: onnx.read,
    Format.COREML: coreml.read,
    Format.OPENVINO: openvino.read,
    Format.EXECUTORCH: executorch.read,
    Format.SAFETENSORS: safetensors.read,
    Format.GGUF: gguf.read,
    Format.XGBOOST: xgboost.read,
    Format.LIGHTGBM: lightgbm.read,
    Format.CATBOOST: catboost.read,
    Format.PMML: pmml.read,
}
_NOT_UNDERSTOOD = {
    Format.NATIVE_CODE: "it is a program or a library, which is code as a whole",
    Format.EMPTY: "it is empty",
    Format.UNKNOWN: "it is of no known format, so nobody looked into it",
}
_PLAIN = frozenset({Format.ZIP, Format.TAR, Format.SEVEN_ZIP, Format.COMPRESSED})
_NATIVE = re.compile(r"\.(?:so(?:\.[0-9.]+)?|dll|dylib|pyd)$")

CHECK = Check(
    id="model-format",
    version=5,
    stage=Stage.INSPECTION,
    title="Model formats without code",
    asks="Is the model in a format that can be looked into and that brings no code along?",
    why="What cannot be looked into cannot be trusted next to a plant, and a model that pulls in "
    "files or libraries from elsewhere runs what an attacker puts there.",
    limits="It reads headers, not weights: a model that was trained to misbehave looks like any "
    "other. Between tensors of a GGUF file it tells zeros from other bytes, no more. Of models of "
    "trees it knows that they hold numbers only, not that the numbers are good.",
    remediation="Keep models as safetensors, GGUF, or ONNX with standard operators.",
    references=_REFERENCES,
    shelf_life=ShelfLife(high=90, moderate=180, low=365),
    rules=(
        _OUTSIDE,
        _DOCUMENT_TYPE,
        _SCRIPT,
        LAYOUT,
        UNTIDY,
        HIDDEN_CODE,
        MISMATCH,
    ),
    parameters={"declared_model": False},
    readers=(
        "detect",
        "container",
        "gguf",
        "onnx",
        "safetensors",
        "xgboost",
        "lightgbm",
        "catboost",
        "pmml",
        "recognised",
        "coreml",
        "openvino",
        "executorch",
        "tar",
        "zip",
    ),
)


def _inspect(opened: OpenArtifact, parameters: JsonObject) -> Answer:
    part = opened.artifact
    named = mismatch(part, opened.file)
    findings = [named] if named is not None else []
    if part.format in _READERS:
        findings += _read(opened)
    elif part.format in _NOT_UNDERSTOOD:
        return _unread(opened, declared=parameters.get("declared_model") is True)
    elif not findings:
        reason = f"its name hides nothing, and other checks look into a {part.format.value}"
        return Answer(outcome=Outcome.NOT_APPLICABLE, reason=reason)
    worst = max((each.level.rank for each in findings), default=-1)
    if worst >= Severity.HIGH.rank:
        return Answer(outcome=Outcome.FAILED, findings=tuple(findings))
    if worst >= Severity.MEDIUM.rank:
        reason = "; ".join(dict.fromkeys(each.rule.title for each in findings))
        return Answer(outcome=Outcome.UNDECIDED, reason=reason, findings=tuple(findings))
    return Answer(outcome=Outcome.PASSED, findings=tuple(findings))


def _read(opened: OpenArtifact) -> list[Finding]:
    """Return what is wrong with a model that can be looked into."""
    part = opened.artifact
    try:
        facts = _READERS[part.format](opened.file, part.size)
    except ContradictionError as error:
        return [contradiction(part.path, error.what)]
    return [
        *_outside(part.path, facts),
        *_xml(part.path, facts),
        *layout(part.path, facts),
    ]


def _unread(opened: OpenArtifact, *, declared: bool) -> Answer:
    part = opened.artifact
    kind, path = part.format, part.path
    what = _NOT_UNDERSTOOD[kind]
    if kind is Format.NATIVE_CODE and part.within and not _plain(part.within):
        reason = "whether a program belongs into a model is a matter of the check embedded-code"
        return Answer(outcome=Outcome.NOT_APPLICABLE, reason=reason)
    if kind in (Format.UNKNOWN, Format.NATIVE_CODE) and _NATIVE.search(path.lower()):
        reason = "it is a native library, which is code as a whole: nobody looked into it"
        return Answer(outcome=Outcome.INCOMPLETE, reason=reason)
    known = recognise(opened.file, part.size) if kind is Format.UNKNOWN else None
    if known is not None and known.opaque:
        return Answer(outcome=Outcome.INCOMPLETE, reason=known.opaque)
    if known is not None:
        return Answer(outcome=Outcome.PASSED, reason=f"it is {known.what}, which holds no code")
    if declared:
        reason = f"the manifest declares the file as part of a model, and {what}"
    elif names_model(path):
        reason = f"the file has the name of a model, and {what}"
    elif part.within and _plain(part.within) and names_model(path.partition("!/")[0]):
        reason = f"it lies in an archive with the name of a model, and {what}"
    else:
        return Answer(outcome=Outcome.NOT_APPLICABLE, reason="nothing says that this is a model")
    return Answer(outcome=Outcome.INCOMPLETE, reason=reason)


def _plain(within: tuple[Format, ...]) -> bool:
    """Whether all containers around are archives of anything, not a model's own layout."""
    return _PLAIN.issuperset(within)


def _finding(rule: Rule, path: str, message: str, detail: JsonObject) -> Finding:
    return Finding(
        rule=rule,
        message=message,
        confidence=Confidence.HIGH,
        location=Location(path=path),
        detail=detail,
    )


def _outside(path: str, facts: JsonObject) -> list[Finding]:
    places = [str(each) for each in facts.get("external_data", ())]
    leaving = [each for each in places if leads_outside(each)]
    return [
        _finding(_OUTSIDE, path, f"It reads {each}.", {"location": each}) for each in leaving[:20]
    ]


def _xml(path: str, facts: JsonObject) -> list[Finding]:
    """Return what does not belong into a model written as XML."""
    found = []
    if said := facts.get("document_type"):
        found.append(_finding(_DOCUMENT_TYPE, path, f"It declares {said}.", {"said": said}))
    found += [
        _finding(_SCRIPT, path, f"It holds {script}", {"script": script})
        for script in facts.get("scripts", ())
    ]
    found += [
        _finding(_SCRIPT, path, f"It calls {name}.", {"function": name})
        for name in facts.get("foreign_functions", ())
    ]
    return found


_OWN = frozenset({*_READERS, *_NOT_UNDERSTOOD})
INSPECTOR = Inspector(
    check=CHECK,
    formats=_OWN | FORMATS,
    inspect=_inspect,
    where=lambda part: part.format in _OWN or misnamed(part),
)
