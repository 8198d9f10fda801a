"""How a model was made, where its own papers say so: the ``formulation`` of CycloneDX 1.7."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from basanite.domain.artifact import Artifact
from basanite.domain.assessment import Assessment
from basanite.domain.claims import claims_of
from basanite.domain.system import Component, ComponentKind, DatasetRole
from basanite.reports.cyclonedx_components import prop, reference_of


def formulation(assessment: Assessment) -> list[dict[str, Any]]:
    """Return one formula per model whose files name the run that made it; empty for none.

    Inputs are the datasets that the manifest declares for training; the output is the model.
    """
    inventory = assessment.inventory
    return [
        {
            "bom-ref": f"formula/{part.id}",
            "workflows": [_workflow(assessment, part, artifact, run) for artifact, run in runs],
        }
        for part in inventory.system.components
        if part.kind is ComponentKind.MODEL
        and (runs := claims_of(inventory.of_component(part.id)).runs())
    ]


def _workflow(
    assessment: Assessment, part: Component, artifact: Artifact, run: dict[str, str]
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "bom-ref": f"workflow/{part.id}/{artifact.path}",
        "uid": run["id"],
        "name": f"training run of {part.title or part.id}",
        "description": f"As {artifact.path} declares it.",
        "taskTypes": ["build"],
        "inputs": [
            {"resource": {"ref": reference_of(other)}}
            for other in assessment.inventory.system.components
            if other.kind is ComponentKind.DATASET
            and other.role is DatasetRole.TRAINING
            and part.id in other.serves
        ],
        "outputs": [{"type": "artifact", "resource": {"ref": reference_of(part)}}],
        "properties": [
            prop(f"run.{name}", value) for name, value in sorted(run.items()) if name != "id"
        ],
    }
    ended = _moment(run.get("ended", ""))
    if ended:
        body["timeEnd"] = ended
    if not body["inputs"]:
        del body["inputs"]
    return body


def _moment(text: str) -> str:
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return (given if given.tzinfo else given.replace(tzinfo=UTC)).isoformat(timespec="seconds")
