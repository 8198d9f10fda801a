"""Rules of pickles: what never varies of each finding."""

from __future__ import annotations

from basanite.domain.finding import Reference, Rule
from basanite.domain.severity import Severity

REFERENCES = (
    Reference(scheme="ATLAS", id="AML.T0011.000"),
    Reference(scheme="ATLAS", id="AML.T0018.002"),
    Reference(scheme="ATLAS", id="AML.T0010.003"),
    Reference(scheme="CWE", id="CWE-502"),
    Reference(scheme="OWASP-LLM-2025", id="LLM03"),
)
_REPLACE = (
    "Do not load this file. Ask the supplier for the model in a format that cannot carry code "
    "(safetensors, ONNX, GGUF), and look at every machine that has loaded it."
)

CLOSED_CALL = Rule(
    id="pickle-code-execution/closed-call",
    title="Loading the file runs code that no model needs",
    severity=Severity.CRITICAL,
    remediation=_REPLACE,
    references=REFERENCES,
)
TAMPERING = Rule(
    id="pickle-code-execution/tampering",
    title="The file's data changes what objects or programs do",
    severity=Severity.HIGH,
    remediation=_REPLACE,
    references=REFERENCES,
)
UNKNOWN_CALL = Rule(
    id="pickle-code-execution/unknown-call",
    title="Loading the file calls something unknown",
    severity=Severity.MEDIUM,
    remediation="Find out what it does. Where it is your own class and harmless, name it in the "
    "parameter `allow` with a reason; better, save the model in a format that cannot carry code.",
    references=REFERENCES,
)
CLOSED_REFERENCE = Rule(
    id="pickle-code-execution/closed-reference",
    title="The file keeps something that runs, loads or fetches, for whoever uses the model",
    severity=Severity.HIGH,
    remediation=_REPLACE,
    references=REFERENCES,
)
REFERENCE = Rule(
    id="pickle-code-execution/reference",
    title="The file names a function or class that is not known here",
    severity=Severity.LOW,
    remediation="Find out why the model needs it; whatever uses the model could call it later.",
    references=REFERENCES,
)
TWO_FORMATS = Rule(
    id="pickle-code-execution/two-formats",
    title="The file is two formats at once, and one of them can run code",
    severity=Severity.HIGH,
    remediation="Do not load this file. No program writes such a file by chance: whoever checks "
    "it sees one thing and whoever loads it another. " + _REPLACE.partition(". ")[2],
    references=(*REFERENCES, Reference(scheme="CWE", id="CWE-436")),
)
ALL = (CLOSED_CALL, CLOSED_REFERENCE, TWO_FORMATS, TAMPERING, UNKNOWN_CALL, REFERENCE)
