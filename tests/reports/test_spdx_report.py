"""SPDX 3.0.1: what a second library takes, conformant to its profiles, and the same every time."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from spdx_python_model import load_data

from basanite.domain.artifact import Artifact, Format
from basanite.domain.assessment import Assessment
from basanite.domain.names import encode_name
from basanite.domain.system import Component, ComponentKind, Endpoint
from basanite.formats.bom.reader import read_bom
from basanite.map.bom_comparison import compare
from basanite.reports.cyclonedx import to_cyclonedx
from basanite.reports.spdx import CONTEXT, to_spdx

HOSTILE = "<script>alert(1)</script>\n\x1b[31m\u202e{{7*7}}\"'"
OFFICIAL = os.environ.get("BASANITE_SPDX_SCHEMA", "")
"""Path of the official JSON schema of SPDX 3.0.1, which is not kept here."""


def elements(document: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each for each in document["@graph"] if each["type"] == kind]


def named(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in document["@graph"] if each.get("name") == name)


def valid(document: dict[str, Any]) -> None:
    """Load it with bindings made from the official model: every type, name and number of values."""
    text = json.dumps(document, allow_nan=False)
    _, objects = load_data(json.loads(text))
    assert len(objects.objects) == len(document["@graph"])
    if OFFICIAL:
        # Each element by its own class: the whole at once takes minutes.
        schema = json.loads(Path(OFFICIAL).read_text("utf-8"))
        for each in document["@graph"]:
            Draft202012Validator(
                {
                    "$defs": schema["$defs"],
                    "$ref": f"#/$defs/{each['type']}",
                    "unevaluatedProperties": False,
                }
            ).validate(each)


@pytest.fixture
def tuned(build: Callable[..., Assessment], water: Assessment) -> Assessment:
    """The assessment, with a quantised model that names its ancestor."""
    parts = (
        *water.inventory.system.components,
        Component(id="chat", kind=ComponentKind.MODEL, title="Chat", paths=("models/chat",)),
    )
    gguf = Artifact(
        path="models/chat/q.gguf",
        size=10,
        sha256="a" * 64,
        format=Format.GGUF,
        component="chat",
        facts={
            "architecture": "llama",
            "tensor_types": {"Q4_K": 1},
            "declared": {
                "licence": "llama3.1",
                "version": "1.1",
                "organization": "Example",
                "url": "https://models.example/q",
                "ancestors": [
                    {
                        "name": "Base",
                        "organization": "Base Org",
                        "version": "7B",
                        "url": "https://models.example/base",
                    }
                ],
            },
        },
    )
    run = Artifact(
        path="models/chat/MLmodel",
        size=10,
        sha256="b" * 64,
        format=Format.YAML,
        component="chat",
        facts={"declared": {"run": {"id": "r1", "tool": "MLflow", "ended": "2026-05-04 10:00:00"}}},
    )
    system = water.inventory.system.model_copy(update={"components": parts})
    return build(system=system, artifacts=(*water.inventory.artifacts, gguf, run))


def test_the_document_is_valid(water: Assessment, tuned: Assessment) -> None:
    valid(to_spdx(water))
    valid(to_spdx(tuned))


def test_the_second_library_refuses_what_the_model_does_not_know(water: Assessment) -> None:
    document = to_spdx(water)
    elements(document, "ai_AIPackage")[0]["ai_autonomyType"] = "perhaps"

    with pytest.raises((ValueError, TypeError, KeyError)):
        valid(document)


def test_a_document_of_nothing_and_one_of_hostile_texts_are_valid(
    build: Callable[..., Assessment], water: Assessment
) -> None:
    bare = water.inventory.system.model_copy(update={"components": ()})
    valid(to_spdx(build(system=bare, artifacts=(), dependencies=(), results=(), verdicts=())))
    part = Component(
        id="odd",
        kind=ComponentKind.MODEL,
        title=HOSTILE,
        licence=HOSTILE,
        provider=HOSTILE,
        version=HOSTILE,
        endpoint=Endpoint(url="http://x/" + HOSTILE),
    )
    system = water.inventory.system.model_copy(update={"components": (part,), "title": HOSTILE})
    path = encode_name(b"\xff\n<script>:%/..")
    odd = water.inventory.artifacts[0].model_copy(update={"path": path, "component": "odd"})
    document = to_spdx(build(system=system, artifacts=(odd, odd)))
    valid(document)
    assert all(" " not in each.get("spdxId", "") for each in document["@graph"])


def test_equal_assessments_give_equal_documents_and_others_other_names(
    water: Assessment, build: Callable[..., Assessment]
) -> None:
    first, again, other = (to_spdx(each) for each in (water, build(), build(manifest="0" * 64)))

    assert json.dumps(first) == json.dumps(again)
    assert named(first, "Anomaly detector")["spdxId"] != named(other, "Anomaly detector")["spdxId"]


def test_a_model_says_what_was_measured_with_its_confidence_and_bound(water: Assessment) -> None:
    model = named(to_spdx(water), "Anomaly detector")

    metrics = {each["key"]: each["value"] for each in model["ai_metric"]}
    bounds = {each["key"]: each["value"] for each in model["ai_metricDecisionThreshold"]}
    assert "at 95 % confidence" in metrics["model-accuracy/accuracy"]
    assert bounds["model-accuracy/accuracy"].startswith("at least")
    assert model["ai_domain"] == ["water-and-wastewater-systems"]
    assert "detection" in model["ai_typeOfModel"]
    assert "does not hold" in model["ai_limitation"]
    assert model["ai_autonomyType"] == "noAssertion"
    assert "ai_energyConsumption" not in model
    assert "ai_safetyRiskAssessment" not in model


def test_the_profiles_hold_one_declared_and_one_concluded_licence_each(tuned: Assessment) -> None:
    document = to_spdx(tuned)
    packages = [
        each["spdxId"]
        for each in (
            *elements(document, "ai_AIPackage"),
            *elements(document, "dataset_DatasetPackage"),
        )
    ]
    for kind in ("hasDeclaredLicense", "hasConcludedLicense"):
        sources = [
            each["from"]
            for each in elements(document, "Relationship")
            if each["relationshipType"] == kind
        ]
        assert len(sources) == len(set(sources))
        assert set(packages) <= set(sources)


def test_datasets_are_related_by_their_role_and_ancestors_as_such(tuned: Assessment) -> None:
    document = to_spdx(tuned)
    names = {each.get("spdxId"): each.get("name") for each in document["@graph"]}
    related = {
        (names[each["from"]], each["relationshipType"], names[target])
        for each in elements(document, "Relationship")
        for target in each["to"]
        if target in names
    }

    assert ("Anomaly detector", "trainedOn", "Training days") in related
    assert ("Anomaly detector", "testedOn", "Test days with faults") in related
    assert ("Chat", "descendantOf", "Base") in related
    assert ("Chat", "contains", "models/chat/q.gguf") in related
    assert (
        "Quantised: tensors of type Q4_K." in named(document, "Chat")["ai_informationAboutTraining"]
    )


def test_every_reference_ends_at_an_element(tuned: Assessment) -> None:
    document = to_spdx(tuned)
    known = {each.get("spdxId") for each in document["@graph"]}
    ends = {
        end
        for each in elements(document, "Relationship")
        for end in (each["from"], *each["to"])
        if not end.startswith("expandedlicensing_")
    }

    assert ends <= known
    (root,) = elements(document, "SpdxDocument")
    assert set(root["element"]) < known
    assert document["@context"] == CONTEXT


def test_both_formats_list_the_same_components(tuned: Assessment) -> None:
    """The same assessment in CycloneDX and in SPDX reads back as no difference."""
    spdx = read_bom(json.dumps(to_spdx(tuned)).encode())
    cyclonedx = read_bom(json.dumps(to_cyclonedx(tuned)).encode())

    found = compare(cyclonedx, spdx)

    assert (spdx.problems, cyclonedx.problems) == ((), ())
    assert [each.name for each in found.added] == ["Base"]
    assert (found.removed, found.changed) == ((), ())
