"""Openers: how each kind of container gives its files, by the first bytes it has."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from basanite.domain.artifact import CONTAINERS, Format
from basanite.domain.errors import UnreadableError
from basanite.formats import tar
from basanite.formats.container.budget import Budget
from basanite.formats.container.entry import Entry, Open
from basanite.formats.container.unpacked import unpacked
from basanite.formats.container.window import window
from basanite.formats.pickle.reader import open_stream
from basanite.formats.stream import Stream, compression
from basanite.formats.zip.directory import Member, members
from basanite.formats.zip.member import open_member, stored_at

_ENDINGS = (".gz", ".bz2", ".xz", ".lzma", ".zst", ".lz4", ".z")


def opener(form: Format) -> Open | None:
    """Return how to open bytes of a format, or None where it holds no files of its own."""
    if form not in CONTAINERS:
        return None
    if form is Format.TAR:
        return open_tar
    if form is Format.COMPRESSED:
        return open_compressed
    return open_zip


def open_zip(file: BinaryIO, size: int, name: str, budget: Budget) -> Iterator[Entry]:
    """Yield the files of a zip archive, as its directory names them."""
    del name
    for member in members(file, 0, size):
        if member.name.endswith("/") and not member.packed:
            continue
        yield Entry(member.name, partial(_zip_member, file, member, size, budget))


def _zip_member(file: BinaryIO, member: Member, end: int, budget: Budget) -> tuple[BinaryIO, int]:
    stored = stored_at(file, member, end)
    if stored is not None:
        return window(file, *stored), stored[1]
    return unpacked(partial(open_member, file, member, end), budget)


def open_tar(file: BinaryIO, size: int, name: str, budget: Budget) -> Iterator[Entry]:
    """Yield the files of a tar archive, which may be compressed as a whole."""
    del name
    file, size = whole_tar(file, size, budget)
    for member in tar.members(file, 0, size):
        if member.kind in ("sparse", "other"):
            yield Entry(member.name, partial(_refuse, f"it is a tar member of kind {member.kind}"))
        elif member.kind == "file":
            yield Entry(member.name, partial(_part, file, member.start, member.size))


def whole_tar(file: BinaryIO, size: int, budget: Budget) -> tuple[BinaryIO, int]:
    """Return a tar archive as a file, unpacked when it is compressed as a whole.

    Raises:
        UnreadableError: the compression is damaged, or the budget is spent.
    """
    file.seek(0)
    if compression(file.read(min(6, size))) is None:
        return file, size
    return unpacked(partial(_stream, file, size), budget)


def _part(file: BinaryIO, start: int, size: int) -> tuple[BinaryIO, int]:
    return window(file, start, size), size


def _refuse(reason: str) -> tuple[BinaryIO, int]:
    raise UnreadableError(reason)


def open_compressed(file: BinaryIO, size: int, name: str, budget: Budget) -> Iterator[Entry]:
    """Yield the one file of a compressed one, under the name without the compression's ending."""
    base = name.replace("!/", "/").rpartition("/")[2]
    ending = next((each for each in _ENDINGS if base.lower().endswith(each)), "")
    inner = (ending and base[: -len(ending)]) or "content"
    yield Entry(inner, partial(unpacked, partial(_stream, file, size), budget))


def _stream(file: BinaryIO, size: int) -> Stream:
    return open_stream(file, 0, size)[0]
