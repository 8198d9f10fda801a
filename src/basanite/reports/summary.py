"""Summary: what an assessment comes to, in counts and in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from basanite.domain.assessment import Assessment, Result
from basanite.domain.measurement import Held, Measurement
from basanite.domain.outcome import Outcome
from basanite.domain.severity import Severity
from basanite.domain.verdict import Freshness, Status, Verdict
from basanite.reports.about import about
from basanite.reports.words import count, listed


class Standing(StrEnum):
    """What an assessment says as a whole."""

    BAD = "bad"
    OPEN = "open"
    GOOD = "good"


@dataclass(frozen=True)
class Summary:
    """Counts of one assessment, as they stand at one moment."""

    standing: Standing
    sentence: str
    rest: str
    """What the sentence leaves out: open and outdated answers. Empty when there are none."""
    severities: Mapping[Severity, int]
    statuses: Mapping[Status, int]
    outcomes: Mapping[Outcome, int]
    waived: int
    broken: int
    """Measured bounds that do not hold, and checks that failed without saying by what."""
    expired: int
    """Answers whose time has run out."""
    aged: int
    """Requirements that are met only by evidence whose time has run out."""
    unseen: int
    ran: int
    kept: int
    """Answers that earlier evidence still gives."""
    skipped: int
    """Questions that were not put."""
    looked: bool
    """Whether any check looked at anything at all."""
    due: datetime | None
    """When the next answer that is still good expires."""
    valid_until: datetime | None
    """When the assessment as a whole stops holding: its earliest expiry, past or to come."""

    @property
    def worst(self) -> Severity | None:
        """Return the worst severity found, or None."""
        return next((level for level in reversed(list(Severity)) if self.severities[level]), None)


def freshness_at(result: Result | Verdict, now: datetime) -> Freshness:
    """Return whether an answer is still good now, which may be later than its assessment."""
    expired = result.valid_until is not None and result.valid_until <= now
    return Freshness.STALE if expired and result.freshness is Freshness.FRESH else result.freshness


def by_measurement(result: Result) -> bool:
    """Whether a check failed without a finding: a measured bound that does not hold."""
    return result.outcome is Outcome.FAILED and not result.findings


def not_kept(result: Result) -> tuple[Measurement, ...]:
    """Return the measured bounds of a failed check that do not hold."""
    if result.outcome is not Outcome.FAILED:
        return ()
    return tuple(each for each in result.measurements if each.held is Held.NO)


def summarise(assessment: Assessment, now: datetime) -> Summary:
    """Return the summary of an assessment as it stands now."""
    results, verdicts = assessment.results, assessment.verdicts
    levels = Counter(finding.level for _, finding in assessment.findings())
    statuses = Counter(verdict.status for verdict in verdicts)
    outcomes = Counter(result.outcome for result in results)
    broken = sum(len(not_kept(result)) or by_measurement(result) for result in results)
    expired = sum(freshness_at(result, now) is Freshness.STALE for result in results)
    aged = sum(
        verdict.status is Status.MET and freshness_at(verdict, now) is not Freshness.FRESH
        for verdict in verdicts
    )
    limits = [each.valid_until for each in results] + [each.valid_until for each in verdicts]
    ends = sorted(limit for limit in limits if limit is not None)
    found = sum(len(result.findings) for result in results)
    ran = sum(result.ran for result in results)
    unseen = len(assessment.inventory.unseen)
    serious = levels[Severity.CRITICAL] + levels[Severity.HIGH]
    bad = bool(serious or broken or statuses[Status.UNMET])
    nothing = not results or not assessment.inventory.artifacts
    loose = (
        any(not outcome.conclusive for outcome in outcomes)
        or bool(expired or aged or unseen or nothing)
        or bool(statuses[Status.UNKNOWN] or statuses[Status.UNDECIDED])
    )
    standing = Standing.BAD if bad else Standing.OPEN if loose else Standing.GOOD
    return Summary(
        standing=standing,
        sentence=_sentence(standing, levels, statuses, broken, nothing=nothing),
        rest=_rest(standing, statuses, outcomes, expired, unseen, _untouched(assessment)),
        severities={level: levels[level] for level in Severity},
        statuses={status: statuses[status] for status in Status},
        outcomes={outcome: outcomes[outcome] for outcome in Outcome},
        waived=found - levels.total(),
        broken=broken,
        expired=expired,
        aged=aged,
        unseen=unseen,
        ran=ran,
        kept=len(results) - ran - outcomes[Outcome.SKIPPED],
        skipped=outcomes[Outcome.SKIPPED],
        looked=any(n for outcome, n in outcomes.items() if outcome not in _BLIND),
        due=next((end for end in ends if end > now), None),
        valid_until=ends[0] if ends else None,
    )


_BLIND = frozenset({Outcome.SKIPPED, Outcome.ERROR, Outcome.NOT_APPLICABLE})

_OPENINGS = {
    Standing.BAD: "Not shown to be safe",
    Standing.OPEN: "Not proven yet",
    Standing.GOOD: "Shown as asked",
}


def _sentence(
    standing: Standing,
    levels: Mapping[Severity, int],
    statuses: Mapping[Status, int],
    broken: int,
    *,
    nothing: bool,
) -> str:
    """One sentence that a person who reads nothing else should read."""
    if nothing:
        return f"{_OPENINGS[Standing.OPEN]}: there was nothing to look at."
    if standing is Standing.GOOD:
        met = count(statuses[Status.MET], "requirement") + " met"
        return f"{_OPENINGS[standing]}: {met}, and nothing high or critical found."
    serious = [level for level in (Severity.CRITICAL, Severity.HIGH) if levels[level]]
    parts = [count(levels[level], f"{level.value} finding") for level in serious]
    if broken:
        parts.append(f"{count(broken, 'measured bound')} not kept")
    if statuses[Status.UNMET]:
        parts.append(f"{count(statuses[Status.UNMET], 'requirement')} unmet")
    if statuses[Status.UNKNOWN]:
        number = statuses[Status.UNKNOWN]
        parts.append(f"{number:,} unknown" if statuses[Status.UNMET] else _unknown(number))
    return f"{_OPENINGS[standing]}: {listed(parts) or 'some questions have no good answer'}."


def _unknown(number: int) -> str:
    return f"{count(number, 'requirement')} unknown"


def _rest(
    standing: Standing,
    statuses: Mapping[Status, int],
    outcomes: Mapping[Outcome, int],
    expired: int,
    unseen: int,
    untouched: int,
) -> str:
    unanswered = sum(n for outcome, n in outcomes.items() if not outcome.conclusive)
    parts = [
        text
        for number, text in (
            (
                statuses[Status.UNDECIDED],
                f"{count(statuses[Status.UNDECIDED], 'requirement')} undecided",
            ),
            (unanswered, f"{count(unanswered, 'question')} without an answer"),
            (expired, f"{count(expired, 'answer')} out of date"),
            (unseen, f"{count(unseen, 'thing')} that could not be looked at"),
            (untouched, f"{count(untouched, 'component')} that no check is about"),
        )
        if number
    ]
    if not parts:
        return ""
    return f"{'Besides' if standing is Standing.BAD else 'Open'}: {listed(parts)}."


def _untouched(assessment: Assessment) -> int:
    """Components that no result speaks of: whatever else passed says nothing about them."""
    return sum(not told.touched for told in about(assessment).values())
