"""Is the model in a format that can be looked into, and that cannot bring code along?

Some formats hold numbers and structure only: safetensors, GGUF, ONNX, Core ML, OpenVINO and
ExecuTorch. The check reads their headers as a loader would and reports what makes a loader reach
further: weights in other files by absolute paths or paths that leave the model's folder, and XML
that declares entities; tensors that overlap, leave gaps, lie about their size or carry extra bytes.
Operators from elsewhere are a matter of the check `custom-operators`, and code inside of
`embedded-code`.

Other model files are recognised and not understood here: HDF5 and Keras layers, TensorFlow Lite,
native libraries; an empty file, or bytes of no known kind, that have a model's name, lie in an
archive that has one, or that the manifest declares as part of a model.
For them the answer is `incomplete`: nobody looked, which is not the same as nothing found.
"""

from __future__ import annotations

import re

from basanite.domain.answer import Answer
from basanite.domain.artifact import Format, Part
from basanite.domain.check import Check, ShelfLife, Stage
from basanite.domain.finding import Finding, Location, Reference, Rule
from basanite.domain.outcome import Outcome
from basanite.domain.ports import OpenArtifact
from basanite.domain.severity import Confidence, Severity
from basanite.domain.value import JsonObject
from basanite.formats import coreml, executorch, gguf, onnx, openvino, safetensors
from basanite.formats.detect import names_model
from basanite.formats.places import leads_outside
from basanite.measure.inspection.inspector import Inspector

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
_LAYOUT = Rule(
    id="model-format/layout",
    title="The tensors do not lie as the format demands",
    severity=Severity.MEDIUM,
    remediation="Get the file again from its source and compare digests. A writer that follows the "
    "format leaves no gaps, overlaps or extra bytes; something may be hidden in them.",
    references=(*_REFERENCES, Reference(scheme="CWE", id="CWE-1284")),
)
_DOCUMENT_TYPE = Rule(
    id="model-format/document-type",
    title="The model's XML declares entities, which readers expand or fetch",
    severity=Severity.HIGH,
    remediation="Do not open this file: entities read other files and addresses, or grow without "
    "end. No exporter of models writes them.",
    references=(*_REFERENCES, Reference(scheme="CWE", id="CWE-611")),
)
_ODD = {
    "overlapping_tensors": "tensors that overlap",
    "gaps": "gaps between tensors",
    "trailing_bytes": "bytes after the last tensor",
    "wrong_sizes": "tensors whose size is not that of their shape",
    "beyond_the_end": "tensors that lie behind the end of the file",
}
_NOT_UNDERSTOOD = {
    Format.HDF5: "HDF5 is recognised, and its layers are not looked into",
    Format.KERAS: "a Keras model is recognised, and its layers are not looked into",
    Format.TFLITE: "TensorFlow Lite is recognised, and its operators are not looked into",
    Format.NATIVE_CODE: "it is a program or a library, which is code as a whole",
    Format.EMPTY: "it is empty",
    Format.UNKNOWN: "it is of no known format, so nobody looked into it",
}
_AMBIGUOUS = frozenset({Format.EMPTY, Format.UNKNOWN, Format.NATIVE_CODE})
_PLAIN = frozenset({Format.ZIP, Format.TAR, Format.SEVEN_ZIP, Format.COMPRESSED})
_NATIVE = re.compile(r"\.(?:so(?:\.[0-9.]+)?|dll|dylib|pyd)$")

CHECK = Check(
    id="model-format",
    version=3,
    stage=Stage.INSPECTION,
    title="Model formats without code",
    asks="Is the model in a format that can be looked into and that brings no code along?",
    why="What cannot be looked into cannot be trusted next to a plant, and a model that pulls in "
    "files or libraries from elsewhere runs what an attacker puts there.",
    limits="It reads headers, not weights: a model that was trained to misbehave looks like any "
    "other. "
    "Templates for prompts in GGUF files are not judged, and a GGUF file that was cut within its "
    "last tensor is not noticed.",
    remediation="Keep models as safetensors, GGUF, or ONNX with standard operators.",
    references=_REFERENCES,
    shelf_life=ShelfLife(high=90, moderate=180, low=365),
    rules=(_OUTSIDE, _LAYOUT, _DOCUMENT_TYPE),
    parameters={"declared_model": False},
    readers=(
        "detect",
        "container",
        "gguf",
        "onnx",
        "safetensors",
        "tar",
        "zip",
        "coreml",
        "openvino",
        "executorch",
    ),
)


def _inspect(opened: OpenArtifact, parameters: JsonObject) -> Answer:
    artifact = opened.artifact
    declared = parameters.get("declared_model") is True
    if artifact.format in _NOT_UNDERSTOOD:
        return _unread(artifact, declared=declared)
    reader = {
        Format.ONNX: onnx.read,
        Format.SAFETENSORS: safetensors.read,
        Format.GGUF: gguf.read,
        Format.COREML: coreml.read,
        Format.OPENVINO: openvino.read,
        Format.EXECUTORCH: executorch.read,
    }[artifact.format]
    facts = reader(opened.file, artifact.size)
    findings = [
        *_outside(artifact.path, facts),
        *_layout(artifact.path, facts),
        *_document_type(artifact.path, facts),
    ]
    serious = any(each.level.rank >= Severity.HIGH.rank for each in findings)
    if serious:
        return Answer(outcome=Outcome.FAILED, findings=tuple(findings))
    if findings:
        reason = "; ".join(each.rule.title for each in findings)
        return Answer(outcome=Outcome.UNDECIDED, reason=reason, findings=tuple(findings))
    return Answer(outcome=Outcome.PASSED)


def _unread(part: Part, *, declared: bool) -> Answer:
    kind, path = part.format, part.path
    what = _NOT_UNDERSTOOD[kind]
    if kind is Format.NATIVE_CODE and part.within and not _plain(part.within):
        reason = "whether a program belongs into a model is a matter of the check embedded-code"
        return Answer(outcome=Outcome.NOT_APPLICABLE, reason=reason)
    if kind in (Format.UNKNOWN, Format.NATIVE_CODE) and _NATIVE.search(path.lower()):
        reason = "it is a native library, which is code as a whole: nobody looked into it"
        return Answer(outcome=Outcome.INCOMPLETE, reason=reason)
    if kind not in _AMBIGUOUS:
        return Answer(outcome=Outcome.INCOMPLETE, reason=what)
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


def _layout(path: str, facts: JsonObject) -> list[Finding]:
    odd = {name: facts[name] for name in _ODD if facts.get(name)}
    if not odd:
        return []
    said = ", ".join(f"{count} {_ODD[name]}" for name, count in odd.items())
    return [_finding(_LAYOUT, path, f"It has {said}.", odd)]


def _document_type(path: str, facts: JsonObject) -> list[Finding]:
    said = facts.get("document_type")
    return [_finding(_DOCUMENT_TYPE, path, f"It declares {said}.", {"said": said})] if said else []


INSPECTOR = Inspector(
    check=CHECK,
    formats=frozenset(
        {
            Format.ONNX,
            Format.SAFETENSORS,
            Format.GGUF,
            Format.COREML,
            Format.OPENVINO,
            Format.EXECUTORCH,
            *_NOT_UNDERSTOOD,
        }
    ),
    inspect=_inspect,
)
