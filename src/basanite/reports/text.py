"""The summary as plain text for a terminal or a pipe: what is wrong first, then the counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, TypeVar

from basanite.domain.assessment import Assessment, Result
from basanite.domain.measurement import Measurement
from basanite.domain.names import visible
from basanite.domain.outcome import Outcome
from basanite.domain.severity import Severity
from basanite.domain.verdict import Status
from basanite.reports import words
from basanite.reports.bounds import brief
from basanite.reports.cells import cells, laid
from basanite.reports.grouping import Group, groups
from basanite.reports.guidance import STATUSES
from basanite.reports.method import unanswered
from basanite.reports.summary import Summary, by_measurement, not_kept, summarise

_Word = TypeVar("_Word", Severity, Outcome, Status)


class _Row(NamedTuple):
    """A label, what stands beside it, and how many lines that may take."""

    label: str
    text: str
    rows: int = 1


_GROUPS = 4
_MEASUREMENTS = 2
_REASONS = 2
_INDENT = 14
_NARROWEST = 46
_DIGEST = 64
_BLANK = _Row("", "")


def lines(assessment: Assessment, width: int, *, now: datetime | None = None) -> list[str]:
    """Return about 30 lines of plain text, none wider than ``width`` cells.

    What is worst comes first. A finding takes its name, its place and the first thing to do; all
    the rest is in the report. A width below 46 counts as 46. There is no markup and no control
    character in the lines, whatever the names and answers hold.

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
        *_worst(assessment, room - _INDENT),
        _BLANK,
        *_counts(summary),
        *_open(assessment),
        *_standing(summary, moment),
    ]
    told = laid("", title, indent=0, width=room, rows=1)
    told += laid("", sentence, indent=0, width=room, rows=6)
    told.append("")
    for row in rows:
        told += laid(row.label, row.text, indent=_INDENT, width=room, rows=row.rows)
    return [line.rstrip() for line in [*told, *_head(assessment, room)]]


def _worst(assessment: Assessment, room: int) -> list[_Row]:
    """The worst findings, then measured bounds that do not hold, then how much more there is."""
    found = groups(assessment)
    told = [row for group in found[:_GROUPS] for row in _group(group, room)]
    bounds = [(result, each) for result in assessment.results for each in not_kept(result)]
    told += [_bound(result, each, room) for result, each in bounds[:_MEASUREMENTS]]
    silent = [each for each in assessment.results if by_measurement(each) and not not_kept(each)]
    told += [_Row("failed", f"{each.check}: {each.reason}", 2) for each in silent[:1]]
    more = [
        words.count(number, noun, plural)
        for number, noun, plural in (
            (sum(len(group.occurrences) for group in found[_GROUPS:]), "more finding", ""),
            (len(bounds) - _MEASUREMENTS, "more bound not kept", "more bounds not kept"),
        )
        if number > 0
    ]
    return [*told, _Row("", f"{words.listed(more)}: see the report")] if more else told


def _bound(result: Result, measurement: Measurement, room: int) -> _Row:
    told = visible(brief(measurement))
    named = f"{told} · {result.component}"
    return _Row("not kept", named if result.component and cells(named) <= room else told, 2)


def _group(group: Group, room: int) -> list[_Row]:
    """One kind of finding: its name, where it is (on the same line where it fits), what to do."""
    name, place = visible(group.rule.title), _places(group)
    beside = f"{name} · {place}"
    if not place or cells(beside) <= room:
        told = [_Row(group.severity.value, beside if place else name)]
    else:
        told = [_Row(group.severity.value, name), _Row("", words.shortened(place, room))]
    if group.remedy:
        told.append(_Row("", f"do: {words.first_sentence(group.remedy)}"))
    return told


def _places(group: Group) -> str:
    result, finding = group.occurrences[0]
    more = len(group.occurrences) - 1
    place = words.seen_at(result, finding)
    if not place:
        return words.count(more + 1, "place") if more else ""
    return place + (f" and {words.count(more, 'more place')}" if more else "")


def _counts(summary: Summary) -> list[_Row]:
    severities = _tally(summary.severities, list(reversed(list(Severity))))
    waived = f", {summary.waived} accepted by waiver" if summary.waived else ""
    return [
        _Row("Findings", (severities or "none") + waived),
        _Row("Checks", _tally(summary.outcomes, list(Outcome)) or "none", 2),
        _Row("Requirements", _tally(summary.statuses, list(STATUSES)) or "none judged", 2),
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
        told.append(_Row("" if position else "No answer", text, 2))
    if len(found) > _REASONS:
        more = words.count(len(found) - _REASONS, "more reason")
        told.append(_Row("", f"{more}: see the report"))
    unseen = assessment.inventory.unseen
    if unseen:
        rest = f" and {len(unseen) - 1:,} more" if len(unseen) > 1 else ""
        told.append(_Row("Not seen", f"{unseen[0].path} ({unseen[0].reason}){rest}", 2))
    return told


def _standing(summary: Summary, now: datetime) -> list[_Row]:
    told = []
    if summary.expired:
        told.append(_Row("Out of date", words.count(summary.expired, "answer")))
    ran = f"{summary.ran:,} now, {summary.kept:,} kept, {summary.skipped:,} not run"
    if summary.due is not None:
        ran += f"; next expires {words.day(summary.due)}, {words.distance(summary.due, now)}"
    return [*told, _Row("Ran", ran, 2)]


def _head(assessment: Assessment, width: int) -> list[str]:
    """The head of the ledger, which has to leave the machine: it is never cut short."""
    head, label = assessment.head, f"Head {assessment.head.number}"
    if not head.number:
        return laid("Ledger", "empty: nothing is signed", indent=_INDENT, width=width, rows=2)
    if width >= _INDENT + _DIGEST:
        return [f"{label:<{_INDENT}}{head.hash}"]
    half = _DIGEST // 2
    return [f"{label:<{_INDENT}}{head.hash[:half]}", f"{'':<{_INDENT}}{head.hash[half:]}"]
