"""The machine's own facts, read from the kernel's files."""

from __future__ import annotations

from pathlib import Path

from basanite.domain.inventory import HostFact
from basanite.map.host import read_host

_LARGEST = 1 << 16


def host_facts() -> tuple[HostFact, ...]:
    """Return what the kernel says of this machine. Nothing is guessed."""
    return read_host(_read, _list)


def _read(path: str) -> bytes | None:
    try:
        with Path(path).open("rb") as file:
            return file.read(_LARGEST)
    except FileNotFoundError:
        return None


def _list(path: str) -> list[str] | None:
    try:
        return sorted(entry.name for entry in Path(path).iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return None
