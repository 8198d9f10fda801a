"""Events: what loading a pickle would do, in order, with the byte where it is done."""

from __future__ import annotations

from dataclasses import dataclass

from basanite.formats.pickle.symbols import Global, Symbol


@dataclass(frozen=True, slots=True)
class Import:
    """A module would be imported and a name looked up in it."""

    offset: int
    target: Global


@dataclass(frozen=True, slots=True)
class Call:
    """Something would be called. ``how`` is the opcode's name in the standard library's table.

    For ``NEWOBJ`` and ``NEWOBJ_EX`` only the class's ``__new__`` runs.
    """

    offset: int
    callee: Symbol
    arguments: Symbol
    how: str


@dataclass(frozen=True, slots=True)
class SetState:
    """An object would be given a state, by its own ``__setstate__`` or attribute by attribute."""

    offset: int
    target: Symbol
    state: Symbol


@dataclass(frozen=True, slots=True)
class PersistentId:
    """The program that loads would be asked for an object by this id."""

    offset: int
    identifier: Symbol


@dataclass(frozen=True, slots=True)
class Held:
    """An importable is kept as a value, not (only) called: the model may call it later."""

    offset: int
    target: Global


@dataclass(frozen=True, slots=True)
class Changed:
    """Something importable itself would be changed: an item set, a value appended, a state given.

    ``how`` is the opcode's name in the standard library's table.
    """

    offset: int
    target: Symbol
    content: Symbol
    how: str


@dataclass(frozen=True, slots=True)
class SpecialName:
    """A dictionary holds something under a name by which state replaces what an object does.

    Such as a function under ``__setstate__``.
    """

    offset: int
    name: str
    value: Symbol


@dataclass(frozen=True, slots=True)
class End:
    """One pickle of the stream ended. ``protocol`` as announced, 0 when it is not.

    ``opcodes`` counts those that were looked at one by one.
    """

    offset: int
    protocol: int
    opcodes: int


@dataclass(frozen=True, slots=True)
class Broken:
    """The stream cannot be followed from here. ``limit`` tells our own limit from bad data."""

    offset: int
    reason: str
    limit: bool = False


Event = Import | Held | Call | Changed | SetState | PersistentId | SpecialName | End | Broken
