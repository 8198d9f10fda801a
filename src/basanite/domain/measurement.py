"""A measurement: a value that never goes without its unit, its n and its bound."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, FiniteFloat

from basanite.domain.value import Value


class Direction(StrEnum):
    """Which side of the limit is good."""

    AT_LEAST = "at-least"
    AT_MOST = "at-most"


class Interval(Value):
    """Where the true value lies, at the stated confidence level."""

    low: FiniteFloat
    high: FiniteFloat
    level: float = Field(gt=0, lt=1)
    """Confidence level, e.g. 0.95."""
    method: str
    """Name of the method, e.g. ``Clopper-Pearson``."""


class Bound(Value):
    """What the value was held against."""

    limit: FiniteFloat
    direction: Direction


class Held(StrEnum):
    """Whether an interval lies on the good side of its bound."""

    YES = "yes"
    NO = "no"
    OPEN = "open"


class Measurement(Value):
    """One measured quantity."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")
    title: str
    value: FiniteFloat
    unit: str
    """SI unit, ``1`` for a share, ``calls``, …"""
    n: int = Field(ge=0)
    """Number of independent observations."""
    successes: int | None = Field(default=None, ge=0)
    """For a share: how many of ``n``. It lets a rule ask for another confidence level."""
    interval: Interval
    bound: Bound | None = None

    @property
    def held(self) -> Held:
        """Return whether the *interval* keeps the bound; a bare rate never decides."""
        if self.bound is None:
            return Held.OPEN
        if self.bound.direction is Direction.AT_LEAST:
            if self.interval.low >= self.bound.limit:
                return Held.YES
            return Held.NO if self.interval.high < self.bound.limit else Held.OPEN
        if self.interval.high <= self.bound.limit:
            return Held.YES
        return Held.NO if self.interval.low > self.bound.limit else Held.OPEN
