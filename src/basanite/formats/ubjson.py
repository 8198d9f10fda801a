"""Universal Binary JSON, walked without building anything.

Source: ubjson.org, draft 12, as XGBoost 1.6 and later write it: lengths of any integer type,
arrays of one type with their count.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.formats.contradiction import ContradictionError
from basanite.formats.cursor import Cursor

_MAX_DEPTH = 64
_MAX_STEPS = 4_000_000
_INTEGERS = {b"i": 1, b"U": 1, b"I": 2, b"l": 4, b"L": 8}
_WIDTHS = {**_INTEGERS, b"d": 4, b"D": 8, b"C": 1, b"Z": 0, b"N": 0, b"T": 0, b"F": 0}
_KEPT = 4096
_FEW = 16

Scalar = str | int | None
"""A text, a whole number, or something else of no interest here."""


class Walker:
    """Yields the scalars of a document with the keys that lead to them."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._cursor = Cursor(file, 0, size)
        self._steps = 0

    @property
    def left(self) -> int:
        """Bytes behind what was walked."""
        return self._cursor.left

    def scalars(self) -> Iterator[tuple[tuple[str, ...], Scalar]]:
        """Yield path and value of each scalar; of long arrays of numbers only that they are there.

        Raises:
            UnreadableError: the document ends early, or has too many parts.
            ContradictionError: it holds marks that the format does not know, or nests too deeply.
        """
        yield from self._value(self._mark(), ())

    def _mark(self) -> bytes:
        self._steps += 1
        if self._steps > _MAX_STEPS:
            raise UnreadableError("the document has too many parts")
        mark = self._cursor.take(1)
        return mark if mark != b"N" else self._mark()

    def _length(self, mark: bytes | None = None) -> int:
        kind = mark or self._cursor.take(1)
        if kind not in _INTEGERS:
            raise ContradictionError(f"a length has the type {kind!r}")
        number = self._integer(kind)
        if number < 0:
            raise ContradictionError("a length is negative")
        if number > self._cursor.left and number > 1 << 40:
            raise ContradictionError(f"something announces a length of {number}")
        return number

    def _integer(self, kind: bytes) -> int:
        return int.from_bytes(self._cursor.take(_INTEGERS[kind]), "big", signed=kind != b"U")

    def _text(self) -> str:
        length = self._length()
        kept = self._cursor.take(min(length, _KEPT)) if length <= self._cursor.left else b""
        self._cursor.skip(length - len(kept))
        return kept.decode("utf-8", "replace")

    def _value(
        self, mark: bytes, path: tuple[str, ...]
    ) -> Iterator[tuple[tuple[str, ...], Scalar]]:
        if mark in (b"{", b"["):
            if len(path) >= _MAX_DEPTH:
                raise ContradictionError("the document is nested too deeply")
            yield from self._inside(mark, path)
        elif mark in (b"S", b"H"):
            yield path, self._text()
        elif mark in _INTEGERS:
            yield path, self._integer(mark)
        elif mark in _WIDTHS:
            self._cursor.skip(_WIDTHS[mark])
            yield path, None
        else:
            raise ContradictionError(f"the document holds the mark {mark!r}")

    def _inside(
        self, mark: bytes, path: tuple[str, ...]
    ) -> Iterator[tuple[tuple[str, ...], Scalar]]:
        end, is_object = (b"}", True) if mark == b"{" else (b"]", False)
        kind, count, first = self._optimised()
        if count is None:
            while first != end:
                key = self._key(first) if is_object else ""
                yield from self._value(self._mark() if is_object else first, (*path, key))
                first = self._mark()
            return
        if kind is not None and not is_object and kind in _WIDTHS and count > _FEW:
            self._cursor.skip(count * _WIDTHS[kind])
            yield path, None
            return
        for _ in range(count):
            if kind is None or is_object:
                self._steps += 1
            key = self._key(None) if is_object else ""
            yield from self._value(kind or self._mark(), (*path, key))

    def _optimised(self) -> tuple[bytes | None, int | None, bytes]:
        """Return type and count of a container that says them in advance, else its first mark."""
        first = self._mark()
        kind = None
        if first == b"$":
            kind = self._cursor.take(1)
            first = self._cursor.take(1)
            if first != b"#":
                raise ContradictionError("a container has a type and no count")
        return (kind, self._length(), b"") if first == b"#" else (None, None, first)

    def _key(self, mark: bytes | None) -> str:
        length = self._length(mark)
        if length > _KEPT:
            raise ContradictionError(f"a key announces {length} bytes")
        return self._cursor.take(length).decode("utf-8", "replace")
