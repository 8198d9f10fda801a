"""Nested: a pickle that lies in the bytes which another pickle gives to a loader.

PyTorch writes a tensor into a plain pickle so: a call of ``torch.storage._load_from_bytes`` with
the bytes of a file of the older torch format (torch/storage.py).
"""

from __future__ import annotations

import codecs

from basanite.formats.pickle.state import State
from basanite.formats.pickle.symbols import Global

LOADER = Global("torch.storage", "_load_from_bytes")
ENCODER = Global("_codecs", "encode")
"""Before protocol 3 bytes are written as a text of the same numbers, to be encoded as latin-1."""


class Inner:
    """A stream of the next ``size`` bytes of another; ``text`` where they are UTF-8 of latin-1."""

    def __init__(self, state: State, size: int, *, text: bool = False) -> None:
        self._state = state
        self._left = size
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace") if text else None

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
        if self._decoder is None or not data:
            return data
        return self._decoder.decode(data).encode("latin-1", "replace") or self.read(count)

    def skip(self, count: int) -> int:
        """Pass over up to ``count`` bytes."""
        if self._decoder is not None:
            passed = 0
            while passed < count and (data := self.read(count - passed)):
                passed += len(data)
            return passed
        wanted = min(count, self._left)
        self._state.skip(wanted)
        self._left -= wanted
        return wanted

    def finish(self) -> None:
        """Pass over what was not read."""
        self._decoder = None
        self.skip(self._left)
