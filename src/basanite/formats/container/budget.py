"""Budgets of a walk: a bomb ends it, said so, before it costs anything worth having."""

from __future__ import annotations

from dataclasses import dataclass

from basanite.formats.stream import FREE, RATIO, ExpansionError

MAX_DEPTH = 6
"""Containers inside containers that are opened."""
MAX_PARTS = 100_000
"""Files inside one artifact that are looked at."""
KEPT = 32 << 20
"""Bytes of one unpacked file that are held in memory; half as many one container further in."""
_MOST = 32 << 30
_LEAST = 8 << 20
_LAYERS = 2048
"""More than one layer of Deflate can reach (1,032): archives in archives do."""


@dataclass
class Budget:
    """What one walk of an artifact may still cost. All containers in it share one."""

    packed: int
    """Bytes of the artifact itself."""
    parts: int = MAX_PARTS
    free: int = FREE
    """Bytes that may be unpacked whatever the ratio, where one layer can do it."""
    over: bool = False
    """Whether a bomb has ended the walk."""
    unpacked: int = 0
    """Bytes that came out of decompressors so far; unpacking the same bytes again counts again."""
    depth: int = 0
    """Containers around what is read now; the walk says it."""

    @property
    def kept(self) -> int:
        """Bytes of one unpacked file that may lie in memory. All depths together come to 64 MiB."""
        return KEPT >> self.depth

    def spend(self, count: int) -> None:
        """Count bytes that were unpacked.

        Raises:
            ExpansionError: it is more than 32 GiB, or more than 64 MiB and 200 times what went in,
                or more than 8 MiB and 2,048 times, which data rarely come to and bombs do.
        """
        self.unpacked += count
        if self.unpacked > _MOST:
            raise ExpansionError("it unpacks to more than 32 GiB")
        free = min(self.free, max(_LEAST, _LAYERS * self.packed))
        if self.unpacked > free and self.unpacked > RATIO * self.packed:
            raise ExpansionError(f"it unpacks to more than {RATIO} times its size, as bombs do")
