"""Check: one question, and everything about it that never varies."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from pydantic import Field

from basanite.domain.finding import Reference, Rule
from basanite.domain.system import Tier
from basanite.domain.value import JsonObject, Slug, Value


class Stage(StrEnum):
    """Which of the three seams a check belongs to."""

    INSPECTION = "inspection"
    EVALUATION = "evaluation"
    MONITORING = "monitoring"


class Need(StrEnum):
    """What a check does to the world beyond reading the system's own files."""

    READ = "read"
    NETWORK = "network"
    EXECUTE = "execute"
    DISRUPT = "disrupt"


class ShelfLife(Value):
    """How many days an answer stays good, per consequence tier."""

    high: int = Field(gt=0)
    moderate: int = Field(gt=0)
    low: int = Field(gt=0)

    def of(self, tier: Tier) -> timedelta:
        """Return the shelf life for a tier."""
        return timedelta(
            days={Tier.HIGH: self.high, Tier.MODERATE: self.moderate}.get(tier, self.low)
        )


class Check(Value):
    """One question that can be put to a subject.

    ``version`` changes with every change of what the check or any first-party code below it does;
    a test holds that.
    """

    id: Slug
    version: int = Field(ge=1)
    stage: Stage
    title: str
    asks: str
    """The question, as a question."""
    why: str
    """What happens to people or plant when the answer is bad."""
    limits: str
    """What the check cannot see."""
    remediation: str
    references: tuple[Reference, ...] = ()
    needs: frozenset[Need] = frozenset({Need.READ})
    shelf_life: ShelfLife
    rules: tuple[Rule, ...] = ()
    """What it can find."""
    parameters: JsonObject = {}
    """Every parameter with its default. A manifest may set others only by these names."""
    sampling: frozenset[str] = frozenset()
    """Parameters that say how long to look, not what is asked (budget, seed). Evidence that
    differs only in these continues one series: a failure stays."""
    statistical: bool = False
    """Whether the answer carries an error probability."""
    feeds: tuple[str, ...] = ()
    """Feeds the answer depends on, by name."""
    readers: tuple[str, ...] = ()
    """Readers of formats it stands on; their versions are part of the evidence key."""
