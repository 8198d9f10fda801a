"""Countersigning: another instance signs the head of a chain, so its owner cannot take it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from basanite.domain.errors import UsageError
from basanite.domain.ledger import Countersignature, Head, ProblemKind
from basanite.domain.value import canonical
from basanite.ledger.chain import stamp, whole_milliseconds
from basanite.ledger.envelope import COUNTERSIGNATURE
from basanite.ledger.keys import Keyring
from basanite.ledger.signature import PublicKeys


def countersign(head: Head, keyring: Keyring, now: datetime) -> Countersignature:
    """Return this instance's signature under another chain's head.

    What it says: at this time, somebody showed this head. Nothing about what led to it.

    Raises:
        UsageError: the chain is empty.
        LedgerError: this instance's key is missing or cannot be made.
    """
    if head.number < 1:
        raise UsageError("an empty ledger has no head to countersign")
    signer, signed = keyring.current() or keyring.create(), whole_milliseconds(now)
    return Countersignature(
        number=head.number,
        head=head.hash,
        key_id=signer.key_id,
        signature=signer.sign(COUNTERSIGNATURE, _payload(head.number, head.hash, signed)),
        public=signer.public,
        signed=signed,
    )


def objection_to(
    countersignature: Countersignature, trusted: Mapping[str, str]
) -> tuple[ProblemKind, str] | None:
    """Return why a countersignature does not count, or None when it does."""
    key_id = countersignature.key_id
    keys = PublicKeys({key_id: countersignature.public})
    good = keys.check(
        key_id,
        COUNTERSIGNATURE,
        _payload(countersignature.number, countersignature.head, countersignature.signed),
        countersignature.signature,
    )
    if not good:
        return ProblemKind.CHANGED, "is not its key's: it was changed afterwards"
    if key_id not in trusted:
        return ProblemKind.UNKNOWN_KEY, f"key {key_id[:12]} made, which is not trusted"
    return None


def _payload(number: int, head: str, signed: datetime) -> bytes:
    return canonical({"number": number, "head": head, "signed": stamp(signed)})
