"""Reading the files of a keyring: bounded, and private ones only while they are private."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from basanite.domain.errors import LedgerError, LedgerSetupError, UsageError
from basanite.ledger.signature import MAX_PEM


def check_id(key_id: str, *, where: str = "") -> str:
    """Return a key id, when it has the form of one: it becomes part of a path.

    Raises:
        LedgerError: it has not.
    """
    if len(key_id) == 64 and set(key_id) <= set("0123456789abcdef"):
        return key_id
    raise LedgerSetupError(
        "does not hold a key id", where=where, remedy="Restore it from a backup."
    )


def read_bounded(path: Path, limit: int = MAX_PEM) -> bytes:
    """Return the beginning of a file.

    Raises:
        LedgerError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise read_failed(path, error) from error


def read_failed(path: Path, error: OSError) -> LedgerError:
    """Return the error line for a file that the system does not give."""
    return LedgerSetupError(
        f"cannot be read: {error.strerror}",
        where=str(path),
        remedy="Give this user the right to read it, or point BASANITE_HOME at the right folder.",
    )


def read_private(path: Path) -> bytes:
    """Return a private key file's bytes; one descriptor is checked and read.

    Raises:
        LedgerError: it cannot be read.
        UsageError: others can read or replace it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        raise LedgerSetupError(
            f"the signing key cannot be read: {error.strerror}",
            where=str(path),
            remedy="Restore it from a backup, or point BASANITE_HOME at the right folder.",
        ) from error
    with os.fdopen(descriptor, "rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        folder = stat.S_IMODE(path.parent.stat().st_mode)
        if mode & 0o077 or folder & 0o022:
            raise UsageError(
                f"others can read or replace the private key (mode {mode:o}, folder {folder:o})",
                where=str(path),
                remedy=f"Run `chmod 700 {path.parent}` and `chmod 600 {path}`; if others may have "
                "read it, declare the key compromised.",
            )
        return file.read(MAX_PEM)
