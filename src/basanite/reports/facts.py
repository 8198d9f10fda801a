"""Header facts of an artifact in words, in a bounded number, what matters most first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from basanite.domain.artifact import Artifact

_FACTS = 12
_LENGTH = 120
_ITEMS = 12

_WORDS = {
    "imports": "imports",
    "globals": "imports",
    "calls": "calls",
    "complete": "read to its end",
    "custom_operators": "custom operators",
    "external_data": "data in other files",
    "architecture": "architecture",
    "name": "name",
    "producer": "made by",
    "producer_version": "maker's version",
    "parameters": "parameters",
    "tensors": "tensors",
    "tensor_types": "tensor types",
    "dtypes": "number types",
    "inputs": "takes",
    "outputs": "gives",
    "operators": "operators",
    "opset": "operator set",
    "opsets": "operator sets",
    "context_length": "context length",
    "vocabulary": "vocabulary",
    "tokenizer": "tokenizer",
    "chat_template": "chat template",
    "licence": "licence",
    "functions": "functions",
    "ir_version": "IR version",
    "version": "format version",
    "protocol": "protocol",
    "import_count": "number of imports",
    "persistent_ids": "persistent ids",
}
"""Names of facts as people say them, in the order in which they matter."""

_RANK = {name: rank for rank, name in enumerate(_WORDS)}


def facts_of(artifact: Artifact) -> list[tuple[str, str]]:
    """Return the facts a reader found, as name and value, at most twelve.

    Facts with a place in the list of words come first, then the others, plain values before
    nested ones.
    """
    pairs = [(str(name), value) for name, value in artifact.facts.items()]
    pairs.sort(key=lambda pair: (_RANK.get(pair[0], len(_RANK)), isinstance(pair[1], dict | list)))
    shown = [(_name(name), _cut(_value(value))) for name, value in pairs[:_FACTS]]
    more = len(pairs) - _FACTS
    return [*shown, ("more facts", f"{more}, in the JSON")] if more > 0 else shown


def _name(name: str) -> str:
    return _WORDS.get(name, name.replace("_", " "))[:_LENGTH]


def _value(value: Any) -> str:
    """A value in words: no brackets and no quotes where a person does not need them."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, dict):
        return _port(value) or _listed(f"{key} {_value(each)}" for key, each in _some(value))
    if isinstance(value, list):
        shown = [_value(each) for each in value[:_ITEMS]]
        rest = len(value) - len(shown)
        return _listed([*shown, *([f"{rest:,} more"] if rest else [])])
    return value if isinstance(value, str) else json.dumps(value)


def _some(value: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return list(value.items())[:_ITEMS]


def _listed(parts: Any) -> str:
    return ", ".join(parts) or "none"


def _port(value: Mapping[str, Any]) -> str:
    """An input or output of a model: ``x, float [N × 20]``. Empty when it is none."""
    kind = value.get("type", value.get("dtype"))
    shape = value.get("shape")
    if not isinstance(kind, str) or not isinstance(shape, list) or "name" not in value:
        return ""
    return f"{value['name']}: {kind} [{' × '.join(str(size) for size in shape[:_ITEMS])}]"


def _cut(text: str) -> str:
    return text if len(text) <= _LENGTH else text[:_LENGTH] + "…"
