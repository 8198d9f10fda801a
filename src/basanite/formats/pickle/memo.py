"""The memo of a symbolic unpickler: exact in its numbering, thrifty in what it keeps."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right

from basanite.formats.pickle.lexemes import texts_in
from basanite.formats.pickle.symbols import OPAQUE, ArrayType, Fields, Opaque, Symbol

MAX_TEXTS = 300_000
MAX_CONTAINERS = 60_000
MAX_SPANS = 24 << 20
MAX_LOOKED_UP = 3 << 20
_KEPT_LONGER = 4
_OTHER = 255
_TEXT = 254
_SPAN = 253
_INTERNED = 16
_EMPTY = Opaque(10, "an empty tuple")


class Memo:
    """Values by number. A value in sequence costs one byte; only what may matter is kept.

    ``codes`` says of each number in sequence what is stored: the number of an `Opaque`, one of the
    commonest symbols, or where to look.
    """

    def __init__(self) -> None:
        self.codes = bytearray()
        self._common: list[Symbol] = []
        self._common_code: dict[Symbol, int] = {}
        self.other: dict[int, Symbol] = {}
        """What is stored under numbers of the code 255, and out of sequence."""
        self.sparse = 0
        """How many are stored out of sequence."""
        self._text_numbers = array("Q")
        self._texts: list[str] = []
        self._containers = 0
        self._spans: list[tuple[bytes, bytes]] = []
        self._span_numbers = array("Q")
        self._span_bytes = 0
        self._looked_up: dict[int, list[str | None]] = {}
        self._looked_up_bytes = 0
        self._recent: list[tuple[int, str]] = []
        self.changes = 0
        """How often something below 256 was stored over."""

    @property
    def full(self) -> bool:
        """Whether no further tuples are kept."""
        return self._containers > MAX_CONTAINERS

    def __len__(self) -> int:
        return len(self.codes) + self.sparse

    def append(self, value: Symbol) -> None:
        """Store under the number that follows from how many are stored (``MEMOIZE``)."""
        self.put(len(self.codes) + self.sparse, value)

    def put(self, number: int, value: Symbol) -> None:
        """Store under a number."""
        codes = self.codes
        if number == len(codes):
            if number in self.other:
                del self.other[number]
                self.sparse -= 1
            codes.append(self._coded(number, value))
        elif number < len(codes):
            self.changes += number < 256
            code = self._coded(number, value)
            if code == _TEXT:
                # Texts by place are in order of their numbers.
                self._text_numbers.pop()
                code, self.other[number] = _OTHER, self._texts.pop()
            elif code != _OTHER:
                self.other.pop(number, None)
            codes[number] = code
        else:
            self.sparse += number not in self.other
            value = self._thrifty(value)
            self.other[number] = value

    def _coded(self, number: int, value: Symbol) -> int:
        """Keep a value and return its code."""
        kind = value.__class__
        if kind is str:
            return self.text(number, value)  # type: ignore[arg-type]
        value = self._thrifty(value)
        if isinstance(value, Opaque):
            return value.code
        if not isinstance(value, tuple | Fields | ArrayType):
            code = self._common_code.get(value)
            if code is None and len(self._common) < _SPAN - _INTERNED:
                self._common.append(value)
                code = self._common_code[value] = _INTERNED - 1 + len(self._common)
            if code is not None:
                return code
        elif value == ():
            return _EMPTY.code
        self.other[number] = value
        return _OTHER

    def _thrifty(self, value: Symbol) -> Symbol:
        if isinstance(value, bytes | int):
            return Opaque.CONSTANT
        if isinstance(value, Opaque) or (value.__class__ is tuple and not value):
            return value
        if isinstance(value, tuple | Fields | ArrayType):
            self._containers += 1
            if self._containers > MAX_CONTAINERS:
                return Opaque.LOST
        return value

    def text(self, number: int, value: str) -> int:
        """Keep a text that comes next in sequence and return its code."""
        if len(self._texts) < MAX_TEXTS:
            self._texts.append(value)
            self._text_numbers.append(number)
            return _TEXT
        self._recent.append((number, value))
        del self._recent[:-_KEPT_LONGER]
        return Opaque.LOST.code

    def keep(self, text: str) -> None:
        """Keep a text that has just been stored, for it turned out to be a name."""
        for number, each in self._recent:
            if each == text and number < len(self.codes) and len(self.other) < MAX_TEXTS:
                self.codes[number] = _OTHER
                self.other[number] = each

    def get(self, number: int) -> Symbol | None:
        """Return what is stored, or None."""
        if not 0 <= number < len(self.codes):
            return self.other.get(number)
        code = self.codes[number]
        if code < len(OPAQUE):
            return OPAQUE[code]
        if code == _TEXT:
            return self._texts[bisect_left(self._text_numbers, number)]
        if code == _SPAN:
            return self._in_span(number)
        if code == _OTHER:
            return self.other[number]
        return () if code == _EMPTY.code else self._common[code - _INTERNED]

    def span(self, opcodes: bytes, memo: bytes, count: int, *, texts: bool) -> None:
        """Store ``count`` values that a span of opcodes makes: plain ones, or also ``texts``.

        The texts are looked for only when one is recalled.
        """
        if not texts:
            self.codes += bytes((Opaque.PLAIN.code,)) * count
            return
        self._span_bytes += len(opcodes)
        if self._span_bytes > MAX_SPANS:
            self.codes += bytes((Opaque.LOST.code,)) * count
            return
        self._span_numbers.append(len(self.codes))
        self._spans.append((opcodes, memo))
        self.codes += bytes((_SPAN,)) * count

    def _in_span(self, number: int) -> Symbol:
        place = bisect_right(self._span_numbers, number) - 1
        found = self._looked_up.get(place)
        if found is None:
            self._looked_up_bytes += len(self._spans[place][0])
            if self._looked_up_bytes > MAX_LOOKED_UP:
                return Opaque.LOST
            found = self._looked_up[place] = texts_in(*self._spans[place])
        at = number - self._span_numbers[place]
        text = found[at] if at < len(found) else None
        return Opaque.PLAIN if text is None else text

    def dull(self, count: int) -> bytes:
        """Return which of the numbers below ``count`` hold nothing but data, as bytes."""
        dull = []
        for number, code in enumerate(self.codes[:count]):
            if code < len(OPAQUE) and code not in (Opaque.PERSISTENT.code, Opaque.LOST.code):
                dull.append(number)
            elif code in (_TEXT, _OTHER):
                value = self.get(number)
                if isinstance(value, str) and not value.startswith("__"):
                    dull.append(number)
        return bytes(dull)
