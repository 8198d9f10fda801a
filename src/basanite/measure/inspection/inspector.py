"""The seam of inspection: what a check of an artifact is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from basanite.domain.answer import Answer
from basanite.domain.artifact import Format
from basanite.domain.check import Check
from basanite.domain.ports import OpenArtifact
from basanite.domain.value import JsonObject


@dataclass(frozen=True)
class Inspector:
    """A check that looks at one artifact.

    ``inspect`` is pure but for reading the descriptor that it is given. It raises
    `UnreadableError` when the bytes are not what the format says; the runner makes that an
    ``incomplete`` answer, never a pass. Anything else it raises is an ``error`` answer.
    """

    check: Check
    formats: frozenset[Format]
    """The formats it looks at."""
    inspect: Callable[[OpenArtifact, JsonObject], Answer]
