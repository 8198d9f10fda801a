"""The mark: how far this instance has already checked a ledger's signatures.

It is kept in the home folder, never beside the ledger, so whoever can write the ledger cannot
move it. It saves work on the next reading, and it is a known head: a ledger that was cut or
rewritten below it is noticed without anyone passing a head.

A mark belongs to a ledger at a place and with a beginning. A folder that was moved or begun anew
has none, and is checked in full.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import ValidationError

from basanite.domain.errors import LedgerError
from basanite.domain.ledger import Entry, Head
from basanite.domain.value import Sha256, Value, digest_of
from basanite.ledger.durable import make_private_folder, write_durably


class Mark(Value):
    """Everything up to an entry was checked against a set of keys."""

    head: Head
    seals: Sha256
    """Digest over the head keys and head signatures so far, which the chain does not cover."""
    keys: Sha256
    """Digest of the keys that were known; with others the work is done again."""


SEALS = "0" * 64
"""Where the digest over head signatures begins."""


def next_seal(seals: str, entry: Entry) -> str:
    """Return the digest over the head signatures, one entry further."""
    text = f"{seals} {entry.head_key} {entry.head_signature}"
    return hashlib.sha256(text.encode("utf-8", errors="replace")).hexdigest()


def digest_of_keys(trusted: Mapping[str, str], lost: Iterable[str]) -> str:
    """Return what a mark says of the keys it was made with."""
    return digest_of([dict(trusted), sorted(lost)])


class Marks:
    """The marks of one home folder."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "verified"

    def get(self, ledger: str) -> Mark | None:
        """Return a ledger's mark; None when there is none that can be read."""
        path = self._folder / f"{ledger}.json"
        try:
            with path.open("rb") as file:
                return Mark.model_validate_json(file.read(4096))
        except (OSError, ValidationError):
            return None  # a lost mark costs time, not truth

    def set(self, ledger: str, mark: Mark) -> None:
        """Keep a mark. A home folder that cannot be written only costs time on the next reading."""
        try:
            make_private_folder(self._folder)
            write_durably(
                self._folder / f"{ledger}.json", mark.model_dump_json().encode(), mode=0o600
            )
        except LedgerError:
            return

    def forget(self, ledger: str) -> None:
        """Remove a mark, after an older copy of a ledger was restored on purpose."""
        (self._folder / f"{ledger}.json").unlink(missing_ok=True)
