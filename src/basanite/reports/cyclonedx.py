"""CycloneDX 1.7 JSON: the AI bill of materials of a system.

Written by hand, since the usual library drops modelCard, data and formulation without a word.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from basanite.domain.artifact import Artifact
from basanite.domain.assessment import Assessment, Result
from basanite.domain.evidence import Tool
from basanite.domain.inventory import HostState, Unseen
from basanite.domain.system import Environment
from basanite.domain.value import digest_of
from basanite.reports.cyclonedx_components import (
    TYPES,
    component,
    file_component,
    graph,
    is_served,
    libraries,
    model_file,
    prop,
    reference_of,
    service,
    unique,
)
from basanite.reports.cyclonedx_making import formulation
from basanite.reports.json_report import to_json

SCHEMA = "http://cyclonedx.org/schema/bom-1.7.schema.json"
NAMESPACE = UUID("6f1d4c0e-5b0e-5e0c-9a53-6a1b0c9f3d27")
"""Serial numbers are UUIDs of version 5 in this namespace, over the assessment's digest."""


def to_cyclonedx(assessment: Assessment) -> dict[str, Any]:
    """Return the BOM of an assessment. Equal assessments give equal BOMs.

    Components of kind service, and whatever else has an endpoint, are listed as services. Files
    are components of type file; packages are libraries with a purl. The BOM holds no floating
    point number, so that its canonical form (RFC 8785) is the same in every language.
    """
    inventory = assessment.inventory
    parts = inventory.system.components
    bom = _head(hashlib.sha256(to_json(assessment).encode()).hexdigest()) | {
        "metadata": _metadata(assessment),
        "components": [
            *(component(assessment, part) for part in parts if part.kind in TYPES),
            *(file_component(artifact) for artifact in unique(inventory.artifacts)),
            *libraries(inventory.dependencies),
        ],
        "services": [service(assessment, part) for part in parts if is_served(part)],
        "externalReferences": [_ledger(assessment)],
        "properties": _circumstances(assessment),
        "dependencies": graph(assessment, _system(assessment)),
        "compositions": _compositions(assessment),
    }
    made = formulation(assessment)
    if made:
        bom["formulation"] = made
    notes = _annotations(_system(assessment), assessment.tool, assessment.time, inventory.unseen)
    if notes:
        bom["annotations"] = notes
    return bom


def to_cyclonedx_of_artifacts(
    artifacts: Iterable[Artifact],
    results: Sequence[Result],
    *,
    name: str,
    tool: Tool,
    time: datetime,
    unseen: Sequence[Unseen] = (),
) -> dict[str, Any]:
    """Return the BOM of files alone, as an inspection without a manifest sees them.

    Args:
        artifacts: the files. Models are ``machine-learning-model``s, the rest are ``file``s.
        results: what the checks came to; each file says its outcomes as properties.
        name: of what was inspected.
        tool: who says so.
        time: of the inspection. It is in the BOM, but not in its serial number.
        unseen: what could not be looked at.
    """
    listed = unique(artifacts)
    outcomes: dict[str, list[dict[str, str]]] = {each.path: [] for each in listed}
    for result in results:
        for subject in result.subjects:
            if subject.name in outcomes:
                outcomes[subject.name].append(
                    prop(f"inspection.{result.check}", result.outcome.value)
                )
    content = [name, [[each.path, each.sha256] for each in listed], tool.sha256, outcomes]
    root = "inspected"
    files = []
    for each in listed:
        body = model_file(each)
        body["properties"] = body["properties"] + outcomes[each.path]
        files.append(body)
    bom = _head(digest_of(content)) | {
        "metadata": {
            "timestamp": time.isoformat(timespec="seconds"),
            "lifecycles": [{"phase": "post-build"}],
            "tools": {"components": [_tool(tool)]},
            "component": {"type": "application", "bom-ref": root, "name": name},
        },
        "components": files,
        "dependencies": [
            {"ref": root, "dependsOn": [body["bom-ref"] for body in files]},
            *({"ref": body["bom-ref"], "dependsOn": []} for body in files),
        ],
        "compositions": [
            {"aggregate": "incomplete" if unseen else "unknown", "assemblies": [root]}
        ],
    }
    notes = _annotations(root, tool, time, unseen)
    return bom | ({"annotations": notes} if notes else {})


