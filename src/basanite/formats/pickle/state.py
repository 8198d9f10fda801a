"""State of a symbolic unpickler: the bytes ahead, the stack, the memo, and what it would do.

The rules follow Lib/pickle.py and Modules/_pickle.c of CPython 3.11 to 3.14. Where those two
differ, the state follows the one that goes further: a bad pickle must not hide behind the other.
"""

from __future__ import annotations

import _compat_pickle
from dataclasses import dataclass

from basanite.formats.pickle.events import Event, Held, Import, SpecialName
from basanite.formats.pickle.frame import Frame
from basanite.formats.pickle.symbols import Global, Method, Opaque, Result, Run, Symbol
from basanite.formats.stream import Stream

MAX_LINE = 1 << 16
_FEW = 20
MAX_TEXT = 512
"""Longer text names nothing importable, so its content is dropped."""
CHUNK = 1 << 19
SMALL_CHUNK = 1 << 16
_SPECIAL = """
    __setstate__ __reduce__ __reduce_ex__ __getstate__ __class__ __bases__ __mro__ __globals__
    __builtins__ __code__ __subclasses__ __getattribute__ __getattr__ __import__ __init__ __new__
    __call__ __del__ __setattr__ __init_subclass__ __class_getitem__ __instancecheck__ __enter__
    __exit__ __get__ __set__ __delattr__ __getitem__ __setitem__ __missing__ __hash__ __eq__
"""
SPECIAL_NAMES = frozenset(_SPECIAL.split())
"""Keys by which state can replace what an object does."""


@dataclass(frozen=True)
class Budget:
    """How far a stream is followed. Past any of these it is *not looked at*, and said so."""

    opcodes: int = 150_000_000
    """Looked at one by one; runs of constants that are passed over at once cost nothing."""
    length: int = 1 << 62
    """Bytes, to within a chunk."""
    stack: int = 10_000_000
    memo: int = 60_000_000
    names: int = 20_000
    """Different importables."""
    nesting: int = 50
    """Pickles inside pickles."""


class EndedError(Exception):
    """The bytes end where more are needed. Loading would stop here too."""


class BadPickleError(Exception):
    """Loading would stop here. The text says why."""


class BudgetError(Exception):
    """Our own limit, not the data's fault."""


