"""SPDX 3.0.1 with its AI and Dataset profiles, as JSON-LD: the same inventory in SPDX's words.

Source: the SPDX specification 3.0.1 (System Package Data Exchange, Community-Spec-1.0). What
SPDX has no word for (confidence levels, services) stands in texts beside the fields it has.
"""

from __future__ import annotations

import hashlib
from datetime import UTC
from typing import Any
from uuid import UUID, uuid5

from basanite.domain.assessment import Assessment
from basanite.domain.claims import claims_of
from basanite.domain.inventory import HostState
from basanite.domain.system import ComponentKind, DatasetRole, Environment
from basanite.reports.cyclonedx_components import unique
from basanite.reports.json_report import to_json
from basanite.reports.spdx_graph import Graph
from basanite.reports.spdx_packages import (
    ancestor_package,
    dependency_packages,
    file_element,
    package_of,
)

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
NAMESPACE = UUID("0d9a3a52-6c7e-5b6f-8f0a-4a3d3c1f5e11")
"""Documents are named by UUIDs of version 5 in this name space, over the assessment's digest."""
_PROFILES = ["core", "software", "simpleLicensing", "ai", "dataset"]
_USES = {DatasetRole.TRAINING: "trainedOn", DatasetRole.TEST: "testedOn"}


def to_spdx(assessment: Assessment) -> dict[str, Any]:
    """Return the SPDX document of an assessment. Equal assessments give equal documents."""
    digest = hashlib.sha256(to_json(assessment).encode()).hexdigest()
    graph = Graph(f"urn:uuid:{uuid5(NAMESPACE, digest)}")
    _creation(graph, assessment)
    root = _system(graph, assessment)
    _parts(graph, assessment, root)
    _uses(graph, assessment)
    _annotations(graph, assessment, root)
    _document(graph, assessment, root)
    return {"@context": CONTEXT, "@graph": graph.elements()}


def _creation(graph: Graph, assessment: Assessment) -> None:
    """Who says so, with which program, and when."""
    tool, owner = assessment.tool, assessment.inventory.system.owner
    by = graph.agent(owner.name)
    using = graph.add("Tool", "tool/basanite", name=f"{tool.name} {tool.version}")
    graph.creation(
        created=assessment.time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        createdBy=[by],
        createdUsing=[using],
    )


def _system(graph: Graph, assessment: Assessment) -> str:
    system = assessment.inventory.system
    return graph.add(
        "software_Package",
        f"system/{system.id}",
        name=system.title,
        description=system.purpose,
        software_primaryPurpose="application",
        comment=f"Sector {system.sector.value}; tier {system.tier.value}; environment "
        f"{system.environment.value}; answers for it: {system.owner.name}.",
    )


def _parts(graph: Graph, assessment: Assessment, root: str) -> None:
    """Every declared part, every file and every package, and what contains or needs what."""
    inventory = assessment.inventory
    parts = {part.id: package_of(graph, assessment, part) for part in inventory.system.components}
    files: dict[str, str] = {}
    held: dict[str, list[str]] = {root: list(parts.values())}
    for artifact in unique(inventory.artifacts):
        files[artifact.path] = file_element(graph, artifact)
        owner = parts.get(artifact.component or "", root)
        held.setdefault(owner, []).append(files[artifact.path])
    complete = "incomplete" if inventory.unseen else "noAssertion"
    for holder, contents in held.items():
        graph.relate(holder, "contains", contents, completeness=complete)
    needed: dict[str, list[str]] = {}
    for dependency, package in dependency_packages(graph, inventory.dependencies):
        needed.setdefault(files.get(dependency.source, root), []).append(package)
    for source, packages in needed.items():
        graph.relate(source, "dependsOn", list(dict.fromkeys(packages)))
    for part in inventory.system.components:
        if part.kind is ComponentKind.MODEL:
            told = claims_of(inventory.of_component(part.id)).ancestors()
            ancestors = [ancestor_package(graph, part, each) for each in told]
            graph.relate(parts[part.id], "descendantOf", ancestors)


def _uses(graph: Graph, assessment: Assessment) -> None:
    """What serves what: a dataset by its role, everything else as a dependency."""
    declared = {part.id: part for part in assessment.inventory.system.components}
    used: dict[tuple[str, str], list[str]] = {}
    for part in declared.values():
        for served in part.serves:
            if served in declared and served != part.id:
                kind = "dependsOn"
                if part.kind is ComponentKind.DATASET:
                    kind = _USES.get(part.role or DatasetRole.OTHER, "hasDataFile")
                used.setdefault((f"part/{served}", kind), []).append(graph.iri(f"part/{part.id}"))
    for (served, kind), targets in used.items():
        graph.relate(graph.iri(served), kind, targets)


def _annotations(graph: Graph, assessment: Assessment, root: str) -> None:
    """What SPDX has no field for: gaps, the guidance applied, the machine that assessed."""
    inventory = assessment.inventory
    told = [f"Could not be looked at: {each.path}: {each.reason}" for each in inventory.unseen]
    told += [
        f"Held against {pack.title} {pack.version}: {assessment.standing_of(pack.id)}"
        for pack in assessment.packs
    ]
    host = [
        f"{fact.name}: {fact.value or fact.state.value}"
        for fact in inventory.host
        if fact.state is HostState.READ
    ]
    if host:
        told.append("The machine that assessed it: " + "; ".join(host))
    for number, statement in enumerate(told):
        graph.add(
            "Annotation",
            f"annotation/{number}",
            annotationType="other",
            subject=root,
            statement=statement,
        )


def _document(graph: Graph, assessment: Assessment, root: str) -> None:
    system, head = assessment.inventory.system, assessment.head
    running = system.environment is Environment.PRODUCTION
    listed = graph.listed()
    sbom = graph.add(
        "software_Sbom",
        "sbom",
        name=f"AI-BOM of {system.title}",
        software_sbomType=["deployed" if running else "analyzed"],
        rootElement=[root],
        element=listed,
        profileConformance=_PROFILES,
    )
    graph.add(
        "SpdxDocument",
        "document",
        name=f"AI-BOM of {system.title}",
        rootElement=[sbom],
        element=[*listed, sbom],
        profileConformance=_PROFILES,
        externalRef=[
            {
                "type": "ExternalRef",
                "externalRefType": "secureSoftwareAttestation",
                "locator": [f"urn:basanite:ledger:{system.id}:{head.number}:{head.hash}"],
                "comment": "Head of the signed ledger that holds the evidence.",
            }
        ],
    )
