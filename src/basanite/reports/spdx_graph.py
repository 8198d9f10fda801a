"""The graph of an SPDX 3 document: elements by name, and relationships between them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from basanite.reports import licence

NO_ASSERTION = "expandedlicensing_NoAssertionLicense"
_CREATION = "_:creation"


class Graph:
    """Elements in the order they were added. Every one names the same creation."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._creation: dict[str, Any] = {}
        self._elements: dict[str, dict[str, Any]] = {}
        self._relations = 0

    def iri(self, name: str) -> str:
        """Return the identity of an element by its name in this document."""
        return f"{self._base}#{quote(name, safe='/-._~')}"

    def creation(self, **fields: Any) -> None:
        """Say who made the document, when and with what."""
        self._creation = {
            "type": "CreationInfo",
            "@id": _CREATION,
            "specVersion": "3.0.1",
            **fields,
        }

    def add(self, kind: str, place: str, /, **fields: Any) -> str:
        """Add an element once, without its empty fields, and return its identity.

        ``place`` names it inside the document.
        """
        identity = self.iri(place)
        kept = {key: value for key, value in fields.items() if value not in ("", [], None)}
        self._elements.setdefault(
            identity, {"type": kind, "spdxId": identity, "creationInfo": _CREATION, **kept}
        )
        return identity

    def agent(self, name: str) -> str:
        """Return the organisation of a name; it is added when it is new."""
        return self.add("Organization", f"organization/{name}", name=name)

    def relate(self, source: str, kind: str, targets: list[str], **fields: Any) -> None:
        """Add a relationship, when it has an end."""
        if targets:
            self._relations += 1
            self.add(
                "Relationship",
                f"relationship/{self._relations}",
                **{"from": source, "relationshipType": kind, "to": targets},
                **fields,
            )

    def license(self, source: str, declared: str) -> None:
        """Relate a package to its declared licence.

        Nobody concludes one here, and SPDX wants that said.
        """
        self.relate(source, "hasDeclaredLicense", [self._licence(declared)])
        self.relate(source, "hasConcludedLicense", [NO_ASSERTION])

    def _licence(self, declared: str) -> str:
        named = declared.strip()
        if not named:
            return NO_ASSERTION
        expression = licence.expression(named)
        if expression:
            return self.add(
                "simplelicensing_LicenseExpression",
                f"licence/{expression}",
                simplelicensing_licenseExpression=expression,
            )
        return self.add(
            "simplelicensing_SimpleLicensingText",
            f"licence/{named}",
            name=named,
            simplelicensing_licenseText=f"Only the name is known: {named}",
        )

    def listed(self) -> list[str]:
        """Return the identities of all elements so far."""
        return list(self._elements)

    def elements(self) -> list[dict[str, Any]]:
        """Return the graph, the creation first."""
        return [self._creation, *self._elements.values()]


def sha256(content: str) -> list[dict[str, str]]:
    """Return a digest as ``verifiedUsing`` has it."""
    return [{"type": "Hash", "algorithm": "sha256", "hashValue": content}]


def entry(key: str, value: str) -> dict[str, str]:
    """Return one entry of a dictionary."""
    return {"type": "DictionaryEntry", "key": key, "value": value}


def reference(kind: str, address: str) -> dict[str, Any]:
    """Return a pointer to something outside of the document."""
    return {"type": "ExternalRef", "externalRefType": kind, "locator": [address]}
