"""Verdicts as the page shows them: by pack, by function, and by status, unknown kept apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from basanite.domain.assessment import Assessment
from basanite.domain.verdict import Because, Freshness, Status, Verdict
from basanite.reports.marks import Mark, mark_of
from basanite.reports.summary import freshness_at
from basanite.reports.words import moment

STATUSES = (Status.UNMET, Status.UNDECIDED, Status.UNKNOWN, Status.MET, Status.NOT_APPLICABLE)
"""In the order in which they need a person."""

MEANINGS = {
    Status.UNMET: "the evidence shows that it is not met",
    Status.UNDECIDED: "there is evidence, and it does not decide",
    Status.UNKNOWN: "there is no evidence: nobody has looked",
    Status.MET: "the evidence shows that it is met",
    Status.NOT_APPLICABLE: "it does not apply to this system",
}

_DEPTH, _PARTS, _ENTRIES = 8, 12, 12
_REASONS = 1200
"""Nodes of rules that one page has room for; when there are more, verdicts share it evenly."""
_FUNCTION = re.compile(r"[A-Za-z]+(?=[-. ]?\d)")


@dataclass(frozen=True)
class Reason:
    """One node of a rule, with what it came to."""

    text: str
    status: Mark
    axes: str
    """Freshness, confidence and ledger entries in a few words."""
    next_step: str
    """Empty where a node above or below already says the same."""
    parts: tuple[Reason, ...]
    left_out: int


@dataclass(frozen=True)
class Judged:
    """One requirement with its verdict on the three axes."""

    verdict: Verdict
    status: Mark
    freshness: Mark
    confidence: str
    until: str
    because: Reason
    next_step: str


@dataclass(frozen=True)
class Pile:
    """The requirements of one function that have the same status."""

    status: Status
    mark: Mark
    meaning: str
    judged: tuple[Judged, ...]


@dataclass(frozen=True)
class Function:
    """One function of a pack, e.g. GOVERN."""

    anchor: str
    name: str
    pack: str
    total: int
    counts: tuple[tuple[Mark, int], ...]
    """For every status in `STATUSES`, zeros included."""
    piles: tuple[Pile, ...]
    left_out: int


def functions(assessment: Assessment, now: datetime, *, limit: int) -> list[Function]:
    """Return the functions of all packs in their own order, with at most ``limit`` verdicts.

    Past the limit the verdicts that need a person least are left out, and counted.
    """
    titles = {pack.id: f"{pack.title}, {pack.version}" for pack in assessment.packs}
    gathered: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in assessment.verdicts:
        gathered.setdefault((verdict.pack, function_of(verdict)), []).append(verdict)
    ordered = sorted(
        range(len(assessment.verdicts)),
        key=lambda i: STATUSES.index(assessment.verdicts[i].status),
    )
    kept = {id(assessment.verdicts[i]) for i in ordered[:limit]}
    room = _room([assessment.verdicts[i].because for i in ordered[:limit]])
    return [
        _function((f"f{index}", name, titles.get(pack, pack)), verdicts, kept, room, now)
        for index, ((pack, name), verdicts) in enumerate(gathered.items())
    ]


def function_of(verdict: Verdict) -> str:
    """Return the function a requirement belongs to: the letters its id begins with."""
    match = _FUNCTION.match(verdict.requirement)
    return match.group() if match else verdict.group


def _room(trees: Sequence[Because]) -> int:
    """How many nodes of its rule a verdict may show: all, unless the page gets too long."""
    total = 0
    for tree in trees:
        total += _size(tree)
        if total > _REASONS:
            return max(3, _REASONS // len(trees))
    return _REASONS


def _size(because: Because) -> int:
    return 1 + sum(_size(part) for part in because.parts)


def _function(
    names: tuple[str, str, str],
    verdicts: list[Verdict],
    kept: set[int],
    room: int,
    now: datetime,
) -> Function:
    anchor, name, pack = names
    shown = [verdict for verdict in verdicts if id(verdict) in kept]
    return Function(
        anchor=anchor,
        name=name,
        pack=pack,
        total=len(verdicts),
        counts=tuple(
            (mark_of(status), sum(verdict.status is status for verdict in verdicts))
            for status in STATUSES
        ),
        piles=tuple(
            Pile(
                status=status,
                mark=mark_of(status),
                meaning=MEANINGS[status],
                judged=tuple(_judged(each, now, room) for each in shown if each.status is status),
            )
            for status in STATUSES
            if any(verdict.status is status for verdict in shown)
        ),
        left_out=len(verdicts) - len(shown),
    )


def _judged(verdict: Verdict, now: datetime, room: int) -> Judged:
    step = verdict.next_step or verdict.because.next_step
    return Judged(
        verdict=verdict,
        status=mark_of(verdict.status),
        freshness=mark_of(freshness_at(verdict, now)),
        confidence=_confidence(verdict),
        until=moment(verdict.valid_until) if verdict.valid_until else "",
        because=_reason(verdict.because, 0, room, step),
        next_step=step,
    )


def _confidence(judged: Verdict | Because) -> str:
    if judged.confidence is None:
        return "no confidence to state"
    return f"{judged.confidence.value} confidence"


def _reason(because: Because, depth: int, room: int, told: str) -> Reason:
    """A node of the rule. ``told`` is the next step that stands above it already."""
    kept = () if depth >= _DEPTH else because.parts[: max(0, min(_PARTS, room))]
    share = (room - len(kept)) // max(1, len(kept))
    shown = tuple(_reason(part, depth + 1, share, told) for part in kept)
    repeated = because.next_step in {told, *(part.next_step for part in kept)}
    return Reason(
        text=because.text,
        status=mark_of(because.status),
        axes=_axes(because),
        next_step="" if repeated else because.next_step,
        parts=shown,
        left_out=len(because.parts) - len(shown),
    )


def _axes(because: Because) -> str:
    """Freshness, confidence and ledger entries; where there is no evidence, only that."""
    if because.freshness is Freshness.MISSING and because.confidence is None:
        words = ["evidence missing"]
    else:
        words = [because.freshness.value, _confidence(because)]
    numbers = ", ".join(str(number) for number in because.evidence[:_ENTRIES])
    more = len(because.evidence) - _ENTRIES
    if numbers and f"(entry {numbers})" not in because.text:
        noun = "entry" if len(because.evidence) == 1 else "entries"
        words.append(f"{noun} {numbers}" + (f" and {more} more" if more > 0 else ""))
    return " · ".join(words)
