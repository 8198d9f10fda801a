"""Findings by rule, worst first: what is wrong, how often, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from basanite.domain.assessment import Assessment, Result
from basanite.domain.finding import Finding, Reference, Rule
from basanite.domain.severity import Severity


@dataclass(frozen=True)
class Group:
    """All occurrences of one rule at one severity."""

    rule: Rule
    severity: Severity
    occurrences: Sequence[tuple[Result, Finding]]
    remedy: str
    references: tuple[Reference, ...]

    @property
    def check(self) -> str:
        """Return the id of the check that found it."""
        return self.occurrences[0][0].check


def groups(assessment: Assessment) -> list[Group]:
    """Return the findings that no waiver accepts, grouped, worst first."""
    gathered: dict[tuple[str, Severity], list[tuple[Result, Finding]]] = {}
    for result, finding in assessment.findings():
        gathered.setdefault((finding.rule.id, finding.level), []).append((result, finding))
    found = [_group(assessment, level, pairs) for (_, level), pairs in gathered.items()]
    return sorted(found, key=_order)


def _order(group: Group) -> tuple[int, int, int, str]:
    """Worst first; among equals the surest, then what was seen most often."""
    sure = max(finding.confidence.rank for _, finding in group.occurrences)
    return -group.severity.rank, -sure, -len(group.occurrences), group.rule.id


def _group(
    assessment: Assessment, level: Severity, pairs: Sequence[tuple[Result, Finding]]
) -> Group:
    rule = pairs[0][1].rule
    check = assessment.check(pairs[0][0].check)
    return Group(
        rule=rule,
        severity=level,
        occurrences=pairs,
        remedy=rule.remediation or (check.remediation if check else ""),
        references=rule.references or (check.references if check else ()),
    )
