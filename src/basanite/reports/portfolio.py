"""The portfolio: several systems on one page, the worst of the highest tier first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from basanite.domain.assessment import Assessment
from basanite.domain.severity import Severity
from basanite.domain.system import System, Tier
from basanite.domain.verdict import Status
from basanite.reports import charts, words
from basanite.reports.bounds import brief
from basanite.reports.grouping import Group, groups
from basanite.reports.html import serious_counts
from basanite.reports.marks import Mark, mark_of, mark_standing
from basanite.reports.page import render_page
from basanite.reports.summary import Standing, Summary, not_kept, summarise

_GROUPS, _BOUNDS = 3, 4


@dataclass(frozen=True)
class Row:
    """One system of the portfolio."""

    anchor: str
    assessment: Assessment
    summary: Summary
    mark: Mark
    worst: Mark | None
    groups: Sequence[tuple[Group, Mark]]
    more: int
    bounds: Sequence[str]
    """Measured bounds that do not hold, in few words."""
    serious: int
    """Critical and high findings now."""
    trend: Markup
    page: str

    @property
    def system(self) -> System:
        """Return the system."""
        return self.assessment.inventory.system

    @property
    def statuses(self) -> dict[str, int]:
        """Return the counts of verdicts by the name of their status."""
        return {status.name.lower(): self.summary.statuses[status] for status in Status}

    @property
    def overdue(self) -> datetime | None:
        """Return since when an answer is out of date, when one is."""
        until = self.summary.valid_until
        return until if until is not None and until != self.summary.due else None

    @property
    def due(self) -> datetime | None:
        """Return when the next answer expires."""
        return self.summary.due


def render_portfolio(
    assessments: Sequence[Assessment], *, now: datetime, pages: Mapping[str, str] | None = None
) -> str:
    """Return the portfolio of several systems as an HTML page.

    Args:
        assessments: one for each system.
        now: the moment freshness is judged at.
        pages: names of the systems' own reports beside this page, by system id. They are encoded
            names and are only ever linked as relative references.
    """
    rows = [
        _row(f"system-{position}", assessment, now, (pages or {}))
        for position, assessment in enumerate(sorted(assessments, key=lambda a: _order(a, now)))
    ]
    return render_page(
        "portfolio.html.j2", rows=rows, now=now, sentence=_sentence(rows), max_bounds=_BOUNDS
    )


def _order(assessment: Assessment, now: datetime) -> tuple[object, ...]:
    """Highest tier first; then the worst standing, the most serious findings, the name."""
    summary = summarise(assessment, now)
    system = assessment.inventory.system
    return (
        list(Tier).index(system.tier),
        list(Standing).index(summary.standing),
        *(-summary.severities[level] for level in reversed(list(Severity))),
        -summary.statuses[Status.UNMET],
        -summary.statuses[Status.UNKNOWN],
        system.title,
        system.id,
    )


def _row(anchor: str, assessment: Assessment, now: datetime, pages: Mapping[str, str]) -> Row:
    summary = summarise(assessment, now)
    found = groups(assessment)
    serious = serious_counts(assessment)
    page = pages.get(assessment.inventory.system.id, "")
    return Row(
        anchor=anchor,
        assessment=assessment,
        summary=summary,
        mark=mark_standing(summary.standing),
        worst=mark_of(summary.worst) if summary.worst else None,
        groups=[(group, mark_of(group.severity)) for group in found[:_GROUPS]],
        more=max(0, len(found) - _GROUPS),
        bounds=[brief(each) for result in assessment.results for each in not_kept(result)],
        serious=serious[-1],
        trend=charts.trend(serious, "Critical and high findings, oldest first"),
        page=words.relative_uri(page) if page else "",
    )


def _sentence(rows: Sequence[Row]) -> str:
    if not rows:
        return "There is no assessment to show."
    told = {
        Standing.BAD: "not shown to be safe",
        Standing.OPEN: "not proven yet",
        Standing.GOOD: "shown as asked",
    }
    counts = [
        f"{number} {text}"
        for standing, text in told.items()
        if (number := sum(row.summary.standing is standing for row in rows))
    ]
    overdue = sum(row.overdue is not None for row in rows)
    late = f" {words.count(overdue, 'system')} with answers out of date." if overdue else ""
    return words.listed(counts).capitalize() + "." + late
