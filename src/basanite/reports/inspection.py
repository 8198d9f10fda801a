"""The JSON of ``basanite inspect --format json``: files, and what was found in each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from basanite.domain.artifact import Artifact
from basanite.domain.assessment import Result
from basanite.domain.finding import Finding
from basanite.domain.outcome import Outcome
from basanite.domain.severity import Severity

SCHEMA = "basanite.inspection/1"

_ORDER = (
    Outcome.FAILED,
    Outcome.ERROR,
    Outcome.INCOMPLETE,
    Outcome.UNDECIDED,
    Outcome.SKIPPED,
    Outcome.PASSED,
    Outcome.NOT_APPLICABLE,
)
"""Which outcome speaks for a file that several checks looked at."""


def to_inspection(
    artifacts: Iterable[Artifact], results: Sequence[Result], *, accepted: Collection[str] = ()
) -> dict[str, Any]:
    """Return the inspection of some files as the design's JSON object.

    ``accepted`` are the occurrences that a baseline accepts; such findings say so.

    A file's outcome is the worst that any check came to; a file no check looked at is
    ``skipped``, never ``passed``. A finding inside an archive names its member as
    ``outer.zip!/inner.pkl``: under that member's own entry where the inventory lists it, else in
    its location under the outer file. Results about no listed file stand under ``unplaced``.
    """
    listed = list(artifacts)
    own: dict[str, list[tuple[Result, Finding]]] = {each.path: [] for each in listed}
    outcomes: dict[str, list[Outcome]] = {each.path: [] for each in listed}
    unplaced: list[dict[str, Any]] = []
    for result in results:
        names = [subject.name for subject in result.subjects if subject.name in own]
        for name in names:
            outcomes[name].append(result.outcome)
        for finding in result.findings:
            home = finding.location.path if finding.location.path in own else ""
            home = home or (names[0] if names else "")
            if home:
                own[home].append((result, finding))
                if home not in names:
                    outcomes[home].append(result.outcome)
            else:
                unplaced.append(_finding(result, finding, accepted))
    body: dict[str, Any] = {
        "schema": SCHEMA,
        "artifacts": [
            _artifact(each, outcomes[each.path], own[each.path], accepted) for each in listed
        ],
        "summary": _summary(listed, outcomes, results),
    }
    return body | ({"unplaced": unplaced} if unplaced else {})


def _outcome(outcomes: Iterable[Outcome]) -> Outcome:
    return min(outcomes, key=_ORDER.index, default=Outcome.SKIPPED)


def _artifact(
    artifact: Artifact,
    outcomes: list[Outcome],
    found: list[tuple[Result, Finding]],
    accepted: Collection[str],
) -> dict[str, Any]:
    worst_first = sorted(
        found, key=lambda pair: (-pair[1].level.rank, pair[1].rule.id, pair[1].location.path)
    )
    return {
        "path": artifact.path,
        "format": artifact.format.value,
        "size": artifact.size,
        "digest": {"sha256": artifact.sha256},
        "outcome": _outcome(outcomes).value,
        "findings": [_finding(result, finding, accepted) for result, finding in worst_first],
    }


def _finding(result: Result, finding: Finding, accepted: Collection[str]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "check": result.check,
        "rule": finding.rule.id,
        "severity": finding.level.value,
        "confidence": finding.confidence.value,
        "message": finding.message,
        "location": finding.location.model_dump(exclude_none=True),
        "references": [str(reference) for reference in finding.rule.references],
    }
    return told | ({"accepted": True} if result.occurrence(finding) in accepted else {})


def _summary(
    artifacts: list[Artifact], outcomes: dict[str, list[Outcome]], results: Sequence[Result]
) -> dict[str, Any]:
    levels = [finding.level for result in results for finding in result.findings]
    ends = [_outcome(outcomes[artifact.path]) for artifact in artifacts]
    return {
        "artifacts": len(artifacts),
        "bytes": sum(artifact.size for artifact in artifacts),
        "findings": {level.value: levels.count(level) for level in reversed(list(Severity))},
        "outcomes": {outcome.value: ends.count(outcome) for outcome in Outcome},
        "open": [
            {"check": result.check, "outcome": result.outcome.value, "reason": result.reason}
            for result in results
            if not result.outcome.conclusive
        ],
    }
