"""BOMs of other tools are read into one list; what is malformed is told and never fatal."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.strategies import json_values, mutated

from basanite.domain.bom import Bom, BomFormat
from basanite.domain.errors import UnreadableError
from basanite.formats.bom import reader
from basanite.formats.bom.reader import read_bom

DIGEST = "A" * 64

CYCLONEDX: dict[str, Any] = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
    "metadata": {
        "timestamp": "2026-01-01T00:00:00Z",
        "tools": [{"vendor": "v", "name": "old-style", "version": "1"}],
        "component": {"bom-ref": "root", "type": "application", "name": "plant"},
    },
    "components": [
        {
            "bom-ref": "m",
            "type": "machine-learning-model",
            "group": "example",
            "name": "detector",
            "version": "2",
            "supplier": {"name": "Example"},
            "licenses": [{"license": {"id": "MIT"}}],
            "hashes": [{"alg": "SHA-256", "content": DIGEST}],
            "modelCard": {
                "modelParameters": {
                    "task": "detection",
                    "architectureFamily": "forest",
                    "datasets": [{"ref": "d"}],
                },
                "quantitativeAnalysis": {
                    "performanceMetrics": [{"type": "accuracy", "value": "0.9", "slice": "day"}]
                },
            },
            "pedigree": {"ancestors": [{"type": "file", "name": "base", "version": "1"}]},
            "components": [{"type": "library", "name": "inner", "purl": "pkg:pypi/inner@1"}],
        },
        {"bom-ref": "d", "type": "data", "name": "days", "licenses": [{"expression": "A OR B"}]},
    ],
    "services": [
        {
            "bom-ref": "s",
            "name": "chat",
            "provider": {"name": "Host"},
            "endpoints": ["https://chat.example/v1"],
            "services": [{"name": "inner"}],
        }
    ],
    "dependencies": [{"ref": "root", "dependsOn": ["m", "s"]}, {"ref": "m", "dependsOn": ["d"]}],
    "signature": {"algorithm": "ES256", "value": "x"},
}

SPDX2: dict[str, Any] = {
    "spdxVersion": "SPDX-2.3",
    "SPDXID": "SPDXRef-DOCUMENT",
    "name": "doc",
    "documentNamespace": "https://example/ns",
    "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": ["Tool: t-1", "Person: p"]},
    "packages": [
        {
            "SPDXID": "SPDXRef-app",
            "name": "app",
            "versionInfo": "1.0",
            "supplier": "Organization: Example",
            "licenseDeclared": "NOASSERTION",
            "licenseConcluded": "Apache-2.0",
            "primaryPackagePurpose": "APPLICATION",
        },
        {
            "SPDXID": "SPDXRef-lib",
            "name": "lib",
            "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:npm/lib@2"}],
            "checksums": [{"algorithm": "SHA1", "checksumValue": "a" * 40}],
        },
    ],
    "files": [{"SPDXID": "SPDXRef-f", "fileName": "./a.py", "licenseConcluded": "MIT"}],
    "relationships": [
        {
            "spdxElementId": "SPDXRef-DOCUMENT",
            "relationshipType": "DESCRIBES",
            "relatedSpdxElement": "SPDXRef-app",
        },
        {
            "spdxElementId": "SPDXRef-lib",
            "relationshipType": "DEPENDENCY_OF",
            "relatedSpdxElement": "SPDXRef-app",
        },
        {
            "spdxElementId": "SPDXRef-app",
            "relationshipType": "CONTAINS",
            "relatedSpdxElement": "SPDXRef-f",
        },
        {
            "spdxElementId": "SPDXRef-app",
            "relationshipType": "DEPENDS_ON",
            "relatedSpdxElement": "NOASSERTION",
        },
    ],
}

_INFO = "_:creation"
SPDX3: dict[str, Any] = {
    "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
    "@graph": [
        {
            "type": "CreationInfo",
            "@id": _INFO,
            "created": "2026-01-01T00:00:00Z",
            "createdUsing": ["urn:x#tool"],
        },
        {"type": "Tool", "spdxId": "urn:x#tool", "name": "t 1", "creationInfo": _INFO},
        {"type": "Organization", "spdxId": "urn:x#org", "name": "Example", "creationInfo": _INFO},
        {
            "type": "SpdxDocument",
            "spdxId": "urn:x#doc",
            "creationInfo": _INFO,
            "rootElement": ["urn:x#sbom"],
        },
        {
            "type": "software_Sbom",
            "spdxId": "urn:x#sbom",
            "creationInfo": _INFO,
            "rootElement": ["urn:x#model"],
        },
        {
            "type": "ai_AIPackage",
            "spdxId": "urn:x#model",
            "creationInfo": _INFO,
            "name": "detector",
            "suppliedBy": "urn:x#org",
            "software_packageVersion": "2",
            "verifiedUsing": [{"type": "Hash", "algorithm": "sha256", "hashValue": DIGEST}],
            "ai_typeOfModel": ["forest"],
            "ai_metric": [{"type": "DictionaryEntry", "key": "accuracy", "value": "0.9"}],
        },
        {
            "type": "dataset_DatasetPackage",
            "spdxId": "urn:x#data",
            "creationInfo": _INFO,
            "name": "days",
            "dataset_datasetType": ["timeseries"],
        },
        {
            "type": "simplelicensing_LicenseExpression",
            "spdxId": "urn:x#mit",
            "creationInfo": _INFO,
            "simplelicensing_licenseExpression": "MIT",
        },
        {
            "type": "Relationship",
            "spdxId": "urn:x#r1",
            "creationInfo": _INFO,
            "from": "urn:x#model",
            "relationshipType": "hasConcludedLicense",
            "to": ["expandedlicensing_NoAssertionLicense"],
        },
        {
            "type": "Relationship",
            "spdxId": "urn:x#r2",
            "creationInfo": _INFO,
            "from": "urn:x#model",
            "relationshipType": "hasDeclaredLicense",
            "to": ["urn:x#mit"],
        },
        {
            "type": "LifecycleScopedRelationship",
            "spdxId": "urn:x#r3",
            "creationInfo": _INFO,
            "from": "urn:x#model",
            "relationshipType": "trainedOn",
            "to": ["urn:x#data"],
        },
    ],
}
EVERY = {"CycloneDX": CYCLONEDX, "SPDX 2": SPDX2, "SPDX 3": SPDX3}


def bom(body: Any) -> Bom:
    return read_bom(json.dumps(body).encode())


def test_cyclonedx_gives_nested_components_services_cards_and_edges() -> None:
    found = bom(CYCLONEDX)
    parts = {each.ref: each for each in found.components}

    assert found.problems == ()
    assert (found.format, found.spec_version) == (BomFormat.CYCLONEDX, "1.6")
    assert (found.subject, found.tools, found.signed) == ("plant", ("old-style 1",), True)
    model = parts["m"]
    assert (model.name, model.version, model.supplier) == ("example/detector", "2", "Example")
    assert model.hashes == {"sha256": DIGEST.lower()}
    assert model.licences == ("MIT",)
    assert model.facts == {
        "task": "detection",
        "family": "forest",
        "datasets": "d",
        "metric accuracy on day": "0.9",
        "ancestors": "base 1",
    }
    assert parts["d"].licences == ("A OR B",)
    assert parts["s"].facts == {"endpoints": "https://chat.example/v1"}
    names = {(parts[a].name, parts[b].name) for a, b in found.edges}
    assert names == {
        ("plant", "example/detector"),
        ("plant", "chat"),
        ("example/detector", "days"),
        ("example/detector", "inner"),
        ("chat", "inner"),
    }


def test_spdx_2_gives_packages_files_and_edges_in_their_direction() -> None:
    found = bom(SPDX2)
    parts = {each.ref: each for each in found.components}

    assert found.problems == ()
    assert (found.subject, found.tools) == ("app", ("t-1",))
    app = parts["SPDXRef-app"]
    assert (app.supplier, app.licences, app.kind) == ("Example", ("Apache-2.0",), "application")
    assert parts["SPDXRef-lib"].purl == "pkg:npm/lib@2"
    assert parts["SPDXRef-f"].name == "a.py"
    assert set(found.edges) == {
        ("SPDXRef-app", "SPDXRef-lib"),
        ("SPDXRef-app", "SPDXRef-f"),
    }


def test_spdx_3_gives_models_datasets_licences_and_edges() -> None:
    found = bom(SPDX3)
    parts = {each.ref: each for each in found.components}

    assert found.problems == ()
    assert (found.subject, found.tools) == ("detector", ("t 1",))
    model = parts["urn:x#model"]
    assert (model.kind, model.version, model.supplier) == (
        "machine-learning-model",
        "2",
        "Example",
    )
    assert model.licences == ("MIT",)
    assert model.hashes == {"sha256": DIGEST.lower()}
    assert model.facts == {"family": "forest", "metric accuracy": "0.9"}
    assert found.edges == (("urn:x#model", "urn:x#data"),)


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ({"components": "none"}, "components is no list"),
        ({"components": [1, {"type": "file"}]}, "no component with a name"),
        ({"components": [{"name": "a", "bom-ref": "x"}] * 2}, "two components"),
        ({"dependencies": [{"ref": "a", "dependsOn": ["nowhere"]}]}, "not listed"),
        ({"specVersion": "9.9"}, "read as if it were 1.7"),
        ({"services": {}}, "services is no list"),
    ],
)
def test_what_is_malformed_is_told_and_the_rest_is_read(broken: dict[str, Any], says: str) -> None:
    found = bom(CYCLONEDX | broken)

    assert any(says in problem for problem in found.problems), found.problems
    assert any(each.name in ("plant", "chat") for each in found.components)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<bom/>",
        b"[]",
        b"{}",
        b'{"bomFormat": "SWID"}',
        b'{"@context": "https://elsewhere.example/x"}',
        b'{"a":' * 100_000,
        b"\xff\xfe",
    ],
)
def test_what_is_no_bom_is_unreadable(data: bytes) -> None:
    with pytest.raises(UnreadableError):
        read_bom(data)


def test_a_document_beyond_the_limit_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_BYTES", 10)

    with pytest.raises(UnreadableError, match="up to 10"):
        read_bom(b'{"bomFormat":"CycloneDX"}')


def test_a_document_that_would_unfold_into_millions_of_values_is_not_parsed() -> None:
    with pytest.raises(UnreadableError, match="values"):
        read_bom(b'{"bomFormat":"CycloneDX","components":[' + b"{}," * 4_000_000 + b"0]}")


def test_deep_nesting_and_many_problems_stay_bounded() -> None:
    inner: dict[str, Any] = {"name": "leaf"}
    for _ in range(200):
        inner = {"name": "box", "components": [inner]}
    deep = bom(CYCLONEDX | {"components": [inner]})
    many = bom(CYCLONEDX | {"components": [1] * 5000})

    assert any("nested more than" in each for each in deep.problems)
    assert len(deep.components) < 80
    assert len(many.problems) == 101
    assert many.problems[-1] == "and 4901 more problems"


def test_texts_of_strangers_become_inert() -> None:
    hostile = "evil\n\x1b[31m\u202e"
    found = bom(
        CYCLONEDX | {"components": [{"type": hostile, "name": hostile, "version": hostile}]}
    )

    assert found.model_dump_json().isprintable()
    assert all("\x1b" not in f"{each.name}{each.version}" for each in found.components)


JSON = {kind: json.dumps(body).encode() for kind, body in EVERY.items()}


@pytest.mark.parametrize("kind", sorted(JSON))
@given(data=st.data())
def test_no_change_of_bytes_makes_the_reader_fail(kind: str, data: st.DataObject) -> None:
    with contextlib.suppress(UnreadableError):
        read_bom(data.draw(mutated(JSON[kind])))


@pytest.mark.parametrize("kind", sorted(EVERY))
@settings(max_examples=200)
@given(data=st.data())
def test_any_value_anywhere_leaves_a_bom_with_its_problems(kind: str, data: st.DataObject) -> None:
    """Every place of a document may hold any JSON value."""
    body = json.loads(JSON[kind])
    place: Any = body
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            break
        place = inner
    place[key] = data.draw(json_values)
    with contextlib.suppress(UnreadableError):
        bom(body)
