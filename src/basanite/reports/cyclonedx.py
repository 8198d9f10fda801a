"""CycloneDX 1.7 JSON: the AI bill of materials of a system.

Written by hand, since the usual library drops modelCard and data without a word.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import UUID, uuid5

from basanite.domain.artifact import Artifact
from basanite.domain.assessment import Assessment
from basanite.domain.inventory import Dependency
from basanite.domain.system import Component, ComponentKind, Environment
from basanite.reports import licence, words
from basanite.reports.json_report import to_json
from basanite.reports.model_card import model_card
from basanite.reports.package_url import package_url

SCHEMA = "http://cyclonedx.org/schema/bom-1.7.schema.json"
NAMESPACE = UUID("6f1d4c0e-5b0e-5e0c-9a53-6a1b0c9f3d27")
"""Serial numbers are UUIDs of version 5 in this namespace, over the assessment's digest."""

_TYPES = {
    ComponentKind.MODEL: "machine-learning-model",
    ComponentKind.DATASET: "data",
    ComponentKind.PROMPT: "data",
    ComponentKind.CODE: "application",
    ComponentKind.AGENT: "application",
    ComponentKind.HOST: "device",
    ComponentKind.PROVIDER: "platform",
}
_DATA = {ComponentKind.DATASET: "dataset", ComponentKind.PROMPT: "configuration"}
_FACT = 1000


def to_cyclonedx(assessment: Assessment) -> dict[str, Any]:
    """Return the BOM of an assessment. Equal assessments give equal BOMs.

    Components of kind service, and whatever else has an endpoint, are listed as services. Files
    are components of type file; packages are libraries with a purl.
    """
    inventory = assessment.inventory
    parts = inventory.system.components
    return {
        "$schema": SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "serialNumber": f"urn:uuid:{_serial(assessment)}",
        "version": 1,
        "metadata": _metadata(assessment),
        "components": [
            *(_component(assessment, part) for part in parts if part.kind in _TYPES),
            *(_file(artifact) for artifact in _unique(inventory.artifacts)),
            *_libraries(inventory.dependencies),
        ],
        "services": [_service(part) for part in parts if _serves(part)],
        "dependencies": _dependencies(assessment),
        "compositions": [
            {
                "aggregate": "incomplete" if inventory.unseen else "unknown",
                "assemblies": [_system(assessment)],
            }
        ],
    }


def _serial(assessment: Assessment) -> UUID:
    return uuid5(NAMESPACE, hashlib.sha256(to_json(assessment).encode()).hexdigest())


def _system(assessment: Assessment) -> str:
    return f"system/{assessment.inventory.system.id}"


def _metadata(assessment: Assessment) -> dict[str, Any]:
    system, tool = assessment.inventory.system, assessment.tool
    running = system.environment is Environment.PRODUCTION
    return {
        "timestamp": assessment.time.isoformat(timespec="seconds"),
        "lifecycles": [{"phase": "operations"} if running else {"name": system.environment.value}],
        "tools": {
            "components": [
                {
                    "type": "application",
                    "bom-ref": "tool/basanite",
                    "name": tool.name,
                    "version": tool.version,
                    "properties": [_property("tool.sha256", tool.sha256)],
                }
            ]
        },
        "component": {
            "type": "application",
            "bom-ref": _system(assessment),
            "name": system.title,
            "description": system.purpose,
            "properties": [
                _property("system.id", system.id),
                _property("system.sector", system.sector.value),
                _property("system.tier", system.tier.value),
                _property("system.environment", system.environment.value),
                _property("system.owner", system.owner.name),
                _property("system.high-impact", str(system.use_case.high_impact).lower()),
                _property("ledger.head", f"{assessment.head.number}:{assessment.head.hash}"),
            ],
        },
    }


def _property(name: str, value: str) -> dict[str, str]:
    return {"name": f"basanite:{name}", "value": value}


def _reference(part: Component) -> str:
    return f"component/{part.id}" if part.kind in _TYPES else f"service/{part.id}"


def _serves(part: Component) -> bool:
    return part.kind is ComponentKind.SERVICE or part.endpoint is not None


