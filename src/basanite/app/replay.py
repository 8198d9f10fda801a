"""Replay: the latest assessment, or the verdict at any past time, from the ledger alone."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from basanite.app.judging import Judged, judge_now
from basanite.app.state import State
from basanite.app.tool import tool
from basanite.domain.assessment import Assessment
from basanite.domain.errors import UsageError
from basanite.domain.inventory import Inventory
from basanite.domain.ledger import AssessmentRecord, Head
from basanite.domain.names import encode_name
from basanite.domain.plan import Planned
from basanite.domain.ports import Recorded
from basanite.domain.system import System
from basanite.govern.body import Body
from basanite.govern.pack import load_pack

if TYPE_CHECKING:
    from basanite.ledger.store import SqlLedger

_PLAN = TypeAdapter(tuple[Planned, ...])


def system_of(state: State) -> str:
    """Return the id of the system in a folder: from its manifest."""
    from basanite.app.plan import all_checks
    from basanite.app.reading import manifest_of

    return manifest_of(state.root, all_checks()).system.id


def replay(state: State, as_of: datetime | None = None) -> tuple[Assessment, Judged, Body]:
    """Return the assessment as the ledger gives it at a time (now, when none is named).

    Nothing is run. Freshness is that of the moment asked for.

    Raises:
        UsageError: nothing had been assessed at that time.
        LedgerError: the ledger or what it names is damaged.
    """
    now = as_of or state.clock.now()
    with state.ledger(system_of(state), create=False) as ledger:
        every = list(ledger.entries())
        if not every and ledger.head().number:
            raise UsageError(
                "no entry of the ledger counts: none is signed by a key that you trust",
                where=encode_name(os.fspath(state.root)),
                remedy="Point BASANITE_HOME at the home that holds the key, or see "
                "`basanite verify` and `basanite keys trust`.",
            )
        records = [r for r in every if _known(r, now)]
        basis = _basis(state, records, now)
        head = _head(ledger, records)
    answer = judge_now(basis, records, {}, head, tool(), now)
    return answer, basis, Body(records, basis.system.tier, now, system=basis.system.id)


def _known(record: Recorded, now: datetime) -> bool:
    """An assessment is told with its own time, a moment before it is recorded."""
    content = record.content
    return (content.time if isinstance(content, AssessmentRecord) else record.recorded) <= now


def _head(ledger: SqlLedger, records: Sequence[Recorded]) -> Head:
    last = None
    for entry in ledger.raw(through=records[-1].number):
        last = entry
    return ledger.head() if last is None else Head(number=last.number, hash=last.hash)


def _basis(state: State, records: Sequence[Recorded], now: datetime) -> Judged:
    record = next(
        (r.content for r in reversed(records) if isinstance(r.content, AssessmentRecord)), None
    )
    if record is None:
        raise UsageError(
            "no assessment was complete at that time",
            where=encode_name(os.fspath(state.root)),
            remedy="Run `basanite assess`, or name a later time.",
        )
    blobs = state.blobs
    inventory = Inventory.model_validate_json(blobs.get(record.inventory))
    packs = {name: blobs.get(digest) for name, digest in record.packs.items()}
    return Judged(
        system=inventory.system,
        manifest=record.manifest,
        inventory=inventory,
        planned=tuple(
            _aged(each, inventory.system, record.time, now)
            for each in _PLAN.validate_json(blobs.get(record.plan))
        ),
        packs={name: (load_pack(data, name), data) for name, data in packs.items()},
        feeds=record.feeds,
    )


def _aged(planned: Planned, system: System, then: datetime, now: datetime) -> Planned:
    """Return a question as it stands when overrides that were in force have ended since."""
    ended = [
        override
        for override in system.overrides
        if override.check == planned.check.id
        and override.component in (None, planned.component)
        and then.date() <= override.expires < now.date()
    ]
    if not ended:
        return planned
    # An answer to bounds that hold no longer is stale at once.
    parameters = any(override.parameters for override in ended)
    life = timedelta(0) if parameters else planned.check.shelf_life.of(system.tier)
    return planned.model_copy(update={"shelf_life": life})
