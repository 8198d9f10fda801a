"""YAML without construction: mappings, lists and scalars, from the parser's events.

Tags are passed over, so nothing is ever made by name. An alias is the same value again, not a
copy, so nothing grows. Source: YAML 1.2, core schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from basanite.domain.errors import UnreadableError
from basanite.formats.keyed.document import MAX_DEPTH, MAX_NODES, Keyed, Path
from basanite.formats.yaml_events import kind_of, yaml_events

MAX_LINE = 20_000
"""The scanner of some tokens needs time quadratic in the length of a line."""
_INT = re.compile(r"[-+]?[0-9]{1,18}\Z")
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}


def read_yaml_text(text: str) -> Keyed:
    """Return the values of the first document in a YAML text.

    Raises:
        UnreadableError: it is no YAML, nested too deeply, or has too many values.
    """
    if any(len(line) > MAX_LINE for line in text.split("\n")):
        raise UnreadableError(f"a line of the YAML is longer than {MAX_LINE} characters")
    return _Reader(_events(text)).document()


class _Reader:
    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._lines: dict[Path, int] = {}
        self._twice: list[tuple[Path, int]] = []
        self._anchors: dict[str, Any] = {}
        self._nodes = 0

    def document(self) -> Keyed:
        value: Any = None
        for event in self._events:
            if kind_of(event) == "DocumentStart":
                value = self._node(next(self._events), ())
                break
        return Keyed(value, self._lines, tuple(self._twice))

    def _node(self, event: Any, path: Path) -> Any:
        self._nodes += 1
        if self._nodes > MAX_NODES or len(path) > MAX_DEPTH:
            raise UnreadableError("the YAML has too many values, or is nested too deeply")
        kind = kind_of(event)
        if kind == "Alias":
            return self._anchors.get(event.anchor)
        value: Any
        if kind == "Scalar":
            value = _scalar(event)
        elif kind == "MappingStart":
            value = {}
            self._remember(event, value)
            self._mapping(value, path)
        else:
            value = []
            self._remember(event, value)
            self._list(value, path)
        self._remember(event, value)
        return value

    def _remember(self, event: Any, value: Any) -> None:
        if event.anchor is not None:
            self._anchors[event.anchor] = value

    def _mapping(self, entries: dict[str, Any], path: Path) -> None:
        while kind_of(event := next(self._events)) != "MappingEnd":
            line = event.start_mark.line + 1
            key = self._node(event, path)
            name = key if isinstance(key, str) else f"{key}"[:200]
            place = (*path, name)
            if name in entries:
                self._twice.append((place, line))
            self._lines[place] = line
            entries[name] = self._node(next(self._events), place)

    def _list(self, items: list[Any], path: Path) -> None:
        while kind_of(event := next(self._events)) != "SequenceEnd":
            place = (*path, len(items))
            self._lines[place] = event.start_mark.line + 1
            items.append(self._node(event, place))


def _scalar(event: Any) -> Any:
    text = str(event.value)
    if event.style not in (None, ""):
        return text
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    return int(text) if _INT.match(text) else text


def _events(text: str) -> Iterator[Any]:
    yield from yaml_events(text)
    raise UnreadableError("the YAML ends too early")
