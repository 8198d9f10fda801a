"""Logic: how the answers to the parts of a rule make the answer to the whole.

Three values in Kleene's strong logic (S. C. Kleene, Introduction to Metamathematics, 1952, § 64):
met, unmet, and open. Open is told apart as *undecided* (evidence is there) and *unknown* (nobody
looked). Parts that do not apply are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from basanite.domain.severity import Confidence
from basanite.domain.verdict import Because, Freshness, Status

_NEVER = datetime.max.replace(tzinfo=UTC)
_FRESHNESS = {Freshness.MISSING: 0, Freshness.STALE: 1, Freshness.FRESH: 2}


class Effort(IntEnum):
    """What the next step costs, cheapest first."""

    NONE = 0
    RUN = 1
    GRANT = 2
    ATTEST = 3
    MEND = 4


@dataclass(frozen=True, slots=True)
class Node:
    """The answer to one part of a rule."""

    because: Because
    valid_until: datetime | None = None
    effort: Effort = Effort.NONE

    @property
    def status(self) -> Status:
        """Return the status of this part."""
        return self.because.status

    @property
    def freshness(self) -> Freshness:
        """Return the freshness of this part."""
        return self.because.freshness


def all_of(nodes: Sequence[Node]) -> Node:
    """Return the answer when every part has to be met. ``nodes`` is not empty.

    One unmet part decides; being met takes all of them, and is as fresh and as sure as the
    weakest.
    """
    for status in (Status.UNMET, Status.UNDECIDED, Status.UNKNOWN):
        deciding = [node for node in nodes if node.status is status]
        if deciding:
            rests_on = [_strongest(deciding)] if status is Status.UNMET else deciding
            return _node("all of", status, nodes, rests_on, deciding)
    met = any(node.status is Status.MET for node in nodes)
    # That a part does not apply is evidence too, and the whole rests on it.
    return _node("all of", Status.MET if met else Status.NOT_APPLICABLE, nodes, nodes, nodes)


def any_of(nodes: Sequence[Node]) -> Node:
    """Return the answer when one part has to be met. ``nodes`` is not empty.

    One met part decides, the freshest and surest of them; being unmet takes all of them.
    """
    counted = [node for node in nodes if node.status is not Status.NOT_APPLICABLE]
    if not counted:
        return _node("any of", Status.NOT_APPLICABLE, nodes, nodes, nodes)
    met = [node for node in counted if node.status is Status.MET]
    if met:
        best = [_strongest(met)]
        return _node("any of", Status.MET, nodes, best, best)
    for status in (Status.UNDECIDED, Status.UNKNOWN):
        deciding = [node for node in counted if node.status is status]
        if deciding:
            return _node("any of", status, nodes, deciding, counted)
    return _node("any of", Status.UNMET, nodes, counted, counted)


def weakest_freshness(nodes: Sequence[Node]) -> Freshness:
    """Return the worst freshness among nodes."""
    return min((node.freshness for node in nodes), key=_FRESHNESS.__getitem__)


def earliest(nodes: Sequence[Node]) -> datetime | None:
    """Return when the first of the nodes expires, or None when none does."""
    return min((node.valid_until for node in nodes if node.valid_until is not None), default=None)


def lowest(nodes: Sequence[Node]) -> Confidence | None:
    """Return the lowest confidence among nodes that have one."""
    sure = [node.because.confidence for node in nodes if node.because.confidence is not None]
    return min(sure, key=lambda confidence: confidence.rank, default=None)


def cheapest(nodes: Sequence[Node]) -> tuple[str, Effort]:
    """Return the step that costs least among nodes that name one, and its cost."""
    steps = [node for node in nodes if node.because.next_step]
    if not steps:
        return "", Effort.NONE
    least = min(steps, key=lambda node: node.effort)
    return least.because.next_step, least.effort


def _strongest(nodes: Sequence[Node]) -> Node:
    return max(
        nodes,
        key=lambda node: (
            _FRESHNESS[node.freshness],
            -1 if node.because.confidence is None else node.because.confidence.rank,
            node.valid_until or _NEVER,
        ),
    )


def _node(
    words: str,
    status: Status,
    nodes: Sequence[Node],
    rests_on: Sequence[Node],
    movable: Sequence[Node],
) -> Node:
    """Return the whole: as strong as what it rests on; the next step is of what could move."""
    step, effort = cheapest(movable)
    counts = ", ".join(
        f"{number} {each.value}"
        for each in Status
        if (number := sum(node.status is each for node in nodes))
    )
    return Node(
        Because(
            text=f"{words} {len(nodes)}: {counts}",
            status=status,
            freshness=weakest_freshness(rests_on),
            confidence=lowest(rests_on) if status in (Status.MET, Status.UNMET) else None,
            parts=tuple(node.because for node in nodes),
            next_step=step,
        ),
        earliest(rests_on),
        effort,
    )
