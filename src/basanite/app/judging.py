"""Judging: from planned questions and the ledger's records to an Assessment, and its record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from basanite.app.state import State
from basanite.domain.assessment import Assessment, Exemption, Result, Standing
from basanite.domain.errors import LedgerError
from basanite.domain.evidence import Tool
from basanite.domain.inventory import Inventory
from basanite.domain.ledger import AssessmentRecord, Head, Waiver
from basanite.domain.outcome import Outcome
from basanite.domain.plan import Planned
from basanite.domain.ports import BlobStore, Ledger, Recorded
from basanite.domain.requirement import Pack
from basanite.domain.severity import Severity
from basanite.domain.system import System
from basanite.domain.value import canonical, digest_of
from basanite.domain.verdict import Freshness, Status
from basanite.govern.body import Body
from basanite.govern.pack import pack_reference
from basanite.govern.verdicts import judge

_HISTORY = 60
"""How many earlier assessments a report carries."""


@dataclass(frozen=True)
class Judged:
    """All that a verdict rests on, besides the ledger."""

    system: System
    manifest: str
    inventory: Inventory
    planned: tuple[Planned, ...]
    packs: Mapping[str, tuple[Pack, bytes]]
    feeds: Mapping[str, str]


def judge_now(
    basis: Judged,
    records: Sequence[Recorded],
    why: Mapping[str, str],
    head: Head,
    tool: Tool,
    now: datetime,
) -> Assessment:
    """Return the assessment that this basis and these records give at a moment. Pure."""
    body = Body(records, basis.system.tier, now, system=basis.system.id)
    checks = {each.check.id: each.check for each in basis.planned}
    waivers = [
        r.content
        for r in records
        if isinstance(r.content, Waiver)
        and r.content.system == basis.system.id
        and r.content.signed <= now < r.content.expires
    ]
    exemptions = [
        *(
            Exemption(target=w.target, reason=w.reason, person=w.person, expires=w.expires)
            for w in waivers
        ),
        *(
            Exemption(
                target=f"{o.check}{f' on {o.component}' if o.component else ''}",
                reason=o.reason,
                person=o.approved_by,
                expires=datetime(o.expires.year, o.expires.month, o.expires.day, tzinfo=now.tzinfo),
            )
            for o in basis.system.overrides
            if o.expires >= now.date()
        ),
    ]
    answer = Assessment(
        time=now,
        tool=tool,
        manifest=basis.manifest,
        inventory=basis.inventory,
        checks=tuple(checks.values()),
        results=tuple(_result(each, body, why) for each in basis.planned),
        packs=tuple(pack_reference(pack, data) for pack, data in basis.packs.values()),
        feeds=dict(basis.feeds),
        verdicts=judge([pack for pack, _ in basis.packs.values()], basis.planned, body, now=now),
        exemptions=tuple(exemptions),
        waived=tuple(sorted({w.target for w in waivers})),
        head=head,
        history=_history(records, now),
    )
    last = _latest(records)
    if last is not None and last.summary.get("identity") == _identity(answer):
        # What is said now was recorded already: it is no earlier assessment.
        return answer.model_copy(update={"history": answer.history[:-1]})
    return answer


def _result(planned: Planned, body: Body, why: Mapping[str, str]) -> Result:
    question = planned.question
    standing = body.answer(planned)
    if standing is None:
        return Result(
            check=question.check,
            version=question.version,
            component=planned.component,
            subjects=question.subjects,
            parameters=question.parameters,
            outcome=Outcome.SKIPPED,
            reason=planned.skipped or body.missed(planned) or "it was not asked in this run",
            ran=question.key in why,
            why=why.get(question.key) or planned.skipped or "not asked",
            freshness=Freshness.MISSING,
        )
    evidence = standing.evidence
    return Result(
        check=question.check,
        version=question.version,
        component=planned.component,
        subjects=question.subjects,
        parameters=question.parameters,
        outcome=standing.outcome,
        reason=standing.reason,
        ran=question.key in why,
        why=why.get(question.key) or planned.skipped or standing.freshness.value,
        freshness=standing.freshness,
        entry=standing.number,
        key=evidence.key,
        isolation=evidence.isolation,
        finished=evidence.finished,
        valid_until=standing.valid_until,
        findings=evidence.findings,
        measurements=evidence.measurements,
        cost=evidence.cost,
    )


def _history(records: Sequence[Recorded], now: datetime) -> tuple[Standing, ...]:
    past = [r.content for r in records if isinstance(r.content, AssessmentRecord)]
    return tuple(
        Standing(
            time=record.time,
            findings={Severity(k): v for k, v in record.summary.get("findings", {}).items()},
            verdicts={Status(k): v for k, v in record.summary.get("verdicts", {}).items()},
        )
        for record in past[-_HISTORY:]
        if record.time <= now
    )


def _latest(records: Sequence[Recorded]) -> AssessmentRecord | None:
    return next(
        (r.content for r in reversed(records) if isinstance(r.content, AssessmentRecord)), None
    )


def store(
    answer: Assessment, basis: Judged, state: State, ledger: Ledger, records: Sequence[Recorded]
) -> Assessment:
    """Record an assessment with all that it rests on, by digest; nothing when nothing changed."""
    identity = _identity(answer)
    latest = _latest(records)
    blobs = state.blobs
    same = latest is not None and latest.summary.get("identity") == identity
    if latest is not None and same and _whole(latest, blobs):
        return answer
    standing = answer.standing()
    record = AssessmentRecord(
        system=basis.system.id,
        assessment=blobs.put(canonical(answer.model_dump(mode="json", by_alias=True))),
        inventory=blobs.put(canonical(basis.inventory.model_dump(mode="json"))),
        plan=blobs.put(canonical([_plain(each) for each in basis.planned])),
        manifest=basis.manifest,
        packs={name: blobs.put(data) for name, (_, data) in basis.packs.items()},
        feeds=dict(basis.feeds),
        keys=tuple(sorted(state.keyring.trusted())),
        through=answer.head.number,
        summary={
            "identity": identity,
            "findings": {k.value: v for k, v in standing.findings.items()},
            "verdicts": {k.value: v for k, v in standing.verdicts.items()},
        },
        time=answer.time,
    )
    ledger.append(record)
    return answer


def _whole(record: AssessmentRecord, blobs: BlobStore) -> bool:
    """Return whether all that an assessment is computed from again is still there."""
    try:
        for digest in (record.inventory, record.plan, *record.packs.values()):
            blobs.get(digest)
    except LedgerError:
        return False
    return True


def _plain(planned: Planned) -> dict[str, object]:
    shown = planned.model_dump(mode="json")
    for part in ("check", "question"):
        for name, value in shown[part].items():
            if name in ("needs", "sampling"):
                shown[part][name] = sorted(value)
    return shown


def _identity(answer: Assessment) -> str:
    """Digest of what an assessment says, without when it was said and what it had to run."""
    shown = answer.model_dump(
        mode="json",
        include={"manifest", "packs", "feeds", "verdicts", "exemptions", "waived"},
    )
    shown["inventory"] = answer.inventory.model_dump(mode="json")
    shown["results"] = [[r.key, r.outcome.value, r.freshness.value] for r in answer.results]
    return digest_of(shown)
