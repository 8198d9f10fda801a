"""Concern: something in a configuration that widens what an agent may do."""

from __future__ import annotations

from dataclasses import dataclass

from basanite.domain.severity import Confidence, Severity
from basanite.formats.keyed.document import Path


@dataclass(frozen=True)
class Concern:
    """One concern, before it becomes a finding."""

    case: str
    """Which rule of the check it falls under."""
    message: str
    path: Path = ()
    severity: Severity | None = None
    """Only where it is worse or milder than the rule."""
    confidence: Confidence = Confidence.HIGH
