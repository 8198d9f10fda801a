"""Nested: a pickle that lies in the bytes which another pickle gives to a loader.

PyTorch writes a tensor into a plain pickle so: a call of ``torch.storage._load_from_bytes`` with
the bytes of a file of the older torch format (torch/storage.py).
"""

from __future__ import annotations

from basanite.formats.pickle.state import State
from basanite.formats.pickle.symbols import Global

LOADER = Global("torch.storage", "_load_from_bytes")


class Inner:
    """A stream of the next ``size`` bytes of another."""

    def __init__(self, state: State, size: int) -> None:
        self._state = state
        self._left = size

    def peek(self, count: int) -> bytes:
        """Return the first bytes and leave them in place."""
        state = self._state
        while len(state.buffer) - state.at < min(count, self._left) and state.refill():
            pass
        return state.buffer[state.at : state.at + min(count, self._left)]

    def read(self, count: int) -> bytes:
        """Return up to ``count`` bytes; none only at the end."""
        state = self._state
        if state.at >= len(state.buffer) and self._left and not state.refill():
            self._left = 0
        data = state.buffer[state.at : state.at + min(count, self._left)]
        state.at += len(data)
        self._left -= len(data)
        return data

    def skip(self, count: int) -> int:
        """Pass over up to ``count`` bytes."""
        wanted = min(count, self._left)
        self._state.skip(wanted)
        self._left -= wanted
        return wanted

    def finish(self) -> None:
        """Pass over what was not read."""
        self.skip(self._left)
