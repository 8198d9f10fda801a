"""Reading what a user typed: times and places."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from basanite.app.state import State
from basanite.domain.errors import UsageError

_CLOCK = re.compile(r"\d[T ]\d")
_SECONDS = re.compile(r"[T ]\d\d:\d\d:\d\d")


def moment(text: str, option: str) -> datetime:
    """Return a time given as ISO 8601; without an offset it is UTC.

    A day, a minute or a second is meant to its end: reports print minutes, and what they show
    was true at some moment in them.

    Raises:
        UsageError: it is no time.
    """
    try:
        given = datetime.fromisoformat(text) + _rest(text.strip())
    except ValueError as error:
        raise UsageError(
            f"{option} {text!r} is not a time", remedy="Write it like 2026-11-23T15:00:00+00:00."
        ) from error
    return given if given.tzinfo else given.replace(tzinfo=UTC)


def _rest(text: str) -> timedelta:
    """Return how much longer what was written lasts, in whole milliseconds."""
    if not _CLOCK.search(text):
        whole = timedelta(days=1)
    elif "." in text or "," in text:
        return timedelta(0)
    else:
        whole = timedelta(seconds=1) if _SECONDS.search(text) else timedelta(minutes=1)
    return whole - timedelta(milliseconds=1)


def state_of(folder: Path, ledger: str = "", state: Path | None = None) -> State:
    """Return the state of the system in a folder."""
    from basanite.adapters.clock import SystemClock

    return State.of(folder, SystemClock(), ledger_url=ledger, state=state)
