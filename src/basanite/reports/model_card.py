"""The CycloneDX 1.7 modelCard of a model: what it is for, and what was measured of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from basanite.domain.artifact import Artifact
from basanite.domain.assessment import Assessment
from basanite.domain.system import Component
from basanite.reports.bounds import asked, interval

_ARCHITECTURE = ("architecture", "general.architecture", "model_type", "architecture_family")
_PARAMETERS = ("inputs", "outputs")


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
    parameters: dict[str, Any] = {}
    if component.task is not None:
        parameters["task"] = component.task.value
    family = _first(artifacts, _ARCHITECTURE)
    if family:
        parameters["architectureFamily"] = family
    if datasets:
        parameters["datasets"] = [{"ref": reference} for reference in datasets]
    for name in _PARAMETERS:
        formats = [{"format": text} for each in artifacts for text in _shapes(each, name)]
        if formats:
            parameters[name] = formats
    use = assessment.inventory.system.use_case
    card: dict[str, Any] = {"considerations": {"useCases": [use.decides], "users": [use.affects]}}
    if parameters:
        card["modelParameters"] = parameters
    metrics = list(_metrics(assessment, component.id))
    if metrics:
        card["quantitativeAnalysis"] = {"performanceMetrics": metrics}
    return card


def _first(artifacts: Iterable[Artifact], names: Iterable[str]) -> str:
    for artifact in artifacts:
        for name in names:
            if isinstance(artifact.facts.get(name), str):
                return str(artifact.facts[name])
    return ""


def _shapes(artifact: Artifact, name: str) -> list[str]:
    """Inputs or outputs as one line each, whatever form the reader gave them."""
    found = artifact.facts.get(name)
    if isinstance(found, dict):
        return [f"{key}: {_line(value)}" for key, value in found.items()]
    if isinstance(found, list):
        return [_line(value) for value in found]
    return []


def _line(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _metrics(assessment: Assessment, component: str) -> Iterable[dict[str, Any]]:
    for result in assessment.results:
        if result.component != component:
            continue
        for each in result.measurements:
            bound = f"; asked {asked(each.bound, each.unit)}" if each.bound else ""
            yield {
                "type": each.name,
                "value": repr(each.value),
                "slice": f"{result.check}, unit {each.unit}, n = {each.n}, {interval(each)}, "
                f"{each.interval.method}{bound}",
                "confidenceInterval": {
                    "lowerBound": repr(each.interval.low),
                    "upperBound": repr(each.interval.high),
                },
            }
