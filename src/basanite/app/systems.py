"""Systems: which systems this user has assessed, and where. Lets `find` ask all of them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Self

from pydantic import TypeAdapter, ValidationError, model_validator

from basanite.adapters.home import RunLock, home
from basanite.adapters.private import read_private
from basanite.adapters.writing import write_atomic
from basanite.app.state import State
from basanite.domain.errors import UsageError
from basanite.domain.names import decode_name, encode_name
from basanite.domain.system import System
from basanite.domain.value import Value


class Place(Value):
    """Where an assessed system is."""

    root: str
    """Encoded name."""
    system: str
    ledger_url: str = ""
    state: str | None = None
    """Encoded name."""

    @model_validator(mode="after")
    def _readable(self) -> Self:
        decode_name(self.root)
        decode_name(self.state or "")
        return self

    @property
    def folder(self) -> Path:
        """The system's folder."""
        return Path(os.fsdecode(decode_name(self.root)))

    @property
    def elsewhere(self) -> Path | None:
        """The state folder, when it is not in the system's own."""
        return Path(os.fsdecode(decode_name(self.state))) if self.state else None


MAX_BYTES = 16 << 20
_PLACES = TypeAdapter(tuple[Place, ...])


def remember(system: System, state: State) -> bool:
    """Note where a system is; return whether it was known already.

    Raises:
        BasaniteError: the list cannot be read or written.
    """
    place = Place(
        root=encode_name(os.fspath(state.root)),
        system=system.id,
        ledger_url=state.ledger_url,
        state=encode_name(os.fspath(state.elsewhere)) if state.elsewhere else None,
    )
    if place in places():
        return True
    with RunLock(home() / "systems.lock", wait=True):
        kept = [*(each for each in places() if each.root != place.root), place]
        data = json.dumps([each.model_dump() for each in kept], indent=1).encode()
        write_atomic(_path(), data, 0o600)
    return False


def places() -> tuple[Place, ...]:
    """Return every place that is known.

    Raises:
        UsageError: the list is damaged, or others could have written it.
    """
    data = read_private(_path(), MAX_BYTES)
    try:
        return () if data is None else _PLACES.validate_json(data)
    except ValidationError as error:
        raise UsageError(
            "the list of assessed systems is damaged",
            where=encode_name(os.fspath(_path())),
            remedy="Remove it; every `assess` adds its system again.",
        ) from error


def _path() -> Path:
    return home() / "systems.json"
