"""Entry: one file of a container, before anybody knows what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from basanite.formats.container.budget import Budget


@dataclass(frozen=True, slots=True)
class Entry:
    """A file inside a container. ``name`` is encoded and believed in nothing."""

    name: str
    content: Callable[[], tuple[BinaryIO, int]]
    """Returns its bytes as a seekable file, and how many they are. Raises UnreadableError."""


@dataclass(frozen=True, slots=True)
class Unlooked:
    """Something that could not be looked at, and why."""

    path: str
    reason: str
    bomb: bool = False
    """Whether it unpacks to far more than data would."""


Open = Callable[[BinaryIO, int, str, Budget], Iterator[Entry]]
"""How a kind of container is opened: file, size, name, budget. Raises UnreadableError at any step;
what it yielded before stands."""
