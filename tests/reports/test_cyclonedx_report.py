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

from basanite.domain.artifact import Artifact, Format
from basanite.domain.assessment import Assessment, Result
from basanite.domain.inventory import Dependency, Subject, Unseen
from basanite.domain.names import encode_name
from basanite.domain.outcome import Outcome
from basanite.domain.system import Columns, Component, ComponentKind, DatasetRole, Endpoint
from basanite.domain.verdict import Freshness
from basanite.formats.bom.reader import read_bom
from basanite.reports.cyclonedx import to_cyclonedx, to_cyclonedx_of_artifacts
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


GGUF_CLAIMS = {
    "licence": "apache-2.0",
    "version": "1.1",
    "organization": "Example",
    "quantized_by": "somebody",
    "url": "https://models.example/q",
    "ancestors": [
        {"name": "Base", "organization": "Base Org", "url": "https://models.example/base"},
        {"name": "Odd", "url": "javascript:alert(1)"},
    ],
}


def gguf(path: str, claims: dict[str, Any]) -> Artifact:
    return Artifact(
        path=path,
        size=10,
        sha256="a" * 64,
        format=Format.GGUF,
        component="chat",
        facts={"architecture": "llama", "tensor_types": {"Q4_K": 2, "F32": 1}, "declared": claims},
    )


def with_model(
    build: Callable[..., Assessment], water: Assessment, *files: Artifact, **fields: Any
) -> dict[str, Any]:
    """The BOM with one more model, and that model in it."""
    part = Component(
        id="chat", kind=ComponentKind.MODEL, title="Chat", paths=("models/chat",), **fields
    )
    days = Component(
        id="days",
        kind=ComponentKind.DATASET,
        role=DatasetRole.TRAINING,
        serves=("chat",),
        columns=Columns(label="fault"),
        provider="Example",
        paths=("days.csv",),
    )
    parts = (*water.inventory.system.components, part, days)
    system = water.inventory.system.model_copy(update={"components": parts})
    bom = to_cyclonedx(build(system=system, artifacts=(*water.inventory.artifacts, *files)))
    assert valid(bom) is None
    return bom


def part_of(bom: dict[str, Any], reference: str) -> dict[str, Any]:
    return next(each for each in bom["components"] if each["bom-ref"] == reference)


def test_a_quantised_model_names_its_ancestors_and_says_they_are_declared(
    build: Callable[..., Assessment], water: Assessment
) -> None:
    bom = with_model(build, water, gguf("models/chat/q.gguf", GGUF_CLAIMS))
    model = part_of(bom, "component/chat")

    ancestors = model["pedigree"]["ancestors"]
    assert [each["name"] for each in ancestors] == ["Base", "Odd"]
    assert ancestors[0]["externalReferences"][0]["url"] == "https://models.example/base"
    assert "externalReferences" not in ancestors[1]
    assert "Q4_K" in model["pedigree"]["notes"]
    assert "not verified" in model["pedigree"]["notes"]
    assert (model["version"], model["supplier"]) == ("1.1", {"name": "Example"})
    declared = {"id": "Apache-2.0", "acknowledgement": "declared"}
    assert model["licenses"] == [{"license": declared}]
    assert model["evidence"]["licenses"] == [{"license": {"id": "Apache-2.0"}}]


def test_what_the_manifest_declares_goes_before_what_a_file_says(
    build: Callable[..., Assessment], water: Assessment
) -> None:
    bom = with_model(
        build,
        water,
        gguf("models/chat/q.gguf", GGUF_CLAIMS),
        gguf("models/chat/r.gguf", {"licence": "MIT OR Apache-2.0"}),
        licence="MIT",
        version="9",
        provider="The vendor",
    )
    model = part_of(bom, "component/chat")

    assert model["licenses"][0]["license"]["id"] == "MIT"
    assert len(model["evidence"]["licenses"]) == 2
    assert (model["version"], model["supplier"]) == ("9", {"name": "The vendor"})


def test_the_run_that_made_a_model_is_its_formulation(
    build: Callable[..., Assessment], water: Assessment
) -> None:
    run = {"id": "r1", "tool": "MLflow", "ended": "2026-05-04 10:00:00.123"}
    bom = with_model(build, water, gguf("models/chat/MLmodel", {"run": run}))

    (formula,) = bom["formulation"]
    (workflow,) = formula["workflows"]
    assert (workflow["uid"], workflow["timeEnd"]) == ("r1", "2026-05-04T10:00:00+00:00")
    assert workflow["inputs"] == [{"resource": {"ref": "component/days"}}]
    assert workflow["outputs"][0]["resource"] == {"ref": "component/chat"}
    assert "formulation" not in to_cyclonedx(water)


