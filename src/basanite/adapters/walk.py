"""What is in a folder, found without following any link."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from basanite.adapters.left_out import objection
from basanite.adapters.trouble import told
from basanite.domain.artifact import Identity
from basanite.domain.inventory import Unseen
from basanite.domain.names import decode_name, encode_name

MAX_ENTRIES = 1_000_000
"""Files, folders and the rest that one walk looks at."""
MAX_DEPTH = 200
"""Folders within folders."""

EXCLUDED = frozenset({".basanite", ".git"})
"""Folders of the root that are not part of a system: our own state, and history. Anywhere else a
folder of that name is looked into like any other."""
COMPILED = "__pycache__"
"""Where Python keeps its copies: the ``.pyc`` files in it are left out, and nothing else."""
ENVIRONMENTS = frozenset({".venv", "venv"})
"""Left out too when they hold a ``pyvenv.cfg``: what is installed there, the lock file names."""

KINDS = {
    stat.S_IFSOCK: "a socket",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class FoundFile(NamedTuple):
    """A regular file below the root."""

    path: str
    """Encoded name relative to the root, with ``/``."""
    identity: Identity


class Walk(NamedTuple):
    """What is below a root, each in order of name."""

    files: list[FoundFile]
    unseen: list[Unseen]
    excluded: list[str]
    """Encoded names of files and folders that are left out on purpose. Of a ``__pycache__`` the
    ``.pyc`` files are."""


def identity_of(status: os.stat_result) -> Identity:
    """Return what tells this file, as it is now, from any other."""
    return Identity(
        device=status.st_dev,
        inode=status.st_ino,
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        ctime_ns=status.st_ctime_ns,
    )


def _is_compiled(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return name.endswith(".pyc") and folder.rpartition("/")[2] == COMPILED


class Walker:
    """One walk. ``open_folder`` opens a folder below the root by its parts, following no link.

    ``suspect`` says of a file's name whether it is a model's. A folder that is left out and holds
    such a file is unseen: a stranger must not be able to hide a model by a folder's name.
    """

    def __init__(
        self,
        root: Path,
        open_folder: Callable[[Iterable[str]], int],
        exclude: frozenset[str],
        limit: int,
        suspect: Callable[[str], bool],
    ) -> None:
        self._root = root
        self._open_folder = open_folder
        self._exclude = exclude
        self._suspect = suspect
        self._left = limit
        self._limit = limit
        self._found = Walk([], [], [])
        self._links: list[str] = []
        self._folders: set[str] = {""}
        self._compiled: set[str] = set()

    def walk(self) -> Walk:
        """Return what is below the root.

        Raises:
            BasaniteError: the root itself is no folder, or cannot be read.
        """
        try:
            os.close(self._open_folder(()))
        except OSError as error:
            raise told(error, self._root, "cannot read the folder") from error
        waiting: list[tuple[str, ...]] = [()]
        while waiting:
            waiting += reversed(list(self._look(waiting.pop())))
            if self._left < 0:
                self._miss("", f"more than {self._limit} entries; the rest was not looked at")
                break
        self._follow_up()
        self._found.excluded.extend(self._compiled)
        self._found.files.sort(key=lambda found: found.path)
        self._found.unseen.sort(key=lambda unseen: unseen.path)
        self._found.excluded.sort()
        return self._found

    def _miss(self, path: str, reason: str) -> None:
        self._found.unseen.append(Unseen(path=path or ".", reason=reason))

    def _look(self, parts: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        """Look at one folder; yield the folders in it."""
        here = encode_name("/".join(parts))
        if len(parts) > MAX_DEPTH:
            self._miss(here, f"more than {MAX_DEPTH} folders deep")
            return
        try:
            descriptor = self._open_folder(parts)
        except OSError as error:
            self._miss(here, told(error, "", "cannot open the folder").what)
            return
        try:
            with os.scandir(descriptor) as entries:
                names: list[os.DirEntry[str]] = []
                for entry in entries:
                    self._left -= 1
                    if self._left < 0:
                        break
                    names.append(entry)
            if (
                any(entry.name == "pyvenv.cfg" for entry in names)
                and parts[-1:]
                and (parts[-1] in ENVIRONMENTS)
            ):
                self._leave_out(parts, environment=True)
                return
            self._folders.add(here)
            for entry in sorted(names, key=lambda each: each.name):
                path = f"{here}/{encode_name(entry.name)}" if here else encode_name(entry.name)
                if self._entry(path, entry, descriptor):
                    yield (*parts, entry.name)
        except OSError as error:
            self._miss(here, told(error, "", "cannot list the folder").what)
        finally:
            os.close(descriptor)

    def _entry(self, path: str, entry: os.DirEntry[str], folder: int) -> bool:
        """Note one entry; return whether it is a folder to look into."""
        if path in self._exclude:
            self._found.excluded.append(path)
            return False
        if path in EXCLUDED and entry.is_dir(follow_symlinks=False):
            self._leave_out((entry.name,), environment=False)
            return False
        try:
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(status.st_mode):
                if _is_compiled(path):
                    self._compiled.add(path.rpartition("/")[0])
                elif os.access(entry.name, os.R_OK, dir_fd=folder, effective_ids=True):
                    self._found.files.append(FoundFile(path, identity_of(status)))
                else:
                    self._miss(path, "cannot open: permission is denied")
            elif stat.S_ISLNK(status.st_mode):
                self._links.append(path)
            elif not stat.S_ISDIR(status.st_mode):
                self._miss(path, f"{KINDS.get(stat.S_IFMT(status.st_mode), 'no file')}, not a file")
        except OSError as error:
            self._miss(path, told(error, "", "cannot look at it").what)
            return False
        return stat.S_ISDIR(status.st_mode)

    def _leave_out(self, parts: tuple[str, ...], *, environment: bool) -> None:
        path = encode_name("/".join(parts))
        self._found.excluded.append(path)
        reason = objection(self._open_folder, parts, self._suspect, environment=environment)
        if reason:
            self._miss(path, reason)

    def _follow_up(self) -> None:
        """Say which links lead to something that was not seen under its own name."""
        seen = {found.path for found in self._found.files} | self._folders
        root = os.path.realpath(self._root)
        for path in self._links:
            link = os.path.join(root, os.fsdecode(decode_name(path)))  # noqa: PTH118 - surrogates
            try:
                target = os.path.realpath(link, strict=True)
            except OSError as error:
                loop = "loop" in os.strerror(error.errno or 0) or "levels" in str(error)
                where = "in a loop" if loop else "to nothing"
                self._miss(path, f"a symbolic link that leads {where}")
                continue
            if target != root and not target.startswith(root.rstrip("/") + "/"):
                self._miss(path, "a symbolic link that leads outside the folder")
            elif encode_name(target[len(root) :].lstrip("/")) not in seen:
                self._miss(path, "a symbolic link to something that was not looked at")
            else:
                self._found.excluded.append(path)
