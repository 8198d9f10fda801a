"""Whose word counts, and from which entry to which.

A key counts when the reader trusts it directly, or when a key that counted introduced it by a
rotation. It stops counting after the rotation that retires it, and from the first entry that may
be forged when it was compromised.

Declarations of compromise only take away, so every key that was ever accepted may make one, even
one that is itself declared lost: a thief can make good evidence fall, never forged evidence stand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from basanite.domain.ledger import KeyChange, KeyEvent, ProblemKind


@dataclass(frozen=True, slots=True)
class SignedEvent:
    """A key event whose signatures are good; whether they count is decided here."""

    number: int
    key_id: str
    event: KeyEvent


@dataclass(slots=True)
class Standing:
    """The keys of one chain, as far as their events are known."""

    accepted: dict[str, int]
    """Key id to the first entry that it may sign."""
    retired: dict[str, int] = field(default_factory=dict)
    """Key id to the rotation that was its last word."""
    lost: dict[str, int] = field(default_factory=dict)
    """Key id to the first entry that may be forged."""

    def objection(self, number: int, key_id: str) -> tuple[ProblemKind, str] | None:
        """Return why a key's signature in an entry does not count, or None when it does."""
        short = key_id[:12]
        since = self.accepted.get(key_id)
        if since is None:
            return ProblemKind.UNKNOWN_KEY, f"key {short} is not trusted, nor introduced by one"
        if number >= self.lost.get(key_id, number + 1):
            return (
                ProblemKind.COMPROMISED_KEY,
                f"key {short} was lost: from entry {self.lost[key_id]} on it may be a forgery",
            )
        if number < since:
            return ProblemKind.UNKNOWN_KEY, f"key {short} was introduced only in entry {since}"
        if number > self.retired.get(key_id, number):
            return (
                ProblemKind.UNKNOWN_KEY,
                f"key {short} was retired by entry {self.retired[key_id]}",
            )
        return None


def standing_of(
    trusted: Mapping[str, str], events: Iterable[SignedEvent], lost: Collection[str] = ()
) -> Standing:
    """Return which keys count in a chain with these events, in order.

    ``lost`` are keys that the reader knows to be in other hands. What they say of keys is not
    heard, and where the chain does not say since when, nothing that they signed counts.
    """
    known = list(events)
    gone = _losses(trusted, known, lost)
    standing = Standing(accepted=dict.fromkeys(trusted, 1), lost=gone)
    introduced = dict[str, int]()
    for signed in known:
        event = signed.event
        if event.change is not KeyChange.ROTATED or signed.key_id != event.replaces:
            continue
        if standing.objection(signed.number, signed.key_id) is None:
            # Rotations that stand next to each other are one step: the newest key signs the heads
            # of them all, since the keys between never signed in this chain and are gone.
            between = standing.retired.get(event.replaces) is None and (
                introduced.get(event.replaces) == signed.number - 1
            )
            start = standing.accepted[event.replaces] if between else signed.number
            introduced[event.key_id] = signed.number
            standing.accepted.setdefault(event.key_id, start)
            standing.retired.setdefault(event.replaces, signed.number)
    return standing


def _losses(
    trusted: Mapping[str, str], events: Iterable[SignedEvent], lost: Collection[str]
) -> dict[str, int]:
    ever, gone = set(trusted), dict[str, int]()
    for signed in events:
        event = signed.event
        if signed.key_id not in ever or signed.key_id in lost:
            continue
        if event.change is KeyChange.ROTATED and signed.key_id == event.replaces:
            ever.add(event.key_id)
        elif event.change is KeyChange.COMPROMISED:
            since = event.since or 1
            gone[event.key_id] = min(since, gone.get(event.key_id, since))
    return dict.fromkeys(lost, 1) | gone
