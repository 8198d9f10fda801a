"""Files of a system: found without following links, opened once, hashed by their descriptor."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from basanite.adapters.trouble import told
from basanite.adapters.walk import KINDS, MAX_ENTRIES, Walk, Walker, identity_of
from basanite.domain.artifact import Identity
from basanite.domain.errors import UnreadableError, UsageError
from basanite.domain.names import decode_name, encode_name

_CHUNK = 1 << 20
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_NO_TRACE = getattr(os, "O_NOATIME", 0)


@dataclass(frozen=True)
class Tree:
    """A folder, and nothing outside of it."""

    root: Path

    def walk(
        self,
        *,
        exclude: Iterable[str] = (),
        limit: int = MAX_ENTRIES,
        suspect: Callable[[str], bool] = lambda _name: False,
    ) -> Walk:
        """Return all files below the root. No link is followed; nothing is opened but folders.

        ``exclude`` are encoded names, relative to the root, of files or folders to leave out.
        ``suspect`` says of a file's name whether it is a model's: such a file in a folder that is
        left out by its name makes that folder unseen.

        Raises:
            BasaniteError: the root itself is no folder, or cannot be read.
        """
        return Walker(self.root, self.folder, frozenset(exclude), limit, suspect).walk()

    def open(self, path: str) -> OpenedFile:
        """Return a file, opened once for hashing and inspection.

        No component of the path may be a link, also not one that is put there meanwhile.

        Raises:
            UsageError: the name is no encoded name of something below the root.
            UnreadableError: it is gone, unreadable, or no regular file.
        """
        parts = _parts(path)
        try:
            folder = self.folder(parts[:-1])
            try:
                descriptor = _open_file(parts[-1], folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise UnreadableError(told(error, "", "cannot open").what, where=path) from error
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            kind = KINDS.get(stat.S_IFMT(status.st_mode), "a folder")
            raise UnreadableError(f"it is {kind}, not a file", where=path)
        return OpenedFile(path, descriptor, identity_of(status))

    def folder(self, parts: Iterable[str]) -> int:
        """Return a descriptor of a folder below the root, opened one component at a time.

        Raises:
            OSError: a component is missing, unreadable, a link, or no folder.
        """
        # The root itself is the user's word: it may be reached through links.
        descriptor = os.open(self.root, _FOLDER & ~os.O_NOFOLLOW)
        for part in parts:
            try:
                inner = os.open(part, _FOLDER, dir_fd=descriptor)
            finally:
                os.close(descriptor)
            descriptor = inner
        return descriptor


class OpenedFile:
    """One descriptor of a regular file: hashed, inspected, and compared before and after."""

    def __init__(self, path: str, descriptor: int, identity: Identity) -> None:
        self.path = path
        self.identity = identity
        """As it was when it was opened."""
        self.file: BinaryIO = os.fdopen(descriptor, "rb", buffering=1 << 16)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the descriptor."""
        self.file.close()

    def sha256(self, *, budget: int | None = None) -> str:
        """Return the SHA-256 of the whole file. The position of ``file`` does not move.

        Raises:
            UnreadableError: it has more bytes than ``budget``, changed its size, or the disk fails.
        """
        # Imported here: hashlib loads OpenSSL.
        import hashlib  # noqa: PLC0415

        size = self.identity.size
        if budget is not None and size > budget:
            raise UnreadableError(
                f"it has {size} bytes, more than the {budget} that may be read", where=self.path
            )
        digest = hashlib.sha256()
        buffer = memoryview(bytearray(min(_CHUNK, size + 1)))
        position = 0
        try:
            while count := os.preadv(self.file.fileno(), [buffer], position):
                digest.update(buffer[:count])
                position += count
                if position > size:
                    break
        except OSError as error:
            raise UnreadableError(told(error, "", "cannot read").what, where=self.path) from error
        if position != size:
            raise UnreadableError("it changed while it was read", where=self.path)
        return digest.hexdigest()

    def unchanged(self) -> bool:
        """Return whether the file still is what it was when it was opened."""
        return identity_of(os.fstat(self.file.fileno())) == self.identity


def _parts(path: str) -> list[str]:
    try:
        decoded = os.fsdecode(decode_name(path))
    except ValueError as error:
        raise UsageError("it is no encoded name", where=encode_name(path)) from error
    parts = decoded.split("/")
    if "\0" in decoded or any(part in ("", ".", "..") for part in parts):
        raise UsageError("it does not name a file below the folder", where=path)
    return parts


def _open_file(name: str, folder: int) -> int:
    try:
        # Reading must not change the file's times; only its owner may ask for that.
        return os.open(name, _FILE | _NO_TRACE, dir_fd=folder)
    except PermissionError:
        return os.open(name, _FILE, dir_fd=folder)
