"""Requirement and Rule: an item of guidance, and which evidence answers it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from basanite.domain.measurement import Direction
from basanite.domain.system import Tier
from basanite.domain.value import Sha256, Slug, Value


class Method(StrEnum):
    """How a requirement is answered."""

    RULE = "rule"
    ATTESTATION = "attestation"
    BOTH = "both"


class Basis(StrEnum):
    """How the identifier and structure of an item are known."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    MEMORY = "memory"


class AllOf(Value):
    """Met when every part is."""

    all_of: tuple[Policy, ...] = Field(alias="all-of", min_length=1)


class AnyOf(Value):
    """Met when one part is. Statistical parts share the error budget."""

    any_of: tuple[Policy, ...] = Field(alias="any-of", min_length=1)


class CheckPasses(Value):
    """Met when a check passed on every subject it applies to."""

    check: Slug
    every: Literal["subject"] = "subject"


class MeasurementHolds(Value):
    """Met when a measurement's interval keeps a limit at a confidence level."""

    measurement: Slug
    """Check id."""
    name: str
    limit: float | None = None
    """None: the bound that the evidence itself was held against."""
    direction: Direction = Direction.AT_LEAST
    level: float = Field(default=0.95, gt=0.5, lt=1)


class AttestedBy(Value):
    """Met when a person in that role signed a statement that has not expired."""

    attested_by: str = Field(alias="attested-by")
    """Role."""
    asks: str = ""
    """What the person is to state."""


def _tag(value: Any) -> str | None:
    names = {
        "all-of": "all-of",
        "all_of": "all-of",
        "any-of": "any-of",
        "any_of": "any-of",
        "measurement": "measurement",
        "attested-by": "attested-by",
        "attested_by": "attested-by",
        "check": "check",
    }
    fields = value if isinstance(value, dict) else type(value).model_fields
    return next((tag for name, tag in names.items() if name in fields), None)


Policy = Annotated[
    Annotated[AllOf, Tag("all-of")]
    | Annotated[AnyOf, Tag("any-of")]
    | Annotated[CheckPasses, Tag("check")]
    | Annotated[MeasurementHolds, Tag("measurement")]
    | Annotated[AttestedBy, Tag("attested-by")],
    Discriminator(_tag),
]
"""A composable rule over evidence."""


class Requirement(Value):
    """An item of guidance."""

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.()-]*$")
    """The source's identifier, with spaces as hyphens: ``MEASURE-2.7``."""
    group: str
    """The heading it stands under."""
    title: str
    """Short neutral label."""
    asks: str
    """What it asks, in our own words."""
    basis: Basis
    audience: tuple[Literal["operator", "developer", "provider", "agency"], ...] = ("operator",)
    tiers: tuple[Tier, ...] = tuple(Tier)
    """Consequence tiers it applies to."""
    method: Method
    rule: Policy


class Pack(Value):
    """A guidance document as data."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")
    title: str
    publisher: str
    source_document: str
    version: str
    date: str
    status: Literal["final", "draft", "revoked", "superseded"]
    note: str = ""
    licence: str
    requirements: tuple[Requirement, ...]


class PackReference(Value):
    """A pack as an assessment used it."""

    id: str
    title: str
    publisher: str
    version: str
    date: str
    status: str
    sha256: Sha256


AllOf.model_rebuild()
AnyOf.model_rebuild()
