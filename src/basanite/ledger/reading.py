"""Reading a chain while checking it: links, signatures, and whose word counts.

Here a broken link or a bad signature is an error that stops the reading; `verify` is where every
problem is looked for and named.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from basanite.domain.errors import LedgerError
from basanite.domain.ledger import GENESIS, Entry, EntryKind, Head, KeyEvent
from basanite.domain.ports import Recorded
from basanite.ledger.chain import link_of
from basanite.ledger.checking import Results, SignatureChecks, Signed
from basanite.ledger.envelope import HEAD, Envelope, open_envelope, read_content
from basanite.ledger.mark import SEALS, Mark, next_seal
from basanite.ledger.signature import PublicKeys
from basanite.ledger.standing import SignedEvent, Standing, standing_of


@dataclass(slots=True)
class Progress:
    """How far a reading has come."""

    head: Head
    seals: str = SEALS


def standing_in(
    key_entries: Iterable[Entry], trusted: Mapping[str, str], lost: Collection[str]
) -> tuple[Standing, PublicKeys]:
    """Return whose word counts in a chain, from its key events, and all keys that it names."""
    keys, events = PublicKeys(trusted), list[SignedEvent]()
    for entry in key_entries:
        try:
            envelope = open_envelope(entry.envelope)
            content = read_content(envelope)
        except LedgerError:
            continue  # named when the reading comes to it
        if not isinstance(content, KeyEvent):
            continue
        if keys.check(envelope.key_id, envelope.payload_type, envelope.payload, envelope.signature):
            if content.public:
                keys.add(content.key_id, content.public)
            events.append(SignedEvent(entry.number, envelope.key_id, content))
    return standing_of(trusted, events, lost), keys


_Seen = tuple[Entry, Envelope, bool]
"""An entry that the chain leads to, its envelope, and whether its keys count."""

CHUNK = 400
LOOKAHEAD = 4
"""Chunks of entries that are checked while one is read."""


@dataclass(frozen=True, slots=True)
class _Batch:
    seen: list[_Seen]
    results: Callable[[], Results]
    broken: LedgerError | None


class Reading:
    """One pass over a chain."""

    def __init__(
        self,
        chain: str,
        where: str,
        standing: Standing,
        keys: PublicKeys,
        *,
        mark: Mark | None,
        trust_mark: bool,
    ) -> None:
        self._chain = chain
        self._where = where
        self._standing = standing
        self._keys = keys
        self._mark = mark
        self._checked_before = mark.head.number if mark and trust_mark else 0
        self._pending: Entry | None = None
        """The last entry whose head signature vouches for a row of entries, not yet checked."""
        self.progress = Progress(Head(number=0, hash=GENESIS))

    def recorded(self, entries: Iterable[Entry], expected: int) -> Iterator[Recorded]:
        """Yield what stands, in order. ``expected`` is about how many entries there are.

        Raises:
            LedgerError: the chain is broken, a signature is bad, or the chain is not the one that
                this instance checked before.
        """
        batches = deque[_Batch]()
        source = iter(entries)
        with SignatureChecks(expected - self._checked_before) as checks:
            while chunk := list(islice(source, CHUNK)):
                batch = self._begin(chunk, checks)
                batches.append(batch)
                # While other processes check what comes, this one reads what came.
                while len(batches) > LOOKAHEAD or (batches and batch.broken):
                    yield from self._finish(batches.popleft())
            while batches:
                yield from self._finish(batches.popleft())
        self._check_pending()
        self._require_mark()

    def _begin(self, chunk: list[Entry], checks: SignatureChecks) -> _Batch:
        """Follow the chain through some entries, and have their signatures checked."""
        seen, signed, broken = list[_Seen](), list[Signed](), None
        try:
            for entry in chunk:
                self._follow(entry)
                envelope = self._envelope(entry)
                self._pass_mark(entry)
                seen.append((entry, envelope, self._stands(entry, envelope)))
                if entry.number > self._checked_before:
                    signed.append(envelope.signed)
        except LedgerError as error:
            broken = error  # raised when what came before has been looked at
        return _Batch(seen, checks.submit(self._keys.raw, signed), broken)

    def _finish(self, batch: _Batch) -> Iterator[Recorded]:
        results = iter(batch.results())
        for entry, envelope, standing in batch.seen:
            if entry.number > self._checked_before:
                good = next(results)
                # A bad signature of a known key is tampering; of an unknown key, who knows.
                if good is False or (standing and not good):
                    raise self._tampered(entry.number, "has a signature that is not its key's")
                self._check_heads(entry, standing=standing)
            if standing:
                yield self._read(entry, envelope)
        if batch.broken is not None:
            raise batch.broken

    def _require_mark(self) -> None:
        """Refuse a chain that ends before the entry that this instance has seen."""
        if self._mark and self.progress.head.number < self._mark.head.number:
            raise self._tampered(
                self.progress.head.number + 1,
                f"is missing: this instance has seen {self._mark.head.number} entries here, and "
                f"there are {self.progress.head.number}",
            )

    def _follow(self, entry: Entry) -> None:
        expected = self.progress.head.number + 1
        if entry.number != expected:
            raise self._tampered(expected, "is missing")
        if link_of(entry) != entry.hash:
            raise self._tampered(expected, "was changed after it was recorded")
        if entry.previous != self.progress.head.hash:
            raise self._tampered(expected, "does not follow the entry before it")
        self.progress.head = Head.model_construct(number=entry.number, hash=entry.hash)
        self.progress.seals = next_seal(self.progress.seals, entry)

    def _pass_mark(self, entry: Entry) -> None:
        mark = self._mark
        if mark is None or entry.number != mark.head.number:
            return
        if entry.hash != mark.head.hash:
            raise self._tampered(
                entry.number, "is not the one that this instance has seen: history was rewritten"
            )
        if self._checked_before and self.progress.seals != mark.seals:
            raise self._tampered(entry.number, "or one before it has another head signature")

    def _envelope(self, entry: Entry) -> Envelope:
        try:
            envelope = open_envelope(entry.envelope)
            fits = envelope.kind is entry.kind
        except LedgerError as error:
            raise self._tampered(entry.number, error.what) from error
        if not fits:
            raise self._tampered(entry.number, f"is no {entry.kind}, as it says")
        return envelope

    def _stands(self, entry: Entry, envelope: Envelope) -> bool:
        return (
            self._standing.objection(entry.number, envelope.key_id) is None
            and self._standing.objection(entry.number, entry.head_key) is None
        )

    def _check_heads(self, entry: Entry, *, standing: bool) -> None:
        """Check the last head of every row of entries that one key vouches for.

        It covers the row by the chain; `verify` looks at each head by itself.
        """
        before = self._pending
        if before is not None and (before.head_key != entry.head_key or not standing):
            self._check_pending()
        self._pending = entry if standing else None

    def _check_pending(self) -> None:
        entry = self._pending
        if entry is None:
            return
        hashed = entry.hash.encode("ascii")
        if self._keys.check(entry.head_key, HEAD, hashed, entry.head_signature) is not True:
            raise self._tampered(entry.number, "has a head signature that is not its key's")

    def _read(self, entry: Entry, envelope: Envelope) -> Recorded:
        try:
            content = read_content(envelope)
        except LedgerError as error:
            raise self._tampered(entry.number, error.what) from error
        system = getattr(content, "system", self._chain)
        if system != self._chain:
            raise self._tampered(entry.number, f"speaks of another system, {system!r}")
        return Recorded.model_construct(
            number=entry.number,
            kind=EntryKind(entry.kind),
            recorded=entry.recorded,
            key_id=envelope.key_id,
            content=content,
        )

    def _tampered(self, number: int, what: str) -> LedgerError:
        return LedgerError(
            f"entry {number} {what}",
            where=self._where,
            remedy="Run `basanite verify` for all that is wrong, then restore the ledger from a "
            "backup or an exported bundle.",
        )
