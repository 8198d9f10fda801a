"""Does the model need code from outside the file to run?

An exported graph names its operators, and the runtime looks each one up. The check reads the names
in ONNX (nested graphs and functions included), Core ML, OpenVINO and ExecuTorch. What the
runtime brings itself is fine, its own fused operators too. An operator, layer or delegate of
anybody else has to come from a library that is loaded into the process: which one, and what it
does, the file does not say, so the question stays open.

Operators that call Python by name, read other files or send their input to a service fail. A
function in an ONNX model that replaces a standard operator leaves the question open: the model does
not do what it reads like.
"""

from __future__ import annotations

from dataclasses import dataclass

from basanite.domain.answer import Answer
from basanite.domain.artifact import Format
from basanite.domain.check import Check, ShelfLife, Stage
from basanite.domain.finding import Finding, Location, Reference, Rule
from basanite.domain.outcome import Outcome
from basanite.domain.ports import OpenArtifact
from basanite.domain.severity import Confidence, Severity
from basanite.domain.value import JsonObject
from basanite.formats import coreml, executorch, onnx, openvino
from basanite.measure.inspection.inspector import Inspector

_REFERENCES = (
    Reference(scheme="ATLAS", id="AML.T0010.003"),
    Reference(scheme="CWE", id="CWE-829"),
    Reference(scheme="OWASP-LLM-2025", id="LLM03"),
)
_CUSTOM = Rule(
    id="custom-operators/unknown-library",
    title="The model needs operators from a library outside the file",
    severity=Severity.MEDIUM,
    remediation="Find out which library they come from and treat it as code of the system; better, "
    "export the model with standard operators only.",
    references=_REFERENCES,
)
_PYTHON = Rule(
    id="custom-operators/python",
    title="The model calls Python code by name when it runs",
    severity=Severity.HIGH,
    remediation="Do not run this model. Ask the supplier for one of standard operators only.",
    references=(*_REFERENCES, Reference(scheme="ATLAS", id="AML.T0011.000")),
)
_REACHES = Rule(
    id="custom-operators/reaches-out",
    title="The model reads other files, or sends its input to a service, when it runs",
    severity=Severity.HIGH,
    remediation="Do not run this model where its input is not public. Ask the supplier for one "
    "that computes by itself.",
    references=(*_REFERENCES, Reference(scheme="ATLAS", id="AML.T0024")),
)
_OVERRIDDEN = Rule(
    id="custom-operators/overridden",
    title="The model replaces a standard operator by a function of its own",
    severity=Severity.MEDIUM,
    remediation="Compare what the function computes with the operator whose name it has; better, "
    "ask for an export without it.",
    references=_REFERENCES,
)
_OPAQUE = Rule(
    id="custom-operators/opaque",
    title="A part of the model is in a form that only its own runtime reads",
    severity=Severity.MEDIUM,
    remediation="Ask the supplier what it is, or for an export without it.",
    references=_REFERENCES,
)
_EXTENSION = Rule(
    id="custom-operators/extension",
    title="The model needs a public extension of its runtime",
    severity=Severity.LOW,
    remediation="Pin that extension like every other dependency.",
    references=_REFERENCES,
)


@dataclass(frozen=True)
class _Case:
    fact: str
    rule: Rule
    words: str


_CASES = (
    _Case("python_operators", _PYTHON, "It uses"),
    _Case("reaching_operators", _REACHES, "It uses"),
    _Case("custom_operators", _CUSTOM, "It uses"),
    _Case("overridden_operators", _OVERRIDDEN, "It has its own"),
    _Case("opaque_parts", _OPAQUE, "It holds"),
    _Case("extension_operators", _EXTENSION, "It uses"),
)
_READERS = {
    Format.ONNX: onnx.read,
    Format.COREML: coreml.read,
    Format.OPENVINO: openvino.read,
    Format.EXECUTORCH: executorch.read,
}

CHECK = Check(
    id="custom-operators",
    version=2,
    stage=Stage.INSPECTION,
    title="Operators from outside",
    asks="Does the model need code from outside the file to run?",
    why="A model that pulls in a library runs what an attacker puts there, next to the control "
    "system and with its rights.",
    limits="It knows operators by name and domain. What a library that is installed does with a "
    "standard name is not seen, nor what lies in a delegate's or a serialized model's own bytes.",
    remediation="Keep to the operators of the standard and of the runtime.",
    references=_REFERENCES,
    shelf_life=ShelfLife(high=90, moderate=180, low=365),
    rules=tuple(each.rule for each in _CASES),
    readers=("detect", "container", "onnx", "coreml", "openvino", "executorch"),
)


def _inspect(opened: OpenArtifact, parameters: JsonObject) -> Answer:
    del parameters
    part = opened.artifact
    facts = _READERS[part.format](opened.file, part.size)
    findings = tuple(
        _finding(case, part.path, names)
        for case in _CASES
        if (names := [str(each) for each in facts.get(case.fact, ())])
    )
    worst = max((each.level.rank for each in findings), default=0)
    if worst >= Severity.HIGH.rank:
        return Answer(outcome=Outcome.FAILED, findings=findings)
    if worst >= Severity.MEDIUM.rank:
        reason = "; ".join(each.rule.title for each in findings if each.level.rank == worst)
        return Answer(outcome=Outcome.UNDECIDED, reason=reason, findings=findings)
    return Answer(outcome=Outcome.PASSED, findings=findings)


def _finding(case: _Case, path: str, names: list[str]) -> Finding:
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return Finding(
        rule=case.rule,
        message=f"{case.words} {shown}.",
        confidence=Confidence.HIGH,
        location=Location(path=path),
        detail={"operators": names},
    )


INSPECTOR = Inspector(check=CHECK, formats=frozenset(_READERS), inspect=_inspect)
