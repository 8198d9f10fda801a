"""Sight: one place in a text where more stands than is seen."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from dataclasses import dataclass

from basanite.domain.severity import Confidence, Severity


@dataclass(frozen=True)
class Sight:
    """One sight, before it becomes a finding."""

    case: str
    """Which rule of the check it falls under."""
    at: int
    """Index into the text."""
    message: str
    severity: Severity
    confidence: Confidence = Confidence.HIGH


class Lines:
    """Finds the line and column of an index."""

    def __init__(self, text: str) -> None:
        self._ends = [at for at, character in enumerate(text) if character == "\n"]

    def place(self, at: int) -> tuple[int, int]:
        """Return line and column of an index, both from 1."""
        line = bisect_right(self._ends, at - 1)
        start = self._ends[line - 1] + 1 if line else 0
        return line + 1, at - start + 1


def called(character: str) -> str:
    """Return the code point and name of a character: ``U+202E RIGHT-TO-LEFT OVERRIDE``."""
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X} {name}".strip()
