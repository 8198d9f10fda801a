"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from basanite.adapters.trouble import told


def write_atomic(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file so that it is there whole or not at all, and survives a power cut.

    A link is kept and what it leads to is replaced. A pipe or a device is written to as it is.

    Raises:
        BasaniteError: the disk is full, read-only, or access is denied; says what to do.
    """
    try:
        if path.exists() and not path.is_file():
            _write_through(path, data)
        else:
            _replace(Path(os.path.realpath(path)), data, mode)
    except OSError as error:
        raise told(error, path, "cannot write") from error


def _write_through(path: Path, data: bytes) -> None:
    with path.open("wb", buffering=0) as out:
        _write_all(out.fileno(), data)


def _replace(path: Path, data: bytes, mode: int) -> None:
    # A short name of our own: the target's may already be as long as the file system allows.
    temporary = path.parent / f".basanite-{os.urandom(8).hex()}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o600)
    try:
        try:
            os.fchmod(descriptor, mode)
            _write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
