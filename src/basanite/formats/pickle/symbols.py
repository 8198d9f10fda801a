"""Symbols: what stands on the stack in place of the values a pickle would build.

Text that may name something is kept as ``str``, small integers as ``int``, tuples as ``tuple`` of
symbols. Everything else becomes one of the symbols here, so memory does not follow the data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from basanite.domain.names import visible


class Opaque(Enum):
    """A value whose content does not matter, or is not kept."""

    CONSTANT = "a constant"
    TEXT = "a long text"
    CONTAINER = "a container"
    LONG_TUPLE = "a long tuple"
    LOST = "a value no longer kept"
    PERSISTENT = "an object from outside the pickle"
    BUFFER = "a buffer from outside the pickle"


@dataclass(frozen=True, slots=True)
class Global:
    """Something importable: ``module.name``. An unknown part is the empty string."""

    module: str
    name: str

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


@dataclass(slots=True)
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


Symbol = Opaque | Global | Result | Fields | ArrayType | str | int | bytes | tuple[object, ...]

COMPUTED = "a name worked out while loading"
NOT_KEPT = "a name no longer kept"
"""Names of importables whose module is unknown."""
MAX_DEPTH = 3
MAX_ITEMS = 6


def describe(symbol: object, depth: int = 0) -> str:
    """Return a short inert text of a symbol, for a person."""
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
    return visible(str(symbol), 200) if isinstance(symbol, Global | Result | int) else "a value"


def globals_in(symbol: object, depth: int = 0) -> list[Global]:
    """Return the importables inside a symbol, down to a few levels."""
    if isinstance(symbol, Global):
        return [symbol]
    if isinstance(symbol, Result):
        return []
    if isinstance(symbol, tuple) and depth < MAX_DEPTH:
        return [found for each in symbol for found in globals_in(each, depth + 1)]
    return []
