"""Verifying a whole ledger: everything is looked at, everything wrong is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from basanite.domain.ledger import (
    GENESIS,
    Countersignature,
    Entry,
    Head,
    KeyEvent,
    Problem,
    ProblemKind,
    Verification,
)
from basanite.domain.ports import BlobStore
from basanite.domain.system import Tier
from basanite.ledger.contents import (
    blob_problems,
    content_problems,
    countersignature_problems,
    subject_problems,
    time_problems,
)
from basanite.ledger.countersign import objection_to
from basanite.ledger.examine import Fact, examine
from basanite.ledger.sequence import rewriting_problems, sequence_problems
from basanite.ledger.standing import SignedEvent, Standing, standing_of

MAX_PROBLEMS = 1000
"""More than a person reads. ``detail["left_out"]`` says how many more there are."""

ANYWHERE = 0
"""As the number of a known head: it has to occur, wherever that is."""


def verify(
    entries: Iterable[Entry],
    trusted: Mapping[str, str],
    *,
    now: datetime,
    heads: Sequence[Head | Countersignature] = (),
    tier: Tier | None = None,
    subjects: Mapping[str, str] | None = None,
    chain: str | None = None,
    lost: Collection[str] = (),
    blobs: BlobStore | None = None,
) -> Verification:
    """Return everything that is wrong with a chain, with the number of the entry.

    ``trusted`` are public keys in PEM by id. ``heads`` are ends of the chain that left the
    machine; one with number 0 may be anywhere in it. ``tier`` lets expired evidence be named.
    ``subjects`` are names and SHA-256 of the files as they are now. ``chain`` is the system that
    all contents have to speak of; without it, the first one's. ``lost`` are keys known to be in
    other hands. ``blobs`` lets missing blobs of assessments be named.

    Nothing that is stored about earlier checks is used. Memory: about 1 KB an entry.
    """
    facts, _ = examine(entries, trusted)
    problems = sequence_problems(facts)
    problems += _signature_problems(facts)
    standing = standing_of(trusted, _events(facts), lost)
    problems += _key_problems(facts, standing)
    problems += rewriting_problems(facts)
    problems += _head_problems(facts, heads, trusted)
    sound = [fact for fact in facts if not fact.problems]
    problems += content_problems(sound, chain)
    problems += countersignature_problems(sound, trusted)
    problems += time_problems(sound, now)
    problems += subject_problems(
        [fact for fact in sound if not fact.problems], subjects or {}, tier, now
    )
    problems += blob_problems(sound, blobs) if blobs is not None else ()
    problems.sort(key=lambda problem: (problem.number is None, problem.number or 0))
    return Verification(
        entries=len(facts),
        head=Head(number=max(facts[-1].number, 0), hash=facts[-1].linked)
        if facts
        else Head(number=0, hash=GENESIS),
        problems=tuple(problems[:MAX_PROBLEMS]),
        keys=tuple(sorted({fact.key_id for fact in facts if fact.signed})),
        detail={
            "kinds": dict(sorted(Counter(fact.kind for fact in facts).items())),
            "left_out": max(0, len(problems) - MAX_PROBLEMS),
            "lost_keys": dict(sorted(standing.lost.items())),
        },
    )


def _signature_problems(facts: Sequence[Fact]) -> Iterator[Problem]:
    for fact in facts:
        if ProblemKind.CHANGED in fact.problems or ProblemKind.REPLAYED in fact.problems:
            continue
        if fact.unreadable:
            yield _problem(
                fact,
                ProblemKind.UNREADABLE,
                f"entry {fact.number} tells nothing: {fact.unreadable}",
            )
        elif fact.signed is False:
            meaning = "was changed after it was signed: its signature is not its key's"
            yield _problem(fact, ProblemKind.CHANGED, f"entry {fact.number} {meaning}")
        elif fact.headed is False:
            meaning = "or one before it was changed: the head's signature is not its key's"
            yield _problem(fact, ProblemKind.CHANGED, f"entry {fact.number} {meaning}")


def _events(facts: Sequence[Fact]) -> Iterator[SignedEvent]:
    for fact in facts:
        if isinstance(fact.content, KeyEvent) and fact.signed and not fact.problems:
            yield SignedEvent(fact.number, fact.key_id, fact.content)


def _key_problems(facts: Sequence[Fact], standing: Standing) -> Iterator[Problem]:
    for fact in facts:
        if ProblemKind.REPLAYED in fact.problems or not fact.key_id:
            continue
        kind, why = (
            standing.objection(fact.number, fact.key_id)
            or standing.objection(fact.number, fact.head_key)
            or _unchecked(fact)
            or (None, "")
        )
        if kind is not None:
            yield _problem(fact, kind, f"entry {fact.number} does not count: {why}")


def _unchecked(fact: Fact) -> tuple[ProblemKind, str] | None:
    """A key may count by its id while nobody has its public half: then nothing was checked."""
    if fact.signed is None or fact.headed is None:
        return ProblemKind.UNKNOWN_KEY, "the public half of its key is not the one its id names"
    return None


def _head_problems(
    facts: Sequence[Fact], heads: Iterable[Head | Countersignature], trusted: Mapping[str, str]
) -> Iterator[Problem]:
    hashes = {fact.number: fact.hash for fact in facts}
    last = max(hashes, default=0)
    for head in heads:
        number, expected = (
            head.number,
            head.head if isinstance(head, Countersignature) else head.hash,
        )
        if isinstance(head, Countersignature):
            kind, why = objection_to(head, trusted) or (None, "")
            if kind is not None:
                yield Problem(kind=kind, number=number, meaning=f"the head of entry {number} {why}")
                continue
        short = expected[:12]
        if number == ANYWHERE and expected not in {GENESIS, *hashes.values()}:
            meaning = f"no entry is the known head {short}: the ledger was cut or rewritten"
            yield Problem(kind=ProblemKind.TRUNCATED, number=None, meaning=meaning)
        elif number > last:
            meaning = (
                f"the ledger ends at entry {last}, and its known head {short} is entry {number}: "
                "the end was cut off"
            )
            yield Problem(kind=ProblemKind.TRUNCATED, number=number, meaning=meaning)
        elif number != ANYWHERE and hashes.get(number) != expected:
            meaning = (
                f"entry {number} is not the known head {short}: history was rewritten after that "
                "head was given away"
            )
            yield Problem(kind=ProblemKind.REWRITTEN, number=number, meaning=meaning)


def _problem(fact: Fact, kind: ProblemKind, meaning: str) -> Problem:
    fact.problems.add(kind)
    return Problem(kind=kind, number=fact.number, meaning=meaning)
