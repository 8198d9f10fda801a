"""Coverage: which elements a BOM ought to have, and which of them a system's BOM has."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from basanite.domain.requirement import Basis
from basanite.domain.value import Slug, Value


class Presence(StrEnum):
    """How far an element is there."""

    PRESENT = "present"
    PARTLY = "partly"
    MISSING = "missing"


class Element(Value):
    """One element that a list asks for, in our own words."""

    id: Slug
    """Our own name for it; publishers give none."""
    cluster: str
    title: str
    asks: str
    provided_by: str = Field(alias="provided-by")
    """Where it comes from, or would come from: a key of the manifest, a reader, a check."""


class ElementList(Value):
    """A published list of minimum elements."""

    id: Slug
    title: str
    publisher: str
    version: str
    date: str
    status: str
    url: str
    basis: Basis
    """Whether the publisher's own text was read, or only others' account of it."""
    basis_note: str = Field(alias="basis-note")
    elements: tuple[Element, ...] = Field(min_length=1)


class Covered(Value):
    """What became of one element."""

    element: Element
    presence: Presence
    because: str
    """What is there, and where it is missing."""


class Coverage(Value):
    """One list, held against one system."""

    list: ElementList
    covered: tuple[Covered, ...]

    def count(self, presence: Presence) -> int:
        """Return how many elements are so far there."""
        return sum(each.presence is presence for each in self.covered)
