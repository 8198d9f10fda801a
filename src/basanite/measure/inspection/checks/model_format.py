"""Is the model in a format that can be looked into, and that cannot bring code along?

Some formats hold numbers and structure only: safetensors, GGUF and ONNX without custom operators.
The check reads their headers as a loader would and reports what makes a loader reach further: ONNX
operators that need a library from elsewhere, and weights in other files by absolute paths or paths
that leave the model's folder; safetensors whose tensors overlap, leave gaps, lie about their size
or carry extra bytes.

Other model files are recognised and not understood here: native libraries; an empty file, or bytes
of no known kind, that have a model's name, lie in an archive that has one, or that the manifest
declares as part of a model. Keras, HDF5, TensorFlow and TensorFlow Lite have checks of their own.
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
from basanite.formats import gguf, onnx, safetensors
from basanite.formats.detect import names_model
from basanite.measure.inspection.inspector import Inspector

_REFERENCES = (
    Reference(scheme="ATLAS", id="AML.T0010.003"),
    Reference(scheme="ATLAS", id="AML.T0018"),
    Reference(scheme="CWE", id="CWE-829"),
    Reference(scheme="OWASP-LLM-2025", id="LLM03"),
)
_CUSTOM = Rule(
    id="model-format/custom-operator",
    title="The model needs operators from a library outside the file",
    severity=Severity.MEDIUM,
    remediation="Find out which library they come from and treat it as code of the system; better, "
    "export the model with standard operators only.",
    references=_REFERENCES,
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
_ODD = {
    "overlapping_tensors": "tensors that overlap",
    "gaps": "gaps between tensors",
    "trailing_bytes": "bytes after the last tensor",
    "wrong_sizes": "tensors whose size is not that of their shape",
}
_NOT_UNDERSTOOD = {
    Format.EMPTY: "it is empty",
    Format.UNKNOWN: "it is of no known format, so nobody looked into it",
}
_AMBIGUOUS = frozenset({Format.EMPTY, Format.UNKNOWN})
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
    rules=(_CUSTOM, _OUTSIDE, _LAYOUT),
    parameters={"declared_model": False},
    readers=("detect", "container", "gguf", "onnx", "safetensors", "tar", "zip"),
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
    }[artifact.format]
    facts = reader(opened.file, artifact.size)
    findings = [
        *_custom(artifact.path, facts),
        *_outside(artifact.path, facts),
        *_layout(artifact.path, facts),
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
    if kind is Format.UNKNOWN and _NATIVE.search(path.lower()):
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


def _custom(path: str, facts: JsonObject) -> list[Finding]:
    names = [str(each) for each in facts.get("custom_operators", ())]
    if not names:
        return []
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return [_finding(_CUSTOM, path, f"It uses {shown}.", {"operators": names})]


def _outside(path: str, facts: JsonObject) -> list[Finding]:
    places = [str(each) for each in facts.get("external_data", ())]
    leaving = [each for each in places if _leaves(each)]
    return [
        _finding(_OUTSIDE, path, f"It reads {each}.", {"location": each}) for each in leaving[:20]
    ]


def _leaves(place: str) -> bool:
    parts = place.replace("\\", "/").split("/")
    return place.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]


def _layout(path: str, facts: JsonObject) -> list[Finding]:
    odd = {name: facts[name] for name in _ODD if facts.get(name)}
    if not odd:
        return []
    said = ", ".join(f"{count} {_ODD[name]}" for name, count in odd.items())
    return [_finding(_LAYOUT, path, f"It has {said}.", odd)]


INSPECTOR = Inspector(
    check=CHECK,
    formats=frozenset({Format.ONNX, Format.SAFETENSORS, Format.GGUF, *_NOT_UNDERSTOOD}),
    inspect=_inspect,
)
