"""SARIF 2.1.0 (OASIS, errata 01): findings for code hosts, editors and dashboards."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any

from basanite.domain.assessment import Result
from basanite.domain.check import Check
from basanite.domain.evidence import Tool
from basanite.domain.finding import Finding, Location, Rule
from basanite.domain.measurement import Held
from basanite.domain.names import visible
from basanite.domain.outcome import Outcome
from basanite.domain.severity import Confidence, Severity
from basanite.domain.value import digest_of
from basanite.reports import words
from basanite.reports.bounds import said

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
FINGERPRINT = "basanite/v1"
ROOT = "SRCROOT"

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
}
_SECURITY = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.5",
}
"""Middle of the bands that code hosts cut this scale into (9.0, 7.0, 4.0)."""

_PRECISION = {
    Confidence.HIGH: "high",
    Confidence.MEDIUM: "medium",
    Confidence.LOW: "low",
}
_NOTICES = {
    Outcome.ERROR: ("error", "The check broke. It says nothing about its subject."),
    Outcome.INCOMPLETE: ("warning", "The check looked at a part of its subject only."),
    Outcome.UNDECIDED: ("warning", "The check looked, and could not decide."),
    Outcome.SKIPPED: ("note", "The check did not look."),
}
_MESSAGE = 4000


def to_sarif(
    results: Sequence[Result],
    checks: Iterable[Check],
    tool: Tool,
    *,
    waived: Mapping[str, str] | Collection[str] = (),
) -> dict[str, Any]:
    """Return a SARIF 2.1.0 log with one run.

    Findings become results. A check that failed by a measurement alone becomes a result too, so
    that a reader of the log never takes its silence for a pass. Outcomes that leave a question
    open become notifications.

    Args:
        results: what became of each question.
        checks: the checks the results speak of; all their rules are listed.
        tool: the program.
        waived: occurrences that a waiver accepts, or a mapping from them to the reason.
    """
    known = {check.id: check for check in checks}
    rules = _rules(known.values(), results)
    index = {rule.id: position for position, rule in enumerate(rules)}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": tool.name,
                "semanticVersion": tool.version,
                "rules": [_descriptor(rule, known.get(rule.id.split("/")[0])) for rule in rules],
                "notifications": [
                    {
                        "id": outcome.value,
                        "shortDescription": {"text": meaning},
                        "defaultConfiguration": {"level": level},
                    }
                    for outcome, (level, meaning) in _NOTICES.items()
                ],
                "properties": {"sha256": tool.sha256},
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {
            ROOT: {"description": {"text": "The folder of the system that was assessed."}}
        },
        "invocations": [_invocation(results)],
        "results": [
            *(
                _result(result, finding, index, waived)
                for result in results
                for finding in result.findings
            ),
            *(_measured(result, index) for result in results if _by_measurement(result)),
        ],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _by_measurement(result: Result) -> bool:
    return result.outcome is Outcome.FAILED and not result.findings


def _rules(checks: Iterable[Check], results: Iterable[Result]) -> list[Rule]:
    """Every rule that could have spoken, and every one that did, in order of id."""
    rules = {rule.id: rule for check in checks for rule in check.rules}
    known = {check.id: check for check in checks}
    for result in results:
        for finding in result.findings:
            rules.setdefault(finding.rule.id, finding.rule)
        if _by_measurement(result) and result.check not in rules:
            check = known.get(result.check)
            rules[result.check] = Rule(
                id=result.check,
                title=check.title if check else result.check,
                severity=Severity.HIGH,
                remediation=check.remediation if check else "",
                references=check.references if check else (),
            )
    return [rules[identifier] for identifier in sorted(rules)]


def _descriptor(rule: Rule, check: Check | None) -> dict[str, Any]:
    advice = rule.remediation or (check.remediation if check else "")
    about = " ".join(part for part in (check.asks, check.why) if part) if check else rule.title
    return {
        "id": rule.id,
        "name": "".join(part.capitalize() for part in rule.id.replace("/", "-").split("-")),
        "shortDescription": {"text": _text(rule.title)},
        "fullDescription": {"text": _text(about)},
        "help": {"text": _text(advice or rule.title)},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "security-severity": _SECURITY[rule.severity],
            "severity": rule.severity.value,
            "tags": ["security", *sorted({str(reference) for reference in rule.references})],
            **({"limits": check.limits, "checkVersion": check.version} if check else {}),
        },
    }


def _result(
    result: Result,
    finding: Finding,
    index: Mapping[str, int],
    waived: Mapping[str, str] | Collection[str],
) -> dict[str, Any]:
    body = _body(result, finding.rule.id, index, finding.fingerprint)
    body |= {
        "level": _LEVELS[finding.level],
        "message": {"text": _text(finding.message)},
        "locations": [_location(result, finding.location)],
    }
    body["properties"] |= {
        "severity": finding.level.value,
        "confidence": finding.confidence.value,
        "precision": _PRECISION[finding.confidence],
    }
    occurrence = result.occurrence(finding)
    if occurrence in waived:
        reason = waived[occurrence] if isinstance(waived, Mapping) else ""
        body["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": _text(reason or "Accepted by a waiver in the ledger."),
            }
        ]
    return body


def _measured(result: Result, index: Mapping[str, int]) -> dict[str, Any]:
    broken = [each for each in result.measurements if each.held is Held.NO]
    told = "; ".join(said(each) for each in broken) or result.reason or "The check failed."
    identity = digest_of([result.check, result.component, [each.name for each in broken]])
    body = _body(result, result.check, index, identity)
    name = result.subjects[0].name if result.subjects else ""
    body |= {
        "level": "error",
        "message": {"text": _text(told)},
        "locations": [_location(result, Location(path=name) if _is_file(result) else Location())],
    }
    return body


def _is_file(result: Result) -> bool:
    return bool(result.subjects) and "://" not in result.subjects[0].name


def _body(result: Result, rule: str, index: Mapping[str, int], fingerprint: str) -> dict[str, Any]:
    return {
        "ruleId": rule,
        "ruleIndex": index[rule],
        "kind": "fail",
        "partialFingerprints": {FINGERPRINT: fingerprint},
        "properties": {
            "check": result.check,
            "checkVersion": result.version,
            **({"component": result.component} if result.component else {}),
            **({"ledgerEntry": result.entry} if result.entry is not None else {}),
            "freshness": result.freshness.value,
        },
    }


def _location(result: Result, location: Location) -> dict[str, Any]:
    """Where: the outer file as a URI, a member of it or the component as a logical place."""
    names = {subject.name for subject in result.subjects}
    outer, mark, _ = location.path.partition("!/")
    nested = bool(mark) and location.path not in names
    logical = []
    if nested:
        logical.append({"fullyQualifiedName": location.path, "kind": "member"})
    if result.component:
        logical.append({"name": result.component, "kind": "module"})
    body: dict[str, Any] = {}
    if location.path:
        physical: dict[str, Any] = {
            "artifactLocation": {
                "uri": words.relative_uri(outer if nested else location.path),
                "uriBaseId": ROOT,
            }
        }
        region = _region(location)
        if region and not nested:
            physical["region"] = region
        body["physicalLocation"] = physical
    if logical:
        body["logicalLocations"] = logical
    return body or {"logicalLocations": [{"name": result.check, "kind": "module"}]}


def _region(location: Location) -> dict[str, int]:
    if location.line is not None:
        column = {"startColumn": location.column} if location.column is not None else {}
        return {"startLine": location.line, **column}
    return {"byteOffset": location.offset} if location.offset is not None else {}


def _invocation(results: Sequence[Result]) -> dict[str, Any]:
    ends = [result.finished for result in results if result.finished is not None]
    body: dict[str, Any] = {
        "executionSuccessful": all(result.outcome is not Outcome.ERROR for result in results),
        "toolExecutionNotifications": [
            _notice(result) for result in results if result.outcome in _NOTICES
        ],
    }
    if ends:
        body["endTimeUtc"] = max(ends).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return body


def _notice(result: Result) -> dict[str, Any]:
    level, meaning = _NOTICES[result.outcome]
    position = list(_NOTICES).index(result.outcome)
    subject = result.subjects[0].name if result.subjects and _is_file(result) else ""
    return {
        "descriptor": {"id": result.outcome.value, "index": position},
        "level": level,
        "message": {"text": _text(f"{result.check}: {result.reason or meaning}")},
        "locations": [_location(result, Location(path=subject))],
    }


def _text(text: str) -> str:
    """Return text as a SARIF message that stands for itself.

    Braces would be placeholders and are doubled; a bracket pair before a parenthesis would be a
    link and is escaped (SARIF 2.1.0, 3.11.5 and 3.11.6).
    """
    shown = visible(text, _MESSAGE).replace("{", "{{").replace("}", "}}")
    if "](" in shown:
        shown = shown.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return shown
