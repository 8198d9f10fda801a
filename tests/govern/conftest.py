"""A small world to judge: one clock, checks, questions and a ledger of plain records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from basanite.domain.answer import Answer
from basanite.domain.check import Check, ShelfLife, Stage
from basanite.domain.evidence import Evidence, Question, Tool, evidence_of
from basanite.domain.inventory import Subject
from basanite.domain.ledger import Attestation, Content, EntryKind, Invalidation, Waiver
from basanite.domain.measurement import Bound, Direction, Interval, Measurement
from basanite.domain.outcome import Outcome
from basanite.domain.plan import Planned
from basanite.domain.ports import Recorded
from basanite.domain.requirement import Basis, Method, Pack, Policy, Requirement
from basanite.domain.system import Tier
from basanite.domain.value import digest_of
from basanite.domain.verdict import Verdict
from basanite.govern.body import Body
from basanite.govern.verdicts import judge
from basanite.statistics.binomial import clopper_pearson

T0 = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


class World:
    """A ledger that grows by one entry an hour, and what is asked of it."""

    def __init__(self) -> None:
        self.records: list[Recorded] = []
        self.now = T0

    def check(self, id_: str = "some-check", **changes: Any) -> Check:
        fields: dict[str, Any] = {
            "id": id_,
            "version": 1,
            "stage": Stage.INSPECTION,
            "title": id_,
            "asks": "Is it so?",
            "why": "Because.",
            "limits": "None.",
            "remediation": "Mend it.",
            "shelf_life": ShelfLife(high=10, moderate=20, low=30),
        }
        return Check(**(fields | changes))

    def planned(
        self,
        check: Check,
        name: str = "model.bin",
        content: str = "v1",
        *,
        skipped: str = "",
        life: timedelta = 10 * DAY,
        **question: Any,
    ) -> Planned:
        fields: dict[str, Any] = {
            "check": check.id,
            "version": check.version,
            "subjects": (Subject(name=name, sha256=digest_of(content)),),
            "parameters": {},
            "sampling": check.sampling,
        }
        return Planned(
            check=check,
            component=None,
            question=Question(**(fields | question)),
            shelf_life=life,
            skipped=skipped,
        )

    def evidence(
        self,
        planned: Planned,
        outcome: Outcome = Outcome.PASSED,
        *,
        isolation: str = "bubblewrap",
        finished: datetime | None = None,
        **answer: Any,
    ) -> Recorded:
        done = finished or self.now
        return self.add(
            evidence_of(
                Answer(outcome=outcome, **answer),
                planned.question,
                planned.check,
                system="plant",
                component=planned.component,
                isolation=isolation,
                started=done - timedelta(seconds=1),
                finished=done,
                cost=Evidence.model_fields["cost"].default,
                tool=Tool(version="0", sha256="0" * 64),
            )
        )

    def add(self, content: Evidence | Content) -> Recorded:
        kinds = {
            Evidence: EntryKind.EVIDENCE,
            Attestation: EntryKind.ATTESTATION,
            Invalidation: EntryKind.INVALIDATION,
            Waiver: EntryKind.WAIVER,
        }
        record = Recorded(
            number=len(self.records) + 1,
            kind=kinds[type(content)],
            recorded=self.now,
            key_id="k",
            content=content,
        )
        self.records.append(record)
        self.now += timedelta(hours=1)
        return record

    def attest(
        self, requirement: str, role: str = "owner", *, days: int = 30, system: str = "plant"
    ) -> Recorded:
        return self.add(
            Attestation(
                system=system,
                requirement=requirement,
                statement="So it is.",
                person="A. Person",
                role=role,
                signed=self.now,
                expires=self.now + days * DAY,
            )
        )

    def withdraw(self, planned: Planned, reason: str = "the endpoint moved") -> Recorded:
        key = planned.question.key
        return self.add(Invalidation(system="plant", key=key, reason=reason, signed=self.now))

    def waive(self, target: str) -> Recorded:
        return self.add(
            Waiver(
                system="plant",
                target=target,
                reason="accepted",
                person="A. Person",
                signed=self.now,
                expires=self.now + 30 * DAY,
            )
        )

    def body(self, *, tier: Tier = Tier.HIGH, after: timedelta = timedelta(0)) -> Body:
        return Body(self.records, tier, self.now + after, system="plant")

    def verdict(
        self, rule: Policy, planned: Sequence[Planned] = (), *, after: timedelta = timedelta(0)
    ) -> Verdict:
        body = self.body(after=after)
        (verdict,) = judge([self.pack(rule)], planned, body, now=body.now)
        return verdict

    @staticmethod
    def pack(rule: Policy, **changes: Any) -> Pack:
        """A pack of one requirement, ``own/R-1``."""
        fields: dict[str, Any] = {
            "id": "R-1",
            "group": "R",
            "title": "A requirement",
            "asks": "That it be so.",
            "basis": Basis.PRIMARY,
            "method": Method.BOTH,
            "rule": rule,
        }
        return Pack(
            id="own",
            title="Own",
            publisher="Us",
            source_document="Own",
            version="1",
            date="2026-01-01",
            status="final",
            licence="Apache-2.0",
            requirements=(Requirement(**(fields | changes)),),
        )

    @staticmethod
    def share(
        successes: int,
        n: int,
        limit: float,
        *,
        name: str = "accuracy",
        direction: Direction = Direction.AT_LEAST,
        level: float = 0.95,
        method: str | None = None,
    ) -> Measurement:
        """A measured share with its Clopper-Pearson interval, held against a limit."""
        found = clopper_pearson(successes, n, level)
        interval = Interval(
            low=found.low, high=found.high, level=level, method=method or found.method
        )
        return Measurement(
            name=name,
            title=name,
            value=successes / n,
            unit="1",
            n=n,
            successes=successes,
            interval=interval,
            bound=Bound(limit=limit, direction=direction),
        )


@pytest.fixture
def world() -> World:
    return World()
