"""Pedigree: what a model says it was made from, for fine-tunes, adapters and quantisations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from basanite.domain.artifact import Artifact
from basanite.domain.claims import Claims, claims_of, quantised
from basanite.domain.names import visible
from basanite.reports import words


def pedigree(artifacts: Sequence[Artifact]) -> dict[str, Any]:
    """Return the CycloneDX ``pedigree`` of a model by its files; empty where they say nothing.

    Ancestors are declared, not verified: the notes say so.
    """
    claims = claims_of(artifacts)
    ancestors = [ancestor(each) for each in claims.ancestors()]
    notes = remarks(artifacts)
    body: dict[str, Any] = {}
    if ancestors:
        body["ancestors"] = ancestors
        notes.append("Ancestors are as the files declare them; they are not verified.")
    if notes:
        body["notes"] = " ".join(notes)
    return body


def remarks(artifacts: Sequence[Artifact]) -> list[str]:
    """Return in sentences how a model differs from its ancestors."""
    claims = claims_of(artifacts)
    types = quantised(artifacts)
    told = []
    if types:
        told.append(f"Quantised: tensors of type {words.listed(types)}.")
    relation = claims.text("relation")
    for name, sentence in (
        ("quantization", "Quantised by the method {}."),
        ("quantized_by", "Quantised by {}, as the file declares."),
        ("finetune", "Fine-tuned: {}, as the file declares."),
        ("adapter", "An adapter of the type {}."),
        ("loaded_from", "Its configuration was loaded from {}."),
    ):
        value = claims.text(name)
        if value:
            told.append(sentence.format(value))
    if relation:
        told.append(f"It declares itself {_RELATIONS.get(relation.lower(), relation)}.")
    return told


_RELATIONS = {
    "adapter": "an adapter of its ancestor",
    "finetune": "a fine-tune of its ancestor",
    "quantized": "a quantisation of its ancestor",
    "merge": "a merge of its ancestors",
}


def ancestor(told: dict[str, str]) -> dict[str, Any]:
    """Return a declared ancestor as a CycloneDX component."""
    body: dict[str, Any] = {
        "type": "machine-learning-model",
        "name": told["name"],
    }
    if told.get("organization"):
        body["supplier"] = {"name": told["organization"]}
    if told.get("version"):
        body["version"] = told["version"]
    address = web_address(told.get("url", ""))
    if address:
        body["externalReferences"] = [{"type": "distribution", "url": address}]
    return body


def references(claims: Claims) -> list[dict[str, Any]]:
    """Return the addresses that a model's files declare, as CycloneDX external references."""
    found = []
    for name, kind, comment in (
        ("url", "website", "declared in the file"),
        ("source", "source-distribution", "declared in the file as its source"),
        ("licence_link", "license", "declared in the file"),
    ):
        address = web_address(claims.text(name))
        if address:
            found.append({"type": kind, "url": address, "comment": comment})
    return found


def web_address(text: str) -> str:
    """Return an address of the web in a form that every IRI parser takes; else nothing."""
    return words.iri(visible(text, 2000)) if text.startswith(("https://", "http://")) else ""
