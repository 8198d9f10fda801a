"""Replay: the latest assessment, or the verdict at any past time, from the ledger alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from basanite.app.judging import Judged, judge_now
from basanite.app.state import State
from basanite.app.tool import tool
from basanite.domain.assessment import Assessment
from basanite.domain.errors import UsageError
from basanite.domain.inventory import Inventory
from basanite.domain.ledger import AssessmentRecord, Head
from basanite.domain.plan import Planned
from basanite.domain.ports import Recorded
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
        records = [r for r in ledger.entries() if r.recorded <= now]
        basis = _basis(state, records)
        head = _head(ledger, records)
    answer = judge_now(basis, records, {}, head, tool(), now)
    return answer, basis, Body(records, basis.system.tier, now, system=basis.system.id)


def _head(ledger: SqlLedger, records: Sequence[Recorded]) -> Head:
    last = None
    for entry in ledger.raw(through=records[-1].number):
        last = entry
    return ledger.head() if last is None else Head(number=last.number, hash=last.hash)


def _basis(state: State, records: Sequence[Recorded]) -> Judged:
    record = next(
        (r.content for r in reversed(records) if isinstance(r.content, AssessmentRecord)), None
    )
    if record is None:
        raise UsageError(
            "no assessment was complete at that time",
            where=str(state.root),
            remedy="Run `basanite assess`, or name a later time.",
        )
    blobs = state.blobs
    inventory = Inventory.model_validate_json(blobs.get(record.inventory))
    packs = {name: blobs.get(digest) for name, digest in record.packs.items()}
    return Judged(
        system=inventory.system,
        manifest=record.manifest,
        inventory=inventory,
        planned=_PLAN.validate_json(blobs.get(record.plan)),
        packs={name: (load_pack(data, name), data) for name, data in packs.items()},
        feeds=record.feeds,
    )
