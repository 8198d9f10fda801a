"""Systems: which systems this user has assessed, and where. Lets `find` ask all of them."""

from __future__ import annotations

import json
import os
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from basanite.adapters.home import home
from basanite.adapters.writing import write_atomic
from basanite.app.state import State
from basanite.domain.errors import UsageError
from basanite.domain.system import System
from basanite.domain.value import Value


class Place(Value):
    """Where an assessed system is."""

    root: str
    system: str
    ledger_url: str = ""
    state: str | None = None


_PLACES = TypeAdapter(tuple[Place, ...])


def remember(system: System, state: State) -> None:
    """Note where a system is."""
    place = Place(
        root=os.fsdecode(state.root),
        system=system.id,
        ledger_url=state.ledger_url,
        state=str(state.elsewhere) if state.elsewhere else None,
    )
    known = places()
    if place in known:
        return
    kept = [*(each for each in known if each.root != place.root), place]
    data = json.dumps([each.model_dump() for each in kept], indent=1).encode()
    write_atomic(_path(), data, 0o600)


def places() -> tuple[Place, ...]:
    """Return every place that is known.

    Raises:
        UsageError: the list is damaged.
    """
    try:
        return _PLACES.validate_json(_path().read_bytes())
    except FileNotFoundError:
        return ()
    except ValidationError as error:
        raise UsageError(
            "the list of assessed systems is damaged",
            where=str(_path()),
            remedy="Remove it; every `assess` adds its system again.",
        ) from error


def _path() -> Path:
    return home() / "systems.json"
