"""The CycloneDX 1.7 modelCard of a model: what it is for, and what was measured of it.

Only what the manifest, the files and the evidence say is written. What nobody said stays absent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from basanite.domain.artifact import Artifact
from basanite.domain.assessment import Assessment, Result
from basanite.domain.check import Stage
from basanite.domain.claims import Claims, claims_of
from basanite.domain.measurement import Held, Measurement
from basanite.domain.severity import Severity
from basanite.domain.system import Component, ComponentKind, DatasetRole
from basanite.reports.bounds import asked, interval, said

_FAMILY = ("architecture", "general.architecture", "model_type", "architecture_family")
_SHAPES = ("inputs", "outputs")
_PROPERTY = "basanite:"


def model_card(
    assessment: Assessment,
    component: Component,
    artifacts: Sequence[Artifact],
    datasets: Sequence[str],
) -> dict[str, Any]:
    """Return the card of one model component.

    Args:
        assessment: holds the measurements.
        component: the model.
        artifacts: its files, whose header facts name inputs, outputs and architecture.
        datasets: bom-refs of the datasets that serve it.
    """
    parameters = parameters_of(artifacts)
    approach = _approach(assessment, component)
    if approach:
        parameters = {"approach": {"type": approach}} | parameters
    if component.task is not None:
        parameters["task"] = component.task.value
    named = parameters.pop("datasets", [])
    if datasets or named:
        parameters["datasets"] = [{"ref": reference} for reference in datasets] + named
    card: dict[str, Any] = {"considerations": _considerations(assessment, component)}
    if parameters:
        card["modelParameters"] = parameters
    found = measured(assessment, component.id)
    files = {each.path for each in assessment.inventory.artifacts}
    if found:
        card["quantitativeAnalysis"] = {
            "performanceMetrics": [_metric(*pair, files - {*component.paths}) for pair in found]
        }
        card["properties"] = [_method(*pair) for pair in found]
    return card


def measured(assessment: Assessment, component: str) -> list[tuple[Result, Measurement]]:
    """Return what was measured of a component, with the result that holds it."""
    return [
        (result, each)
        for result in assessment.results
        if result.component == component
        for each in result.measurements
    ]


def parameters_of(artifacts: Sequence[Artifact]) -> dict[str, Any]:
    """Return the ``modelParameters`` that files alone tell: headers first, then their papers."""
    claims = claims_of(artifacts)
    told = {
        "task": claims.text("task"),
        "architectureFamily": _first(artifacts, _FAMILY) or claims.text("family"),
        "modelArchitecture": claims.text("architecture"),
    }
    parameters: dict[str, Any] = {name: value for name, value in told.items() if value}
    named = _named_datasets(claims)
    if named:
        parameters["datasets"] = named
    for name in _SHAPES:
        formats = [{"format": text} for each in artifacts for text in shapes(each, name)]
        if formats:
            parameters[name] = formats
    return parameters


def _named_datasets(claims: Claims) -> list[dict[str, Any]]:
    return [
        {"type": "dataset", "name": name, "description": "named in the model's card"}
        for name in claims.texts("datasets")
    ]


def _approach(assessment: Assessment, component: Component) -> str:
    """A training set with a label column is what supervised means."""
    labelled = any(
        other.kind is ComponentKind.DATASET
        and other.role is DatasetRole.TRAINING
        and component.id in other.serves
        and other.columns.label
        for other in assessment.inventory.system.components
    )
    return "supervised" if labelled else ""


def _considerations(assessment: Assessment, component: Component) -> dict[str, Any]:
    system = assessment.inventory.system
    use = system.use_case
    told: dict[str, Any] = {
        "users": [use.affects],
        "useCases": list(dict.fromkeys([system.purpose, use.decides])),
    }
    limits = list(dict.fromkeys(limitations(assessment, component.id)))
    if limits:
        told["technicalLimitations"] = limits
    if use.high_impact:
        told["ethicalConsiderations"] = [
            {"name": f"The use is high-impact: {use.decides}", "mitigationStrategy": use.override}
        ]
    return told


def limitations(assessment: Assessment, component: str) -> Iterable[str]:
    """Yield what tests showed of a component: bounds not kept or not decided, and findings."""
    for result in assessment.results:
        check = assessment.check(result.check)
        if result.component != component or check is None or check.stage is Stage.INSPECTION:
            continue
        for each in result.measurements:
            if each.bound is not None and each.held is not Held.YES:
                yield said(each)
        for finding in result.findings:
            if finding.level.rank >= Severity.MEDIUM.rank:
                yield finding.message


def _first(artifacts: Iterable[Artifact], names: Iterable[str]) -> str:
    for artifact in artifacts:
        for name in names:
            if isinstance(artifact.facts.get(name), str) and artifact.facts[name]:
                return str(artifact.facts[name])
    return ""


def shapes(artifact: Artifact, name: str) -> list[str]:
    """Return a model's inputs or outputs as one line each, whatever form the reader gave them."""
    found = artifact.facts.get(name)
    if isinstance(found, dict):
        return [f"{key}: {_line(value)}" for key, value in found.items()]
    if isinstance(found, list):
        return [_line(value) for value in found]
    return []


def _line(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _metric(result: Result, each: Measurement, data: set[str]) -> dict[str, Any]:
    """A measurement as CycloneDX has it; its slice is the data it was made on."""
    metric: dict[str, Any] = {
        "type": each.name,
        "value": repr(each.value),
        "confidenceInterval": {
            "lowerBound": repr(each.interval.low),
            "upperBound": repr(each.interval.high),
        },
    }
    used = [subject.name for subject in result.subjects if subject.name in data]
    if used:
        metric["slice"] = ", ".join(used)
    return metric


def _method(result: Result, each: Measurement) -> dict[str, str]:
    """How a measurement was made: CycloneDX has no field for it."""
    bound = f"; asked {asked(each.bound, each.unit)}" if each.bound else ""
    entry = f"; ledger entry {result.entry}" if result.entry is not None else ""
    return {
        "name": f"{_PROPERTY}measurement.{result.check}.{each.name}",
        "value": f"unit {each.unit}, n = {each.n}, {interval(each)}, {each.interval.method}"
        f"{bound}{entry}",
    }
