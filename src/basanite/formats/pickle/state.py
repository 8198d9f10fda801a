"""State of a symbolic unpickler: the bytes ahead, the stack, the memo, and what it would do.

The rules follow Lib/pickle.py and Modules/_pickle.c of CPython 3.11 to 3.14. Where those two
differ, the state follows the one that goes further: a bad pickle must not hide behind the other.
"""

from __future__ import annotations

import _compat_pickle
from dataclasses import dataclass, field

from basanite.formats.pickle.events import Event, Import, SpecialName
from basanite.formats.pickle.memo import Memo
from basanite.formats.pickle.symbols import Global, Opaque, Symbol
from basanite.formats.stream import CHUNK, Stream

MAX_LINE = 1 << 16
MAX_TEXT = 512
"""Longer text names nothing importable, so its content is dropped."""
SPECIAL_NAMES = frozenset(
    {
        "__setstate__",
        "__reduce__",
        "__reduce_ex__",
        "__class__",
        "__bases__",
        "__globals__",
        "__builtins__",
        "__code__",
        "__subclasses__",
        "__getattribute__",
        "__import__",
    }
)
"""Texts by which state can replace what an object does. Data has no reason to hold them."""


@dataclass(frozen=True)
class Budget:
    """How far a stream is followed. Past any of these it is *not looked at*, and said so."""

    opcodes: int = 150_000_000
    stack: int = 10_000_000
    memo: int = 50_000_000
    names: int = 100_000
    """Different importables."""
    nesting: int = 50
    """Pickles inside pickles."""


class EndedError(Exception):
    """The bytes end where more are needed. Loading would stop here too."""


class BadPickleError(Exception):
    """Loading would stop here. The text says why."""


class BudgetError(Exception):
    """Our own limit, not the data's fault."""


@dataclass
class Frame:
    """What one unpickler has of its own; a pickle inside a pickle starts a new one."""

    stack: list[Symbol] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    memo: Memo = field(default_factory=Memo)
    protocol: int = 0


class State:
    """Everything the operations work on."""

    def __init__(self, stream: Stream, budget: Budget) -> None:
        self.stream = stream
        self.budget = budget
        self.buffer = b""
        self.at = 0
        self.base = 0
        self.opened = 0
        """Offset of the opcode at work."""
        self.out: list[Event] = []
        self.frame = Frame()
        self.outer: list[Frame] = []
        self.names: dict[tuple[str, str], Global] = {}
        self.announced: set[Global | str] = set()
        self.stopped = False
        self.arrays = False
        """Whether raw arrays may lie between the opcodes (joblib)."""
        self.magic = False
        """Whether this is the older torch format: five pickles, then raw storages."""

    @property
    def stack(self) -> list[Symbol]:
        """The stack of the pickle at work."""
        return self.frame.stack

    def refill(self) -> bool:
        """Read a further chunk behind what is left. Return False at the end of the bytes."""
        data = self.stream.read(CHUNK)
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
        if text in SPECIAL_NAMES and text not in self.announced:
            self.announced.add(text)
            self.out.append(SpecialName(self.opened, text))
        self.frame.stack.append(text)

    def pop(self) -> Symbol:
        """Take the top of the stack."""
        stack, marks = self.frame.stack, self.frame.marks
        if not stack or (marks and marks[-1] >= len(stack)):
            raise BadPickleError("it takes more from the stack than is there")
        return stack.pop()

    def top(self) -> Symbol:
        """Look at the top of the stack."""
        stack, marks = self.frame.stack, self.frame.marks
        if not stack or (marks and marks[-1] >= len(stack)):
            raise BadPickleError("it needs a value on the stack and there is none")
        return stack[-1]

    def pop_mark(self) -> list[Symbol]:
        """Take everything above the last mark."""
        if not self.frame.marks:
            raise BadPickleError("it looks for a mark and there is none")
        start = self.frame.marks.pop()
        items = self.frame.stack[start:]
        del self.frame.stack[start:]
        return items

    def named(self, module: str, name: str) -> Global:
        """Return the importable of that name and announce its import."""
        if self.frame.protocol < 3:
            module, name = modern(module, name)
        return self.found(module, name)

    def found(self, module: str, name: str) -> Global:
        """Return the importable of that very name and announce it once."""
        symbol = self.names.get((module, name))
        if symbol is None:
            if len(self.names) >= self.budget.names:
                raise BudgetError("it names too many different things")
            symbol = self.names[module, name] = Global(module, name)
            self.out.append(Import(self.opened, symbol))
        return symbol


def modern(module: str, name: str) -> tuple[str, str]:
    """Return the Python 3 name that an unpickler uses for a Python 2 name."""
    if (module, name) in _compat_pickle.NAME_MAPPING:
        return _compat_pickle.NAME_MAPPING[module, name]
    return _compat_pickle.IMPORT_MAPPING.get(module, module), name
