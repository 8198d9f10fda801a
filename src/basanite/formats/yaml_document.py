"""Reader of YAML as strangers write it: tags, anchors and several documents, nothing constructed.

An alias is the same value again, not a copy, so nothing grows beyond its own bytes; a value may
therefore hold itself, and whoever walks one has to remember where it was. Source: YAML 1.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from basanite.domain.errors import UnreadableError
from basanite.formats.yaml_events import kind_of, yaml_events

NAME = "yaml"
VERSION = 2
MAX_YAML = 1 << 20
_MAX_NODES = 30_000
_MAX_DEPTH = 60
_MAX_LINE = 20_000
"""Characters in one line. The scanner of some tokens needs time quadratic in their length."""
_CONSTANTS = {"true": True, "false": False, "null": None, "~": None, "": None}
_OWN = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag in full, e.g. ``tag:yaml.org,2002:python/tuple``, and what it stands before."""

    tag: str
    value: Any
    line: int


@dataclass(frozen=True, slots=True)
class Yaml:
    """What a file says. Numbers stay text; truth values and null are values."""

    documents: tuple[Any, ...]
    tags: tuple[Tag, ...]


def read_yaml(data: bytes) -> Yaml:
    """Return the documents in a file, and the tags in it.

    Raises:
        UnreadableError: it is larger than 1 MiB, has a line of more than 20,000 characters or more
            than 30,000 values, is nested more than 60 deep, or is no YAML.
    """
    if len(data) > MAX_YAML:
        raise UnreadableError(f"the YAML has {len(data)} bytes; up to {MAX_YAML} are read")
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    text = data.decode(encoding, "replace")
    if any(len(line) > _MAX_LINE for line in text.split("\n")):
        raise UnreadableError(f"a line of the YAML has more than {_MAX_LINE} characters")
    reader = _Reader(yaml_events(text))
    return Yaml(tuple(reader.documents()), tuple(reader.tags))


@dataclass
class _Reader:
    events: Iterator[Any]
    tags: list[Tag] = field(default_factory=list)
    anchors: dict[str, Any] = field(default_factory=dict)
    nodes: int = 0

    def documents(self) -> Iterator[Any]:
        for event in self.events:
            if kind_of(event) == "DocumentStart":
                yield self.node(self.next(), 0)

    def next(self) -> Any:
        event = next(self.events, None)
        if event is None:
            raise UnreadableError("the YAML ends too early")
        return event

    def node(self, event: Any, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > _MAX_NODES:
            raise UnreadableError(f"the YAML holds more than {_MAX_NODES} values")
        if depth > _MAX_DEPTH:
            raise UnreadableError(f"the YAML is nested more than {_MAX_DEPTH} deep")
        kind = kind_of(event)
        if kind == "Alias":
            return self.anchors.get(str(event.anchor))
        if kind == "Scalar":
            value: Any = _scalar(event)
        else:
            value = {} if kind == "MappingStart" else []
        if getattr(event, "anchor", None) is not None:
            self.anchors[str(event.anchor)] = value
        tag = _tag(event)
        if tag:
            self.tags.append(Tag(tag, value, int(event.start_mark.line) + 1))
        if kind == "MappingStart":
            self.mapping(value, depth)
        elif kind == "SequenceStart":
            self.sequence(value, depth)
        return value

    def mapping(self, into: dict[str, Any], depth: int) -> None:
        while kind_of(event := self.next()) != "MappingEnd":
            key = self.node(event, depth + 1)
            into[key if isinstance(key, str) else str(type(key))] = self.node(
                self.next(), depth + 1
            )

    def sequence(self, into: list[Any], depth: int) -> None:
        while kind_of(event := self.next()) != "SequenceEnd":
            into.append(self.node(event, depth + 1))


def _scalar(event: Any) -> Any:
    text = str(event.value)
    if event.style in (None, "") and text.lower() in _CONSTANTS:
        return _CONSTANTS[text.lower()]
    return text


def _tag(event: Any) -> str:
    tag = getattr(event, "tag", None)
    if tag is None:
        return ""
    text = str(getattr(tag, "trval", None) or tag)
    return text.replace("!!", _OWN, 1) if text.startswith("!!") else text
