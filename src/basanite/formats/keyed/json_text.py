"""JSON as editors and agents read it: comments and trailing commas are allowed.

Source: RFC 8259; the JSON with comments of Visual Studio Code (``jsonc``).
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import Any

from basanite.domain.errors import UnreadableError
from basanite.formats.keyed.document import MAX_DEPTH, MAX_NODES, Keyed, Path

_SPACE = re.compile(r"(?:[ \t\r\n\ufeff]++|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)*+")
_SCALAR = re.compile(r"[-+]?[0-9][0-9.eE+-]{0,400}|true|false|null|-?Infinity|NaN")
_STRINGS = json.JSONDecoder(strict=False)
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


def read_json_text(text: str) -> Keyed:
    """Return the values of a JSON document.

    Raises:
        UnreadableError: it is no JSON, or nested too deeply, or has too many values.
    """
    return _Reader(text).document()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._ends = [match.start() for match in re.finditer("\n", text)]
        self._lines: dict[Path, int] = {}
        self._twice: list[tuple[Path, int]] = []
        self._nodes = 0

    def document(self) -> Keyed:
        value = self._value(())
        self._skip()
        if self._at < len(self._text):
            raise self._wrong("there is something after its end")
        return Keyed(value, self._lines, tuple(self._twice))

    def _value(self, path: Path) -> Any:
        self._nodes += 1
        if self._nodes > MAX_NODES or len(path) > MAX_DEPTH:
            raise self._wrong("it has too many values, or is nested too deeply")
        first = self._skip()
        if first == "{":
            return self._mapping(path)
        if first == "[":
            return self._list(path)
        if first == '"':
            return self._string()
        found = _SCALAR.match(self._text, self._at)
        if found is None:
            raise self._wrong("a value is missing")
        self._at = found.end()
        return self._scalar(found.group())

    def _scalar(self, word: str) -> Any:
        if word in _WORDS:
            return _WORDS[word]
        try:
            return json.loads(word)
        except ValueError:
            raise self._wrong("a number is none") from None

    def _mapping(self, path: Path) -> dict[str, Any]:
        self._at += 1
        entries: dict[str, Any] = {}
        while self._skip() != "}":
            if self._skip() != '"':
                raise self._wrong("a key is missing")
            line = self._line()
            key = self._string()
            place = (*path, key)
            if key in entries:
                self._twice.append((place, line))
            self._lines[place] = line
            if self._skip() != ":":
                raise self._wrong("a colon is missing")
            self._at += 1
            entries[key] = self._value(place)
            self._comma("}")
        self._at += 1
        return entries

    def _list(self, path: Path) -> list[Any]:
        self._at += 1
        items: list[Any] = []
        while self._skip() != "]":
            place = (*path, len(items))
            self._lines[place] = self._line()
            items.append(self._value(place))
            self._comma("]")
        self._at += 1
        return items

    def _comma(self, end: str) -> None:
        character = self._skip()
        if character == ",":
            self._at += 1
        elif character != end:
            raise self._wrong("a comma is missing")

    def _string(self) -> str:
        try:
            value, self._at = _STRINGS.raw_decode(self._text, self._at)
        except ValueError:
            raise self._wrong("a text has no end, or a wrong escape") from None
        return str(value)

    def _skip(self) -> str:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._text[self._at : self._at + 1]

    def _line(self) -> int:
        return bisect_right(self._ends, self._at - 1) + 1

    def _wrong(self, what: str) -> UnreadableError:
        return UnreadableError(f"no JSON that can be read: {what} on line {self._line()}")
