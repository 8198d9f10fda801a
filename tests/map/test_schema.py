"""The published JSON Schema is the one the reader stands for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from basanite.map.schema import json_schema

ROOT = Path(__file__).parents[2]


def load(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def as_json(value: Any) -> Any:
    """Editors see dates as texts."""
    return json.loads(json.dumps(value, default=str))


def test_the_published_schema_is_up_to_date(schema_file: Path) -> None:
    assert json.loads(schema_file.read_text("utf-8")) == json_schema()


def test_the_schema_is_valid_itself() -> None:
    Draft202012Validator.check_schema(json_schema())


def test_every_property_is_described() -> None:
    schema = json_schema()
    for name, part in schema["$defs"].items():
        for key, value in part.get("properties", {}).items():
            assert "description" in value or "$ref" in value, (name, key)


def test_the_documented_example_validates(example: bytes) -> None:
    Draft202012Validator(json_schema()).validate(as_json(load(example.decode())))


def test_the_manifests_of_the_examples_validate() -> None:
    found = sorted((ROOT / "examples").rglob("basanite.yaml*"))
    for path in found:
        text = path.read_text("utf-8").replace("${port}", "8080")
        Draft202012Validator(json_schema()).validate(as_json(load(text)))


@pytest.mark.parametrize(
    ("old", "new"),
    [("tier: high", "tier: higher"), ("id: north-plant", "id: North"), ("owner:", "ownr:")],
)
def test_a_mistake_is_seen_by_editors(example: bytes, old: str, new: str) -> None:
    value = as_json(load(example.decode().replace(old, new, 1)))
    assert list(Draft202012Validator(json_schema()).iter_errors(value))
