"""Marks: how good or bad something is, as a shape and a word, never as a colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from basanite.domain.assessment import Assessment, Result
from basanite.domain.finding import Finding
from basanite.domain.measurement import Held
from basanite.domain.outcome import Outcome
from basanite.domain.severity import Severity
from basanite.domain.verdict import Freshness, Status
from basanite.reports.about import About
from basanite.reports.summary import Standing, by_measurement, freshness_at, not_kept
from basanite.reports.words import plain


class Tone(StrEnum):
    """The shapes that exist."""

    BAD = "bad"
    WARN = "warn"
    OPEN = "open"
    UNKNOWN = "unknown"
    GOOD = "good"
    NONE = "none"


@dataclass(frozen=True)
class Mark:
    """A shape and its word."""

    tone: Tone
    word: str


_SEVERITIES = {
    Severity.CRITICAL: Tone.BAD,
    Severity.HIGH: Tone.BAD,
    Severity.MEDIUM: Tone.WARN,
    Severity.LOW: Tone.WARN,
}
_STATUSES = {
    Status.MET: Tone.GOOD,
    Status.UNMET: Tone.BAD,
    Status.UNDECIDED: Tone.OPEN,
    Status.UNKNOWN: Tone.UNKNOWN,
    Status.NOT_APPLICABLE: Tone.NONE,
}
_OUTCOMES = {
    Outcome.PASSED: Tone.GOOD,
    Outcome.FAILED: Tone.BAD,
    Outcome.UNDECIDED: Tone.OPEN,
    Outcome.INCOMPLETE: Tone.OPEN,
    Outcome.ERROR: Tone.OPEN,
    Outcome.NOT_APPLICABLE: Tone.NONE,
    Outcome.SKIPPED: Tone.UNKNOWN,
}
_FRESHNESS = {
    Freshness.FRESH: Tone.GOOD,
    Freshness.STALE: Tone.WARN,
    Freshness.MISSING: Tone.UNKNOWN,
}
_HELD = {Held.YES: Tone.GOOD, Held.NO: Tone.BAD, Held.OPEN: Tone.OPEN}
_STANDINGS = {Standing.BAD: Tone.BAD, Standing.OPEN: Tone.OPEN, Standing.GOOD: Tone.GOOD}

MarkedWord = Severity | Status | Outcome | Freshness


def mark_of(word: MarkedWord) -> Mark:
    """Return the mark of a word of the domain."""
    if isinstance(word, Outcome):
        tone = _OUTCOMES[word]
    elif isinstance(word, Severity):
        tone = _SEVERITIES[word]
    else:
        tone = _STATUSES[word] if isinstance(word, Status) else _FRESHNESS[word]
    return Mark(tone, plain(word.value))


def mark_held(held: Held, *, bounded: bool) -> Mark:
    """Return the mark of a measurement."""
    words = {Held.YES: "holds", Held.NO: "does not hold", Held.OPEN: "not decided"}
    return Mark(_HELD[held], words[held]) if bounded else Mark(Tone.NONE, "no bound set")


def mark_standing(standing: Standing) -> Mark:
    """Return the mark of a whole assessment."""
    words = {Standing.BAD: "not shown safe", Standing.OPEN: "open", Standing.GOOD: "as asked"}
    return Mark(_STANDINGS[standing], words[standing])


def worst_mark(assessment: Assessment, told: About, now: datetime) -> Mark:
    """Return the worst that is known of a component; nothing at all is *not looked at*.

    Serious findings and broken bounds come first, then breakage, then milder findings, then
    open questions. A pass counts only when nothing else is there. A part that was only used to
    look at another (a test set) says so, and is not blamed for what came of that.
    """
    ranked: list[tuple[int, Mark]] = [_rank_of(result, now) for result in told.own]
    seen = [(result, finding) for result in told.own for finding in result.findings]
    ranked += [
        _rank_of_finding(finding)
        for result, finding in (*seen, *told.located)
        if result.occurrence(finding) not in assessment.waived
    ]
    looked = any(result.outcome is not Outcome.SKIPPED for result in told.own)
    if told.used and not looked:
        ranked.append((35, _used(told.used)))
    worst = max(ranked, key=lambda pair: pair[0], default=(0, Mark(Tone.UNKNOWN, "not looked at")))
    return worst[1]


def _rank_of_finding(finding: Finding) -> tuple[int, Mark]:
    level = finding.level
    rank = 90 + level.rank if level.rank >= Severity.HIGH.rank else 60 + level.rank
    return rank, Mark(_SEVERITIES[level], f"{level.value} finding")


def _used(results: Sequence[Result]) -> Mark:
    failed = sum(result.outcome is Outcome.FAILED for result in results)
    if len(results) == 1:
        return Mark(Tone.NONE, "used, the check failed" if failed else "used in 1 check")
    told = f"used in {len(results)} checks"
    return Mark(Tone.NONE, f"{told}, {failed} failed" if failed else told)


def _rank_of(result: Result, now: datetime) -> tuple[int, Mark]:
    if by_measurement(result) or not_kept(result):
        return 91, Mark(Tone.BAD, "bound not kept")
    ranks = {Outcome.ERROR: 80, Outcome.INCOMPLETE: 50, Outcome.UNDECIDED: 45, Outcome.SKIPPED: 30}
    if result.outcome in ranks:
        word = "not looked at" if result.outcome is Outcome.SKIPPED else result.outcome.value
        return ranks[result.outcome], Mark(_OUTCOMES[result.outcome], word)
    if freshness_at(result, now) is not Freshness.FRESH:
        return 40, Mark(Tone.WARN, "out of date")
    if result.outcome is Outcome.PASSED:
        return 10, Mark(Tone.GOOD, "passed")
    if result.outcome is Outcome.FAILED:
        return 20, Mark(Tone.NONE, "accepted by waiver")
    return 5, Mark(Tone.NONE, "nothing applies")
