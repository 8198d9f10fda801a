"""Told: one thing that a file of a repository tells a loader to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from basanite.domain.severity import Severity

_MOST = 2_000_000


@dataclass(frozen=True, slots=True)
class Told:
    """Something that a rule of the check `repository-code` is about."""

    rule: str
    message: str
    name: str
    """The name, path or expression it is about."""
    severity: Severity | None = None
    """Set where it is worse or milder than the rule."""
    line: int | None = None


def mappings(document: Any) -> Iterator[dict[str, Any]]:
    """Yield every mapping in a document, each once, though values may hold themselves."""
    todo: list[Any] = [document] if isinstance(document, dict | list) else []
    seen: set[int] = set()
    while todo and len(seen) < _MOST:
        value = todo.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, dict):
            yield value
            inner: list[Any] = list(value.values())
        else:
            inner = value
        todo += [each for each in reversed(inner) if isinstance(each, dict | list)]


def texts(value: Any) -> Iterator[str]:
    """Yield a text, or the texts in a list."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str):
            yield each


def leaves(place: str) -> bool:
    """Return whether a path leaves the folder it is written in, or names another machine."""
    parts = place.replace("\\", "/").split("/")
    return place.startswith(("/", "\\", "~")) or ".." in parts or ":" in parts[0]
