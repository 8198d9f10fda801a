"""Predictive models and the data that serves them: which cases there are, rows, and labels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from basanite.domain.artifact import MODEL_FORMATS, Artifact, Format
from basanite.domain.errors import UnreadableError, UsageError
from basanite.domain.inventory import Case, Inventory, Subject
from basanite.domain.names import visible
from basanite.domain.ports import Model, Table
from basanite.domain.system import Component, ComponentKind, DatasetRole, ModelTask
from basanite.domain.value import JsonObject

ROWS_A_CALL = 4096


def model_cases(
    inventory: Inventory,
    *,
    tasks: frozenset[ModelTask],
    part: str,
    roles: Sequence[DatasetRole],
) -> Iterator[Case]:
    """Yield a case for every model of those tasks and every table of the first role it has.

    A model that is not ONNX, or has no such data, gives a case that says so.
    """
    for model in inventory.system.components:
        if model.kind is not ComponentKind.MODEL or model.task not in tasks:
            continue
        files = [a for a in inventory.of_component(model.id) if a.format in MODEL_FORMATS]
        runnable = [a for a in files if a.format is Format.ONNX]
        tables = next((found for role in roles if (found := _tables(inventory, model, role))), [])
        skipped = ""
        if not files:
            skipped = f"{model.id} has no model file"
        elif not runnable:
            skipped = f"{model.id} is {files[0].format}; only ONNX models are run"
        elif not tables:
            names = " or ".join(roles)
            skipped = f"no dataset with role {names} serves {model.id}"
        elif all(table.format is not Format.CSV for _, table in tables):
            skipped = f"the data that serves {model.id} is not CSV"
        if skipped:
            yield Case(component=model.id, subjects=_subjects(*files), skipped=skipped)
            continue
        for file, (data, table) in product(runnable, tables):
            if table.format is Format.CSV:
                yield Case(
                    component=model.id,
                    subjects=_subjects(file, table),
                    inputs={"model": file.path, part: table.path},
                    context={"columns": _columns(model, data)},
                )


def features(table: Table, parameters: JsonObject) -> list[str]:
    """Return the columns that the model takes, in order.

    Raises:
        UsageError: a column that the manifest names is not in the table, or none is left.
    """
    declared: Mapping[str, Any] = parameters.get("columns") or {}
    named = [str(each) for each in declared.get("features") or ()]
    aside = {declared.get("label"), declared.get("time")}
    chosen = named or [column for column in table.columns if column not in aside]
    missing = [column for column in chosen if column not in table.columns]
    if missing or not chosen:
        what = f"no column {visible(missing[0], 80)}" if missing else "no feature columns"
        raise UsageError(f"the table has {what}", remedy="Correct `columns` in the manifest.")
    return chosen


def label_column(table: Table, parameters: JsonObject) -> str:
    """Return the name of the label column.

    Raises:
        UsageError: the manifest names none, or one that is not in the table.
    """
    declared: Mapping[str, Any] = parameters.get("columns") or {}
    name = declared.get("label")
    if not isinstance(name, str) or name not in table.columns:
        what = "names no label column" if name is None else "names a label column that is not there"
        raise UsageError(f"the manifest {what}", remedy="Set `columns: label:` of the dataset.")
    return name


def rows(table: Table, columns: Sequence[str]) -> list[tuple[float, ...]]:
    """Return the table's rows over those columns."""
    return list(zip(*(table.numbers(column) for column in columns), strict=True))


def predicted_labels(
    model: Model, data: Sequence[tuple[float, ...]], output: str, threshold: float | None
) -> list[float]:
    """Return one label a row; NaN where the model gave no number.

    Labels come from the named output, else from the only one that holds whole numbers, else from
    the largest of several class scores. A single score needs a threshold.

    Raises:
        UnreadableError: an output is not as long as the rows, or labels cannot be read from it.
    """
    labels: list[float] = []
    for start in range(0, len(data), ROWS_A_CALL):
        part = data[start : start + ROWS_A_CALL]
        outputs = model.predict(part)
        if output and output not in outputs:
            raise UsageError(f"the model has no output {visible(output, 80)}")
        found = None
        for name in [output] if output else outputs:
            values = [_bare(value) for value in outputs[name]]
            if len(values) != len(part):
                raise UnreadableError(f"output {visible(name, 80)} has not one answer for each row")
            found = _labels(values, threshold)
            if found is not None:
                break
        if found is None:
            raise UnreadableError(
                "labels cannot be told from the model's outputs",
                remedy="Set the parameters output and, for a score, threshold.",
            )
        labels.extend(found)
    return labels


def _labels(values: list[Any], threshold: float | None) -> list[float] | None:
    if all(isinstance(value, int | float) for value in values):
        numbers = [float(value) for value in values]
        if threshold is not None and any(isinstance(value, float) for value in values):
            return [math.nan if math.isnan(v) else float(v >= threshold) for v in numbers]
        # A row without a number is wrong, and still a row of an output that holds labels.
        return (
            numbers if all(math.isnan(v) or v == math.floor(v) for v in _finite(numbers)) else None
        )
    if all(isinstance(value, list) and len(value) > 1 for value in values):
        return [_largest(value) for value in values]
    return None


def _finite(numbers: list[float]) -> list[float]:
    return [v for v in numbers if math.isfinite(v)]


def _largest(scores: list[Any]) -> float:
    if not all(isinstance(score, int | float) and not math.isnan(score) for score in scores):
        return math.nan
    return float(scores.index(max(scores)))


def _bare(value: Any) -> Any:
    """Return the only member of a list of one, at any depth."""
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value


def _tables(
    inventory: Inventory, model: Component, role: DatasetRole
) -> list[tuple[Component, Artifact]]:
    return [
        (part, artifact)
        for part in inventory.system.components
        if part.kind is ComponentKind.DATASET and part.role is role and model.id in part.serves
        for artifact in sorted(inventory.of_component(part.id), key=lambda a: a.path)
    ]


def _columns(model: Component, data: Component) -> JsonObject:
    """Return what the columns mean: what the dataset says, else what the model says."""
    return {
        "label": data.columns.label or model.columns.label,
        "time": data.columns.time or model.columns.time,
        "features": list(data.columns.features or model.columns.features),
    }


def _subjects(*artifacts: Artifact) -> tuple[Subject, ...]:
    return tuple(Subject(name=each.path, sha256=each.sha256) for each in artifacts)
