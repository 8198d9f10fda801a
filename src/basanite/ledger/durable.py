"""Files that are whole or absent: written beside, synced, then renamed into place."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from basanite.domain.errors import LedgerError


def write_durably(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Replace a file by ``data``; after a crash it holds the old bytes or the new, never a mix.

    ``mode`` is the permission from the first moment on: a secret is never readable in between.

    Raises:
        LedgerError: the folder is read-only, the disk is full, or the like.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise write_failed(path, error) from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_private_folder(folder: Path) -> None:
    """Create a folder that only its owner can enter.

    Raises:
        LedgerError: it cannot be created.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise write_failed(folder, error) from error


def write_failed(path: Path, error: OSError) -> LedgerError:
    """Return the error line for a write that the system refused."""
    return LedgerError(
        f"cannot be written: {error.strerror or error}",
        where=str(path),
        remedy="Free space on the disk, or give this user the right to write there.",
    )
