"""Keras's configuration as YAML, which Keras wrote until 2.5 and read with a loader that obeys it.

A tag such as ``!!python/object/apply:`` makes that loader call what it names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from basanite.domain.errors import UnreadableError
from basanite.formats.yaml_events import kind_of, yaml_events

_MAX_NODES = 200_000
_MAX_DEPTH = 200
_OBEYED = ("python/object", "python/name", "python/module")
_WORDS = {"null": None, "~": None, "": None, "true": True, "false": False}


@dataclass
class Written:
    """What a document holds."""

    value: Any = None
    tags: list[str] = field(default_factory=list)
    """Tags that make an unsafe loader import or call something, in order."""


def written(text: str) -> Written:
    """Return the plain value of a document, and the tags in it that a loader would obey.

    Raises:
        UnreadableError: it is no YAML, too large or nested too deeply.
    """
    found = Written()
    builder = _Builder(found)
    for event in yaml_events(text):
        builder.take(event)
    return found


class _Builder:
    def __init__(self, found: Written) -> None:
        self._found = found
        self._open: list[Any] = []
        self._keys: list[Any] = []
        self._anchors: dict[str, Any] = {}
        self._nodes = 0

    def take(self, event: Any) -> None:
        kind = kind_of(event)
        if kind in ("SequenceEnd", "MappingEnd"):
            self._open.pop()
            self._keys.pop()
        elif kind in ("Scalar", "SequenceStart", "MappingStart", "Alias"):
            self._node(kind, event)

    def _node(self, kind: str, event: Any) -> None:
        self._nodes += 1
        if self._nodes > _MAX_NODES or len(self._open) > _MAX_DEPTH:
            raise UnreadableError("the YAML is larger or deeper than is read")
        tag = str(getattr(event, "ctag", None) or getattr(event, "tag", None) or "")
        if any(each in tag for each in _OBEYED):
            self._found.tags.append(tag.removeprefix("tag:yaml.org,2002:"))
        if kind == "Alias":
            self._place(self._anchors.get(str(event.anchor)))
            return
        value: Any = {"SequenceStart": [], "MappingStart": {}}.get(kind)
        if kind == "Scalar":
            text = str(event.value)
            plain = event.style in (None, "")
            value = _WORDS.get(text.lower(), text) if plain else text
        if event.anchor is not None:
            self._anchors[str(event.anchor)] = value
        self._place(value)
        if kind != "Scalar":
            self._open.append(value)
            self._keys.append(_NO_KEY)

    def _place(self, value: Any) -> None:
        if not self._open:
            self._found.value = value
        elif isinstance(self._open[-1], list):
            self._open[-1].append(value)
        elif self._keys[-1] is _NO_KEY:
            self._keys[-1] = value if isinstance(value, str) else repr(type(value))
        else:
            self._open[-1][self._keys[-1]] = value
            self._keys[-1] = _NO_KEY


_NO_KEY = object()
