"""Standing: what is known of an importable, as one word."""

from __future__ import annotations

from enum import Enum


class Standing(Enum):
    """What is known of an importable."""

    OPEN = "open"
    """It may be called while loading, where its contract holds."""
    KNOWN = "known"
    """It belongs to a package that models are made with, and is not among what is closed there."""
    HELD = "held"
    """It may be kept as a value, for what it does to its arguments is harmless; not be called."""
    CLOSED = "closed"
    """It loads, runs, fetches, writes or reaches further."""
    UNKNOWN = "unknown"
    """Nobody here knows it."""
