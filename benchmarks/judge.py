"""How long it takes to index a ledger of evidence and to judge a pack by it.

Method: N pieces of evidence on N subjects, spread evenly over the checks that the pack asks for,
one attestation for each requirement. Values are built before the clock starts, as the ledger
hands them over. Each figure is CPU time of this one thread, the best of three runs.

    python benchmarks/judge.py [N]
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta

from basanite.domain.answer import Answer
from basanite.domain.check import Check, ShelfLife, Stage
from basanite.domain.evidence import Cost, Question, Tool, evidence_of
from basanite.domain.inventory import Subject
from basanite.domain.ledger import Attestation, EntryKind
from basanite.domain.outcome import Outcome
from basanite.domain.plan import Planned
from basanite.domain.ports import Recorded
from basanite.domain.requirement import AttestedBy, CheckPasses, MeasurementHolds, Pack
from basanite.domain.system import Tier
from basanite.domain.value import digest_of
from basanite.govern.body import Body
from basanite.govern.pack import builtin_packs, leaves, load_pack
from basanite.govern.verdicts import judge

NOW = datetime(2026, 1, 2, tzinfo=UTC)
STATISTICAL = ("model-", "misuse-", "system-")


def world(pack: Pack, size: int) -> tuple[list[Recorded], list[Planned]]:
    """Return a ledger with ``size`` pieces of evidence, and the questions they answer."""
    names = sorted(
        {
            leaf.check if isinstance(leaf, CheckPasses) else leaf.measurement
            for each in pack.requirements
            for leaf in leaves(each.rule)
            if isinstance(leaf, CheckPasses | MeasurementHolds)
        }
    )
    checks = [_check(name) for name in names]
    planned = [_planned(checks[place % len(checks)], place) for place in range(size)]
    records = [
        Recorded(
            number=number,
            kind=EntryKind.EVIDENCE,
            recorded=NOW,
            key_id="k",
            content=evidence_of(
                Answer(outcome=Outcome.PASSED),
                each.question,
                each.check,
                system="plant",
                component=None,
                isolation="bubblewrap",
                started=NOW,
                finished=NOW,
                cost=Cost(),
                tool=Tool(version="0", sha256="0" * 64),
            ),
        )
        for number, each in enumerate(planned, 1)
    ]
    for each in pack.requirements:
        for leaf in leaves(each.rule):
            if isinstance(leaf, AttestedBy):
                records.append(_attested(f"{pack.id}/{each.id}", leaf, len(records) + 1))
    return records, planned


def _check(name: str) -> Check:
    return Check(
        id=name,
        version=1,
        stage=Stage.INSPECTION,
        title=name,
        asks="?",
        why=".",
        limits=".",
        remediation=".",
        shelf_life=ShelfLife(high=10, moderate=10, low=10),
        statistical=name.startswith(STATISTICAL),
    )


def _planned(check: Check, place: int) -> Planned:
    subject = Subject(name=f"models/{place:06}.bin", sha256=digest_of(place))
    question = Question(check=check.id, version=1, subjects=(subject,), parameters={"limit": 0.9})
    return Planned(check=check, component=None, question=question, shelf_life=timedelta(days=10))


def _attested(target: str, leaf: AttestedBy, number: int) -> Recorded:
    attestation = Attestation(
        system="plant",
        requirement=target,
        statement=leaf.asks,
        person="A. Person",
        role=leaf.attested_by,
        signed=NOW,
        expires=NOW + timedelta(days=30),
    )
    return Recorded(
        number=number,
        kind=EntryKind.ATTESTATION,
        recorded=NOW,
        key_id="k",
        content=attestation,
    )


def measure(size: int) -> dict[str, float]:
    """Return the best of three CPU times in seconds, by what was timed."""
    data = builtin_packs()["nist-ai-rmf-1.0"]
    pack = load_pack(data, "nist-ai-rmf-1.0")
    records, planned = world(pack, size)
    best: dict[str, float] = {}

    def note(name: str, since: float) -> None:
        best[name] = min(best.get(name, float("inf")), time.process_time() - since)

    for _ in range(3):
        start = time.process_time()
        load_pack(data, "nist-ai-rmf-1.0")
        note("read the pack", start)
        start = time.process_time()
        body = Body(records, Tier.HIGH, NOW, system="plant")
        note("index the ledger", start)
        judging = time.process_time()
        verdicts = judge([pack], planned, body, now=NOW)
        note("judge", judging)
        note("index and judge", start)
        start = time.process_time()
        assert all(body.reusable(each) for each in planned)
        note("ask which must run", start)
        assert len(verdicts) == len(pack.requirements)
    return best


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    print(f"{count} pieces of evidence, 72 requirements")
    for what, seconds in measure(count).items():
        print(f"  {what:20} {seconds:7.3f} s")
