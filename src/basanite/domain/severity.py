"""How bad, and how sure. Apart from findings, so that a face can name them without their weight."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """How bad it is if it is true."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Return 0 for low up to 3 for critical."""
        return list(Severity).index(self)


class Confidence(StrEnum):
    """How sure a finding or a verdict is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """Return 0 for low up to 2 for high."""
        return list(Confidence).index(self)
