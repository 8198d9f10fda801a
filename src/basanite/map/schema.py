"""The manifest's shape as JSON Schema, so that editors complete and check it while one types."""

from __future__ import annotations

from typing import Any

from basanite.map.declaration import Declaration

DIALECT = "https://json-schema.org/draft/2020-12/schema"
IDENTIFIER = "urn:basanite:manifest:1"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of ``basanite.yaml``.

    It is a little stricter than the reader, which also takes ``yes`` for ``true``. What the parts
    say of each other is checked by `basanite.map.manifest` alone.
    """
    generated = Declaration.model_json_schema(by_alias=True, mode="validation")
    definitions = {_name(name): _tidy(part) for name, part in generated.pop("$defs").items()}
    return {
        "$schema": DIALECT,
        "$id": IDENTIFIER,
        "title": "Basanite manifest",
        **_tidy(generated),
        "$defs": definitions,
    }


def _name(name: str) -> str:
    return name.removesuffix("Part")


def _tidy(node: Any) -> Any:
    """Drop the generator's titles, which repeat the keys, and rename the definitions."""
    if isinstance(node, list):
        return [_tidy(each) for each in node]
    if not isinstance(node, dict):
        return node
    out: dict[str, Any] = {}
    for key, value in node.items():
        if key == "title" and isinstance(value, str):
            continue
        if key == "properties":
            out[key] = {name: _tidy(each) for name, each in value.items()}
        elif key == "$ref":
            out[key] = "#/$defs/" + _name(str(value).rsplit("/", 1)[-1])
        elif key != "default" or value not in (None, {}):
            out[key] = _tidy(value)
    return out
