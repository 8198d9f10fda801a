"""Events: what a long use case tells its face as it goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """A step of a stage: ``done`` of ``total``; ``note`` says what was done or why."""

    stage: str
    done: int
    total: int
    note: str = ""


Listener = Callable[[Progress], None]


def silent(_event: Progress) -> None:
    """Listen to nothing."""
