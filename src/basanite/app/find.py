"""Find: which systems contain a thing, and since when."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from basanite.adapters.home import home
from basanite.app.state import State
from basanite.app.systems import places
from basanite.domain.errors import BasaniteError, UsageError
from basanite.domain.inventory import Inventory
from basanite.domain.ledger import AssessmentRecord
from basanite.domain.names import encode_name
from basanite.domain.ports import Clock

_SHORTEST_DIGEST = 8


@dataclass(frozen=True)
class Sighting:
    """A thing in a system."""

    system: str
    root: str
    where: str
    """Path, package or component that holds it."""
    since: datetime
    """The first assessment that saw it there without a break."""
    still: bool
    """Whether the latest assessment sees it."""
    last: datetime


@dataclass(frozen=True)
class Unasked:
    """A system whose ledger could not be read, and why."""

    root: str
    reason: str


def find(
    thing: str, clock: Clock, folders: Iterable[Path] = ()
) -> tuple[list[Sighting], list[Unasked]]:
    """Return where a digest, a package (``name`` or ``name==version``) or an endpoint is.

    Asks the systems in the named folders, or every system this user has assessed.

    Raises:
        UsageError: there is no system to ask.
    """
    asked = [(encode_name(os.fspath(folder)), State.of(folder, clock)) for folder in folders] or [
        (place.root, State(place.folder, clock, place.ledger_url, place.elsewhere))
        for place in places()
    ]
    if not asked:
        raise UsageError(
            "no system was assessed on this account yet",
            where=encode_name(os.fspath(home())),
            remedy="Run `basanite assess DIR`, or name folders.",
        )
    seen: list[Sighting] = []
    unasked: list[Unasked] = []
    for root, state in asked:
        try:
            seen += _sightings(thing, state)
        except BasaniteError as error:
            unasked.append(Unasked(root, error.line()))
    return sorted(seen, key=lambda s: (not s.still, s.system, s.where)), unasked


def _sightings(thing: str, state: State) -> Iterator[Sighting]:
    from basanite.app.replay import system_of

    system = system_of(state)
    since: dict[str, datetime] = {}
    last: dict[str, datetime] = {}
    gone: dict[str, datetime] = {}
    latest: set[str] = set()
    digest = ""
    with state.ledger(system, create=False) as ledger:
        for record in ledger.entries():
            content = record.content
            if not isinstance(content, AssessmentRecord):
                continue
            if content.inventory != digest:
                digest = content.inventory
                inventory = Inventory.model_validate_json(state.blobs.get(digest))
                latest = set(_places(thing, inventory))
            for where in latest:
                since.setdefault(where, content.time)
                last[where] = content.time
            for where in [w for w in since if w not in latest]:
                gone[where] = since.pop(where)
    for where in {*since, *gone}:
        yield Sighting(
            system=system,
            root=encode_name(os.fspath(state.root)),
            where=where,
            since=since.get(where) or gone[where],
            still=where in since,
            last=last[where],
        )


def _places(thing: str, inventory: Inventory) -> Iterator[str]:
    wanted = thing.lower().removeprefix("sha256:")
    if len(wanted) >= _SHORTEST_DIGEST and all(c in "0123456789abcdef" for c in wanted):
        yield from (a.path for a in inventory.artifacts if a.sha256.startswith(wanted))
    name, _, version = thing.partition("==")
    package = name.lower().replace("_", "-").replace(".", "-")
    for dependency in inventory.dependencies:
        if dependency.name == package and version in ("", dependency.version):
            shown = f"{dependency.name}=={dependency.version}" if dependency.version else package
            yield f"{shown} in {dependency.source}"
    for component in inventory.system.components:
        if component.endpoint is not None and _matches(wanted, component.endpoint.url):
            yield f"endpoint {component.endpoint.url} of {component.id}"


def _matches(wanted: str, url: str) -> bool:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    return wanted in (url.lower(), (parts.hostname or ""), parts.netloc.lower())
