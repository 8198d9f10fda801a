"""A finding: what never varies (the rule) apart from where it was seen (the occurrence)."""

from __future__ import annotations

from pydantic import Field

from basanite.domain.severity import Confidence, Severity
from basanite.domain.value import JsonObject, Value, digest_of


class Reference(Value):
    """A pointer into a taxonomy or a standard: ``scheme`` as in ATLAS, CWE, OWASP-LLM-2025, CVE."""

    scheme: str = Field(pattern=r"^[A-Z][A-Z0-9-]*$")
    id: str

    def __str__(self) -> str:
        return f"{self.scheme} {self.id}"


class Rule(Value):
    """What a check looks for: the part of a finding that is the same wherever it occurs."""

    id: str = Field(pattern=r"^[a-z0-9-]+(/[a-z0-9-]+)?$")
    """``check-id`` or ``check-id/case``."""
    title: str
    severity: Severity
    remediation: str
    references: tuple[Reference, ...] = ()


class Location(Value):
    """Where in an artifact or an exchange a finding was seen. All parts are optional."""

    path: str = ""
    """Encoded name below the system's root; ``outer.zip!/inner.pkl`` for a nested member."""
    line: int | None = Field(default=None, ge=1)
    column: int | None = Field(default=None, ge=1)
    offset: int | None = Field(default=None, ge=0)
    """Bytes from the start of the artifact or member."""


class Finding(Value):
    """One occurrence of a rule."""

    rule: Rule
    message: str = Field(max_length=4000)
    confidence: Confidence
    location: Location = Location()
    severity: Severity | None = None
    """Set only where this occurrence is worse or milder than the rule's own severity."""
    detail: JsonObject = {}
    """Facts behind the message, for machines. Part of the fingerprint."""

    @property
    def level(self) -> Severity:
        """Return the severity that counts."""
        return self.severity or self.rule.severity

    @property
    def fingerprint(self) -> str:
        """Return an identity of rule, path and detail; moved lines and new words keep it."""
        return digest_of([self.rule.id, self.location.path, self.detail])
