"""Claims: what the papers of a model declare, gathered from the facts of its files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from basanite.domain.artifact import MODEL_FORMATS, Artifact


@dataclass(frozen=True)
class Claims:
    """What the files of one component declare. Claims are never facts; reports say so."""

    told: tuple[tuple[Artifact, dict[str, Any]], ...]
    """Each file that declares something, with what it declares (`basanite.formats.declared`)."""

    def text(self, *names: str) -> str:
        """Return the first text that a file declares under one of the names, or nothing."""
        for name in names:
            for _, claims in self.told:
                value = claims.get(name)
                if isinstance(value, str) and value:
                    return value
        return ""

    def texts(self, name: str) -> list[str]:
        """Return all different texts under a name; a list of texts counts one by one."""
        found: list[str] = []
        for _, claims in self.told:
            value = claims.get(name)
            many = value if isinstance(value, list) else [value]
            found += [each for each in many if isinstance(each, str) and each]
        return list(dict.fromkeys(found))

    def ancestors(self) -> list[dict[str, str]]:
        """Return the models that this one says it comes from: name, organization, version, url."""
        found: dict[tuple[str, str], dict[str, str]] = {}
        for _, claims in self.told:
            for each in claims.get("ancestors", ()):
                if isinstance(each, dict) and isinstance(each.get("name"), str):
                    texts = {k: v for k, v in each.items() if isinstance(v, str)}
                    known = found.setdefault((texts["name"], texts.get("version", "")), {})
                    known |= texts
        return list(found.values())

    def runs(self) -> list[tuple[Artifact, dict[str, str]]]:
        """Return the training runs that files speak of, with the file that does."""
        return [
            (artifact, {k: v for k, v in claims["run"].items() if isinstance(v, str)})
            for artifact, claims in self.told
            if isinstance(claims.get("run"), dict) and isinstance(claims["run"].get("id"), str)
        ]


def claims_of(artifacts: Iterable[Artifact]) -> Claims:
    """Return what these files declare; model files speak before the papers beside them."""
    told = [
        (each, each.facts["declared"])
        for each in artifacts
        if isinstance(each.facts.get("declared"), dict)
    ]
    return Claims(tuple(sorted(told, key=lambda p: (p[0].format not in MODEL_FORMATS, p[0].path))))


def quantised(artifacts: Iterable[Artifact]) -> list[str]:
    """Return the quantised tensor types of GGUF files: what is neither a float nor an integer."""
    found: dict[str, None] = {}
    for each in artifacts:
        types = each.facts.get("tensor_types")
        for name in types if isinstance(types, dict) else ():
            if "Q" in str(name) or str(name).startswith(("MXFP", "TQ")):
                found[str(name)] = None
    return list(found)
