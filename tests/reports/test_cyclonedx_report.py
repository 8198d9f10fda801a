"""CycloneDX 1.7: strictly valid, whole, and the same every time."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given, settings
from hypothesis import strategies as st
from packageurl import PackageURL
from packaging.utils import canonicalize_name

from basanite.domain.assessment import Assessment
from basanite.domain.inventory import Dependency
from basanite.domain.names import encode_name
from basanite.domain.system import Component, ComponentKind, Endpoint
from basanite.reports.cyclonedx import to_cyclonedx
from basanite.reports.licence import choices
from basanite.reports.package_url import package_url

STRICT = JsonStrictValidator(SchemaVersion.V1_7)
HOSTILE = "<script>alert(1)</script>\n\x1b[31m\u202e{{7*7}}\"'"


def valid(bom: dict[str, Any]) -> str | None:
    problem = STRICT.validate_str(json.dumps(bom, allow_nan=False))
    return None if problem is None else repr(problem)[:2000]


def references(bom: dict[str, Any]) -> list[str]:
    parts = [bom["metadata"]["component"], *bom["components"], *bom["services"]]
    return [part["bom-ref"] for part in parts]


def test_the_bom_is_strictly_valid(water: Assessment) -> None:
    assert valid(to_cyclonedx(water)) is None


def test_a_bom_of_nothing_is_strictly_valid(
    build: Callable[..., Assessment], water: Assessment
) -> None:
    bare = water.inventory.system.model_copy(update={"components": ()})
    empty = build(system=bare, artifacts=(), dependencies=(), results=(), verdicts=())
    assert valid(to_cyclonedx(empty)) is None


def test_a_bom_of_hostile_texts_is_strictly_valid(
    build: Callable[..., Assessment], water: Assessment
) -> None:
    part = Component(
        id="odd",
        kind=ComponentKind.MODEL,
        title=HOSTILE,
        licence=HOSTILE,
        version=HOSTILE * 100,
        provider=HOSTILE,
        endpoint=Endpoint(url="http://x/" + HOSTILE),
    )
    system = water.inventory.system.model_copy(update={"components": (part,), "title": HOSTILE})
    path = encode_name(b"\xff\n<script>:%/..")
    odd = water.inventory.artifacts[0].model_copy(
        update={"path": path, "component": "odd", "facts": {HOSTILE: HOSTILE, "inputs": [1, None]}}
    )
    package = Dependency(name=HOSTILE, version=HOSTILE, ecosystem="odd", source=path, line=0)
    bom = to_cyclonedx(build(system=system, artifacts=(odd, odd), dependencies=(package,)))
    assert valid(bom) is None
    assert all(" " not in url and "<" not in url for s in bom["services"] for url in s["endpoints"])


def test_references_are_unique_and_every_edge_ends_somewhere(water: Assessment) -> None:
    bom = to_cyclonedx(water)
    known = references(bom)
    assert len(known) == len(set(known))
    for edge in bom["dependencies"]:
        assert edge["ref"] in known
        assert set(edge["dependsOn"]) <= set(known)
    assert {edge["ref"] for edge in bom["dependencies"]} == set(known)


def test_a_model_has_its_card_with_task_data_and_intervals(water: Assessment) -> None:
    bom = to_cyclonedx(water)
    model = next(each for each in bom["components"] if each["bom-ref"] == "component/detector")
    card = model["modelCard"]
    assert model["type"] == "machine-learning-model"
    assert card["modelParameters"]["task"] == "detection"
    assert {"ref": "component/training-data"} in card["modelParameters"]["datasets"]
    assert "float32" in card["modelParameters"]["inputs"][0]["format"]
    metrics = {each["type"]: each for each in card["quantitativeAnalysis"]["performanceMetrics"]}
    assert metrics["accuracy"]["confidenceInterval"] == {
        "lowerBound": "0.8321",
        "upperBound": "0.8668",
    }


def test_the_serial_number_is_that_of_the_assessment(
    water: Assessment, build: Callable[..., Assessment]
) -> None:
    first, again, other = (
        to_cyclonedx(each) for each in (water, build(), build(manifest="0" * 64))
    )
    assert first == again
    assert first["serialNumber"] != other["serialNumber"]


def test_what_could_not_be_seen_makes_the_bom_incomplete(
    water: Assessment, build: Callable[..., Assessment]
) -> None:
    assert to_cyclonedx(water)["compositions"][0]["aggregate"] == "incomplete"
    assert to_cyclonedx(build(unseen=()))["compositions"][0]["aggregate"] == "unknown"


@given(
    name=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}[A-Za-z0-9]", fullmatch=True),
    version=st.text(max_size=20).filter(lambda text: "\0" not in text),
)
@settings(max_examples=100)
def test_a_pypi_purl_reads_back_as_the_normal_name_and_the_version(name: str, version: str) -> None:
    text = package_url(Dependency(name=name, version=version, source="r"))
    read = PackageURL.from_string(text)
    assert (read.type, read.name) == ("pypi", canonicalize_name(name))
    assert (read.version or "").strip() == version.strip()


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("", []),
        ("apache-2.0", [{"license": {"id": "Apache-2.0"}}]),
        ("MIT OR Apache-2.0", [{"expression": "MIT OR Apache-2.0"}]),
        ("vendor terms 2025", [{"license": {"name": "vendor terms 2025"}}]),
        ("((((", [{"license": {"name": "(((("}}]),
    ],
)
def test_a_licence_is_an_id_an_expression_or_a_name(declared: str, expected: list[Any]) -> None:
    assert choices(declared) == expected