def _head(digest: str) -> dict[str, Any]:
    return {
        "$schema": SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE, digest)}",
        "version": 1,
    }


def _system(assessment: Assessment) -> str:
    return f"system/{assessment.inventory.system.id}"


def _metadata(assessment: Assessment) -> dict[str, Any]:
    system = assessment.inventory.system
    contact = system.owner.contact
    running = system.environment is Environment.PRODUCTION
    return {
        "timestamp": assessment.time.isoformat(timespec="seconds"),
        "lifecycles": [{"phase": "operations"}]
        if running
        else [{"phase": "post-build"}, {"name": system.environment.value}],
        "tools": {"components": [_tool(assessment.tool)]},
        # Who answers for the system made this BOM, by a program.
        "manufacturer": {"name": system.owner.name},
        "component": {
            "type": "application",
            "bom-ref": _system(assessment),
            "name": system.title,
            "description": system.purpose,
            "properties": [
                prop("system.id", system.id),
                prop("system.sector", system.sector.value),
                prop("system.tier", system.tier.value),
                prop("system.environment", system.environment.value),
                prop("system.owner", system.owner.name),
                *([prop("system.owner-contact", contact)] if contact else []),
                prop("system.decides", system.use_case.decides),
                prop("system.affects", system.use_case.affects),
                prop("system.override", system.use_case.override),
                prop("system.high-impact", str(system.use_case.high_impact).lower()),
                prop("ledger.head", f"{assessment.head.number}:{assessment.head.hash}"),
            ],
        },
    }


def _tool(tool: Tool) -> dict[str, Any]:
    return {
        "type": "application",
        "bom-ref": "tool/basanite",
        "name": tool.name,
        "version": tool.version,
        "properties": [prop("tool.sha256", tool.sha256)],
    }


def _ledger(assessment: Assessment) -> dict[str, Any]:
    """Where the signed evidence is that this BOM is a view of."""
    head, system = assessment.head, assessment.inventory.system.id
    return {
        "type": "attestation",
        "url": f"urn:basanite:ledger:{system}:{head.number}:{head.hash}",
        "comment": "Head of the signed ledger that holds the evidence; `basanite verify --head`.",
    }


def _circumstances(assessment: Assessment) -> list[dict[str, str]]:
    """What the system was held against, and the machine that did it."""
    guidance = [
        prop(
            f"guidance.{pack.id}",
            f"{pack.title} {pack.version}: {assessment.standing_of(pack.id)}",
        )
        for pack in assessment.packs
    ]
    host = [
        prop(f"host.{fact.name}", fact.value or fact.state.value)
        for fact in assessment.inventory.host
        if fact.state is HostState.READ
    ]
    return guidance + host


def _compositions(assessment: Assessment) -> list[dict[str, Any]]:
    """What is known to be missing. A requirements file does not say what its packages need."""
    inventory = assessment.inventory
    known = {f"file/{each.path}" for each in inventory.artifacts}
    open_ends = sorted(
        {f"file/{each.source}" for each in inventory.dependencies if not each.resolved} & known
    )
    found: list[dict[str, Any]] = [
        {
            "aggregate": "incomplete" if inventory.unseen else "unknown",
            "assemblies": [_system(assessment)],
        }
    ]
    if open_ends:
        found.append({"aggregate": "incomplete", "dependencies": open_ends})
    remote = [
        reference_of(part)
        for part in inventory.system.components
        if is_served(part) and not inventory.of_component(part.id)
    ]
    if remote:
        found.append({"aggregate": "unknown", "assemblies": remote})
    return found


def _annotations(
    subject: str, tool: Tool, time: datetime, unseen: Sequence[Unseen]
) -> list[dict[str, Any]]:
    """Say beside the BOM what could not be looked at, and why."""
    return [
        {
            "subjects": [subject],
            "annotator": {
                "component": {"type": "application", "name": tool.name, "version": tool.version}
            },
            "timestamp": time.isoformat(timespec="seconds"),
            "text": f"Could not be looked at: {each.path}: {each.reason}",
        }
        for each in unseen
    ]
