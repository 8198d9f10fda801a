"""Rules of Keras models: what never varies of each finding."""

from __future__ import annotations

from basanite.domain.finding import Reference, Rule
from basanite.domain.severity import Severity

REFERENCES = (
    Reference(scheme="ATLAS", id="AML.T0011.000"),
    Reference(scheme="ATLAS", id="AML.T0018.002"),
    Reference(scheme="CWE", id="CWE-502"),
    Reference(scheme="OWASP-LLM-2025", id="LLM03"),
)


def _cve(*names: str) -> tuple[Reference, ...]:
    return (*REFERENCES, *(Reference(scheme="CVE", id=each) for each in names))


_REPLACE = (
    "Do not load this file. Ask the supplier for a model of Keras's own layers only, with a named "
    "and published layer in place of the code."
)
CODE = Rule(
    id="keras-code/code",
    title="The model carries compiled Python code",
    severity=Severity.CRITICAL,
    remediation=_REPLACE,
    references=_cve("CVE-2024-3660", "CVE-2025-9905", "CVE-2025-49655"),
)
IMPORT = Rule(
    id="keras-code/import",
    title="The model makes Keras import code that no model needs",
    severity=Severity.CRITICAL,
    remediation="Do not load this file, and look at every machine that has loaded it.",
    references=_cve("CVE-2025-1550"),
)
TOOL = Rule(
    id="keras-code/tool",
    title="The model reaches functions that load, fetch, write or change settings",
    severity=Severity.HIGH,
    remediation="Do not load this file, and look at every machine that has loaded it.",
    references=_cve("CVE-2025-8747", "CVE-2025-9906", "CVE-2025-12060"),
)
ELSEWHERE = Rule(
    id="keras-code/reads-elsewhere",
    title="Loading the model reads other files",
    severity=Severity.HIGH,
    remediation="Do not load this file. Ask the supplier for a model that holds all it needs.",
    references=(
        *_cve("CVE-2025-12058", "CVE-2026-1462", "CVE-2026-1669"),
        Reference(scheme="CWE", id="CWE-73"),
    ),
)
SIZE = Rule(
    id="keras-code/size",
    title="The file announces far more data than it holds",
    severity=Severity.HIGH,
    remediation="Do not load this file: it takes all the memory of the machine.",
    references=(*_cve("CVE-2026-0897"), Reference(scheme="CWE", id="CWE-789")),
)
CUSTOM = Rule(
    id="keras-code/custom-object",
    title="The model needs classes or functions from elsewhere",
    severity=Severity.MEDIUM,
    remediation="Find out where they come from and treat them as code of the system.",
    references=REFERENCES,
)
MEMBER = Rule(
    id="keras-code/extra-member",
    title="The archive holds files that Keras does not write",
    severity=Severity.LOW,
    remediation="Find out what they are for.",
    references=REFERENCES,
)
ALL = (CODE, IMPORT, TOOL, ELSEWHERE, SIZE, CUSTOM, MEMBER)
