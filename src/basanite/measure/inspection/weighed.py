"""Weighed: the answer that findings come to by the worst of them."""

from __future__ import annotations

from collections.abc import Iterable

from basanite.domain.answer import MAX_FINDINGS, Answer
from basanite.domain.finding import Finding
from basanite.domain.outcome import Outcome
from basanite.domain.severity import Severity


def weighed(findings: Iterable[Finding]) -> Answer:
    """Return ``failed`` from high on; ``undecided`` at medium, naming what to look at; ``passed``.

    The worst findings come first. Those beyond `MAX_FINDINGS` are left out, and the reason says so.
    """
    ordered = sorted(findings, key=lambda each: -each.level.rank)
    kept = tuple(ordered[:MAX_FINDINGS])
    left_out = len(ordered) - len(kept)
    more = f"{left_out} further findings are left out. " if left_out else ""
    worst = max((each.level.rank for each in kept), default=-1)
    if worst >= Severity.HIGH.rank:
        return Answer(outcome=Outcome.FAILED, reason=more.strip(), findings=kept)
    if worst == Severity.MEDIUM.rank:
        titles = [each.rule.title for each in kept if each.level is Severity.MEDIUM]
        reason = f"{more}somebody has to look: {'; '.join(dict.fromkeys(titles))}"
        return Answer(outcome=Outcome.UNDECIDED, reason=reason[:2000], findings=kept)
    return Answer(outcome=Outcome.PASSED, reason=more.strip(), findings=kept)
