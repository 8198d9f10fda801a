"""The seam of inspection: what a check of an artifact is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from basanite.domain.answer import Answer
from basanite.domain.artifact import Artifact, Format
from basanite.domain.check import Check
from basanite.domain.ports import OpenArtifact
from basanite.domain.value import JsonObject
from basanite.formats.detect import BINARY, goes_to_pickle_loaders


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
    disguised: bool = False
    """Whether it also looks at files of other formats that are, or are loaded as, one of its own.
    It then has to decide by the bytes."""


def looks_at(inspector: Inspector, artifact: Artifact) -> bool:
    """Return whether a check is to be put to an artifact.

    By its format; for a check that looks through disguises also by what else its bytes are (the
    fact ``also``), and by a name that programs give to pickle loaders.
    """
    if artifact.format in inspector.formats:
        return True
    if not inspector.disguised or artifact.format not in BINARY:
        return False
    return bool(artifact.facts.get("also")) or goes_to_pickle_loaders(artifact.path)
