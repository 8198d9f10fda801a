"""Header facts of an artifact as short pairs of words, in a bounded number."""

from __future__ import annotations

import json
from typing import Any

from basanite.domain.artifact import Artifact

_FACTS = 10
_LENGTH = 120


def facts_of(artifact: Artifact) -> list[tuple[str, str]]:
    """Return the facts a reader found, as name and value, at most ten, plain ones first."""
    pairs = [(str(name), value) for name, value in artifact.facts.items()]
    pairs.sort(key=lambda pair: isinstance(pair[1], dict | list))
    shown = [(name[:_LENGTH], _value(value)) for name, value in pairs[:_FACTS]]
    more = len(pairs) - _FACTS
    return [*shown, ("more facts", f"{more}, in the JSON")] if more > 0 else shown


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return text if len(text) <= _LENGTH else text[:_LENGTH] + "…"