def _component(assessment: Assessment, part: Component) -> dict[str, Any]:
    files = assessment.inventory.of_component(part.id)
    body = _named(part) | {"type": _TYPES[part.kind], "bom-ref": _reference(part)}
    properties = [_property("component.kind", part.kind.value)]
    if part.role is not None:
        properties.append(_property("dataset.role", part.role.value))
    properties += [_property("component.path", path) for path in part.paths]
    body["properties"] = properties
    if part.kind is ComponentKind.MODEL:
        datasets = [
            _reference(other)
            for other in assessment.inventory.system.components
            if other.kind is ComponentKind.DATASET and part.id in other.serves
        ]
        body["modelCard"] = model_card(assessment, part, files, datasets)
        if len(files) == 1:
            body["hashes"] = [_hash(files[0].sha256)]
    if part.kind in _DATA:
        data: dict[str, Any] = {"type": _DATA[part.kind], "name": part.title or part.id}
        if part.paths:
            data["contents"] = {"url": words.relative_uri(part.paths[0])}
        body["data"] = [data]
    return body


def _named(part: Component) -> dict[str, Any]:
    body: dict[str, Any] = {"name": part.title or part.id}
    if part.version:
        body["version"] = part.version[:1024]
    if part.provider:
        key = "provider" if part.kind not in _TYPES else "supplier"
        body[key] = {"name": part.provider}
    choices = licence.choices(part.licence)
    if choices:
        body["licenses"] = choices
    return body


def _service(part: Component) -> dict[str, Any]:
    body: dict[str, Any] = {"name": part.title or part.id, "bom-ref": f"service/{part.id}"}
    if part.kind not in _TYPES:
        body |= _named(part)
    properties = [_property("component.kind", part.kind.value)]
    if part.endpoint is not None:
        body["endpoints"] = [words.iri(part.endpoint.url)]
        properties.append(_property("endpoint.protocol", part.endpoint.protocol))
        properties.append(_property("endpoint.enabled", str(part.endpoint.enabled).lower()))
        if part.endpoint.model:
            properties.append(_property("endpoint.model", part.endpoint.model))
    return body | {"properties": properties}


def _unique(artifacts: tuple[Artifact, ...]) -> list[Artifact]:
    return list({artifact.path: artifact for artifact in artifacts}.values())


def _file(artifact: Artifact) -> dict[str, Any]:
    properties = [
        _property("artifact.format", artifact.format.value),
        _property("artifact.size", str(artifact.size)),
    ]
    for name, value in artifact.facts.items():
        text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
        properties.append(_property(f"fact.{name}", text[:_FACT]))
    if artifact.note:
        properties.append(_property("artifact.note", artifact.note))
    return {
        "type": "file",
        "bom-ref": f"file/{artifact.path}",
        "name": artifact.path,
        "hashes": [_hash(artifact.sha256)],
        "properties": properties,
    }


def _hash(sha256: str) -> dict[str, str]:
    return {"alg": "SHA-256", "content": sha256}


def _package(dependency: Dependency) -> str:
    return f"package/{package_url(dependency)}"


def _libraries(dependencies: tuple[Dependency, ...]) -> list[dict[str, Any]]:
    """One library per package and version, with every file that names it."""
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
    properties = [_property("dependency.pinned-hash", pin) for pin in pins]
    properties += [
        _property("dependency.specifier", specifier)
        for specifier in sorted({each.specifier for each in named if each.specifier})
    ]
    properties.append(
        _property("dependency.resolved", str(any(each.resolved for each in named)).lower())
    )
    return body | {"properties": properties}


def _occurrence(dependency: Dependency) -> dict[str, Any]:
    body: dict[str, Any] = {"location": dependency.source}
    if dependency.line is not None:
        body["line"] = max(0, dependency.line)
    return body


def _dependencies(assessment: Assessment) -> list[dict[str, Any]]:
    """The graph: the system on its parts, a part on its files and on what serves it."""
    inventory = assessment.inventory
    edges: dict[str, list[str]] = {_system(assessment): []}
    declared = {part.id: part for part in inventory.system.components}
    for part in declared.values():
        edges[_system(assessment)].append(_reference(part))
        edges.setdefault(_reference(part), [])
        if _serves(part) and part.kind in _TYPES:
            edges[f"service/{part.id}"] = [_reference(part)]
    for part in declared.values():
        for served in part.serves:
            if served in declared and served != part.id:
                edges[_reference(declared[served])].append(_reference(part))
    for artifact in _unique(inventory.artifacts):
        owner = declared.get(artifact.component or "")
        edges[_reference(owner) if owner else _system(assessment)].append(f"file/{artifact.path}")
        edges[f"file/{artifact.path}"] = []
    for dependency in inventory.dependencies:
        source = f"file/{dependency.source}"
        edges.setdefault(_package(dependency), [])
        edges[source if source in edges else _system(assessment)].append(_package(dependency))
    return [
        {"ref": reference, "dependsOn": list(dict.fromkeys(targets))}
        for reference, targets in edges.items()
    ]