class State:
    """Everything the operations work on."""

    def __init__(self, stream: Stream, budget: Budget) -> None:
        self.stream = stream
        self.budget = budget
        self._chunk = CHUNK if budget.opcodes > CHUNK else SMALL_CHUNK
        self.buffer = b""
        self.at = 0
        self.base = 0
        self.opened = 0
        """Offset of the opcode at work."""
        self.out: list[Event] = []
        self.frame = Frame()
        self.outer: list[Frame] = []
        self.names: dict[tuple[str, str], Global] = {}
        self.pushed: dict[Global, int] = {}
        """How many times more an importable was pushed than it was called."""
        self.special = False
        """Whether a text was pushed that as a key would be special."""
        self.nested: int | None = None
        """How many bytes of a pickle that lies inside bytes come next."""
        self.nested_text = False
        """Whether those bytes are written as a text."""
        self.stopped = False
        self.magic = False
        """Whether this is the older torch format: five pickles, then raw storages."""

    @property
    def stack(self) -> list[Symbol]:
        """The stack of the pickle at work."""
        return self.frame.stack

    def refill(self) -> bool:
        """Read a further chunk behind what is left. Return False at the end of the bytes."""
        data = self.stream.read(self._chunk)
        self.buffer = self.buffer[self.at :] + data
        self.base += self.at
        self.at = 0
        return bool(data)

    def take(self, count: int) -> bytes:
        """Return the next bytes; for small arguments only."""
        while self.at + count > len(self.buffer):
            if not self.refill():
                raise EndedError
        self.at += count
        return self.buffer[self.at - count : self.at]

    def unsigned(self, width: int) -> int:
        """Return a little-endian unsigned argument."""
        return int.from_bytes(self.take(width), "little")

    def skip(self, count: int) -> None:
        """Pass over a large argument without holding it."""
        ahead = len(self.buffer) - self.at
        if count <= ahead:
            self.at += count
            return
        self.base += len(self.buffer)
        self.buffer, self.at = b"", 0
        passed = self.stream.skip(count - ahead)
        self.base += passed
        if passed < count - ahead:
            raise EndedError

    def line(self) -> bytes | None:
        """Return the next line without its end, or None when it is longer than 64 KiB.

        At the end of the bytes the unpicklers cut the last byte as if it were the line's end.
        """
        searched = 0
        while (end := self.buffer.find(b"\n", self.at + searched)) < 0:
            searched = len(self.buffer) - self.at
            if searched > MAX_LINE:
                self._to_line_end()
                return None
            if not self.refill():
                rest = self.buffer[self.at :]
                if not rest:
                    raise EndedError
                self.at = len(self.buffer)
                return rest[:-1]
        line = self.buffer[self.at : end]
        self.at = end + 1
        return line if len(line) <= MAX_LINE else None

    def _to_line_end(self) -> None:
        while (end := self.buffer.find(b"\n", self.at)) < 0:
            self.at = len(self.buffer)
            if not self.refill():
                return
        self.at = end + 1

    def push_text(self, text: str) -> None:
        """Push text that may name something."""
        if len(text) > MAX_TEXT:
            self.frame.stack.append(Opaque.TEXT)
            return
        if text[:2] == "__":
            self.special = True
        self.frame.stack.append(text)

    def pop(self) -> Symbol:
        """Take the top of the stack."""
        stack, marks = self.frame.stack, self.frame.marks
        if not stack or (marks and marks[-1] >= len(stack)):
            raise BadPickleError("it takes more from the stack than is there")
        value = stack.pop()
        if isinstance(value, Run):
            value.settle()
            value.counted -= 1
            if value.counted > 0:
                stack.append(value)
            else:
                self.frame.runs -= 1
            return Opaque.CONSTANT
        return value

    def top(self) -> Symbol:
        """Look at the top of the stack."""
        stack, marks = self.frame.stack, self.frame.marks
        if not stack or (marks and marks[-1] >= len(stack)):
            raise BadPickleError("it needs a value on the stack and there is none")
        return Opaque.CONSTANT if isinstance(stack[-1], Run) else stack[-1]

    def pop_mark(self) -> list[Symbol]:
        """Take everything above the last mark."""
        if not self.frame.marks:
            raise BadPickleError("it looks for a mark and there is none")
        start = self.frame.marks.pop()
        items = self.frame.stack[start:]
        del self.frame.stack[start:]
        if not self.frame.runs:
            return items
        flat: list[Symbol] = []
        for each in items:
            if isinstance(each, Run):
                self.frame.runs -= 1
                # Whoever takes them up drops more than a few; odd or even decides what is a key.
                count = each.settle() if self.special else _FEW
                flat += [Opaque.CONSTANT] * (count if count <= _FEW else _FEW + (count - _FEW) % 2)
            else:
                flat.append(each)
        return flat

    def keys(self, items: list[Symbol]) -> None:
        """Look for special keys among the keys and values that go into a dictionary."""
        for key, value in zip(items[::2], items[1::2], strict=False):
            able = isinstance(value, Global | Result | Method) or value is Opaque.LOST
            if able and isinstance(key, str) and key in SPECIAL_NAMES:
                self.out.append(SpecialName(self.opened, key, value))

    def named(self, module: str, name: str) -> Global:
        """Return the importable of that name and announce its import."""
        if self.frame.protocol < 3:
            module, name = modern(module, name)
        return self.found(module, name)

    def found(self, module: str, name: str, *, hidden: bool = False) -> Global:
        """Return the importable of that very name, announce it once, and count that it is used."""
        symbol = self.names.get((module, name))
        if symbol is None or (hidden and not symbol.hidden):
            if len(self.names) >= self.budget.names:
                raise BudgetError("it names too many different things")
            symbol = self.names[module, name] = Global(module, name, hidden)
            self.out.append(Import(self.opened, symbol))
            self.frame.memo.keep(module)
            self.frame.memo.keep(name)
        self.pushed[symbol] = self.pushed.get(symbol, 0) + 1
        return symbol

    def used(self, symbol: Symbol) -> None:
        """Count that a value was pushed once more."""
        if symbol.__class__ is Global:
            self.pushed[symbol] = self.pushed.get(symbol, 0) + 1

    def called(self, symbol: Symbol) -> None:
        """Count that a value was taken from the stack to be called."""
        if symbol.__class__ is Global:
            self.pushed[symbol] = self.pushed.get(symbol, 1) - 1

    def held(self) -> list[Event]:
        """Return what was kept as a value so far, and forget it."""
        found: list[Event] = [Held(self.opened, each) for each, n in self.pushed.items() if n > 0]
        self.pushed.clear()
        return found


def modern(module: str, name: str) -> tuple[str, str]:
    """Return the Python 3 name that an unpickler uses for a Python 2 name."""
    if (module, name) in _compat_pickle.NAME_MAPPING:
        return _compat_pickle.NAME_MAPPING[module, name]
    return _compat_pickle.IMPORT_MAPPING.get(module, module), name