def test_a_card_says_approach_and_limits_only_where_somebody_said_them(
    build: Callable[..., Assessment], water: Assessment
) -> None:
    bom = with_model(build, water, gguf("models/chat/q.gguf", {"datasets": ["example/logs"]}))
    chat = part_of(bom, "component/chat")["modelCard"]
    detector = part_of(bom, "component/detector")["modelCard"]

    assert chat["modelParameters"]["approach"] == {"type": "supervised"}
    assert chat["modelParameters"]["architectureFamily"] == "llama"
    assert {"ref": "component/days"} in chat["modelParameters"]["datasets"]
    assert chat["modelParameters"]["datasets"][-1]["name"] == "example/logs"
    assert "technicalLimitations" not in chat["considerations"]
    assert "approach" not in detector["modelParameters"]
    limits = detector["considerations"]["technicalLimitations"]
    assert any("does not hold" in each for each in limits)
    assert "performanceTradeoffs" not in detector["considerations"]
    method = {each["name"]: each["value"] for each in detector["properties"]}
    assert "n = " in method["basanite:measurement.model-accuracy.accuracy"]


def test_data_says_owner_columns_and_size(
    build: Callable[..., Assessment], water: Assessment
) -> None:
    bom = with_model(build, water)
    (data,) = part_of(bom, "component/days")["data"]

    assert data["type"] == "dataset"
    assert data["governance"]["owners"] == [{"organization": {"name": "Example"}}]
    assert {"name": "basanite:columns.label", "value": "fault"} in data["contents"]["properties"]


def test_what_is_missing_is_said(water: Assessment) -> None:
    bom = to_cyclonedx(water)

    assert [each["text"] for each in bom["annotations"]] == [
        "Could not be looked at: archive/old: permission denied by the file system"
    ]
    assert any(
        each["aggregate"] == "incomplete" and each.get("dependencies")
        for each in bom["compositions"]
    )
    assert bom["externalReferences"][0]["type"] == "attestation"


def test_the_bom_holds_no_fraction_so_that_it_can_be_signed(water: Assessment) -> None:
    def fractions(value: Any) -> bool:
        if isinstance(value, dict):
            return any(map(fractions, value.values()))
        if isinstance(value, list):
            return any(map(fractions, value))
        return isinstance(value, float)

    assert not fractions(to_cyclonedx(water))


def test_files_alone_make_a_bom_without_a_manifest(water: Assessment) -> None:
    artifact = gguf("m/q.gguf", GGUF_CLAIMS)
    table = artifact.model_copy(update={"path": "m/t.csv", "format": Format.CSV, "facts": {}})
    result = Result(
        check="model-format",
        version=1,
        component=None,
        subjects=(Subject(name="m/q.gguf", sha256="a" * 64),),
        outcome=Outcome.PASSED,
        ran=True,
        why="asked",
        freshness=Freshness.FRESH,
    )
    about: dict[str, Any] = {"name": "m", "tool": water.tool, "time": water.time}
    bom = to_cyclonedx_of_artifacts([artifact, table], [result], **about)
    again = to_cyclonedx_of_artifacts([artifact, table], [result], **about)
    gap = to_cyclonedx_of_artifacts(
        [artifact], [result], **about, unseen=[Unseen(path="m/x", reason="no right")]
    )

    assert valid(bom) is None
    assert valid(gap) is None
    assert json.dumps(bom) == json.dumps(again)
    assert [each["type"] for each in bom["components"]] == ["machine-learning-model", "file"]
    model = bom["components"][0]
    assert model["modelCard"]["modelParameters"]["architectureFamily"] == "llama"
    assert {"name": "basanite:inspection.model-format", "value": "passed"} in model["properties"]
    assert gap["compositions"][0]["aggregate"] == "incomplete"


def test_what_we_write_reads_back_whole(
    build: Callable[..., Assessment], water: Assessment
) -> None:
    bom = with_model(build, water, gguf("models/chat/q.gguf", GGUF_CLAIMS))
    found = read_bom(json.dumps(bom).encode())
    parts = {each.ref: each for each in found.components}

    assert found.problems == ()
    assert set(parts) == set(references(bom))
    for each in bom["components"]:
        read = parts[each["bom-ref"]]
        assert (read.name, read.kind) == (each["name"], each["type"])
        assert read.version == each.get("version", "")
        assert read.purl == each.get("purl", "")
        assert read.supplier == each.get("supplier", {}).get("name", "")
        assert list(read.hashes.values()) == [h["content"] for h in each.get("hashes", [])]
    assert set(found.edges) == {
        (edge["ref"], target) for edge in bom["dependencies"] for target in edge["dependsOn"]
    }
    assert parts["component/chat"].facts["ancestors"] == "Base, Odd"
    assert parts["component/detector"].facts["metric accuracy on data/test.csv"] == "0.85"
