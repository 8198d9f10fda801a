"""What entries say, held against themselves, against the files as they are now, and the clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from basanite.domain.errors import LedgerError
from basanite.domain.ledger import (
    AssessmentRecord,
    Countersignature,
    Invalidation,
    Problem,
    ProblemKind,
)
from basanite.domain.ports import BlobStore
from basanite.domain.system import Tier
from basanite.ledger.countersign import objection_to
from basanite.ledger.examine import Claim, Fact

FUTURE = timedelta(minutes=5)
"""How far a recorded time may lie after the reader's clock."""


def content_problems(facts: Sequence[Fact], chain: str | None) -> Iterator[Problem]:
    """Yield contents that are about something else than they say."""
    home = chain or next((fact.system for fact in facts if fact.system is not None), None)
    for fact in facts:
        if fact.system is not None and fact.system != home:
            yield _problem(
                fact,
                ProblemKind.WRONG_SUBJECT,
                f"entry {fact.number} speaks of the system {fact.system!r}, not of {home!r}",
            )
        elif fact.claim is not None and not fact.claim.own:
            yield _problem(
                fact,
                ProblemKind.WRONG_SUBJECT,
                f"entry {fact.number} names a key that its check, parameters and subjects do not "
                "make: it is evidence for another question",
            )


def time_problems(facts: Sequence[Fact], now: datetime) -> Iterator[Problem]:
    """Yield entries whose times cannot be true: time runs one way along a chain."""
    latest: Fact | None = None
    for fact in facts:
        claim = fact.claim
        if latest is not None and fact.recorded < latest.recorded:
            meaning = f"is recorded at {fact.recorded}, before entry {latest.number}"
        elif fact.recorded > now + FUTURE:
            meaning = f"is recorded at {fact.recorded}, which has not come yet"
        elif fact.made is not None and fact.made > fact.recorded:
            meaning = f"was made at {fact.made}, after it was recorded"
        elif claim is not None and claim.started > claim.finished:
            meaning = "ended before it began"
        else:
            latest = fact
            continue
        yield _problem(
            fact, ProblemKind.BACKDATED, f"entry {fact.number} {meaning}: a time was set wrongly"
        )


def subject_problems(
    facts: Sequence[Fact], subjects: Mapping[str, str], tier: Tier | None, now: datetime
) -> Iterator[Problem]:
    """Yield the newest evidence of each question that is about other bytes, or too old.

    Older evidence is history: that it is outdated is no problem.
    """
    for fact, claim in _newest(facts):
        moved = [s for s in claim.subjects if subjects.get(s.name, s.sha256) != s.sha256]
        if moved:
            yield _problem(
                fact,
                ProblemKind.WRONG_SUBJECT,
                f"entry {fact.number} ({claim.check}) is about another {moved[0].name} than the "
                "one that is there now",
            )
        if tier is not None and claim.finished + claim.shelf_life.of(tier) < now:
            until = claim.finished + claim.shelf_life.of(tier)
            yield _problem(
                fact,
                ProblemKind.EXPIRED,
                f"entry {fact.number} ({claim.check}) was good until {until}",
            )


def countersignature_problems(
    facts: Sequence[Fact], trusted: Mapping[str, str]
) -> Iterator[Problem]:
    """Yield stored countersignatures that are bad, or that the chain does not lead to."""
    hashes = {fact.number: fact.hash for fact in facts}
    for fact in facts:
        content = fact.content
        if not isinstance(content, Countersignature):
            continue
        kind, why = objection_to(content, trusted) or (None, "")
        if kind is not None:
            yield _problem(fact, kind, f"entry {fact.number} holds a countersignature that {why}")
        elif hashes.get(content.number) != content.head:
            yield _problem(
                fact,
                ProblemKind.REWRITTEN,
                f"entry {fact.number} holds a countersigned head of entry {content.number} that "
                "this chain does not lead to",
            )


def blob_problems(facts: Sequence[Fact], blobs: BlobStore) -> Iterator[Problem]:
    """Yield records of assessments that can no longer be computed again.

    Transcripts are not looked for: they may be deleted under a retention rule.
    """
    known = dict[str, str]()
    for fact in facts:
        record = fact.content
        if not isinstance(record, AssessmentRecord):
            continue
        for name, sha256 in blobs_of(record):
            if sha256 not in known:
                known[sha256] = _fault(blobs, sha256)
            if known[sha256]:
                yield _problem(
                    fact,
                    ProblemKind.MISSING_BLOB,
                    f"entry {fact.number} rests on the {name} {sha256[:12]}, {known[sha256]}",
                )


def blobs_of(record: AssessmentRecord) -> list[tuple[str, str]]:
    """Return what an assessment rested on: names and digests of blobs."""
    single = [
        ("assessment", record.assessment),
        ("inventory", record.inventory),
        ("plan", record.plan),
    ]
    packs = [(f"pack {name}", sha256) for name, sha256 in sorted(record.packs.items())]
    return single + packs


def _fault(blobs: BlobStore, sha256: str) -> str:
    try:
        blobs.get(sha256)
    except LedgerError as error:
        return error.what
    return ""


def _newest(facts: Sequence[Fact]) -> list[tuple[Fact, Claim]]:
    """Return the last evidence for each check, component and set of subject names."""
    newest = dict[tuple[object, ...], tuple[Fact, Claim]]()
    for fact in facts:
        if fact.claim is not None:
            claim = fact.claim
            names = tuple(sorted(subject.name for subject in claim.subjects))
            newest[claim.check, claim.component, names] = (fact, claim)
        elif isinstance(fact.content, Invalidation):
            gone = fact.content.key
            newest = {name: pair for name, pair in newest.items() if pair[1].key != gone}
    return sorted(newest.values(), key=lambda pair: pair[0].number)


def _problem(fact: Fact, kind: ProblemKind, meaning: str) -> Problem:
    fact.problems.add(kind)
    return Problem(kind=kind, number=fact.number, meaning=meaning)
