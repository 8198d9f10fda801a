"""Expiry: which answers run out when, gathered by check and component."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from basanite.domain.assessment import Assessment
from basanite.reports.words import day, distance

SOON = timedelta(days=7)


@dataclass(frozen=True)
class Expiry:
    """The earliest expiry of a check's answers about a component."""

    check: str
    title: str
    component: str
    answers: int
    until: datetime
    date: str
    away: str
    state: str
    """``expired``, ``soon`` or ``later``."""


def expiries(assessment: Assessment, now: datetime) -> list[Expiry]:
    """Return what expires when, earliest first."""
    gathered: dict[tuple[str, str], list[datetime]] = {}
    for result in assessment.results:
        if result.valid_until is not None:
            key = (result.check, result.component or "")
            gathered.setdefault(key, []).append(result.valid_until)
    found = []
    for (identifier, component), limits in gathered.items():
        check, first = assessment.check(identifier), min(limits)
        found.append(
            Expiry(
                check=identifier,
                title=check.title if check else identifier,
                component=component,
                answers=len(limits),
                until=first,
                date=day(first),
                away=distance(first, now),
                state="expired" if first <= now else "soon" if first <= now + SOON else "later",
            )
        )
    return sorted(found, key=lambda each: (each.until, each.check, each.component))
