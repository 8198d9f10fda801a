"""Keyed: what a configuration file says, and on which line it says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]
"""Keys and list positions from the top of the document."""

MAX_NODES = 200_000
MAX_DEPTH = 64


@dataclass(frozen=True)
class Keyed:
    """A document: mappings, lists, texts, numbers, truth values and None."""

    value: Any
    lines: Mapping[Path, int]
    """Line of every key and list item, from 1."""
    twice: tuple[tuple[Path, int], ...] = ()
    """Keys that are given again in the same mapping, with the line; the last one counts, as it
    does for the programs that read such files."""

    def line(self, path: Path) -> int | None:
        """Return the line of a path, or of the nearest thing around it."""
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path[:-1]
        return None


def nodes(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every value below, and its path, in the order of the document.

    Bounded: past `MAX_NODES` values or `MAX_DEPTH` levels it goes no further. YAML may refer to
    one value from many places, and even from inside itself.
    """
    todo: list[tuple[Path, Any]] = [(path, value)]
    seen = 0
    while todo and seen < MAX_NODES:
        place, each = todo.pop()
        seen += 1
        yield place, each
        if len(place) >= MAX_DEPTH:
            continue
        if isinstance(each, dict):
            todo += [((*place, str(k)), v) for k, v in reversed(each.items())]
        elif isinstance(each, list):
            todo += [((*place, n), v) for n, v in reversed(list(enumerate(each)))]
