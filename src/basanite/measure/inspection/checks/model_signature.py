"""Is the model, file by file, what a signer whom you trust has signed?

A model signature of the OpenSSF (a Sigstore bundle, often `model.sig`) names every file of a model
by digest. The check holds the files that lie beside the signature against it, in both directions: a
file that changed, is missing, or was added without being signed is a failure. The signature itself
counts only with a key that you trust: `basanite provenance trust KEY`.

Signatures by certificate need the transparency log of their issuer, which is not asked: such a
signature, or one by a key that is not trusted here, leaves the question undecided.
"""

from __future__ import annotations

from collections.abc import Iterator

from basanite.domain.answer import Answer
from basanite.domain.artifact import Format
from basanite.domain.check import Check, ShelfLife, Stage
from basanite.domain.errors import UnreadableError
from basanite.domain.finding import Finding, Location, Reference, Rule
from basanite.domain.names import encode_name, visible
from basanite.domain.outcome import Outcome
from basanite.domain.ports import OpenArtifact
from basanite.domain.severity import Confidence, Severity
from basanite.domain.value import JsonObject
from basanite.formats.model_signature import ModelSignature, is_ignored, read_signature
from basanite.measure.inspection.inspector import Inspector

_REFERENCES = (
    Reference(scheme="ATLAS", id="AML.T0010.003"),
    Reference(scheme="ATLAS", id="AML.M0013"),
    Reference(scheme="CWE", id="CWE-345"),
    Reference(scheme="OWASP-LLM-2025", id="LLM03"),
)
_AGAIN = (
    "Do not use the model. Get it again from its source with its signature, and find out who "
    "changed it."
)
_CHANGED = Rule(
    id="model-signature/changed",
    title="A file of the model is not the one that was signed",
    severity=Severity.CRITICAL,
    remediation=_AGAIN,
    references=_REFERENCES,
)
_MISSING = Rule(
    id="model-signature/missing",
    title="A signed file of the model is not there",
    severity=Severity.HIGH,
    remediation=_AGAIN,
    references=_REFERENCES,
)
_ADDED = Rule(
    id="model-signature/added",
    title="A file lies in the model's folder that nobody signed",
    severity=Severity.HIGH,
    remediation="Remove the file, or have the model signed again with it.",
    references=_REFERENCES,
)
_SIGNER = Rule(
    id="model-signature/signer",
    title="The model is signed by nobody who is trusted here",
    severity=Severity.MEDIUM,
    remediation="Get the signer's public key from the signer, not from beside the model, and name "
    "it with `basanite provenance trust`.",
    references=_REFERENCES,
)
_SHOWN = 50

CHECK = Check(
    id="model-signature",
    version=2,
    stage=Stage.INSPECTION,
    title="Signed models",
    asks="Is the model, file by file, what a signer whom you trust has signed?",
    why="A model that was swapped or changed on its way does what whoever changed it wants.",
    limits="It says who signed and that nothing changed since, not that the model is good. "
    "Signatures by certificate are not verified, since that needs a service on the network. "
    "Signatures over ranges of files are verified by `basanite provenance verify` only.",
    remediation="Take models with a signature of the supplier, and trust keys that you got from "
    "the supplier by another way.",
    references=_REFERENCES,
    shelf_life=ShelfLife(high=90, moderate=180, low=365),
    rules=(_CHANGED, _MISSING, _ADDED, _SIGNER),
    parameters={"files": {}, "signer": ""},
    readers=("detect", "model-signature"),
)


def _inspect(opened: OpenArtifact, parameters: JsonObject) -> Answer:
    path = opened.artifact.path
    signature = read_signature(opened.file, opened.artifact.size)
    files = {str(name): str(digest) for name, digest in parameters["files"].items()}
    if not files:
        raise UnreadableError("the files that it signs were not given along with it")
    if signature.method != "files" or {r.algorithm for r in signature.resources} - {"sha256"}:
        raise UnreadableError("it signs ranges of files, or by another digest than SHA-256")
    findings = list(_differences(path, signature, files))
    if findings:
        return Answer(outcome=Outcome.FAILED, findings=tuple(findings[:_SHOWN]))
    if parameters["signer"]:
        return Answer(outcome=Outcome.PASSED, detail={"signer": str(parameters["signer"])})
    by = "a certificate" if signature.certified else f"the key {signature.hint or 'of nobody'}"
    told = f"All files are as signed, by {by}, which is not trusted here."
    return Answer(
        outcome=Outcome.UNDECIDED,
        reason="the signer is not trusted here",
        findings=(_finding(_SIGNER, path, told, {"hint": signature.hint}),),
    )


def _differences(path: str, signature: ModelSignature, files: dict[str, str]) -> Iterator[Finding]:
    folder = path.rpartition("/")[0]
    signed = {encode_name(each.name): each.digest for each in signature.resources}
    for name, digest in signed.items():
        place = f"{folder}/{name}" if folder else name
        if name not in files:
            told = f"{visible(name, 200)} is signed and missing."
            yield _finding(_MISSING, place, told, {"file": name})
        elif files[name] != digest:
            told = f"{visible(name, 200)} has another digest than the signed one."
            yield _finding(_CHANGED, place, told, {"file": name})
    own = path.rpartition("/")[2]
    for name in files:
        if name not in signed and name != own and not is_ignored(name, signature.ignored):
            place = f"{folder}/{name}" if folder else name
            told = f"{visible(name, 200)} is not signed."
            yield _finding(_ADDED, place, told, {"file": name})


def _finding(rule: Rule, path: str, message: str, detail: JsonObject) -> Finding:
    return Finding(
        rule=rule,
        message=message,
        confidence=Confidence.HIGH,
        location=Location(path=path),
        detail=detail,
    )


INSPECTOR = Inspector(
    check=CHECK, formats=frozenset({Format.MODEL_SIGNATURE}), inspect=_inspect, inside=False
)
