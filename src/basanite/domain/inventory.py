"""Inventory: everything a system is made of, at one moment."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from basanite.domain.artifact import Artifact
from basanite.domain.system import System
from basanite.domain.value import JsonObject, Sha256, Slug, Value


class Dependency(Value):
    """A software package that the system declares or has resolved."""

    ecosystem: str = "pypi"
    name: str
    """Normalised name."""
    version: str = ""
    """Exact version where one is pinned or resolved, else empty."""
    specifier: str = ""
    """As declared, e.g. ``>=1.2,<2``."""
    hashes: tuple[str, ...] = ()
    """``sha256:…`` as the file pins them."""
    resolved: bool = False
    """True when it comes from a lock file or an installed environment."""
    source: str
    """Encoded path of the file that says so."""
    line: int | None = None


class HostState(StrEnum):
    """Whether a fact about the host could be read. It is never guessed."""

    READ = "read"
    ABSENT = "absent"
    UNREADABLE = "unreadable"


class HostFact(Value):
    """One fact of the machine that matters for hardware assurance."""

    name: str
    """E.g. ``cpu.vulnerability.meltdown``, ``kernel.lockdown``, ``tpm``, ``secure-boot``."""
    state: HostState
    value: str = ""
    source: str
    """The file it was read from."""


class Unseen(Value):
    """Something in the folder that could not be looked at, and why."""

    path: str
    reason: str


class Inventory(Value):
    """What a system is made of."""

    system: System
    artifacts: tuple[Artifact, ...]
    dependencies: tuple[Dependency, ...] = ()
    host: tuple[HostFact, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    excluded: tuple[str, ...] = ()
    """Encoded names of files and folders that were left out on purpose."""

    def of_component(self, component: str) -> tuple[Artifact, ...]:
        """Return the artifacts that belong to a component."""
        return tuple(each for each in self.artifacts if each.component == component)


class Subject(Value):
    """What an answer is about: a name and the digest that fixes it (in-toto ResourceDescriptor)."""

    name: str = Field(max_length=4096)
    sha256: Sha256


class Case(Value):
    """One application of a check: its subjects, and what the check needs to look at them."""

    component: Slug | None
    subjects: tuple[Subject, ...]
    inputs: dict[str, str] = {}
    """Encoded paths of artifacts by their part in the check: ``artifact``, ``model``, ``test``."""
    context: JsonObject = {}
    """Declared facts the check works with (columns, canaries); part of the parameters."""
    skipped: str = ""
    """Why the check cannot look, when it cannot. Then nothing runs and nothing is signed."""
