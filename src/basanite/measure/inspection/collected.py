"""Collected: what one check came to over an artifact and all its parts."""

from __future__ import annotations

from dataclasses import dataclass, field

from basanite.domain.answer import MAX_FINDINGS, Answer
from basanite.domain.artifact import Part
from basanite.domain.finding import Finding
from basanite.domain.outcome import Outcome
from basanite.formats.container.entry import Unlooked

_ORDER = (
    Outcome.FAILED,
    Outcome.ERROR,
    Outcome.INCOMPLETE,
    Outcome.UNDECIDED,
    Outcome.PASSED,
    Outcome.NOT_APPLICABLE,
)
"""The outcome that speaks for the whole is the first of these that any part has."""
_SHOWN = 3


@dataclass
class Collected:
    """The answers of one check, part by part."""

    findings: list[Finding] = field(default_factory=list)
    reasons: dict[Outcome, list[str]] = field(default_factory=dict)

    def add(self, part: Part, answer: Answer) -> None:
        """Take in what the check said of a part."""
        self.findings += answer.findings
        said = f"{part.path}: {answer.reason}" if part.within and answer.reason else answer.reason
        self.reasons.setdefault(answer.outcome, []).append(said)

    def unlooked(self, missed: Unlooked, said: Answer | None = None) -> None:
        """Take in that something inside could not be looked at, and what the check says of that."""
        if said is not None:
            self.findings += said.findings
            self.reasons.setdefault(said.outcome, []).append(said.reason)
        self.reasons.setdefault(Outcome.INCOMPLETE, []).append(f"{missed.path}: {missed.reason}")

    def answer(self, nothing: str) -> Answer:
        """Return the answer for the whole; ``nothing`` is the reason where no part concerned it."""
        outcome = next((each for each in _ORDER if each in self.reasons), None)
        if outcome is None:
            return Answer(outcome=Outcome.NOT_APPLICABLE, reason=nothing)
        said = [each for each in dict.fromkeys(self.reasons[outcome]) if each]
        reason = "; ".join(said[:_SHOWN])
        if len(said) > _SHOWN:
            reason += f"; and {len(said) - _SHOWN} more"
        findings = sorted(self.findings, key=lambda each: -each.level.rank)
        if len(findings) > MAX_FINDINGS:
            left_out = len(findings) - MAX_FINDINGS
            reason = f"{left_out} further findings are left out. {reason}".strip()
        return Answer(
            outcome=outcome, reason=reason[:2000], findings=tuple(findings[:MAX_FINDINGS])
        )
