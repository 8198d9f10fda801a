"""Reading what a user typed: times and places."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from basanite.app.state import State
from basanite.domain.errors import UsageError


def moment(text: str, option: str) -> datetime:
    """Return a time given as ISO 8601; without an offset it is UTC.

    Raises:
        UsageError: it is no time.
    """
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{option} {text!r} is not a time", remedy="Write it like 2026-11-23T15:00:00+00:00."
        ) from error
    return given if given.tzinfo else given.replace(tzinfo=UTC)


def state_of(folder: Path, ledger: str = "", state: Path | None = None) -> State:
    """Return the state of the system in a folder."""
    from basanite.adapters.clock import SystemClock

    return State.of(folder, SystemClock(), ledger_url=ledger, state=state)
