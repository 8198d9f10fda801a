"""Budgets of a walk: a bomb ends it, said so, before it costs anything worth having."""

from __future__ import annotations

from dataclasses import dataclass

from basanite.domain.errors import UnreadableError

MAX_DEPTH = 6
"""Containers inside containers that are opened."""
MAX_PARTS = 100_000
"""Files inside one artifact that are looked at."""
_FREE = 128 << 20
_RATIO = 200
_MOST = 16 << 30


@dataclass
class Budget:
    """What one walk of an artifact may still cost. All containers in it share one."""

    packed: int
    """Bytes of the artifact itself."""
    parts: int = MAX_PARTS
    unpacked: int = 0
    """Bytes that came out of decompressors so far; unpacking the same bytes again counts again."""

    def spend(self, count: int) -> None:
        """Count bytes that were unpacked.

        Raises:
            UnreadableError: it is more than 16 GiB, or more than 128 MiB and 200 times what went
                in, which data does not come to and bombs do.
        """
        self.unpacked += count
        if self.unpacked > _MOST:
            raise UnreadableError("it unpacks to more than 16 GiB")
        if self.unpacked > _FREE and self.unpacked > _RATIO * self.packed:
            raise UnreadableError(f"it unpacks to more than {_RATIO} times its size, as bombs do")
