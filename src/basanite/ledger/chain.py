"""The chain between entries, and the signed head that each of them was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from basanite.domain.evidence import Evidence
from basanite.domain.ledger import GENESIS, Content, Entry, EntryKind, Head
from basanite.ledger.envelope import HEAD, kind_of
from basanite.ledger.signature import Signer

COLUMNS = "number, kind, recorded, previous, envelope, hash, head_key, head_signature"
"""As `entry_of` takes them."""

NEVER = datetime(1, 1, 1, tzinfo=UTC)
"""Stands for a time that cannot be read; no entry was ever linked with it."""


@dataclass(frozen=True, slots=True)
class Tip:
    """The last entry, as far as the next one needs it."""

    number: int = 0
    hash: str = GENESIS
    recorded: datetime = NEVER
    head_key: str = ""

    @property
    def head(self) -> Head:
        """Return the end of the chain."""
        return Head(number=self.number, hash=self.hash)


def tip_of(entry: Entry) -> Tip:
    """Return an entry as the end of the chain."""
    return Tip(entry.number, entry.hash, entry.recorded, entry.head_key)


def stamp(time: datetime) -> str:
    """Return the text of a time as it is linked: ISO 8601 with milliseconds and offset."""
    return time.isoformat(timespec="milliseconds")


def whole_milliseconds(time: datetime) -> datetime:
    """Return a time in UTC without what its text leaves out."""
    exact = time.astimezone(UTC)
    return exact.replace(microsecond=exact.microsecond // 1000 * 1000)


def next_entry(tip: Tip, kind: EntryKind, recorded: datetime, envelope: str, by: Signer) -> Entry:
    """Return the entry that follows ``tip``, signed as the chain's new head."""
    number = tip.number + 1
    link = Entry.link(number, kind, stamp(recorded), tip.hash, envelope)
    return Entry(
        number=number,
        kind=kind,
        recorded=recorded,
        previous=tip.hash,
        envelope=envelope,
        hash=link,
        head_key=by.key_id,
        head_signature=by.sign(HEAD, link.encode("ascii")),
    )


def link_of(entry: Entry) -> str:
    """Return the hash that an entry ought to have."""
    return Entry.link(
        entry.number, entry.kind, stamp(entry.recorded), entry.previous, entry.envelope
    )


def row_of(chain: str, entry: Entry, evidence_key: str) -> tuple[Any, ...]:
    """Return the values of an entry's row: the chain, `COLUMNS`, the key to find it by."""
    return (
        chain,
        entry.number,
        entry.kind.value,
        stamp(entry.recorded),
        entry.previous,
        entry.envelope,
        entry.hash,
        entry.head_key,
        entry.head_signature,
        evidence_key,
    )


def entry_of(row: tuple[Any, ...]) -> Entry:
    """Return the entry in a row of `COLUMNS`.

    Rows are hostile and this must not stop on them: what is no time or no kind is kept in a form
    that cannot link, so that whoever checks the chain names the entry.
    """
    number, kind, recorded, previous, envelope, link, head_key, head_signature = row
    try:
        time = datetime.fromisoformat(recorded)
    except (ValueError, TypeError):
        time = NEVER
    return Entry.model_construct(
        number=number,
        kind=_KINDS.get(kind, kind),
        recorded=time if time.tzinfo else NEVER,
        previous=previous,
        envelope=envelope,
        hash=link,
        head_key=head_key,
        head_signature=head_signature,
    )


def time_of(content: Evidence | Content) -> datetime:
    """Return when a content says it was made."""
    return getattr(content, _TIMES.get(kind_of(content), "signed"))  # type: ignore[no-any-return]


_KINDS = {kind.value: kind for kind in EntryKind}
_TIMES = {EntryKind.EVIDENCE: "finished", EntryKind.ASSESSMENT: "time"}
