"""A bill of materials as any tool may have written it, in one neutral form, and how two differ."""

from __future__ import annotations

from enum import StrEnum

from basanite.domain.value import Value


class BomFormat(StrEnum):
    """Families of BOM documents."""

    CYCLONEDX = "CycloneDX"
    SPDX = "SPDX"


class BomComponent(Value):
    """One thing that a BOM lists."""

    ref: str
    """Its name inside the document: bom-ref, SPDXID or spdxId."""
    name: str
    kind: str = ""
    """In CycloneDX's words, for every format: ``library``, ``machine-learning-model``, ``data``,
    ``file``, ``service``, …; empty where the document does not say."""
    version: str = ""
    purl: str = ""
    supplier: str = ""
    licences: tuple[str, ...] = ()
    hashes: dict[str, str] = {}
    """Lower-case hexadecimal digests by algorithm: ``sha256``, ``sha512``, …"""
    facts: dict[str, str] = {}
    """What it says of a model or dataset: task, architecture, metrics, ancestors, …"""


class Bom(Value):
    """What was read of one document."""

    format: BomFormat
    spec_version: str
    identity: str = ""
    """Serial number or document name space."""
    subject: str = ""
    """Name of what the BOM describes."""
    created: str = ""
    tools: tuple[str, ...] = ()
    signed: bool = False
    """Whether it carries a signature. Nothing is verified by reading it."""
    components: tuple[BomComponent, ...]
    edges: tuple[tuple[str, str], ...] = ()
    """From a component to what it depends on or contains, by ref. Both ends are components."""
    problems: tuple[str, ...] = ()
    """What could not be read, in plain words. Empty means the whole document was understood."""


class BomChange(Value):
    """One field that differs."""

    field: str
    before: str
    after: str


class BomChanged(Value):
    """A component that is in both BOMs, but not the same."""

    before: BomComponent
    after: BomComponent
    matched_by: str
    """``purl``, ``hash`` or ``name``."""
    changes: tuple[BomChange, ...]


class BomDifference(Value):
    """How a second BOM differs from a first."""

    added: tuple[BomComponent, ...] = ()
    removed: tuple[BomComponent, ...] = ()
    changed: tuple[BomChanged, ...] = ()
    edges_added: tuple[tuple[str, str], ...] = ()
    """Dependencies between components of both BOMs that only the second has, by name."""
    edges_removed: tuple[tuple[str, str], ...] = ()
    same: int = 0
    """How many components are equal."""

    @property
    def empty(self) -> bool:
        """Whether nothing differs."""
        return not (
            self.added or self.removed or self.changed or self.edges_added or self.edges_removed
        )
