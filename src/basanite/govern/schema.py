"""Schema: the form of a pack, for editors and for an organisation's own packs."""

from __future__ import annotations

from typing import Any

from basanite.domain.requirement import Pack


def pack_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a pack."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:basanite:pack:1",
        **Pack.model_json_schema(by_alias=True),
    }
