"""A YAML file of a stranger, read into plain values that remember their lines.

Only what a configuration file needs is accepted: mappings, lists and scalars. Anchors, aliases,
tags, merge keys, several documents and duplicate keys are refused, so nothing can grow beyond its
own bytes and nothing can be constructed. Reading stops at the first event past a bound.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from basanite.formats.problem import LineProblem
from basanite.formats.yaml_events import NotYamlError, kind_of, yaml_events

MAX_BYTES = 1 << 20
MAX_NODES = 20_000
MAX_DEPTH = 12
MAX_KEY = 128
MAX_LINE = 10_000
"""Characters in one line. The scanner of some tokens needs time quadratic in their length."""

Path = tuple[str | int, ...]
"""Keys and list positions from the top of the document."""


class DocumentError(Exception):
    """The file cannot be read as YAML of the accepted kind."""

    def __init__(self, problem: LineProblem) -> None:
        self.problem = problem
        super().__init__(problem.message)


class WrittenInt(int):
    """A whole number that remembers how it was written, since ``version: 1.10`` is a text."""

    text: str


class WrittenFloat(float):
    """A number that remembers how it was written."""

    text: str


@dataclass(frozen=True)
class Document:
    """What a file says, where it says it, and what is wrong with it as YAML."""

    value: Any
    lines: Mapping[Path, int]
    """Line of every key and every list item."""
    problems: tuple[LineProblem, ...]
    """Duplicate keys. The first one counts; the rest of the document can still be judged."""


_INT = re.compile(r"[-+]?[0-9]{1,18}\Z")
_FLOAT = re.compile(
    r"[-+]?(?:[0-9]{1,18}\.[0-9]{0,18}|\.[0-9]{1,18}|[0-9]{1,18}(?=[eE]))"
    r"(?:[eE][-+]?[0-9]{1,3})?\Z"
)
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})


def read_document(data: bytes) -> Document:
    """Return the values of a YAML file (YAML 1.2, core schema, without anchors and tags).

    Raises:
        DocumentError: it is too large or too deep, no UTF-8, no YAML, or uses what is refused.
    """
    if len(data) > MAX_BYTES:
        raise _refused(0, f"The file is larger than {MAX_BYTES >> 10} KiB; make it smaller")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _refused(line, "This is not UTF-8 text; save the file as UTF-8") from None
    for position, written in enumerate(text.split("\n"), start=1):
        if len(written) > MAX_LINE:
            raise _refused(position, f"The line is longer than {MAX_LINE} characters; break it up")
    try:
        return _Reader(text).document()
    except StopIteration:
        raise _refused(0, "This cannot be read as YAML: it ends too early") from None


def scalar(text: str) -> Any:
    """Return the value of an unquoted scalar: null, a truth value, a number, or the text."""
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INT.match(text):
        whole = WrittenInt(text)
        whole.text = text
        return whole
    if _FLOAT.match(text) and abs(float(text)) != float("inf"):
        number = WrittenFloat(text)
        number.text = text
        return number
    return text


def _refused(line: int, message: str) -> DocumentError:
    return DocumentError(LineProblem(line, message))


class _Reader:
    """Builds values from the parser's events, one at a time, so that a bound stops the parser."""

    def __init__(self, text: str) -> None:
        self._events = _events(text)
        self._lines: dict[Path, int] = {}
        self._problems: list[LineProblem] = []
        self._nodes = 0

    def document(self) -> Document:
        value: Any = None
        documents = 0
        for event in self._events:
            kind = kind_of(event)
            if kind == "DocumentStart":
                documents += 1
                if documents > 1:
                    raise _refused(_line(event), "A second document starts here; keep only one")
                value = self._node(next(self._events), ())
        return Document(value=value, lines=self._lines, problems=tuple(self._problems))

    def _node(self, event: Any, path: Path) -> Any:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise _refused(_line(event), f"There are more than {MAX_NODES} values; make it smaller")
        kind = kind_of(event)
        if kind == "Alias" or getattr(event, "anchor", None) is not None:
            raise _refused(
                _line(event), "Anchors (&) and aliases (*) are refused; write the value out"
            )
        # The parser gives ruamel's own Tag object or None; a plain ``!`` counts as a tag too.
        if getattr(event, "ctag", None) is not None or getattr(event, "tag", None) is not None:
            raise _refused(_line(event), "Tags (!) are refused; remove the tag")
        if kind == "Scalar":
            return self._scalar(event)
        if len(path) >= MAX_DEPTH:
            raise _refused(_line(event), f"Values are nested deeper than {MAX_DEPTH}; flatten them")
        return self._mapping(path) if kind == "MappingStart" else self._sequence(path)

    def _scalar(self, event: Any) -> Any:
        text = str(event.value)
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise _refused(_line(event), "The text holds half a character (a surrogate)")
        return scalar(text) if event.style in (None, "") else text

    def _sequence(self, path: Path) -> list[Any]:
        items: list[Any] = []
        while kind_of(event := next(self._events)) != "SequenceEnd":
            place = (*path, len(items))
            self._lines[place] = _line(event)
            items.append(self._node(event, place))
        return items

    def _mapping(self, path: Path) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        while kind_of(event := next(self._events)) != "MappingEnd":
            key = self._key(event)
            place = (*path, key)
            twice = key in entries
            line = _line(event)
            if not twice:
                self._lines[place] = line
            value = self._node(next(self._events), (*path, key) if not twice else (*path, "\0"))
            if twice:
                first = self._lines[place]
                self._problems.append(
                    LineProblem(
                        line,
                        f"The key {key!r} was given on line {first} already; keep one of the two",
                    )
                )
            else:
                entries[key] = value
        return entries

    def _key(self, event: Any) -> str:
        if kind_of(event) != "Scalar":
            if kind_of(event) == "Alias":
                raise _refused(_line(event), "Aliases (*) are refused; write the key out")
            raise _refused(_line(event), "A key must be a plain word, not a list or a mapping")
        self._node(event, ())  # counts it, and refuses anchors and tags on keys
        key = str(event.value)
        if key == "<<":
            raise _refused(_line(event), "Merge keys (<<) are refused; write the values out")
        if len(key) > MAX_KEY:
            raise _refused(_line(event), f"A key is longer than {MAX_KEY} characters")
        return key


def _events(text: str) -> Iterator[Any]:
    try:
        yield from yaml_events(text)
    except NotYamlError as error:
        raise _refused(error.at_line, f"This cannot be read as YAML: {error.problem}") from None


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1
