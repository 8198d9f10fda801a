"""The header of a GGUF file: keys with their values, and what is said of each tensor.

Source: docs/gguf.md of the ggml project, versions 1 to 3; both byte orders.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.formats.contradiction import ContradictionError
from basanite.formats.cursor import Cursor

MAGIC = b"GGUF"
MAX_KEYS = 10_000
MAX_TENSORS = 200_000
MAX_ITEMS = 4_000_000
"""Array items passed over in one file."""
MAX_DIMENSIONS = 4
_MAX_KEY = 65_535
_MAX_TEXT = 1 << 30
_MAX_DEPTH = 3
_WIDTHS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_SIGNED = {1, 3, 5, 11}
_FLOATS = {6, 12}
_TEXT, _ARRAY = 8, 9
KEPT_TEXT = 256
_KEPT_ITEMS = 32
_WINDOW = 1 << 20


@dataclass(frozen=True, slots=True)
class Items:
    """An array: how many items it has, and the texts of a short one."""

    count: int
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tensor:
    """What the header says of a tensor. ``offset`` counts from the start of the data."""

    name: bytes
    shape: tuple[int, ...]
    kind: int
    offset: int


class Header:
    """Reads a header in its order: first `keys`, then `tensors`, each once.

    Raises:
        UnreadableError: it is no GGUF file, or ends early.
        ContradictionError: it announces what no file holds.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._end = size
        self._cursor = Cursor(file, 0, size)
        self._items = 0
        if self._cursor.take(4) != MAGIC:
            raise UnreadableError("no GGUF file: its first bytes are not those of the format")
        raw = self._cursor.take(4)
        self.big_endian = int.from_bytes(raw, "little") > 0xFFFF
        self.version = int.from_bytes(raw, "big" if self.big_endian else "little")
        if self.version not in (1, 2, 3):
            raise UnreadableError(f"GGUF version {self.version} is not known")
        self._wide = 4 if self.version == 1 else 8
        self.tensor_count, self.key_count = self._number(self._wide), self._number(self._wide)
        if self.tensor_count > MAX_TENSORS or self.key_count > MAX_KEYS:
            raise ContradictionError(
                f"the header announces {self.tensor_count} tensors and {self.key_count} keys"
            )

    @property
    def position(self) -> int:
        """Where reading goes on."""
        return self._cursor.position

    def keys(self, keep: Callable[[str], int] = lambda _: KEPT_TEXT) -> Iterator[tuple[str, Any]]:
        """Yield every key with its value: text, whole number, True or False, `Items`, or None.

        Floating-point numbers are None. ``keep`` says how many bytes of a key's text are kept.
        """
        for _ in range(self.key_count):
            key = self._text(_MAX_KEY, limit=_MAX_KEY).decode("utf-8", "replace")
            yield key, self._value(self._number(4), keep(key))

    def tensors(self) -> Iterator[Tensor]:
        """Yield what is said of every tensor."""
        for _ in range(self.tensor_count):
            name = self._text(KEPT_TEXT, limit=_MAX_KEY)
            dimensions = self._number(4)
            if dimensions > MAX_DIMENSIONS:
                raise ContradictionError(f"a tensor announces {dimensions} dimensions")
            shape = tuple(self._number(self._wide) for _ in range(dimensions))
            if any(each >= 1 << 63 for each in shape) or math.prod(shape) > 1 << 62:
                raise ContradictionError("a tensor announces an impossible shape")
            kind, offset = self._number(4), self._number(8)
            if offset >= 1 << 62:
                raise ContradictionError("a tensor announces an impossible place")
            yield Tensor(name, shape, kind, offset)

    def _number(self, width: int, *, signed: bool = False) -> int:
        order = "big" if self.big_endian else "little"
        return int.from_bytes(self._cursor.take(width), order, signed=signed)  # type: ignore[arg-type]

    def _text(self, keep: int, *, limit: int = _MAX_TEXT) -> bytes:
        length = self._number(self._wide)
        if length > limit:
            raise ContradictionError(f"a text announces {length} bytes")
        if length > self._cursor.left:
            raise UnreadableError(f"a text announces {length} bytes: the file ends early")
        kept = self._cursor.take(min(length, keep))
        self._cursor.skip(length - len(kept))
        return kept

    def _value(self, kind: int, keep: int) -> Any:
        if kind == _TEXT:
            return self._text(keep).decode("utf-8", "replace")
        if kind == _ARRAY:
            return self._array(0)
        if kind not in _WIDTHS:
            raise ContradictionError(f"a value has the unknown type {kind}")
        number = self._number(_WIDTHS[kind], signed=kind in _SIGNED)
        if kind in _FLOATS:
            return None
        return bool(number) if kind == 7 else number

    def _array(self, depth: int) -> Items:
        kind, count = self._number(4), self._number(self._wide)
        if kind in _WIDTHS:
            if count > 1 << 32:
                raise ContradictionError(f"an array announces {count} items")
            self._cursor.skip(count * _WIDTHS[kind])
            return Items(count)
        self._items += count
        if self._items > MAX_ITEMS or depth > _MAX_DEPTH:
            raise ContradictionError("an array of the header is too large or too deep")
        if kind == _TEXT and count <= _KEPT_ITEMS:
            texts = [self._text(KEPT_TEXT).decode("utf-8", "replace") for _ in range(count)]
            return Items(count, tuple(texts))
        if kind == _TEXT:
            self._skip_texts(count)
        elif kind == _ARRAY:
            for _ in range(count):
                self._array(depth + 1)
        else:
            raise ContradictionError(f"an array has the unknown type {kind}")
        return Items(count)

    def _skip_texts(self, count: int) -> None:
        """Pass over texts. Vocabularies have hundreds of thousands, so a window is read at once."""
        form = struct.Struct((">" if self.big_endian else "<") + ("I" if self._wide == 4 else "Q"))
        at, base, window = self._cursor.position, 0, b""
        for _ in range(count):
            begin = at - base
            if begin < 0 or begin + self._wide > len(window):
                self._file.seek(at)
                window, base, begin = self._file.read(min(_WINDOW, self._end - at)), at, 0
                if len(window) < self._wide:
                    raise UnreadableError(f"the file ends early, at byte {at}")
            (length,) = form.unpack_from(window, begin)
            at += self._wide + length
            if at > self._end:
                if length > _MAX_TEXT:
                    raise ContradictionError(f"a text announces {length} bytes")
                raise UnreadableError(f"a text announces {length} bytes: the file ends early")
        self._cursor = Cursor(self._file, at, self._end)
