"""Whether bytes are a pickle, judged by following their first opcodes."""

from __future__ import annotations

import re

from basanite.formats.pickle.events import Broken, Call, End, Import, PersistentId
from basanite.formats.pickle.machine import events
from basanite.formats.pickle.operations import OPERATIONS
from basanite.formats.pickle.state import Budget
from basanite.formats.pickle.symbols import Global
from basanite.formats.stream import Stream

_BUDGET = Budget(opcodes=1 << 18, stack=1 << 19, memo=1 << 19, names=1000)
_ANNOUNCED = Budget(opcodes=1 << 13, stack=1 << 19, memo=1 << 19, names=1000)
"""Where the bytes say themselves that they are a pickle, less is needed to believe it."""
_IDENTIFIER = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*$")
_FOLLOWED = 40
"""Events looked at; a pickle shows itself in its first few."""


class _Limited:
    """The first bytes of a stream: a file's beginning is enough to tell."""

    def __init__(self, stream: Stream, size: int) -> None:
        self._stream = stream
        self.left = size

    def read(self, count: int) -> bytes:
        data = self._stream.read(min(count, self.left))
        self.left -= len(data)
        return data

    def skip(self, count: int) -> int:
        passed = self._stream.skip(count)
        self.left = max(0, self.left - passed)
        return passed


class _Window(_Limited):
    """The first bytes of a stream that are read; passing over some costs nothing."""

    def skip(self, count: int) -> int:
        return self._stream.skip(count)


def looks_like_pickle(head: bytes, stream: Stream, size: int) -> bool:
    """Whether a stream of ``size`` bytes that begins with ``head`` is a pickle.

    With the ``PROTO`` opcode in front the first opcodes must be sound. Without it, as text may
    look, either the pickle ends with the bytes, or something with a proper name is called.
    """
    announced = head[:1] == b"\x80" and len(head) > 1 and head[1] <= 5
    if not head or (not announced and head[:1] not in OPERATIONS):
        return False
    limited = _Limited(stream, 1 << 17 if announced else 1 << 20)
    named = 0
    for count, event in enumerate(events(limited, _ANNOUNCED if announced else _BUDGET)):
        if isinstance(event, Call) and _proper(event):
            return True
        if isinstance(event, Import):
            named += bool(_IDENTIFIER.match(event.target.name))
        if isinstance(event, End):
            return announced or (
                event.opcodes > 1 and (named > 0 or _nothing_follows(event, head, size))
            )
        if isinstance(event, Broken):
            # Cut off by our own window or limit is no flaw of the bytes.
            begun = event.limit or event.offset > 2
            return (announced and begun) or (event.limit and named > 0)
        if count >= _FOLLOWED:
            return True
    return False


def acts_like_pickle(stream: Stream) -> bool:
    """Whether bytes of another format would, as a pickle, import or call something.

    Only a proper name counts, so numbers that happen to begin with opcodes do not. A persistent
    id before it ends the matter: a loader knows none, or only its own.
    """
    for event in events(_Window(stream, 8 << 20), _BUDGET):
        match event:
            case Import(target=target) if _IDENTIFIER.match(str(target)):
                return True
            case Call() if _proper(event):
                return True
            case End() | Broken() | PersistentId():
                return False
    return False


def _proper(call: Call) -> bool:
    callee = call.callee
    return isinstance(callee, Global) and bool(_IDENTIFIER.match(str(callee)))


def _nothing_follows(end: End, head: bytes, size: int) -> bool:
    rest = size - end.offset - 1
    return rest == 0 or (rest <= 2 and not head[end.offset + 1 :].strip() and len(head) >= size)
