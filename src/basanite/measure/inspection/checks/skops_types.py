"""Which types would loading this skops file build?

A skops file is a tree of nodes; each names a class or a function and the loader that rebuilds it.
skops asks its user to look through the types it does not trust by itself, and loads them all when
the user says yes. The check looks through them as a careful user would. Types of scikit-learn,
NumPy, SciPy and pandas that hold numbers are open. What reaches the operating system, evaluates
text or loads further code is closed, and so is a node whose name and loader disagree: the user is
then shown one name while another is built (CVE-2025-54412, CVE-2025-54413). Types of other packages
leave the answer undecided, by name, until the parameter `allow` vouches for them.

The check is put to the `schema.json` inside; whatever else the archive holds is the matter of other
checks.
"""

from __future__ import annotations

from basanite.domain.answer import MAX_FINDINGS, Answer
from basanite.domain.artifact import Format
from basanite.domain.check import Check, ShelfLife, Stage
from basanite.domain.errors import UnreadableError, UsageError
from basanite.domain.finding import Finding, Location, Reference, Rule
from basanite.domain.names import base_name
from basanite.domain.outcome import Outcome
from basanite.domain.ports import OpenArtifact
from basanite.domain.severity import Confidence, Severity
from basanite.domain.value import JsonObject
from basanite.formats.skops import SCHEMA, nodes, read_schema
from basanite.measure.inspection.inspector import Inspector
from basanite.measure.inspection.skops.judge import LOOKED_INTO, Odd, judge

_REFERENCES = (
    Reference(scheme="ATLAS", id="AML.T0010.003"),
    Reference(scheme="ATLAS", id="AML.T0011.000"),
    Reference(scheme="CWE", id="CWE-502"),
    Reference(scheme="OWASP-LLM-2025", id="LLM03"),
)
_REFUSE = "Do not load this file. Find out who made it, and replace it from a source you trust."
_RULES = {
    "closed": Rule(
        id="skops-types/closed",
        title="Loading the file reaches what no model needs",
        severity=Severity.HIGH,
        remediation=_REFUSE,
        references=_REFERENCES,
    ),
    "disagreeing": Rule(
        id="skops-types/disagreeing",
        title="A node's name and its loader disagree",
        severity=Severity.HIGH,
        remediation=_REFUSE,
        references=(
            *_REFERENCES,
            Reference(scheme="CWE", id="CWE-843"),
            Reference(scheme="CVE", id="CVE-2025-54412"),
            Reference(scheme="CVE", id="CVE-2025-54413"),
        ),
    ),
    "reaching": Rule(
        id="skops-types/reaching",
        title="The file reaches through an object into others",
        severity=Severity.HIGH,
        remediation=_REFUSE,
        references=(*_REFERENCES, Reference(scheme="CVE", id="CVE-2025-54413")),
    ),
    "unknown": Rule(
        id="skops-types/unknown",
        title="The file builds a type that is not known here",
        severity=Severity.MEDIUM,
        remediation="Look at the code of this type. If it only holds data, vouch for it in the "
        "parameter allow.",
        references=_REFERENCES,
    ),
}

CHECK = Check(
    id="skops-types",
    version=3,
    stage=Stage.INSPECTION,
    title="Types in skops files",
    asks="Which types would loading this skops file build, and can any of them run code?",
    why="Whoever loads the file and trusts its types runs what they do, with the credentials and "
    "the network of the program that loads it.",
    limits="What a type does when it is used, after it was loaded, is not looked at. Trees of "
    "scikit-learn are open here, though wrong indices in one can end the process that uses it.",
    remediation="Load with a list of trusted types that you wrote yourself, never with one that "
    "was taken from the file.",
    references=_REFERENCES,
    shelf_life=ShelfLife(high=90, moderate=180, low=365),
    rules=tuple(_RULES.values()),
    parameters={"allow": []},
    readers=("detect", "container", "zip", "skops"),
)
_SHOWN = 3


def _inspect(opened: OpenArtifact, parameters: JsonObject) -> Answer:
    part = opened.artifact
    try:
        schema = read_schema(opened.file, part.size)
    except UnreadableError:
        if Format.SKOPS not in part.within and ".skops!/" not in part.path.lower():
            return Answer(outcome=Outcome.NOT_APPLICABLE, reason="it is no schema of skops")
        raise
    if schema is None:
        return Answer(outcome=Outcome.NOT_APPLICABLE, reason="it is no schema of skops")
    vouched = _vouched(parameters)
    found: dict[tuple[str, str], Odd] = {}
    alike: set[tuple[str, str, str]] = set()
    for node in nodes(schema):
        named = (node.loader, node.module, node.name)
        if named in alike:
            continue
        if node.loader not in LOOKED_INTO:
            alike.add(named)
        for odd in judge(node, vouched):
            found.setdefault((odd.rule, odd.name), odd)
    # A closed name says it all; that its loader disagrees too adds nothing.
    closed = {name for rule, name in found if rule == "closed"}
    kept = [each for each in found.values() if each.rule == "closed" or each.name not in closed]
    return _answer(kept, part.path)


def _answer(odd: list[Odd], path: str) -> Answer:
    findings = [
        Finding(
            rule=_RULES[each.rule],
            message=each.message,
            confidence=Confidence.HIGH,
            location=Location(path=path),
            detail={"name": each.name},
        )
        for each in odd
    ]
    findings.sort(key=lambda each: -each.level.rank)
    reason = f"{len(findings) - MAX_FINDINGS} are left out" if len(findings) > MAX_FINDINGS else ""
    kept = tuple(findings[:MAX_FINDINGS])
    if any(each.level.rank >= Severity.HIGH.rank for each in kept):
        return Answer(outcome=Outcome.FAILED, reason=reason, findings=kept)
    if not findings:
        return Answer(outcome=Outcome.PASSED)
    names = sorted({each.name for each in odd})
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    reason = f"whether these are harmless is not known here: {', '.join(names[:_SHOWN])}{more}"
    return Answer(outcome=Outcome.UNDECIDED, reason=reason[:2000], findings=kept)


def _vouched(parameters: JsonObject) -> frozenset[str]:
    allow = parameters.get("allow", [])
    if not isinstance(allow, list) or not all(isinstance(each, str) for each in allow):
        raise UsageError(
            "parameter allow of skops-types is no list of names",
            remedy="Write it as a list such as [water.models.Forecast].",
        )
    return frozenset(allow)


def _is_schema(path: str) -> bool:
    return base_name(path) == SCHEMA


INSPECTOR = Inspector(
    check=CHECK,
    formats=frozenset(Format),
    inspect=_inspect,
    where=lambda part: _is_schema(part.path),
)
