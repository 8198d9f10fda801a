"""Writing a chain: one entry after another, each signed, each in a transaction of its own."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from basanite.domain.errors import LedgerError, UsageError
from basanite.domain.evidence import Evidence
from basanite.domain.ledger import Content, Entry, Head, KeyChange, KeyEvent
from basanite.domain.ports import Clock
from basanite.domain.value import digest_of
from basanite.ledger.chain import (
    COLUMNS,
    Tip,
    entry_of,
    link_of,
    next_entry,
    row_of,
    time_of,
    tip_of,
    whole_milliseconds,
)
from basanite.ledger.database import Database
from basanite.ledger.envelope import HEAD, kind_of, open_envelope, read_content, seal
from basanite.ledger.keys import Keyring
from basanite.ledger.signature import PublicKeys, Signer

CLOCK_SLACK = timedelta(minutes=2)
"""How far a content's own time may lie after the clock: clocks are set while checks run."""

_COLUMNS = f"chain, {COLUMNS}, evidence_key"
_INSERT = f"INSERT INTO entries ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
_SELECT = f"SELECT {COLUMNS} FROM entries WHERE chain = ? "  # noqa: S608 - no value in it


class Writer:
    """Appends to one chain. Every method has to be called inside the chain's transaction."""

    def __init__(self, database: Database, chain: str, keyring: Keyring, clock: Clock) -> None:
        self._database = database
        self._chain = chain
        self._keyring = keyring
        self._clock = clock
        self._where = f"{database.where} ({chain})"
        self._named: set[str] | None = None
        """Keys that the chain names; None before anybody had to know."""
        self._last: Tip | None = None
        """The last entry that was written or checked here."""

    def append(self, content: Evidence | Content, known: Head | None) -> list[Entry]:
        """Append a content, after the key events that it needs. The last entry is the content's.

        ``known`` is a head that this instance has seen: nothing is chained to less.
        """
        tip = self._checked_tip(known)
        signer, entries = self._introduce(tip)
        envelope = seal(content, signer)
        found = None if entries else self._find(content, envelope)
        if found is not None:
            return [found]
        return [
            *entries,
            self._add(tip_of(entries[-1]) if entries else tip, content, envelope, signer),
        ]

    def rotate(self, reason: str, known: Head | None) -> list[Entry]:
        """Rotate the key, and append the old key's word for the new one."""
        tip = self._checked_tip(known)
        _, before = self._introduce(tip)
        self._keyring.rotate(self._clock.now(), reason)
        _, after = self._introduce(tip_of(before[-1]) if before else tip)
        return [*before, *after]

    def declare_compromised(
        self, key_id: str, since: int, reason: str, known: Head | None
    ) -> list[Entry]:
        """Append that a key is lost, signed by one that is not."""
        tip = self._checked_tip(known)
        if key_id not in self._keyring.trusted() and key_id not in self._names():
            raise UsageError(
                f"no key {key_id[:12]!r} is known here",
                where=self._where,
                remedy="Give the whole id, as `basanite verify` prints it.",
            )
        if not 1 <= since <= tip.number + 1:
            raise UsageError(
                f"entry {since} is not one of the {tip.number} entries",
                where=self._where,
                remedy="Give the first entry that may be forged; 1 when that is not known.",
            )
        self._keyring.replace_lost(key_id)
        signer, entries = self._introduce(tip)
        event = KeyEvent(
            change=KeyChange.COMPROMISED,
            key_id=key_id,
            since=since,
            reason=reason,
            signed=self._clock.now(),
        )
        tip = tip_of(entries[-1]) if entries else tip
        return [*entries, self._add(tip, event, seal(event, signer), signer)]

    def restore(self, entries: Iterable[Entry]) -> int:
        """Store entries as they are, after those that are here already; return how many."""
        tip, added = self.tip(), 0
        for entry in entries:
            if entry.number <= tip.number:
                rows = self._rows("AND number = ?", entry.number)
                old = entry_of(rows[0]) if rows else None
                same = old is not None and old.hash == entry.hash == link_of(old)
            else:
                same = entry.number == tip.number + 1 and entry.previous == tip.hash
            if not same:
                raise LedgerError(
                    f"entry {entry.number} is not the one that follows here",
                    where=self._where,
                    remedy="The two ledgers went apart. Import into an empty ledger.",
                )
            if entry.number > tip.number:
                content = read_content(open_envelope(entry.envelope))
                self._insert(entry, content)
                tip, added = tip_of(entry), added + 1
        return added

    def tip(self) -> Tip:
        """Return the last entry as it is stored; nothing is checked."""
        rows = self._rows("ORDER BY number DESC LIMIT 1")
        return tip_of(entry_of(rows[0])) if rows else Tip()

    def forget(self) -> None:
        """Remember nothing of the chain: look again before the next entry."""
        self._last = self._named = None

    def _checked_tip(self, known: Head | None) -> Tip:
        """Return the last entry, after making sure that appending to it hides no tampering."""
        rows = self._rows("ORDER BY number DESC LIMIT 1")
        entry = entry_of(rows[0]) if rows else None
        if entry is not None and self._last is not None and entry.hash == self._last.hash:
            return self._last
        self._named = None  # others have written since
        number = entry.number if entry else 0
        seen = max(known.number if known else 0, self._last.number if self._last else 0)
        if number < seen:
            raise self._tampered(f"ends at entry {number}; this instance has seen {seen}")
        if entry is None:
            return Tip()
        signer = PublicKeys(self._keyring.trusted())
        head = (entry.head_key, HEAD, entry.hash.encode("utf-8"), entry.head_signature)
        if link_of(entry) != entry.hash or signer.check(*head) is False:
            raise self._tampered(f"was changed in entry {number}")
        self._last = tip_of(entry)
        return self._last

    def _introduce(self, tip: Tip) -> tuple[Signer, list[Entry]]:
        """Return the current key, and the key events that the chain needed to know it."""
        signer = self._keyring.signing_key(tip.number > 0)
        if tip.head_key == signer.key_id or (tip.number and signer.key_id in self._names()):
            return signer, []
        path = self._rotations() if tip.number else []
        if not path:
            reason = "signs here too" if tip.number else f"begins ledger {secrets.token_hex(16)}"
            event = KeyEvent(
                change=KeyChange.ADDED,
                key_id=signer.key_id,
                public=signer.public,
                reason=reason,
                signed=self._clock.now(),
            )
            path = [seal(event, signer)]
        entries = list[Entry]()
        for envelope in path:
            content = read_content(open_envelope(envelope))
            entries.append(self._add(tip, content, envelope, signer))
            tip = tip_of(entries[-1])
        self._names().add(signer.key_id)
        return signer, entries

    def _rotations(self) -> list[str]:
        """Return the rotations that lead from a key of this chain to the current one."""
        known = self._names() - self._keyring.lost()
        paths = [path for key_id in known if (path := self._keyring.rotations_since(key_id))]
        return min(paths, key=len, default=[])  # from the newest key that the chain knows

    def _names(self) -> set[str]:
        """Return the keys that the chain's key events bring in."""
        if self._named is None:
            events = [
                read_content(open_envelope(entry_of(row).envelope))
                for row in self._rows("AND kind = 'key' ORDER BY number")
            ]
            self._named = {each.key_id for each in events if isinstance(each, KeyEvent)}
        return self._named

    def _find(self, content: Evidence | Content, envelope: str) -> Entry | None:
        """Return the entry that holds this very envelope already."""
        for row in self._rows("AND evidence_key = ?", _evidence_key(content)):
            if row[4] == envelope:
                return entry_of(row)
        return None

    def _add(self, tip: Tip, content: Evidence | Content, envelope: str, signer: Signer) -> Entry:
        recorded = self._recorded(tip, time_of(content))
        entry = next_entry(tip, kind_of(content), recorded, envelope, signer)
        self._insert(entry, content)
        self._last = tip_of(entry)
        return entry

    def _insert(self, entry: Entry, content: Evidence | Content) -> None:
        self._database.execute(_INSERT, row_of(self._chain, entry, _evidence_key(content)))

    def _recorded(self, tip: Tip, made: datetime) -> datetime:
        """Return the time to record: now, but never before the entry or the content before it."""
        now = self._clock.now()
        if made > now + CLOCK_SLACK:
            raise LedgerError(
                f"cannot record what was made at {made.isoformat()}: the clock says "
                f"{now.isoformat()}",
                where=self._where,
                remedy="Set the clock of this machine, or of the one that made it.",
            )
        return max(whole_milliseconds(each) for each in (now, made, tip.recorded))

    def _rows(self, rest: str, *values: object) -> list[tuple[object, ...]]:
        return self._database.query(_SELECT + rest, (self._chain, *values))

    def _tampered(self, what: str) -> LedgerError:
        return LedgerError(
            f"the ledger {what}",
            where=self._where,
            remedy="Nothing was appended. Run `basanite verify` for all that is wrong, then "
            "restore the ledger from a backup or an exported bundle.",
        )


def _evidence_key(content: Evidence | Content) -> str:
    """Return what an entry is found by: its evidence key, or the digest of what else it holds."""
    if isinstance(content, Evidence):
        return content.key
    return digest_of(content.model_dump(mode="json"))
