"""The HTML report: one self-contained page for the person who decides and the one who repairs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from basanite.domain.assessment import Assessment, Result
from basanite.domain.finding import Finding
from basanite.domain.measurement import Held, Measurement
from basanite.reports import charts
from basanite.reports.expiry import expiries
from basanite.reports.facts import facts_of
from basanite.reports.grouping import Group, groups
from basanite.reports.guidance import STATUSES, functions
from basanite.reports.host import host_groups
from basanite.reports.marks import Mark, mark_held, mark_of, mark_standing
from basanite.reports.method import asked, unanswered
from basanite.reports.page import render_page
from basanite.reports.picture import draw, nodes
from basanite.reports.summary import by_measurement, summarise

MAX_GROUPS = 120
MAX_PER_GROUP = 25
MAX_OCCURRENCES = 400
MAX_MEASUREMENTS = 120
MAX_VERDICTS = 300
MAX_ROWS = 200
"""What one page shows; an honest line says how much more there is, and where."""


@dataclass(frozen=True)
class Shown:
    """A group of findings with the rows the page has room for."""

    group: Group
    mark: Mark
    rows: Sequence[tuple[Result, Finding]]
    left_out: int
    open: bool


@dataclass(frozen=True)
class Measured:
    """A measurement with what it belongs to."""

    result: Result
    measurement: Measurement
    mark: Mark


def render(assessment: Assessment, *, now: datetime) -> str:
    """Return the report of one assessment as an HTML page.

    Freshness is that of ``now``, which may be later than the assessment. The page asks for
    nothing from anywhere and holds no script.
    """
    summary = summarise(assessment, now)
    found = groups(assessment)
    parts = nodes(assessment, now)
    measured = measurements(assessment)
    seen = functions(assessment, now, limit=MAX_VERDICTS)
    inventory = assessment.inventory
    return render_page(
        "report.html.j2",
        assessment=assessment,
        system=inventory.system,
        now=now,
        summary=summary,
        standing=mark_standing(summary.standing),
        severities=[(mark_of(level), n) for level, n in reversed(list(summary.severities.items()))],
        picture=draw(parts, narrow=False),
        picture_narrow=draw(parts, narrow=True),
        nodes=parts[:MAX_ROWS],
        functions=seen,
        bars={each.anchor: _bar(each.counts) for each in seen},
        statuses=[mark_of(status) for status in STATUSES],
        groups=shown(found),
        groups_left_out=max(0, len(found) - MAX_GROUPS),
        failed=[result for result in assessment.results if by_measurement(result)][:MAX_ROWS],
        measured=measured[:MAX_MEASUREMENTS],
        measured_left_out=max(0, len(measured) - MAX_MEASUREMENTS),
        expiries=expiries(assessment, now)[:MAX_ROWS],
        artifacts=[(each, facts_of(each)) for each in inventory.artifacts[:MAX_ROWS]],
        asked=asked(assessment),
        unanswered=unanswered(assessment)[:MAX_ROWS],
        accepted=_accepted(assessment)[:MAX_ROWS],
        trend=_trend(assessment),
        serious=serious_counts(assessment),
        host=host_groups(inventory.host),
        max_rows=MAX_ROWS,
    )


def shown(found: Sequence[Group]) -> list[Shown]:
    """Return the groups the page shows, with as many rows as the whole page has room for."""
    room, rows = MAX_OCCURRENCES, []
    for position, group in enumerate(found[:MAX_GROUPS]):
        kept = group.occurrences[: min(MAX_PER_GROUP, room)]
        room -= len(kept)
        rows.append(
            Shown(
                group=group,
                mark=mark_of(group.severity),
                rows=kept,
                left_out=len(group.occurrences) - len(kept),
                open=position < 3 and len(kept) <= 5,
            )
        )
    return rows


def measurements(assessment: Assessment) -> list[Measured]:
    """Return all measurements: bounds not kept first, then open ones, then those that hold."""
    order = {Held.NO: 0, Held.OPEN: 1, Held.YES: 2}
    found = [
        Measured(result, each, mark_held(each.held, bounded=each.bound is not None))
        for result in assessment.results
        for each in result.measurements
    ]
    return sorted(
        found, key=lambda one: (order[one.measurement.held], one.measurement.bound is None)
    )


def _bar(counts: Iterable[tuple[Mark, int]]) -> Markup:
    return charts.bar([(mark.tone.value, number) for mark, number in counts])


def _accepted(assessment: Assessment) -> list[tuple[Result, Finding]]:
    return [
        (result, finding)
        for result in assessment.results
        for finding in result.findings
        if result.occurrence(finding) in assessment.waived
    ]


def _trend(assessment: Assessment) -> Markup | None:
    if not assessment.history:
        return None
    counts = serious_counts(assessment)
    return charts.trend(counts, "Critical and high findings, oldest first")


def serious_counts(assessment: Assessment) -> list[int]:
    """Return how many critical and high findings there were, oldest first, this time last."""
    return [
        sum(number for level, number in each.findings.items() if level.value in _SERIOUS)
        for each in (*assessment.history, assessment.standing())
    ]


_SERIOUS = frozenset({"critical", "high"})
