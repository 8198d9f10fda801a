"""Windows of input and their references: which cases there are, and which columns count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from basanite.domain.artifact import Artifact, Format
from basanite.domain.errors import UsageError
from basanite.domain.inventory import Case, Inventory, Subject
from basanite.domain.names import visible
from basanite.domain.ports import Table
from basanite.domain.system import Component, ComponentKind, DatasetRole, ModelTask
from basanite.domain.value import JsonObject

_Data = tuple[Component, Artifact]


def window_cases(inventory: Inventory) -> Iterator[Case]:
    """Yield every predictive model with each pair of reference and window that serves it."""
    for model in inventory.system.components:
        predictive = model.task is not None and model.task is not ModelTask.GENERATION
        if model.kind is not ComponentKind.MODEL or not predictive:
            continue
        windows = _tables(inventory, model, DatasetRole.WINDOW)
        references = _tables(inventory, model, DatasetRole.REFERENCE) or _tables(
            inventory, model, DatasetRole.TRAINING
        )
        skipped = _missing(model, windows, references)
        if skipped:
            own = inventory.of_component(model.id)
            yield Case(component=model.id, subjects=tuple(map(_subject, own)), skipped=skipped)
            continue
        for reference, window in product(references, windows):
            yield _case(model, reference, window)


def features(reference: Table, parameters: JsonObject) -> list[str]:
    """Return the columns to compare.

    Raises:
        UsageError: a column that the manifest names is not in the reference, or none is left.
    """
    declared: Mapping[str, Any] = parameters.get("columns") or {}
    aside = {declared.get("label"), declared.get("time")}
    named = [str(each) for each in declared.get("features") or ()]
    chosen = named or [column for column in reference.columns if column not in aside]
    missing = [column for column in chosen if column not in reference.columns]
    if missing or not chosen:
        what = f"no column {visible(missing[0], 80)}" if missing else "no feature columns"
        raise UsageError(f"the reference has {what}", remedy="Correct `columns` in the manifest.")
    return chosen


def _missing(model: Component, windows: list[_Data], references: list[_Data]) -> str:
    if not windows:
        return f"no dataset with role window serves {model.id}"
    if not references:
        return f"no dataset with role reference or training serves {model.id}"
    if any(artifact.format is not Format.CSV for _, artifact in (*windows, *references)):
        return f"the data that serves {model.id} is not all CSV"
    return ""


def _case(model: Component, reference: _Data, window: _Data) -> Case:
    data, before = reference
    _, after = window
    return Case(
        component=model.id,
        subjects=(_subject(before), _subject(after)),
        inputs={"reference": before.path, "window": after.path},
        context={
            "columns": {
                "label": data.columns.label or model.columns.label,
                "time": data.columns.time or model.columns.time,
                "features": list(data.columns.features or model.columns.features),
            }
        },
    )


def _tables(inventory: Inventory, model: Component, role: DatasetRole) -> list[_Data]:
    return [
        (part, artifact)
        for part in inventory.system.components
        if part.kind is ComponentKind.DATASET and part.role is role and model.id in part.serves
        for artifact in sorted(inventory.of_component(part.id), key=lambda a: a.path)
    ]


def _subject(artifact: Artifact) -> Subject:
    return Subject(name=artifact.path, sha256=artifact.sha256)
