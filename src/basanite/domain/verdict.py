"""Verdict: three separate axes, each with its because."""

from __future__ import annotations

from enum import StrEnum

from basanite.domain.requirement import Method
from basanite.domain.severity import Confidence
from basanite.domain.value import Sha256, Time, Value


class Status(StrEnum):
    """Whether the evidence at hand shows that a requirement is met."""

    MET = "met"
    UNMET = "unmet"
    UNDECIDED = "undecided"
    """Evidence is there and does not decide."""
    UNKNOWN = "unknown"
    """No evidence. Nobody looked."""
    NOT_APPLICABLE = "not-applicable"


class Freshness(StrEnum):
    """Whether the evidence is still good."""

    FRESH = "fresh"
    STALE = "stale"
    MISSING = "missing"


class Because(Value):
    """A reason: one node of the rule, what it came to, and the evidence behind it."""

    text: str
    status: Status
    freshness: Freshness
    confidence: Confidence | None = None
    evidence: tuple[int, ...] = ()
    """Ledger entry numbers."""
    keys: tuple[Sha256, ...] = ()
    """Evidence keys."""
    parts: tuple[Because, ...] = ()
    next_step: str = ""
    """The cheapest thing that could change this node; empty when nothing has to."""


class Verdict(Value):
    """What the evidence says of one requirement."""

    pack: str
    requirement: str
    title: str
    group: str
    asks: str
    method: Method
    status: Status
    freshness: Freshness
    confidence: Confidence | None
    """None when there is nothing to be sure of."""
    valid_until: Time | None = None
    """When the first piece of evidence that it rests on expires."""
    because: Because
    next_step: str = ""


Because.model_rebuild()
