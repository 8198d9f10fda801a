"""Found: the findings of one archive, and what could not be looked at in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from basanite.domain.answer import Answer
from basanite.domain.finding import Finding, Location, Rule
from basanite.domain.names import visible
from basanite.domain.outcome import Outcome
from basanite.domain.severity import Confidence, Severity
from basanite.domain.value import JsonObject

_SHOWN = 20


@dataclass
class Found:
    """What one archive came to."""

    path: str
    findings: list[Finding] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    _counts: dict[str, int] = field(default_factory=dict)

    def add(
        self, rule: Rule, member: str, message: str, detail: JsonObject | None = None,
        severity: Severity | None = None,
    ) -> None:  # fmt: skip
        """Take in a finding of a member, or of the archive as a whole where ``member`` is empty.

        Of one rule only so many are kept as a person reads.
        """
        self._counts[rule.id] = self._counts.get(rule.id, 0) + 1
        if self._counts[rule.id] > _SHOWN:
            return
        shown = visible(member, 300)
        self.findings.append(
            Finding(
                rule=rule,
                message=message,
                confidence=Confidence.HIGH,
                location=Location(path=f"{self.path}!/{shown}" if member else self.path),
                severity=severity,
                detail={**({"member": shown} if member else {}), **(detail or {})},
            )
        )

    def answer(self) -> Answer:
        """Return the answer of the check."""
        left_out = {name: n - _SHOWN for name, n in self._counts.items() if n > _SHOWN}
        more = "; ".join(f"{n} further findings of {name}" for name, n in left_out.items())
        ranks = [each.level.rank for each in self.findings]
        if any(rank >= Severity.HIGH.rank for rank in ranks):
            outcome, reason = Outcome.FAILED, ""
        elif self.unread:
            outcome, reason = Outcome.INCOMPLETE, "; ".join(self.unread[:3])
        elif any(rank >= Severity.MEDIUM.rank for rank in ranks):
            titles = dict.fromkeys(each.rule.title for each in self.findings)
            outcome, reason = Outcome.UNDECIDED, "; ".join(titles)
        else:
            outcome, reason = Outcome.PASSED, ""
        said = "; ".join(each for each in (reason, more) if each)
        return Answer(outcome=outcome, reason=said[:2000], findings=tuple(self.findings))
