"""Looking at every entry of a chain by itself: what it is, before judging how they fit together.

What is kept of an entry is small, so that a ledger of any length can be verified in one pass.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice

from basanite.domain.check import ShelfLife
from basanite.domain.errors import LedgerError
from basanite.domain.evidence import Evidence
from basanite.domain.inventory import Subject
from basanite.domain.ledger import Content, Entry, KeyEvent
from basanite.domain.value import digest_of
from basanite.ledger.chain import link_of, stamp, time_of
from basanite.ledger.checking import WORTH_IT, Results, SignatureChecks, Signed
from basanite.ledger.envelope import HEAD, open_envelope, read_content
from basanite.ledger.signature import PublicKeys, pae

CHUNK = 400
LOOKAHEAD = 4


@dataclass(frozen=True, slots=True)
class Claim:
    """What a piece of evidence says, as far as `verify` holds it against something."""

    component: str | None
    check: str
    subjects: tuple[Subject, ...]
    key: str
    started: datetime
    finished: datetime
    shelf_life: ShelfLife
    own: bool
    """Whether its key and series follow from what it holds."""


@dataclass(slots=True)
class Fact:
    """What is known of one entry by itself."""

    number: int
    kind: str
    recorded: datetime
    previous: str
    hash: str
    envelope: str
    """SHA-256 of the envelope's text."""
    linked: str
    """The hash that it ought to have."""
    head_key: str
    key_id: str = ""
    signed: bool | None = None
    """Whether the content's signature is its key's; None: the key is not known."""
    headed: bool | None = None
    unreadable: str = ""
    """Why the content cannot be read, when it cannot."""
    system: str | None = None
    made: datetime | None = None
    claim: Claim | None = None
    content: Content | None = None
    """The content, unless it is evidence."""
    origin: int = 0
    """The number it was recorded under, where that can be told."""
    problems: set[str] = field(default_factory=set)
    """Kinds of problem that were found in it."""

    @property
    def links(self) -> bool:
        """Return whether the entry is, by itself, as it was recorded."""
        return self.hash == self.linked

    def link_as(self, number: int) -> str:
        """Return the hash it would have at another place."""
        return digest_of(
            {
                "number": number,
                "kind": self.kind,
                "recorded": stamp(self.recorded),
                "previous": self.previous,
                "envelope": self.envelope,
            }
        )


def examine(entries: Iterable[Entry], trusted: Mapping[str, str]) -> tuple[list[Fact], PublicKeys]:
    """Return what is known of every entry, in the order given, and all keys the chain names."""
    keys, facts = PublicKeys(trusted), list[Fact]()
    waiting = deque[tuple[list[Fact], Callable[[], Results]]]()
    source = iter(entries)
    first = list(islice(source, WORTH_IT // 2))
    with SignatureChecks(2 * len(first)) as checks:
        for chunk in _chunks(chain(first, source)):
            some, signed = list[Fact](), list[Signed]()
            for entry in chunk:
                fact, wanted = _fact_of(entry)
                some.append(fact)
                signed += wanted
                if isinstance(fact.content, KeyEvent) and fact.content.public:
                    keys.add(fact.content.key_id, fact.content.public)
            facts += some
            waiting.append((some, checks.submit(keys.raw, signed)))
            while len(waiting) > LOOKAHEAD:
                _note(*waiting.popleft())
        while waiting:
            _note(*waiting.popleft())
    return facts, keys


def _chunks(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    while chunk := list(islice(entries, CHUNK)):
        yield chunk


def _note(facts: list[Fact], results: Callable[[], Results]) -> None:
    """Put the results of two signatures an entry where they belong."""
    found = iter(results())
    for fact in facts:
        fact.headed = next(found)
        fact.signed = next(found)


def _fact_of(entry: Entry) -> tuple[Fact, tuple[Signed, Signed]]:
    envelope_bytes = entry.envelope.encode("utf-8", errors="replace")
    fact = Fact(
        number=entry.number,
        kind=str(entry.kind),
        recorded=entry.recorded,
        previous=entry.previous,
        hash=entry.hash,
        envelope=hashlib.sha256(envelope_bytes).hexdigest(),
        linked=link_of(entry),
        head_key=entry.head_key,
        origin=entry.number,
    )
    head_bytes = pae(HEAD, entry.hash.encode("utf-8", errors="replace"))
    head = (entry.head_key, head_bytes, entry.head_signature)
    try:
        envelope = open_envelope(entry.envelope)
        fact.key_id = envelope.key_id
        signed = envelope.signed
        content = read_content(envelope)
        if envelope.kind != entry.kind:
            fact.unreadable = f"it is recorded as {fact.kind[:40]!r} and holds {envelope.kind}"
        _read(fact, content)
    except LedgerError as error:
        fact.unreadable = f"it {error.what}"
        if not fact.key_id:
            return fact, (head, ("", b"", ""))
    return fact, (head, signed)


def _read(fact: Fact, content: Evidence | Content) -> None:
    fact.system = getattr(content, "system", None)
    fact.made = time_of(content)
    if not isinstance(content, Evidence):
        fact.content = content
        return
    question = content.question
    fact.claim = Claim(
        component=content.component,
        check=question.check,
        subjects=question.subjects,
        key=content.key,
        started=content.started,
        finished=content.finished,
        shelf_life=content.shelf_life,
        own=(content.key, content.series) == (question.key, question.series),
    )
