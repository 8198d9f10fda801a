"""The ledger's nouns: the kinds of entry, the chain between them, and what can be wrong with it."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Any

from pydantic import Field

from basanite.domain.value import JsonObject, Sha256, Slug, Time, Value, canonical

GENESIS = "0" * 64
"""What the first entry names as its predecessor."""


class EntryKind(StrEnum):
    """What an entry is."""

    EVIDENCE = "evidence"
    ATTESTATION = "attestation"
    WAIVER = "waiver"
    INVALIDATION = "invalidation"
    KEY = "key"
    ASSESSMENT = "assessment"
    COUNTERSIGNATURE = "countersignature"


class Attestation(Value):
    """What a person signed."""

    system: Slug
    requirement: str
    """``pack/requirement``, e.g. ``nist-ai-rmf-1.0/GOVERN-1.1``; ``evidence/SERIES`` to explain
    a failure of that series; or ``check/CHECK`` to state that a check has nothing to look at."""
    statement: str
    person: str
    role: str
    reviewed: tuple[Sha256, ...] = ()
    """Digests of what was reviewed."""
    signed: Time
    expires: Time


class Waiver(Value):
    """An exception: a finding or requirement that is accepted for a while, and why."""

    system: Slug
    target: str
    """A finding's occurrence (`Result.occurrence`), or ``pack/requirement``."""
    reason: str
    person: str
    signed: Time
    expires: Time


class Invalidation(Value):
    """Evidence withdrawn: it counts no longer from this entry on, but it stays readable."""

    system: Slug
    key: Sha256
    """Evidence key."""
    reason: str
    signed: Time


class KeyChange(StrEnum):
    """What happened to a key. Rotation and compromise are different events."""

    ADDED = "added"
    ROTATED = "rotated"
    COMPROMISED = "compromised"


class KeyEvent(Value):
    """A change to the keys whose signatures count."""

    change: KeyChange
    key_id: str
    """The key the event is about: the new one when added or rotated in, else the lost one."""
    public: str = ""
    """PEM of the new key, when one comes in."""
    replaces: str = ""
    """Id of the key that a rotation retires."""
    since: int | None = Field(default=None, ge=1)
    """Of a compromise: the first entry number that may be forged."""
    reason: str = ""
    signed: Time


class AssessmentRecord(Value):
    """Names by digest everything that an assessment rested on, so that it can be computed again."""

    system: Slug
    assessment: Sha256
    """Blob: the Assessment as JSON."""
    inventory: Sha256
    plan: Sha256
    """Blob: the questions that were put, with their keys."""
    manifest: Sha256
    """Of the file. Its bytes are not kept, since they may hold canaries; the inventory holds what
    it declares."""
    packs: dict[str, Sha256]
    feeds: dict[str, Sha256] = {}
    keys: tuple[str, ...] = ()
    """Ids of the keys trusted at that time."""
    through: int = Field(ge=0)
    """Number of the last ledger entry it took into account."""
    summary: JsonObject = {}
    """Counts for the trend: findings by severity, verdicts by status."""
    time: Time


class Countersignature(Value):
    """Another instance's signature under the head of a chain, kept so that it can be shown."""

    number: int = Field(ge=1)
    head: Sha256
    key_id: str
    signature: str
    public: str
    signed: Time


Content = Attestation | Waiver | Invalidation | KeyEvent | AssessmentRecord | Countersignature
"""What an entry other than evidence holds."""


class Entry(Value):
    """One link of the chain."""

    number: int = Field(ge=1)
    kind: EntryKind
    recorded: Time
    previous: Sha256
    envelope: str
    """The DSSE envelope as JSON text, byte for byte as it was signed."""
    hash: Sha256
    head_key: str
    head_signature: str
    """Signature over the entry's hash by ``head_key``: with this entry the chain ends here."""

    @staticmethod
    def link(number: int, kind: str, recorded: str, previous: str, envelope: str) -> str:
        """Return the hash that chains an entry to its predecessor."""
        return hashlib.sha256(
            canonical(
                {
                    "number": number,
                    "kind": kind,
                    "recorded": recorded,
                    "previous": previous,
                    "envelope": hashlib.sha256(envelope.encode("utf-8")).hexdigest(),
                }
            )
        ).hexdigest()


class Head(Value):
    """The end of a chain: what must leave the machine to hold against its owner."""

    number: int = Field(ge=0)
    hash: Sha256


class ProblemKind(StrEnum):
    """What `verify` can find wrong."""

    CHANGED = "changed"
    REMOVED = "removed"
    REORDERED = "reordered"
    REPLAYED = "replayed"
    TRUNCATED = "truncated"
    REWRITTEN = "rewritten"
    UNKNOWN_KEY = "unknown-key"
    COMPROMISED_KEY = "compromised-key"
    WRONG_SUBJECT = "wrong-subject"
    BACKDATED = "backdated"
    EXPIRED = "expired"
    UNREADABLE = "unreadable"
    MISSING_BLOB = "missing-blob"


class Problem(Value):
    """One thing that is wrong with a ledger."""

    kind: ProblemKind
    number: int | None
    """The entry's number; None when it is about the whole."""
    meaning: str
    """What it means, in a sentence."""


class Verification(Value):
    """What `verify` looked at and found."""

    entries: int
    head: Head
    problems: tuple[Problem, ...]
    keys: tuple[str, ...]
    detail: dict[str, Any] = {}

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong. Evidence that merely grew old does not break a ledger."""
        return all(p.kind is ProblemKind.EXPIRED for p in self.problems)
