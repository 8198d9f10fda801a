"""Pickles inside artifacts: the file itself, members of archives, arrays of objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.formats import numpy, tar
from basanite.formats.pickle.plausible import looks_like_pickle
from basanite.formats.pickle.reader import open_stream
from basanite.formats.stream import Span, Stream, compression, fill
from basanite.formats.unpacked import in_memory
from basanite.formats.zip.directory import Member, members
from basanite.formats.zip.member import open_member, stored_at

MAX_DEPTH = 4
_PICKLE_NAMES = (".pkl", ".pickle", ".joblib", ".dill")
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_ENDLESS = 1 << 62


@dataclass(frozen=True)
class Unlooked:
    """A member that could not be looked at, and why."""

    path: str
    reason: str


Found = tuple[str, Stream] | Unlooked


def streams(file: BinaryIO, size: int, path: str) -> Iterator[Found]:
    """Yield every stream of pickles in an archive or array file, with the path of its member.

    Raises:
        UnreadableError: the archive's directory or the array's header is damaged.
    """
    yield from _inside(file, 0, size, path, 0)


def archive_at_end(file: BinaryIO, size: int, path: str) -> Iterator[Found]:
    """Yield the streams of pickles in the zip archive that a file ends with.

    Raises:
        UnreadableError: its directory is damaged.
    """
    yield from _archive(file, 0, size, path, 1)


def _inside(file: BinaryIO, start: int, size: int, place: str, depth: int) -> Iterator[Found]:
    """Look into the ``size`` bytes from ``start``, whatever they are."""
    file.seek(start)
    head = file.read(min(size, tar.BLOCK))
    if _is_archive(head) and depth >= MAX_DEPTH:
        yield Unlooked(place, "archives are nested too deeply")
    elif head[:4] in _ZIP:
        yield from _archive(file, start, size, place, depth + 1)
    elif tar.looks_like_tar(head):
        yield from _tar(file, start, size, place, depth + 1)
    elif compression(head):
        yield from _packed(file, start, size, place, depth)
    else:
        yield from _plain(head, lambda: Span(file, start, size), size, place)


def _is_archive(head: bytes) -> bool:
    return head[:4] in _ZIP or tar.looks_like_tar(head)


def _plain(head: bytes, reopen: Callable[[], Stream], size: int, place: str) -> Iterator[Found]:
    if head[:6] == numpy.MAGIC:
        stream = reopen()
        if numpy.read_header(stream).objects:
            yield place, stream
    elif place.endswith(_PICKLE_NAMES) or looks_like_pickle(head[:64], reopen(), size):
        # Wrong announced sizes change nothing: the stream ends where its bytes end.
        yield place, reopen()


def _packed(file: BinaryIO, start: int, size: int, place: str, depth: int) -> Iterator[Found]:
    """Look into bytes that begin as compressed ones do; text may begin so too."""
    try:
        head = fill(open_stream(file, start, size)[0], tar.BLOCK)
    except UnreadableError:
        file.seek(start)
        yield from _plain(file.read(min(size, 64)), lambda: Span(file, start, size), size, place)
        return
    if _is_archive(head):
        inner, length = in_memory(open_stream(file, start, size)[0])
        yield from _inside(inner, 0, length, place, depth)
    elif compression(head) in ("gzip", "bzip2", "xz"):
        yield Unlooked(place, "it is compressed more than once")
    else:
        yield from _plain(head, lambda: open_stream(file, start, size)[0], _ENDLESS, place)


def _archive(file: BinaryIO, start: int, size: int, path: str, depth: int) -> Iterator[Found]:
    for member in members(file, start, size):
        place = f"{path}!/{member.name}"
        try:
            yield from _member(file, member, start + size, place, depth)
        except UnreadableError as error:
            yield Unlooked(place, error.what)


def _member(file: BinaryIO, member: Member, end: int, place: str, depth: int) -> Iterator[Found]:
    head = fill(open_member(file, member, end), tar.BLOCK)
    stored = stored_at(file, member, end)
    if stored is not None:
        yield from _inside(file, *stored, place, depth)
    elif _is_archive(head) or compression(head):
        if depth >= MAX_DEPTH:
            yield Unlooked(place, "archives are nested too deeply")
            return
        inner, length = in_memory(open_member(file, member, end))
        yield from _inside(inner, 0, length, place, depth)
    else:
        yield from _plain(head, lambda: open_member(file, member, end), member.size, place)


def _tar(file: BinaryIO, start: int, size: int, path: str, depth: int) -> Iterator[Found]:
    try:
        for member in tar.members(file, start, size):
            place = f"{path}!/{member.name}"
            if member.kind in ("sparse", "other"):
                yield Unlooked(place, f"it is a tar member of kind {member.kind}")
            elif member.size:
                try:
                    yield from _inside(file, member.start, member.size, place, depth)
                except UnreadableError as error:
                    yield Unlooked(place, error.what)
    except UnreadableError as error:
        # What came before the damage is judged all the same.
        yield Unlooked(path, error.what)
