"""Rules of the check `chat-template`."""

from __future__ import annotations

from basanite.domain.finding import Reference, Rule
from basanite.domain.severity import Severity

REFERENCES = (
    Reference(scheme="ATLAS", id="AML.T0010.003"),
    Reference(scheme="ATLAS", id="AML.T0051"),
    Reference(scheme="CWE", id="CWE-1336"),
    Reference(scheme="OWASP-LLM-2025", id="LLM03"),
)
_DO_NOT_LOAD = (
    "Do not load this model with its own template. Take the template from the model's maker, "
    "compare it, and render templates only in a sandboxed environment."
)
_ASK = (
    "Read the template at that line. Compare it with the one of the model's maker, and use that "
    "one if they differ."
)
INTERNALS = Rule(
    id="chat-template/internals",
    title="The template reaches into the program that renders it",
    severity=Severity.CRITICAL,
    remediation=_DO_NOT_LOAD,
    references=REFERENCES,
)
COMPUTED = Rule(
    id="chat-template/computed-name",
    title="The template puts the name of what it reaches for together",
    severity=Severity.HIGH,
    remediation=_DO_NOT_LOAD,
    references=REFERENCES,
)
FOREIGN = Rule(
    id="chat-template/foreign-name",
    title="The template asks for what belongs to Python or to a web server",
    severity=Severity.HIGH,
    remediation=_DO_NOT_LOAD,
    references=REFERENCES,
)
FILES = Rule(
    id="chat-template/other-file",
    title="The template loads another file",
    severity=Severity.HIGH,
    remediation="Do not load it. A chat template stands alone.",
    references=(*REFERENCES, Reference(scheme="CWE", id="CWE-829")),
)
EXHAUSTION = Rule(
    id="chat-template/exhaustion",
    title="The template computes without end or fills the memory",
    severity=Severity.HIGH,
    remediation=_DO_NOT_LOAD,
    references=(*REFERENCES, Reference(scheme="CWE", id="CWE-400")),
)
TRIGGER = Rule(
    id="chat-template/trigger",
    title="The template adds instructions when certain words are said",
    severity=Severity.HIGH,
    remediation=_ASK,
    references=REFERENCES,
)
REWRITES = Rule(
    id="chat-template/rewrites",
    title="The template replaces words of what was said",
    severity=Severity.MEDIUM,
    remediation=_ASK,
    references=REFERENCES,
)
SENDS = Rule(
    id="chat-template/sends-out",
    title="The template puts the conversation into an address, or active content into the prompt",
    severity=Severity.HIGH,
    remediation=_ASK,
    references=(*REFERENCES, Reference(scheme="OWASP-LLM-2025", id="LLM02")),
)
HIDDEN = Rule(
    id="chat-template/hidden-characters",
    title="The template holds characters that nobody sees",
    severity=Severity.MEDIUM,
    remediation=_ASK,
    references=(*REFERENCES, Reference(scheme="CWE", id="CWE-1007")),
)
ALL = (INTERNALS, COMPUTED, FOREIGN, FILES, EXHAUSTION, TRIGGER, REWRITES, SENDS, HIDDEN)
