"""Planned: a question that this system, as it is now, has to answer."""

from __future__ import annotations

from datetime import timedelta

from basanite.domain.check import Check
from basanite.domain.evidence import Question
from basanite.domain.value import Value


class Planned(Value):
    """One application of a check, ready to be answered or known to be unanswerable here."""

    check: Check
    component: str | None
    question: Question
    inputs: dict[str, str] = {}
    """Encoded paths by their part in the check."""
    shelf_life: timedelta
    """How long its answer stays good for this system: by tier, or by an override in force."""
    skipped: str = ""
    """Why nothing can look, when nothing can. Then no evidence will exist."""
