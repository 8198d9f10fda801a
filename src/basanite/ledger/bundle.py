"""A ledger in one file, which anybody can verify with nothing but the public key.

The file is gzip over lines of JSON::

    {"schema": "basanite.bundle/1", "chain": …, "head": {…}}
    {"entry": {…}}                                   every entry, in order
    {"blob": SHA-256, "data": base64, "more": bool}  what assessments rest on, in pieces
    {"end": {"entries": n, "blobs": n}}

The same ledger always makes the same bytes. The file is read as hostile: lines, total size and
number of blobs are bounded, and nothing is kept of it before it was verified.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from basanite.domain.errors import LedgerError, UsageError
from basanite.domain.evidence import Evidence
from basanite.domain.ledger import (
    AssessmentRecord,
    Countersignature,
    Entry,
    Head,
    Problem,
    ProblemKind,
    Verification,
)
from basanite.domain.ports import BlobStore
from basanite.domain.system import Tier
from basanite.ledger.bundle_file import REMEDY, SCHEMA, BundleFile
from basanite.ledger.contents import blobs_of
from basanite.ledger.durable import sync_folder, write_failed
from basanite.ledger.envelope import open_envelope, read_content
from basanite.ledger.verify import verify

PIECE = 3 << 20
"""Bytes of a blob on one line."""


class Source(Protocol):
    """What a bundle is made of: a ledger."""

    chain: str

    def raw(self, *, through: int | None = None) -> Iterator[Entry]:
        """Yield all entries as they are stored."""
        ...

    def head(self) -> Head:
        """Return the end of the chain."""
        ...


class Destination(Source, Protocol):
    """What a bundle is imported into."""

    def restore(self, entries: Iterator[Entry]) -> int:
        """Store entries as they are."""
        ...


def export_bundle(ledger: Source, blobs: BlobStore | None, path: Path) -> Head:
    """Write a ledger, and the blobs its assessments rest on, to a file; return the head.

    The file is whole or absent. Blobs that are gone (retention) are left out.

    Raises:
        UsageError: the ledger is empty.
        LedgerError: the file cannot be written.
    """
    head = ledger.head()
    if head.number == 0:
        raise UsageError("an empty ledger cannot be exported", remedy="Assess the system first.")
    beside = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        try:
            with beside.open("xb") as raw:
                with gzip.GzipFile("", "wb", 6, raw, mtime=0) as file:
                    for line in _lines(ledger, blobs, head):
                        file.write(json.dumps(line, separators=(",", ":")).encode("ascii") + b"\n")
                raw.flush()
                os.fsync(raw.fileno())
            beside.replace(path)
            sync_folder(path.parent)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise write_failed(path, error) from error
    return head


def verify_bundle(
    path: Path,
    trusted: Mapping[str, str],
    *,
    now: datetime,
    heads: Sequence[Head | Countersignature] = (),
    tier: Tier | None = None,
    subjects: Mapping[str, str] | None = None,
    lost: Collection[str] = (),
) -> Verification:
    """Return everything that is wrong with a bundle. Parameters are those of `verify`.

    Raises:
        UsageError: there is no such file.
        LedgerError: it is no bundle, or it is cut or damaged.
    """
    with BundleFile(path) as reader:
        verification = verify(
            reader.entries(),
            trusted,
            now=now,
            heads=[*heads, reader.head],
            tier=tier,
            subjects=subjects,
            chain=reader.chain,
            lost=lost,
        )
        bad = [
            Problem(
                kind=ProblemKind.CHANGED,
                number=None,
                meaning=f"the blob {sha256[:12]} is not what its digest says",
            )
            for sha256, data in reader.blobs()
            if data is None
        ]
    return verification.model_copy(update={"problems": (*verification.problems, *bad)})


def import_bundle(
    path: Path,
    ledger: Destination,
    blobs: BlobStore | None,
    trusted: Mapping[str, str],
    *,
    now: datetime,
    lost: Collection[str] = (),
) -> int:
    """Verify a bundle, then store what this ledger lacks of it; return how many entries.

    Raises:
        UsageError: it is the bundle of another system.
        LedgerError: it is no bundle, it is not sound, or the two ledgers went apart.
    """
    verification = verify_bundle(path, trusted, now=now, lost=lost)
    if not verification.sound:
        first = next(p for p in verification.problems if p.kind is not ProblemKind.EXPIRED)
        raise LedgerError(
            f"is not sound: {first.meaning} ({len(verification.problems)} problems)",
            where=str(path),
            remedy="Trust its key first if it is missing, or ask for the file again.",
        )
    with BundleFile(path) as reader:
        if reader.chain != ledger.chain:
            raise UsageError(
                f"is of the system {reader.chain!r}, not of {ledger.chain!r}", where=str(path)
            )
        # The file may have been swapped since it was verified: only the verified end is stored.
        added = ledger.restore(_ending_at(verification.head, reader.entries(), path))
        for _, data in reader.blobs():
            if blobs is not None and data is not None:
                blobs.put(data)
    return added


def _ending_at(head: Head, entries: Iterator[Entry], path: Path) -> Iterator[Entry]:
    """Yield entries; raise at the end, inside the transaction, when they are not the verified."""
    last: Entry | None = None
    for last in entries:
        yield last
    if last is None or (last.number, last.hash) != (head.number, head.hash):
        raise LedgerError("changed while it was read", where=str(path), remedy=REMEDY)


def _lines(ledger: Source, blobs: BlobStore | None, head: Head) -> Iterator[dict[str, Any]]:
    yield {"schema": SCHEMA, "chain": ledger.chain, "head": head.model_dump()}
    wanted, entries = dict[str, None](), 0
    for entry in ledger.raw(through=head.number):
        yield {"entry": entry.model_dump(mode="json")}
        wanted |= dict.fromkeys(_wanted(entry)) if blobs is not None else {}
        entries += 1
    written = 0
    for sha256 in wanted:
        try:
            data = blobs.get(sha256) if blobs is not None else b""
        except LedgerError:
            continue  # deleted under a retention rule; `verify` names it where it matters
        written += 1
        for start in range(0, max(len(data), 1), PIECE):
            piece = base64.b64encode(data[start : start + PIECE]).decode("ascii")
            yield {"blob": sha256, "data": piece, "more": start + PIECE < len(data)}
    yield {"end": {"entries": entries, "blobs": written}}


def _wanted(entry: Entry) -> list[str]:
    try:
        content = read_content(open_envelope(entry.envelope))
    except LedgerError:
        return []  # exported as it is; whoever verifies it names it
    if isinstance(content, Evidence):
        return [content.transcript] if content.transcript else []
    if isinstance(content, AssessmentRecord):
        return [sha256 for _, sha256 in blobs_of(content)]
    return []
