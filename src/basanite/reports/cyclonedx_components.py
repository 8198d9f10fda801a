"""The parts of a CycloneDX BOM: components, services, files, packages, and their graph."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from basanite.domain.artifact import MODEL_FORMATS, Artifact
from basanite.domain.assessment import Assessment
from basanite.domain.claims import claims_of
from basanite.domain.inventory import Dependency
from basanite.domain.system import Component, ComponentKind
from basanite.reports import licence, words
from basanite.reports.bounds import said
from basanite.reports.model_card import measured, model_card, parameters_of
from basanite.reports.package_url import package_url
from basanite.reports.pedigree import pedigree, references

TYPES = {
    ComponentKind.MODEL: "machine-learning-model",
    ComponentKind.DATASET: "data",
    ComponentKind.PROMPT: "data",
    ComponentKind.CODE: "application",
    ComponentKind.AGENT: "application",
    ComponentKind.HOST: "device",
    ComponentKind.PROVIDER: "platform",
}
"""CycloneDX's type of each kind that is a component; a service is none."""
_DATA = {ComponentKind.DATASET: "dataset", ComponentKind.PROMPT: "configuration"}
_FACT = 1000


def prop(name: str, value: str) -> dict[str, str]:
    """Return a property in Basanite's name space."""
    return {"name": f"basanite:{name}", "value": value}


def reference_of(part: Component) -> str:
    """Return the bom-ref of a declared part."""
    return f"component/{part.id}" if part.kind in TYPES else f"service/{part.id}"


def is_served(part: Component) -> bool:
    """Return whether a part is listed among the services."""
    return part.kind is ComponentKind.SERVICE or part.endpoint is not None


def unique(artifacts: Iterable[Artifact]) -> list[Artifact]:
    """Return each file once, by its path."""
    return list({artifact.path: artifact for artifact in artifacts}.values())


def component(assessment: Assessment, part: Component) -> dict[str, Any]:
    """Return a declared part as a component."""
    files = assessment.inventory.of_component(part.id)
    body = _named(part) | {"type": TYPES[part.kind], "bom-ref": reference_of(part)}
    properties = [prop("component.kind", part.kind.value)]
    if part.role is not None:
        properties.append(prop("dataset.role", part.role.value))
    properties += [prop("component.path", path) for path in part.paths]
    body["properties"] = properties
    if len(files) == 1:
        body["hashes"] = [_hash(files[0].sha256)]
    if part.kind is ComponentKind.MODEL:
        datasets = [
            reference_of(other)
            for other in assessment.inventory.system.components
            if other.kind is ComponentKind.DATASET and part.id in other.serves
        ]
        body["modelCard"] = model_card(assessment, part, files, datasets)
        _add_claims(body, files)
    if part.kind in _DATA:
        body["data"] = [_data(part, files)]
    return body


def _data(part: Component, files: Sequence[Artifact]) -> dict[str, Any]:
    data: dict[str, Any] = {"type": _DATA[part.kind], "name": part.title or part.id}
    if part.paths:
        data["contents"] = {"url": words.relative_uri(part.paths[0])}
        columns = {"label": part.columns.label, "time": part.columns.time}
        described = {f"columns.{k}": v for k, v in columns.items() if v}
        if part.columns.features:
            described["columns.features"] = ", ".join(part.columns.features)
        if files:
            described["files"] = str(len(files))
            described["bytes"] = str(sum(each.size for each in files))
        if described:
            data["contents"]["properties"] = [prop(k, v) for k, v in described.items()]
    if part.provider:
        data["governance"] = {"owners": [{"organization": {"name": part.provider}}]}
    return data


def _named(part: Component) -> dict[str, Any]:
    body: dict[str, Any] = {"name": part.title or part.id}
    if part.version:
        body["version"] = part.version[:1024]
    if part.provider:
        key = "provider" if part.kind not in TYPES else "supplier"
        body[key] = {"name": part.provider}
    choices = licence.choices(part.licence, licence.DECLARED)
    if choices:
        body["licenses"] = choices
    return body


def _add_claims(body: dict[str, Any], files: Sequence[Artifact]) -> None:
    """Add what a model's files declare, where the manifest does not speak already."""
    claims = claims_of(files)
    found = claims.texts("licence")
    if found:
        # What stands in the files is evidence; a licence of the BOM needs somebody to declare it.
        body["evidence"] = {"licenses": _observed(found)}
        body.setdefault("licenses", licence.choices(found[0], licence.DECLARED))
    for name, key in (("version", "version"), ("description", "description")):
        value = claims.text(key)
        if value:
            body.setdefault(name, value)
    organization = claims.text("organization", "author")
    if organization:
        body.setdefault("supplier", {"name": organization})
    ancestry = pedigree(files)
    if ancestry:
        body["pedigree"] = ancestry
    addresses = references(claims)
    if addresses:
        body["externalReferences"] = addresses


def _observed(found: Sequence[str]) -> list[dict[str, Any]]:
    """A list of licences may hold one expression only; several are told as names."""
    choices = [each for text in found for each in licence.choices(text)]
    if len(choices) > 1:
        choices = [
            {"license": {"name": each["expression"]}} if "expression" in each else each
            for each in choices
        ]
    return choices


