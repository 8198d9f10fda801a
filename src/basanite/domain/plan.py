"""Planned: a question that this system, as it is now, has to answer."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from basanite.domain.check import Check
from basanite.domain.evidence import Question
from basanite.domain.value import JsonObject, Value


class Planned(Value):
    """One application of a check, ready to be answered or known to be unanswerable here."""

    check: Check
    component: str | None
    question: Question
    inputs: dict[str, str] = {}
    """Encoded paths by their part in the check."""
    context: JsonObject = Field(default={}, exclude=True)
    """Declared facts the check works with. Never written anywhere: it may hold canaries."""
    shelf_life: timedelta
    """How long its answer stays good for this system: by tier, or by an override in force."""
    skipped: str = ""
    """Why nothing can look, when nothing can. Then no evidence will exist."""
