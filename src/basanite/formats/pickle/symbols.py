"""Symbols: what stands on the stack in place of the values a pickle would build.

Text that may name something is kept as ``str``, small integers as ``int``, tuples as ``tuple`` of
symbols. Everything else becomes one of the symbols here, so memory does not follow the data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from basanite.domain.names import visible
from basanite.formats.pickle.lexemes import count_constants


class Opaque:
    """A value whose content does not matter, or is not kept. Compared by identity."""

    __slots__ = ("code", "value")
    CONSTANT: ClassVar[Opaque]
    TEXT: ClassVar[Opaque]
    CONTAINER: ClassVar[Opaque]
    LONG_TUPLE: ClassVar[Opaque]
    LOST: ClassVar[Opaque]
    PERSISTENT: ClassVar[Opaque]
    BUFFER: ClassVar[Opaque]
    PLAIN: ClassVar[Opaque]
    FOLLOWED: ClassVar[Opaque]
    PACKED: ClassVar[Opaque]

    def __init__(self, code: int, value: str) -> None:
        self.code = code
        """Its number in a memo."""
        self.value = value
        """A few words for a person."""

    def __repr__(self) -> str:
        return f"<{self.value}>"


OPAQUE = (
    Opaque(0, "a constant"),
    Opaque(1, "a long text"),
    Opaque(2, "a container"),
    Opaque(3, "a long tuple"),
    Opaque(4, "a value no longer kept"),
    Opaque(5, "an object from outside the pickle"),
    Opaque(6, "a buffer from outside the pickle"),
    Opaque(7, "plain data"),
    Opaque(8, "a pickle that was followed"),
    Opaque(9, "a packed pickle"),
)
"""Every opaque value, by its number."""
(
    Opaque.CONSTANT,
    Opaque.TEXT,
    Opaque.CONTAINER,
    Opaque.LONG_TUPLE,
    Opaque.LOST,
    Opaque.PERSISTENT,
    Opaque.BUFFER,
    Opaque.PLAIN,
    Opaque.FOLLOWED,
    Opaque.PACKED,
) = OPAQUE


@dataclass(frozen=True, slots=True)
class Global:
    """Something importable: ``module.name``. An unknown part is the empty string."""

    module: str
    name: str
    hidden: bool = False
    """Whether its name is worked out while loading, or is known to the loading program only."""

    @property
    def known(self) -> bool:
        """Whether both parts could be worked out."""
        return bool(self.module and self.name)

    def __str__(self) -> str:
        return f"{self.module or '?'}.{self.name or '?'}"


@dataclass(frozen=True, slots=True)
class Result:
    """What came out of a call. ``of`` is the importable that the chain of calls began with."""

    of: Global | None

    def __str__(self) -> str:
        return f"a result of {self.of}" if self.of else "a result of something unknown"


@dataclass(frozen=True, slots=True)
class Method:
    """An attribute of what came out of a call, as ``getattr`` finds it."""

    of: Global | None
    name: str

    def __str__(self) -> str:
        return f"{self.name} of a result of {self.of or 'something unknown'}"


@dataclass(frozen=True, slots=True)
class Worked:
    """A text that is worked out while loading, by joining, decoding and the like."""

    text: str


@dataclass(slots=True, eq=False)
class Fields:
    """A dictionary whose text keys are kept; only made where a raw array may follow."""

    content: dict[str, Symbol] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class ArrayType:
    """A NumPy dtype as a pickle names it, e.g. ``f8``. ``width`` in bytes, None when unknown.

    It is changed in place by its state, so that the memo recalls it as it has become.
    """

    code: str
    width: int | None
    objects: bool


_UNCOUNTED = 48 << 20
"""Bytes of a run that are kept to be counted later, if ever."""


@dataclass(slots=True, eq=False)
class Run:
    """Constants on a stack, one above the other. Never handed to anyone.

    They are counted only when somebody takes single ones: most are taken up as a whole.
    """

    counted: int = 0
    pending: list[bytes] = field(default_factory=list)
    """Opcodes that are not counted yet."""
    waiting: int = 0
    """Bytes of these."""

    def add(self, opcodes: bytes) -> None:
        """Put a run of constants on top."""
        self.pending.append(opcodes)
        self.waiting += len(opcodes)
        if self.waiting > _UNCOUNTED:
            self.settle()

    def settle(self) -> int:
        """Return how many constants there are."""
        self.counted += sum(map(count_constants, self.pending))
        self.pending.clear()
        self.waiting = 0
        return self.counted


Symbol = (
    Opaque
    | Global
    | Result
    | Method
    | Worked
    | Fields
    | ArrayType
    | Run
    | str
    | int
    | bytes
    | tuple[object, ...]
)

COMPUTED = "a name worked out while loading"
NOT_KEPT = "a name no longer kept"
"""Names of importables whose module is unknown."""
MAX_DEPTH = 4
MAX_ITEMS = 6
MAX_SEEN = 200


def describe(symbol: object, depth: int = 0) -> str:
    """Return a short inert text of a symbol, for a person."""
    if isinstance(symbol, Worked):
        return describe(symbol.text)
    if isinstance(symbol, str):
        return repr(visible(symbol, 120))
    if isinstance(symbol, bytes):
        return "b" + repr(visible(symbol.decode("latin-1"), 120))
    if isinstance(symbol, tuple):
        if depth >= MAX_DEPTH:
            return "(…)"
        shown = [describe(each, depth + 1) for each in symbol[:MAX_ITEMS]]
        return f"({', '.join(shown)}{', …' if len(symbol) > MAX_ITEMS else ''})"
    if isinstance(symbol, Opaque):
        return symbol.value
    known = Global | Result | Method | int
    return visible(str(symbol), 200) if isinstance(symbol, known) else "a value"


def globals_in(symbol: object) -> list[Global]:
    """Return the importables inside a symbol, down to a few levels and a few hundred values."""
    found: list[Global] = []
    level, seen = [symbol], 0
    for _ in range(MAX_DEPTH):
        below: list[object] = []
        for each in level:
            if isinstance(each, Global):
                found.append(each)
            elif isinstance(each, tuple) and seen < MAX_SEEN:
                seen += len(each)
                below += each
        level = below
    return found
