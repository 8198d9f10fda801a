"""How a check can end. *Did not look* is never *looked and found nothing*."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """The end of one run of one check on one subject."""

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"
    """It looked, and the budget or the data ended before the question was decided."""
    INCOMPLETE = "incomplete"
    """It looked at a part only: a limit, a format it recognises but does not understand."""
    NOT_APPLICABLE = "not-applicable"
    SKIPPED = "skipped"
    """It did not look, and says why: no grant, no data, an extra that is not installed."""
    ERROR = "error"
    """It broke: a crash, a hang, an answer that is nonsense."""

    @property
    def conclusive(self) -> bool:
        """Whether the question has its answer."""
        return self in (Outcome.PASSED, Outcome.FAILED, Outcome.NOT_APPLICABLE)
