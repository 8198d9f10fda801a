"""The summary as plain text for a terminal or a pipe: what is wrong first, then the counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from basanite.domain.assessment import Assessment
from basanite.domain.measurement import Held
from basanite.domain.outcome import Outcome
from basanite.domain.severity import Severity
from basanite.domain.verdict import Status
from basanite.reports import words
from basanite.reports.bounds import brief
from basanite.reports.cells import laid
from basanite.reports.grouping import Group, groups
from basanite.reports.method import unanswered
from basanite.reports.summary import Summary, by_measurement, summarise

_Word = TypeVar("_Word", Severity, Outcome, Status)
_Row = tuple[str, str]
"""A label and what stands beside it."""

_GROUPS = 4
_MEASUREMENTS = 2
_REASONS = 2
_INDENT = 14
_NARROWEST = 46
_ROWS = 3
_DIGEST = 64


def lines(assessment: Assessment, width: int, *, now: datetime | None = None) -> list[str]:
    """Return about 30 lines of plain text, none wider than ``width`` cells.

    Long texts wrap to three lines, so a narrow terminal gets more, though never over 68. A width
    below 46 counts as 46. There is no markup and no control character in the lines,
    whatever the names and answers hold.

    Args:
        assessment: what to sum up.
        width: cells of the terminal.
        now: the moment freshness is judged at; the assessment's own time when not given.
    """
    moment = now or assessment.time
    summary = summarise(assessment, moment)
    system = assessment.inventory.system
    room = max(width, _NARROWEST)
    title = f"{system.title} · {system.tier.value} tier · {system.environment.value}"
    sentence = " ".join(part for part in (summary.sentence, summary.rest) if part)
    rows = [
        *_worst(assessment, room),
        *_broken(assessment),
        ("", ""),
        *_counts(summary),
        *_open(assessment),
        *_standing(assessment, summary, moment),
    ]
    told = laid("", title, indent=0, width=room, rows=1)
    told += laid("", sentence, indent=0, width=room, rows=6)
    told.append("")
    for label, text in rows:
        told += laid(label, text, indent=_INDENT, width=room, rows=_ROWS)
    return [line.rstrip() for line in [*told, *_head(assessment, room)]]


def _worst(assessment: Assessment, width: int) -> list[_Row]:
    found = groups(assessment)
    told: list[_Row] = []
    for group in found[:_GROUPS]:
        told.append((group.severity.value, group.rule.title + _places(group, width)))
        if group.remedy:
            told.append(("", f"do: {group.remedy}"))
    rest = sum(len(group.occurrences) for group in found[_GROUPS:])
    if rest:
        told.append(("", f"{words.count(rest, 'more finding')}: see the report"))
    return told


def _places(group: Group, width: int) -> str:
    place = words.place(group.occurrences[0][1].location)
    more = len(group.occurrences) - 1
    shown = f" · {words.shortened(place, max(24, width // 3))}" if place else ""
    return shown + (f" and {words.count(more, 'more place')}" if more else "")


def _broken(assessment: Assessment) -> list[_Row]:
    """Measured bounds that do not hold, those of checks with findings included."""
    found = [
        (result, each)
        for result in assessment.results
        for each in result.measurements
        if each.held is Held.NO
    ]
    told = [
        ("not kept", f"{result.component or result.check}: {brief(each)}")
        for result, each in found[:_MEASUREMENTS]
    ]
    if len(found) > _MEASUREMENTS:
        more = words.count(len(found) - _MEASUREMENTS, "more measured bound")
        told.append(("", f"{more} not kept: see the report"))
    silent = [each for each in assessment.results if by_measurement(each) and not each.measurements]
    return [*told, *(("failed", f"{each.check}: {each.reason}") for each in silent[:1])]


def _counts(summary: Summary) -> list[_Row]:
    severities = _tally(summary.severities, list(reversed(list(Severity))))
    waived = f", {summary.waived} accepted by waiver" if summary.waived else ""
    return [
        ("Findings", (severities or "none") + waived),
        ("Checks", _tally(summary.outcomes, list(Outcome)) or "none"),
        ("Requirements", _tally(summary.statuses, list(Status)) or "none judged"),
    ]


def _tally(counts: Mapping[_Word, int], order: list[_Word]) -> str:
    return ", ".join(f"{counts[key]} {words.plain(key.value)}" for key in order if counts[key])


def _open(assessment: Assessment) -> list[_Row]:
    """Why questions are open: *did not look* is never *looked and found nothing*."""
    found = unanswered(assessment)
    told = []
    for position, each in enumerate(found[:_REASONS]):
        times = f" ×{each.times:,}" if each.times > 1 else ""
        text = f"{each.check} {each.mark.word}{times}: {each.reason}"
        told.append(("" if position else "No answer", text))
    if len(found) > _REASONS:
        more = words.count(len(found) - _REASONS, "more reason")
        told.append(("", f"{more}: see the report"))
    unseen = assessment.inventory.unseen
    if unseen:
        rest = f" and {len(unseen) - 1:,} more" if len(unseen) > 1 else ""
        told.append(("Not seen", f"{unseen[0].path} ({unseen[0].reason}){rest}"))
    return told


def _standing(assessment: Assessment, summary: Summary, now: datetime) -> list[_Row]:
    told = []
    if summary.due is not None:
        until = f"next answer expires {words.day(summary.due)}, {words.distance(summary.due, now)}"
        told.append(("Freshness", until))
    if summary.expired:
        told.append(("Out of date", words.count(summary.expired, "answer")))
    kept = len(assessment.results) - summary.ran
    return [*told, ("Ran", f"{summary.ran:,} now, {kept:,} kept from before or not run")]


def _head(assessment: Assessment, width: int) -> list[str]:
    """The head of the ledger, which has to leave the machine: it is never cut short."""
    head, label = assessment.head, f"Head {assessment.head.number}"
    if not head.number:
        return laid("Ledger", "empty: nothing is signed", indent=_INDENT, width=width, rows=2)
    if width >= _INDENT + _DIGEST:
        return [f"{label:<{_INDENT}}{head.hash}"]
    half = _DIGEST // 2
    return [f"{label:<{_INDENT}}{head.hash[:half]}", f"{'':<{_INDENT}}{head.hash[half:]}"]
