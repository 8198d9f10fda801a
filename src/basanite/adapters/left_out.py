"""Folders that are left out of a walk: looked through by name, for models that hide there."""

from __future__ import annotations

import csv
import os
import stat
from collections.abc import Callable, Iterable, Iterator

from basanite.adapters.trouble import told
from basanite.domain.names import encode_name

MAX_ENTRIES = 500_000
"""Names that are looked at in one folder that is left out."""
MAX_DEPTH = 200
_MAX_RECORD = 16 << 20
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_PACKAGES = ("site-packages", "dist-packages")

Parts = tuple[str, ...]
OpenFolder = Callable[[Iterable[str]], int]


def objection(
    open_folder: OpenFolder,
    folder: Parts,
    suspect: Callable[[str], bool],
    *,
    environment: bool = False,
) -> str:
    """Return why a folder cannot be left out without a word; empty when it can.

    ``suspect`` says of a name whether it is a model's. In a Python ``environment`` a file that an
    installed package records as its own is part of that package. No file is opened but those
    records, and no link is followed.
    """
    search = _Search(suspect)
    try:
        descriptor = open_folder(folder)
        try:
            search.look(descriptor, folder)
        finally:
            os.close(descriptor)
    except OSError as error:
        what = told(error, "", "cannot look through").what
        return f"it is left out, and a folder in it cannot be looked through: {what}"
    if search.trouble:
        return search.trouble
    found = search.found
    if environment and found:
        recorded = _recorded(open_folder, found)
        found = [each for each in found if each not in recorded]
    return told_names(encode_name("/".join(each)) for each in found)


class _Search:
    """Looks at every name below a folder, from one descriptor to the next."""

    def __init__(self, suspect: Callable[[str], bool]) -> None:
        self._suspect = suspect
        self._left = MAX_ENTRIES
        self.found: list[Parts] = []
        self.trouble = ""

    def look(self, descriptor: int, here: Parts) -> None:
        """Look at one folder and all below it.

        Raises:
            OSError: a folder cannot be read.
        """
        if len(here) > MAX_DEPTH:
            self.trouble = f"it is left out, and more than {MAX_DEPTH} folders deep"
        for name, is_folder in _entries(descriptor, self._left + 1):
            self._left -= 1
            if self._left < 0:
                self.trouble = f"it is left out, and holds more than {MAX_ENTRIES} names"
            if self.trouble:
                return
            if is_folder:
                inner = os.open(name, _FOLDER, dir_fd=descriptor)
                try:
                    self.look(inner, (*here, name))
                finally:
                    os.close(inner)
            elif self._suspect(name) and not _is_path_file(here, name):
                self.found.append((*here, name))


def told_names(paths: Iterable[str]) -> str:
    """Return the sentence on files that were left out in spite of their (encoded) names."""
    names = sorted(paths)
    if not names:
        return ""
    some = f"{len(names)} files with" if len(names) > 1 else "a file with"
    return f"it is left out, and holds {some} the name of a model, such as {names[0]}"[:1000]


def _entries(descriptor: int, most: int) -> list[tuple[str, bool]]:
    found: list[tuple[str, bool]] = []
    with os.scandir(descriptor) as entries:
        for entry in entries:
            found.append((entry.name, entry.is_dir(follow_symlinks=False)))
            if len(found) >= most:
                break
    return found


def _is_path_file(folder: Parts, name: str) -> bool:
    """``.pth`` beside installed packages is Python's own name for a list of paths."""
    return folder[-1] in _PACKAGES and name.endswith(".pth")


def _recorded(open_folder: OpenFolder, found: list[Parts]) -> set[Parts]:
    """Return those files that an installed package records as its own."""
    known: set[Parts] = set()
    for site in {each[: _site(each)] for each in found if _site(each)}:
        wanted = {"/".join(each[len(site) :]): each for each in found if each[: len(site)] == site}
        try:
            descriptor = open_folder(site)
            try:
                folders = _entries(descriptor, MAX_ENTRIES)
            finally:
                os.close(descriptor)
        except OSError:
            continue  # Then nothing there is known to belong to a package.
        for name, is_folder in folders:
            if is_folder and name.endswith(".dist-info"):
                known.update(
                    wanted[path] for path in _record(open_folder, (*site, name)) if path in wanted
                )
    return known


def _site(parts: Parts) -> int:
    """Return how many parts lead to the folder of packages that a file lies in; 0 when none."""
    return next((at + 1 for at, part in enumerate(parts[:-1]) if part in _PACKAGES), 0)


def _record(open_folder: OpenFolder, package: Parts) -> Iterator[str]:
    try:
        folder = open_folder(package)
        try:
            descriptor = os.open("RECORD", _FILE, dir_fd=folder)
        finally:
            os.close(folder)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return
            text = file.read(_MAX_RECORD).decode("utf-8", "surrogateescape")
        yield from (row[0] for row in csv.reader(text.splitlines()) if row)
    except (OSError, csv.Error):
        return  # A record that cannot be read vouches for nothing.
