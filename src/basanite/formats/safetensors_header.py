"""The JSON header of a safetensors file, one entry at a time.

A header may have 100 MB. It is never held as a whole: a window moves over the text, and every entry
is given away before the next is read.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from basanite.formats.contradiction import ContradictionError
from basanite.formats.stream import Span

METADATA = "__metadata__"
_CHUNK = 1 << 18
_NUMBER = "(?:0|[1-9][0-9]{0,17})"
_ENTRY = re.compile(
    r'"([^"\\\x00-\x1f]{0,500})": ?\{"dtype": ?"(\w{1,20})", ?'
    rf'"shape": ?\[((?:{_NUMBER}(?:, ?{_NUMBER}){{0,7}})?)\], ?'
    rf'"data_offsets": ?\[({_NUMBER}), ?({_NUMBER})\]\}}, ?(?=")'
)
"""An entry as writers write it, with another one behind it."""
_MAX_TENSOR = 1 << 20
_MAX_METADATA = 16 << 20
_MAX_MARKS = 200_000
"""Characters of one entry. The text about a model has some hundred thousand, seldom millions."""
_SPACE = " \t\n\r"


class HeaderReader:
    """Reads the entries of a header of ``length`` bytes at ``start``."""

    def __init__(self, file: BinaryIO, start: int, length: int) -> None:
        self._span = Span(file, start, length)
        self._utf8 = codecs.getincrementaldecoder("utf-8")("strict")
        self._json = json.JSONDecoder(object_pairs_hook=self._mapping, parse_constant=_no_number)
        self._text = ""
        self._at = 0
        self._ended = False
        self.repeated_fields = 0
        """Fields that are given twice inside one entry."""
        self.odd_padding = False
        """Whether the header begins or ends with white space other than trailing spaces."""

    def entries(self) -> Iterator[tuple[str, Any]]:
        """Yield key and value of each entry, in the order of the text, repeated keys too.

        Raises:
            ContradictionError: the text is no JSON object, no UTF-8, nested too deeply, or one
                entry is larger than any real one.
        """
        self.odd_padding = self._next(skip=False) in _SPACE
        if self._next() != "{":
            raise ContradictionError("the header is no JSON object")
        self._at += 1
        first = True
        while self._next() != "}" or not first:
            if plain := _ENTRY.match(self._text, self._at):
                # Nearly all of them, at a third of the cost.
                self._at = plain.end()
                yield plain[1], _fields(plain)
                first = False
                continue
            if self._next() != '"':
                raise ContradictionError(f"the header is no JSON near {self._near()!r}")
            key = self._value(_MAX_TENSOR)
            if self._next() != ":":
                raise ContradictionError(f"the header is no JSON near {self._near()!r}")
            self._at += 1
            self._next()
            yield key, self._value(_MAX_METADATA if key == METADATA else _MAX_TENSOR)
            first = False
            mark = self._next()
            if mark == "}":
                break
            if mark != ",":
                raise ContradictionError(f"the header is no JSON near {self._near()!r}")
            self._at += 1
        self._at += 1
        self._padding()

    def _next(self, *, skip: bool = True) -> str:
        """Return the next character that is no space, without taking it."""
        while True:
            while skip and self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._fill(_CHUNK):
                raise ContradictionError("the header ends within its JSON")

    def _value(self, limit: int) -> Any:
        while True:
            self._refuse_bomb()
            try:
                value, at = self._json.raw_decode(self._text, self._at)
            except RecursionError as error:
                raise ContradictionError("the header is nested too deeply") from error
            except ValueError as error:
                # Cut off by our own window is no flaw of the text.
                held = len(self._text) - self._at
                if held > limit:
                    raise ContradictionError("one entry of the header is too large") from error
                if not self._fill(max(_CHUNK, held)):
                    raise ContradictionError(f"the header is no JSON ({error})"[:300]) from error
                continue
            self._at = at
            return value

    def _refuse_bomb(self) -> None:
        """Refuse text that becomes many times as large when it is read: nests of small things."""
        held = len(self._text) - self._at
        if held <= _MAX_TENSOR:
            return
        brackets = self._text.count("[", self._at) + self._text.count("{", self._at)
        quotes = self._text.count('"', self._at) - self._text.count('\\"', self._at)
        if brackets + quotes > _MAX_MARKS:
            raise ContradictionError("one entry of the header has too many parts")

    def _fill(self, count: int) -> bool:
        """Read on; False at the end of the header."""
        if self._ended:
            return False
        data = self._span.read(count)
        self._ended = not data
        try:
            more = self._utf8.decode(data, final=self._ended)
        except UnicodeDecodeError as error:
            raise ContradictionError("the header is no UTF-8") from error
        self._text = self._text[self._at :] + more
        self._at = 0
        return not self._ended

    def _padding(self) -> None:
        while True:
            rest = self._text[self._at :]
            if rest.strip(_SPACE):
                raise ContradictionError("text follows behind the header's JSON")
            self.odd_padding |= bool(rest.strip(" "))
            self._at = len(self._text)
            if not self._fill(_CHUNK):
                return

    def _near(self) -> str:
        return self._text[self._at : self._at + 20]

    def _mapping(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        self.repeated_fields += len(pairs) - len(found)
        return found


def _fields(entry: re.Match[str]) -> dict[str, Any]:
    return {
        "dtype": entry[2],
        "shape": [int(each) for each in entry[3].split(",")] if entry[3] else [],
        "data_offsets": [int(entry[4]), int(entry[5])],
    }


def _no_number(text: str) -> Any:
    raise ContradictionError(f"the header holds {text}, which JSON does not know")
