"""Reader of pickles: protocol, what is imported and called, and how the stream ends."""

from __future__ import annotations

from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible
from basanite.formats.pickle.events import Broken, Call, End, Import, PersistentId
from basanite.formats.pickle.machine import events
from basanite.formats.pickle.state import Budget
from basanite.formats.stream import Inflated, Span, Stream, compression

NAME = "pickle"
VERSION = 4
_BUDGET = Budget(opcodes=100_000, length=2 << 20)
"""Facts are a first look; the check follows the stream to its end."""
_SHOWN = 200


def open_stream(file: BinaryIO, start: int, size: int) -> tuple[Stream, str | None]:
    """Return the stream of a file that may be compressed as a whole, and the compression."""
    file.seek(start)
    kind = compression(file.read(min(6, size)))
    span = Span(file, start, size)
    return (Inflated(span, kind), kind) if kind else (span, None)


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return protocol, number of pickles, imports, number of calls and persistent ids.

    Raises:
        UnreadableError: nothing of the stream could be followed.
    """
    stream, kind = open_stream(file, 0, size)
    imports: set[str] = set()
    facts: dict[str, Any] = {"pickles": 0, "calls": 0, "persistent_ids": 0, "complete": True}
    protocol = 0
    for event in events(stream, _BUDGET):
        if isinstance(event, Import):
            imports.add(visible(str(event.target), 200))
        elif isinstance(event, Call):
            facts["calls"] += 1
        elif isinstance(event, PersistentId):
            facts["persistent_ids"] += 1
        elif isinstance(event, End):
            facts["pickles"] += 1
            protocol = max(protocol, event.protocol)
        elif isinstance(event, Broken):
            if facts["pickles"] == 0 and not imports and not event.limit:
                raise UnreadableError(f"no pickle that can be followed: {event.reason}")
            facts["complete"] = False
            facts["ends"] = f"byte {event.offset}: {event.reason}"
    if kind:
        facts["compression"] = kind
    return {
        **facts,
        "protocol": protocol,
        "imports": sorted(imports)[:_SHOWN],
        "import_count": len(imports),
    }
