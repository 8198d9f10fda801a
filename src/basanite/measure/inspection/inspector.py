"""The seam of inspection: what a check of an artifact is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from basanite.domain.answer import Answer
from basanite.domain.artifact import CONTAINERS, Format, Part
from basanite.domain.check import Check
from basanite.domain.ports import OpenArtifact
from basanite.domain.value import JsonObject
from basanite.formats.container.entry import Unlooked
from basanite.formats.detect import BINARY, goes_to_pickle_loaders


@dataclass(frozen=True)
class Inspector:
    """A check that looks at one artifact, or at one part of it.

    ``inspect`` is pure but for reading the descriptor that it is given. It raises
    `UnreadableError` when the bytes are not what the format says; the runner makes that an
    ``incomplete`` answer, never a pass. Anything else it raises is an ``error`` answer.

    What lies inside containers is walked by the runner: a check is put to each file in there that
    it looks at, and never opens a container for the sake of the files.
    """

    check: Check
    formats: frozenset[Format]
    """The formats it looks at."""
    inspect: Callable[[OpenArtifact, JsonObject], Answer]
    disguised: bool = False
    """Whether it also looks at files of other formats that are, or are loaded as, one of its own.
    It then has to decide by the bytes."""
    where: Callable[[Part], bool] | None = None
    """Narrows it to the parts of its formats that this is true of; None: all of them."""
    inside: bool = True
    """Whether it is also put to what lies inside containers."""
    unlooked: Callable[[Unlooked], Answer | None] | None = None
    """What it says of something inside that could not be looked at, besides that it could not."""


def looks_at(inspector: Inspector, part: Part) -> bool:
    """Return whether a check is to be put to an artifact or a part.

    By its format; for a check that looks through disguises also by what else its bytes are (the
    fact ``also``), and by a name that programs give to pickle loaders.
    """
    if inspector.where is not None and not inspector.where(part):
        return False
    if part.format in inspector.formats:
        return True
    if not inspector.disguised or part.format not in BINARY:
        return False
    return bool(part.facts.get("also")) or goes_to_pickle_loaders(part.path)


def holds_parts(inspector: Inspector, artifact: Part) -> bool:
    """Return whether a check is to be put to what lies inside an artifact."""
    return inspector.inside and (
        artifact.format in CONTAINERS or Format.ZIP.value in artifact.facts.get("also", ())
    )


def concerns(inspector: Inspector, artifact: Part) -> bool:
    """Return whether a check is to be planned for an artifact: for itself, or for its parts."""
    return looks_at(inspector, artifact) or holds_parts(inspector, artifact)
