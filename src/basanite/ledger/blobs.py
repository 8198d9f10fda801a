"""Bytes by digest, in a folder beside the ledger."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from basanite.domain.errors import LedgerError
from basanite.ledger.durable import write_durably, write_failed

MAX_BLOB = 512 << 20
"""Bytes that are read back at most."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


class FileBlobs:
    """`basanite.domain.ports.BlobStore` as files ``sha256/ab/abcd…`` below a folder."""

    def __init__(self, directory: Path) -> None:
        self._folder = directory / "sha256"

    def put(self, data: bytes) -> str:
        """Store bytes durably and return their SHA-256. Storing twice changes nothing.

        Raises:
            LedgerError: the folder is read-only, the disk is full, or the like.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path(sha256)
        if not self._holds(path, data):
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise write_failed(path.parent, error) from error
            write_durably(path, data)
        return sha256

    def get(self, sha256: str) -> bytes:
        """Return the bytes.

        Raises:
            LedgerError: they are not there, or they are not what the digest says.
        """
        path = self._path(sha256)
        try:
            with path.open("rb") as file:
                data = file.read(MAX_BLOB + 1)
        except OSError as error:
            raise LedgerError(
                f"cannot be read: {error.strerror}",
                where=str(path),
                remedy="It may have been deleted under a retention rule; else restore a backup.",
            ) from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise LedgerError(
                "is not what its name says: it was changed",
                where=str(path),
                remedy="Restore it from a backup or an exported bundle.",
            )
        return data

    def delete(self, sha256: str) -> None:
        """Remove bytes under a retention rule; missing ones are ignored.

        Raises:
            LedgerError: the folder is read-only.
        """
        path = self._path(sha256)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise write_failed(path, error) from error

    def _path(self, sha256: str) -> Path:
        if not _DIGEST.fullmatch(sha256):
            raise LedgerError(f"{sha256[:80]!r} is no SHA-256")
        return self._folder / sha256[:2] / sha256

    def _holds(self, path: Path, data: bytes) -> bool:
        try:
            with path.open("rb") as file:
                return file.read(len(data) + 1) == data
        except OSError:
            return False  # absent or unreadable: written anew
