"""Rules of one check, written down without saying over and over whose they are."""

from __future__ import annotations

from dataclasses import dataclass

from basanite.domain.finding import Reference, Rule
from basanite.domain.severity import Severity


@dataclass(frozen=True, slots=True)
class Rulebook:
    """What the rules of a check have alike."""

    check: str
    references: tuple[Reference, ...]
    remediation: str = ""
    """Of those rules that say none of their own."""

    def rule(
        self,
        case: str,
        title: str,
        severity: Severity,
        remediation: str = "",
        *more: Reference,
    ) -> Rule:
        """Return the rule ``check/case``; ``more`` references stand after those of the check."""
        return Rule(
            id=f"{self.check}/{case}",
            title=title,
            severity=severity,
            remediation=remediation or self.remediation,
            references=(*self.references, *more),
        )


def by_case(*rules: Rule) -> dict[str, Rule]:
    """Return rules by their names within the check."""
    return {rule.id.partition("/")[2]: rule for rule in rules}