def service(assessment: Assessment, part: Component) -> dict[str, Any]:
    """Return a part that answers at an address as a service."""
    body: dict[str, Any] = {"name": part.title or part.id, "bom-ref": f"service/{part.id}"}
    if part.kind not in TYPES:
        body |= _named(part)
    elif part.provider:
        body["provider"] = {"name": part.provider}
    properties = [prop("component.kind", part.kind.value)]
    if part.endpoint is not None:
        body["endpoints"] = [words.iri(part.endpoint.url)]
        properties.append(prop("endpoint.protocol", part.endpoint.protocol))
        properties.append(prop("endpoint.enabled", str(part.endpoint.enabled).lower()))
        if part.endpoint.model:
            properties.append(prop("endpoint.model", part.endpoint.model))
    if part.kind is not ComponentKind.MODEL:
        # A service has no card: what was measured of it stands in words.
        properties += [
            prop(f"measurement.{result.check}.{each.name}", said(each))
            for result, each in measured(assessment, part.id)
        ]
    return body | {"properties": properties}


def file_component(artifact: Artifact) -> dict[str, Any]:
    """Return a file with its digest and what its header says."""
    properties = [
        prop("artifact.format", artifact.format.value),
        prop("artifact.size", str(artifact.size)),
    ]
    for name, value in artifact.facts.items():
        text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
        properties.append(prop(f"fact.{name}", text[:_FACT]))
    if artifact.note:
        properties.append(prop("artifact.note", artifact.note))
    return {
        "type": "file",
        "bom-ref": f"file/{artifact.path}",
        "name": artifact.path,
        "hashes": [_hash(artifact.sha256)],
        "properties": properties,
    }


def model_file(artifact: Artifact) -> dict[str, Any]:
    """Return a file that no manifest speaks for: a model by itself, where its format is one."""
    body = file_component(artifact)
    if artifact.format not in MODEL_FORMATS:
        return body
    body["type"] = "machine-learning-model"
    parameters = parameters_of([artifact])
    if parameters:
        body["modelCard"] = {"modelParameters": parameters}
    _add_claims(body, [artifact])
    return body


def _hash(sha256: str) -> dict[str, str]:
    return {"alg": "SHA-256", "content": sha256}


def _package(dependency: Dependency) -> str:
    return f"package/{package_url(dependency)}"


def libraries(dependencies: tuple[Dependency, ...]) -> list[dict[str, Any]]:
    """Return one library per package and version, with every file that names it."""
    grouped: dict[str, list[Dependency]] = {}
    for dependency in dependencies:
        grouped.setdefault(_package(dependency), []).append(dependency)
    return [_library(reference, named) for reference, named in grouped.items()]


def _library(reference: str, named: list[Dependency]) -> dict[str, Any]:
    first = named[0]
    body: dict[str, Any] = {
        "type": "library",
        "bom-ref": reference,
        "name": first.name,
        "purl": package_url(first),
        "evidence": {"occurrences": [_occurrence(each) for each in named]},
    }
    if first.version:
        body["version"] = first.version[:1024]
    pins = sorted({pin for each in named for pin in each.hashes})
    properties = [prop("dependency.pinned-hash", pin) for pin in pins]
    properties += [
        prop("dependency.specifier", specifier)
        for specifier in sorted({each.specifier for each in named if each.specifier})
    ]
    properties.append(
        prop("dependency.resolved", str(any(each.resolved for each in named)).lower())
    )
    return body | {"properties": properties}


def _occurrence(dependency: Dependency) -> dict[str, Any]:
    body: dict[str, Any] = {"location": dependency.source}
    if dependency.line is not None:
        body["line"] = max(0, dependency.line)
    return body


def graph(assessment: Assessment, system: str) -> list[dict[str, Any]]:
    """Return the graph: the system on its parts, a part on its files and on what serves it."""
    inventory = assessment.inventory
    edges: dict[str, list[str]] = {system: []}
    declared = {part.id: part for part in inventory.system.components}
    for part in declared.values():
        edges[system].append(reference_of(part))
        edges.setdefault(reference_of(part), [])
        if is_served(part) and part.kind in TYPES:
            edges[f"service/{part.id}"] = [reference_of(part)]
    for part in declared.values():
        for served in part.serves:
            if served in declared and served != part.id:
                edges[reference_of(declared[served])].append(reference_of(part))
    for artifact in unique(inventory.artifacts):
        owner = declared.get(artifact.component or "")
        edges[reference_of(owner) if owner else system].append(f"file/{artifact.path}")
        edges[f"file/{artifact.path}"] = []
    for dependency in inventory.dependencies:
        source = f"file/{dependency.source}"
        edges.setdefault(_package(dependency), [])
        edges[source if source in edges else system].append(_package(dependency))
    return [
        {"ref": reference, "dependsOn": list(dict.fromkeys(targets))}
        for reference, targets in edges.items()
    ]
