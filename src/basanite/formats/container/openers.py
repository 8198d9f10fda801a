"""Openers: how each kind of container gives its files, by the first bytes it has."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from basanite.domain.artifact import CONTAINERS, Format
from basanite.domain.errors import UnreadableError
from basanite.domain.names import base_name
from basanite.formats import tar
from basanite.formats.container.archives import other_archive
from basanite.formats.container.budget import Budget
from basanite.formats.container.entry import Entry, Open
from basanite.formats.container.solid import ENDLESS, Solid
from basanite.formats.container.unpacked import unpacked
from basanite.formats.container.window import window
from basanite.formats.decompressors import compression
from basanite.formats.seven_zip.folder import open_folder
from basanite.formats.seven_zip.reader import Folder, read_archive
from basanite.formats.stream import ExpansionError, Inflated, Span, Stream
from basanite.formats.zip.directory import Member
from basanite.formats.zip.member import open_member, stored_at, truly_encrypted
from basanite.formats.zip.survey import MANY, stray, survey

_ENDINGS = (".gz", ".bz2", ".xz", ".lzma", ".zst", ".lz4", ".z")


def opener(form: Format) -> Open | None:
    """Return how to open bytes of a format, or None where it holds no files of its own."""
    if form not in CONTAINERS:
        return None
    return {
        Format.TAR: open_tar,
        Format.SEVEN_ZIP: open_seven_zip,
        Format.COMPRESSED: open_compressed,
    }.get(form, open_zip)


def open_zip(file: BinaryIO, size: int, name: str, budget: Budget) -> Iterator[Entry]:
    """Yield the files of a zip archive, by every way to read it.

    First as its directory names them, then what other readers see: members as their own headers
    have them, members that no directory lists, and further archives in the same file.
    """
    del name
    try:
        found = survey(file, size)
    except UnreadableError:
        for member in stray(file, size):
            yield _zip_entry(file, member, size, budget)
        raise
    for place, member in enumerate(found.members):
        if place > MANY < len(found.overlapping):
            raise ExpansionError(
                f"{len(found.overlapping)} of its members share bytes, as bombs do"
            )
        if not (member.folder or (member.name.endswith("/") and not member.packed)):
            yield _zip_entry(file, member, size, budget)
    for difference in found.differences:
        if difference.reads_differently:
            yield _zip_entry(file, difference.other, size, budget)
    for member in found.hidden:
        yield _zip_entry(file, member, size, budget)
    for other in found.others:
        for member in other.members:
            if not member.folder:
                yield _zip_entry(file, member, size, budget)


def _zip_entry(file: BinaryIO, member: Member, end: int, budget: Budget) -> Entry:
    return Entry(member.name, partial(_zip_member, file, member, end, budget))


def _zip_member(file: BinaryIO, member: Member, end: int, budget: Budget) -> tuple[BinaryIO, int]:
    if member.encrypted and truly_encrypted(file, member, end, budget.spend):
        raise UnreadableError("it is encrypted, so nobody can look into it without its password")
    stored = stored_at(file, member, end)
    if stored is not None:
        return window(file, *stored), stored[1]
    return unpacked(partial(open_member, file, member, end), budget, member.size)


def open_tar(file: BinaryIO, size: int, name: str, budget: Budget) -> Iterator[Entry]:
    """Yield the files of a tar archive, which may be compressed as a whole."""
    del name
    source, length = whole_tar(file, size, budget)
    for member in tar.members(source, 0, length):
        if member.kind in ("sparse", "other"):
            yield Entry(member.name, partial(_refuse, f"it is a tar member of kind {member.kind}"))
        elif member.kind == "file":
            yield Entry(member.name, partial(_part, source, member.start, member.size))


def whole_tar(file: BinaryIO, size: int, budget: Budget) -> tuple[BinaryIO | Solid, int]:
    """Return a tar archive to be read forward, and how long it is at most.

    Raises:
        UnreadableError: the compression is damaged.
    """
    file.seek(0)
    kind = compression(file.read(min(6, size)))
    if kind is None:
        return file, size
    return Solid(partial(_inflated, file, size, kind), budget), ENDLESS


def _part(source: BinaryIO | Solid, start: int, size: int) -> tuple[BinaryIO, int]:
    if isinstance(source, Solid):
        return source.view(start, size), size
    return window(source, start, size), size


def _refuse(reason: str) -> tuple[BinaryIO, int]:
    raise UnreadableError(reason)


def open_seven_zip(file: BinaryIO, size: int, name: str, budget: Budget) -> Iterator[Entry]:
    """Yield the files of a 7z archive, block by block."""
    del name
    for folder in read_archive(file, size, budget.spend).folders:
        # The block is opened when the first of its files is.
        block = _Block(file, size, folder, budget)
        for each in folder.files:
            yield Entry(each.name, partial(block.view, each.start, each.size))


class _Block:
    """The files of one block of a 7z archive, opened late: its coder may be unknown."""

    def __init__(self, file: BinaryIO, end: int, folder: Folder, budget: Budget) -> None:
        self._reopen = partial(open_folder, file, end, folder)
        self._budget = budget
        self._solid: Solid | None = None

    def view(self, start: int, size: int) -> tuple[BinaryIO, int]:
        if self._solid is None:
            self._solid = Solid(self._reopen, self._budget)
        return self._solid.view(start, size), size


def open_compressed(file: BinaryIO, size: int, name: str, budget: Budget) -> Iterator[Entry]:
    """Yield the one file of a compressed one, under the name without the compression's ending."""
    file.seek(0)
    kind = compression(file.read(min(6, size)))
    if kind is None:
        what = other_archive(file, size) or "compressed in a way that is not read"
        raise UnreadableError(f"it is {what}, and nobody looked into it")
    base = base_name(name)
    ending = next((each for each in _ENDINGS if base.lower().endswith(each)), "")
    inner = (ending and base[: -len(ending)]) or "content"
    yield Entry(inner, partial(unpacked, partial(_inflated, file, size, kind), budget))


def _inflated(file: BinaryIO, size: int, kind: str) -> Stream:
    return Inflated(Span(file, 0, size), kind)
