"""Pickles inside artifacts: the file itself, members of archives, arrays of objects."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.formats import numpy
from basanite.formats.pickle.plausible import looks_like_pickle
from basanite.formats.pickle.reader import open_stream
from basanite.formats.stream import Span, Stream, fill
from basanite.formats.zip.directory import Member, members
from basanite.formats.zip.member import open_member, stored_at

MAX_DEPTH = 4
MAX_NESTED = 64 << 20
"""A compressed archive inside an archive is unpacked to memory up to this size."""
_PICKLE_NAMES = (".pkl", ".pickle", ".joblib", ".dill")
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")


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
    file.seek(0)
    head = file.read(6)
    if head == numpy.MAGIC:
        yield from _array(Span(file, 0, size), path)
    elif head[:4] in _ZIP:
        yield from _archive(file, 0, size, path, 1)
    else:
        stream, _ = open_stream(file, 0, size)
        if looks_like_pickle(fill(open_stream(file, 0, size)[0], 64), stream, 1 << 62):
            yield path, open_stream(file, 0, size)[0]


def _array(stream: Stream, path: str) -> Iterator[Found]:
    if numpy.read_header(stream).objects:
        yield path, stream


def _archive(file: BinaryIO, start: int, size: int, path: str, depth: int) -> Iterator[Found]:
    for member in members(file, start, size):
        place = f"{path}!/{member.name}"
        try:
            yield from _member(file, member, start + size, place, depth)
        except UnreadableError as error:
            yield Unlooked(place, error.what)


def _member(file: BinaryIO, member: Member, end: int, place: str, depth: int) -> Iterator[Found]:
    head = fill(open_member(file, member, end), 64)
    if head[:6] == numpy.MAGIC:
        yield from _array(open_member(file, member, end), place)
    elif head[:4] in _ZIP:
        yield from _nested(file, member, end, place, depth)
    elif member.name.endswith(_PICKLE_NAMES) or looks_like_pickle(
        head, open_member(file, member, end), member.size
    ):
        # Wrong announced sizes change nothing: the stream ends where its bytes end.
        yield place, open_member(file, member, end)


def _nested(file: BinaryIO, member: Member, end: int, place: str, depth: int) -> Iterator[Found]:
    if depth >= MAX_DEPTH:
        yield Unlooked(place, "archives are nested too deeply")
        return
    stored = stored_at(file, member, end)
    if stored is not None:
        yield from _archive(file, *stored, place, depth + 1)
        return
    data = fill(open_member(file, member, end), MAX_NESTED + 1)
    if len(data) > MAX_NESTED:
        yield Unlooked(place, "a compressed archive inside is larger than 64 MiB")
        return
    yield from _archive(io.BytesIO(data), 0, len(data), place, depth + 1)
