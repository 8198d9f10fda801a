"""The ledger of one system: append, read back, keys."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Self

from basanite.domain.errors import LedgerError, UsageError
from basanite.domain.evidence import Evidence
from basanite.domain.ledger import GENESIS, Content, Entry, Head, KeyEvent
from basanite.domain.ports import Clock, Recorded
from basanite.domain.value import digest_of
from basanite.ledger.chain import COLUMNS, entry_of
from basanite.ledger.database import Database, open_database
from basanite.ledger.keys import Keyring
from basanite.ledger.mark import SEALS, Mark, Marks, digest_of_keys, next_seal
from basanite.ledger.reading import Reading, standing_in
from basanite.ledger.writing import Writer

PAGE = 200
"""Entries that are read at once."""

_BEFORE, _AFTER = -(2**62), 2**62
_PAGE = (
    f"SELECT {COLUMNS} FROM entries "  # noqa: S608 - no value in it
    "WHERE chain = ? AND number > ? AND number <= ? {} ORDER BY number LIMIT ?"
)


def open_ledger(
    url: str, chain: str, keyring: Keyring, clock: Clock, *, create: bool = True
) -> SqlLedger:
    """Open the ledger of the system ``chain``.

    ``url`` is ``sqlite:///PATH`` or ``postgresql+psycopg://USER@HOST/DATABASE``. With ``create``
    false nothing is made, and a SQLite file on a read-only medium can be read.

    Raises:
        UsageError: the address is of no known kind, or there is no ledger and ``create`` is false.
        LedgerError: the database is locked, damaged, not ours, from a newer version, ….
    """
    return SqlLedger(open_database(url, create=create), chain, keyring, clock)


class SqlLedger:
    """`basanite.domain.ports.Ledger` in a database. Safe to use from several threads."""

    def __init__(self, database: Database, chain: str, keyring: Keyring, clock: Clock) -> None:
        self.chain = chain
        self.where = f"{database.where} ({chain})"
        """The place, without a password."""
        self._database = database
        self._keyring = keyring
        self._writer = Writer(database, chain, keyring, clock)
        self._marks = Marks(keyring.home)
        self._lock = threading.RLock()
        self._mark: Mark | None = None
        """How far this object has checked, its own entries included."""
        self._stored: Mark | None = None
        """The mark in the home folder, as far as this object knows."""
        self._looked = False
        self._closed = False

    def append(self, content: Evidence | Content) -> Entry:
        """Sign, chain and store one entry; it is on the disk when this returns.

        The same signed content is never stored twice: appending it again, as after a broken
        connection, returns the entry that holds it.

        Raises:
            LedgerError: locked, full, damaged, cut since this instance last saw it, no key, or
                the content is of another system or from the future.
            UsageError: the content is a key event; those have methods of their own.
        """
        if isinstance(content, KeyEvent):
            raise UsageError("key events are recorded by rotate_key and declare_compromised")
        system = getattr(content, "system", self.chain)
        if system != self.chain:
            raise LedgerError(f"cannot hold what speaks of {system!r}", where=self.where)
        with self._alone():
            entries = self._writer.append(content, self.known_head())
        return self._wrote(entries)

    def entries(self, *, through: int | None = None) -> Iterator[Recorded]:
        """Yield what stands, in order, with its content.

        What unknown, retired or compromised keys signed is left out. Signatures below the mark in
        the home folder are not checked again as long as the recomputed chain still leads there.

        Raises:
            LedgerError: an entry was changed, is missing or out of order, or has a bad signature;
                the line names it. Nothing that was yielded counts when the reading ends so.
        """
        end = self.head().number if through is None else through
        trusted, lost = self._keyring.trusted(), self._keyring.lost()
        digest = digest_of_keys(trusted, lost)
        key_entries = self._pages("AND kind = 'key'", end)
        standing, keys = standing_in(key_entries, trusted, lost)
        mark = self._known()
        reading = Reading(
            self.chain,
            self.where,
            standing,
            keys,
            mark=mark if mark and (through is None or through >= mark.head.number) else None,
            trust_mark=mark is not None and mark.keys == digest,
        )
        yield from reading.recorded(self.raw(through=end), end)
        head = reading.progress.head
        if mark is None or head.number >= mark.head.number:
            self._keep(Mark(head=head, seals=reading.progress.seals, keys=digest))

    def head(self) -> Head:
        """Return the end of the chain as it is stored; number 0 when the ledger is empty."""
        with self._lock:
            return self._writer.tip().head

    def raw(self, *, through: int | None = None) -> Iterator[Entry]:
        """Yield all entries as they are stored, by number. Nothing is checked."""
        return self._pages("", _AFTER if through is None else through)

    def numbers(self, evidence_key: str) -> tuple[int, ...]:
        """Return the entries that hold evidence with a key. From an index; nothing is checked."""
        with self._lock:
            rows = self._database.query(
                "SELECT number FROM entries WHERE chain = ? AND evidence_key = ? ORDER BY number",
                (self.chain, evidence_key),
            )
        return tuple(row[0] for row in rows)

    def known_head(self) -> Head | None:
        """Return the last head that this instance checked, to be held against `verify`."""
        mark = self._known()
        return mark.head if mark else None

    def forget_known_head(self) -> None:
        """Begin anew, after an older copy of this ledger was restored on purpose."""
        identity = self._identity()
        if identity:
            self._marks.forget(identity)
        self._mark = self._stored = None
        self._looked = True
        self._writer.forget()

    def keep_verified(self, head: Head) -> None:
        """Note that `verify` found everything up to ``head`` sound, so that reading is fast.

        Does nothing when the chain does not lead to that head.
        """
        seals, last = SEALS, None
        for entry in self.raw(through=head.number):
            seals, last = next_seal(seals, entry), entry
        if last is not None and (last.number, last.hash) == (head.number, head.hash):
            digest = digest_of_keys(self._keyring.trusted(), self._keyring.lost())
            self._keep(Mark(head=head, seals=seals, keys=digest))

    def rotate_key(self, reason: str = "") -> Entry:
        """Replace the signing key by a new one that the old one introduces.

        Other ledgers of this instance take the event up at their next append.

        Raises:
            LedgerError: there is no key, or the ledger or the home folder cannot be written.
        """
        with self._alone():
            entries = self._writer.rotate(reason, self.known_head())
        return self._wrote(entries)

    def declare_compromised(self, key_id: str, since: int, reason: str) -> Entry:
        """Record that a key is in other hands: what it signed from ``since`` on stands no longer.

        Where it was the current key, a new one is made and signs this. The lost key does not
        introduce it: give the new public key to others yourself.

        Raises:
            UsageError: the chain does not know the key, or ``since`` is no entry of it.
            LedgerError: the ledger or the home folder cannot be written.
        """
        with self._alone():
            known = self.known_head()
            entries = self._writer.declare_compromised(key_id, since, reason, known)
        return self._wrote(entries)

    def restore(self, entries: Iterable[Entry]) -> int:
        """Store entries as they are, after those that are here already; return how many.

        For `import_bundle`, which has verified them.

        Raises:
            LedgerError: they are not a continuation of this chain.
        """
        with self._alone():
            return self._writer.restore(entries)

    def close(self) -> None:
        """Keep how far this instance has checked, and let go of the database. Twice is once."""
        if self._closed:
            return
        self._closed = True
        with suppress(LedgerError):  # a mark that is not kept costs time, not truth
            if self._mark is not None:
                self._keep(self._mark)
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the chain; what is written inside is durable, whole or not at all."""
        with self._lock:
            try:
                with self._database.transaction(self.chain):
                    yield
            except BaseException:
                self._writer.forget()  # it may remember entries that were taken back
                raise

    def _pages(self, filter_: str, end: int) -> Iterator[Entry]:
        """Yield entries page by page: no cursor stays open while others append."""
        after = _BEFORE
        while True:
            with self._lock:
                rows = self._database.query(_PAGE.format(filter_), (self.chain, after, end, PAGE))
            for row in rows:
                yield entry_of(row)
            if len(rows) < PAGE:
                return
            after = rows[-1][0]

    def _wrote(self, entries: list[Entry]) -> Entry:
        """Move the mark over entries that this object has just written after it."""
        mark = self._mark
        for entry in entries:
            if entry.number == 1:
                digest = digest_of_keys(self._keyring.trusted(), self._keyring.lost())
                mark = Mark(head=Head(number=0, hash=GENESIS), seals=SEALS, keys=digest)
            if mark is not None and entry.previous == mark.head.hash:
                head = Head.model_construct(number=entry.number, hash=entry.hash)
                seals = next_seal(mark.seals, entry)
                mark = Mark.model_construct(head=head, seals=seals, keys=mark.keys)
        self._mark = mark
        return entries[-1]

    def _known(self) -> Mark | None:
        """Return how far this instance has checked this ledger, now or in an earlier run."""
        if self._mark is None and not self._looked:
            identity = self._identity()
            if identity is not None:
                self._mark = self._stored = self._marks.get(identity)
                self._looked = True
        return self._mark

    def _keep(self, mark: Mark) -> None:
        self._mark, identity = mark, self._identity()
        if identity is not None and mark != self._stored:
            self._marks.set(identity, mark)
            self._stored = mark

    def _identity(self) -> str | None:
        """Return what a mark is kept under: the ledger's place and beginning. None when empty."""
        first = next(self._pages("", 1), None)
        return digest_of([self._database.place, self.chain, first.hash]) if first else None
