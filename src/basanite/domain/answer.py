"""Answer: what a check says of a subject, before anyone signs it."""

from __future__ import annotations

from pydantic import Field

from basanite.domain.finding import Finding
from basanite.domain.measurement import Held, Measurement
from basanite.domain.outcome import Outcome
from basanite.domain.value import JsonObject, Value

MAX_FINDINGS = 1000
"""More occurrences than a person would read; past it the answer says how many were left out."""


class Exchange(Value):
    """One question to a language model and what came back."""

    prompt: str
    answer: str
    label: str
    """How the answer was judged, e.g. ``declined``, ``leaked``, ``unscored``."""
    withheld: bool = False
    """The answer must not be kept (a misuse probe that was answered): hash, length, label only."""
    sample: int = 0


class Answer(Value):
    """The outcome of one run of a check on one subject."""

    outcome: Outcome
    reason: str = Field(default="", max_length=2000)
    """Why the outcome is not simply passed or failed. Required for all but those two."""
    findings: tuple[Finding, ...] = Field(default=(), max_length=MAX_FINDINGS)
    measurements: tuple[Measurement, ...] = ()
    transient: bool = False
    """The cause may be gone next time (a server that is down): ask again at the next run."""
    exchanges: tuple[Exchange, ...] = ()
    """Transcript. Never signed or stored as it is: the app redacts it into a blob."""
    detail: JsonObject = {}
    """Numbers a later run needs to continue (counts of a sequential test)."""
    calls: int = Field(default=0, ge=0)
    """Calls made to a target."""


def decided(measurements: tuple[Measurement, ...]) -> Outcome:
    """Return the outcome that bounded measurements force: failed wins, then undecided."""
    held = [each.held for each in measurements if each.bound is not None]
    if Held.NO in held:
        return Outcome.FAILED
    return Outcome.UNDECIDED if Held.OPEN in held or not held else Outcome.PASSED
