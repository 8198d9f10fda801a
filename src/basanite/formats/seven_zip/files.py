"""The files of a 7z archive: names, kinds, and the places in their blocks.

Source: ``DOC/7zFormat.txt`` of the 7-Zip sources.
"""

from __future__ import annotations

import stat
import struct
from collections.abc import Iterator
from dataclasses import replace

from basanite.domain.errors import UnreadableError
from basanite.domain.names import encode_name
from basanite.formats.seven_zip.header import Header
from basanite.formats.seven_zip.streams import Streams, Sub
from basanite.formats.seven_zip.values import Archive, File

MAX_FILES = 100_000
_EMPTY, _EMPTY_FILE, _NAMES, _ATTRIBUTES = 14, 15, 17, 21
_UNIX = 0x8000
_DIRECTORY = 0x10
_KINDS = {
    stat.S_IFLNK: "link",
    stat.S_IFDIR: "folder",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
    stat.S_IFIFO: "pipe",
    stat.S_IFSOCK: "pipe",
}


def read_files(header: Header, streams: Streams) -> Archive:
    """Return the archive with its files, each in its block.

    Raises:
        UnreadableError: the header is damaged, or names more files than are looked at.
    """
    count = header.number()
    if count > MAX_FILES:
        raise UnreadableError(f"the 7z archive announces {count} files, more than are looked at")
    names: list[str] = []
    empty = [False] * count
    empty_file: list[bool] = []
    attributes: list[int] = [0] * count
    while (kind := header.byte()) != 0:
        body = Header(header.raw(header.number()))
        if kind == _EMPTY:
            empty = body.bits(count)
        elif kind == _EMPTY_FILE:
            empty_file = body.bits(sum(empty))
        elif kind == _NAMES:
            names = _names(body, count)
        elif kind == _ATTRIBUTES:
            attributes = _attributes(body, count)
    if len(names) != count:
        raise UnreadableError("the 7z archive does not name its files")
    return _placed(names, empty, empty_file, attributes, streams)


def _names(body: Header, count: int) -> list[str]:
    if body.byte():
        raise UnreadableError("the names of the 7z archive lie elsewhere")
    text = body.raw(body.left).decode("utf-16-le", "surrogatepass")
    found = text.split("\0")
    if len(found) != count + 1:
        raise UnreadableError("the names of the 7z archive are damaged")
    return [encode_name(each.encode("utf-8", "surrogatepass")) for each in found[:count]]


def _attributes(body: Header, count: int) -> list[int]:
    given = body.given(count)
    if body.byte():
        raise UnreadableError("the attributes of the 7z archive lie elsewhere")
    return [struct.unpack("<I", body.raw(4))[0] if each else 0 for each in given]


def _kind(attributes: int, *, empty: bool, file: bool) -> str:
    if attributes & _UNIX:
        kind = _KINDS.get(stat.S_IFMT(attributes >> 16))
        if kind is not None:
            return kind
    if attributes & _DIRECTORY or (empty and not file):
        return "folder"
    return "file"


def _placed(
    names: list[str],
    empty: list[bool],
    empty_file: list[bool],
    attributes: list[int],
    streams: Streams,
) -> Archive:
    inside: list[list[File]] = [[] for _ in streams.folders]
    every: list[File] = []
    places = _places(streams)
    marks = iter(empty_file)
    for name, nothing, bits in zip(names, empty, attributes, strict=True):
        plain = next(marks, False) if nothing else True
        kind = _kind(bits, empty=nothing, file=plain)
        if nothing:
            every.append(File(name, 0, 0, None, kind))
            continue
        place = next(places, None)
        if place is None:
            raise UnreadableError("the 7z archive has more files than bytes for them")
        folder, start, sub = place
        every.append(File(name, start, sub.size, sub.crc, kind))
        inside[folder].append(every[-1])
    for folder, start, sub in places:
        # Bytes without a name are unpacked by nobody, and looked at all the same.
        inside[folder].append(File("nameless", start, sub.size, sub.crc, "file"))
    folders = tuple(
        replace(folder, files=tuple(files))
        for folder, files in zip(streams.folders, inside, strict=True)
    )
    return Archive(folders, tuple(every))


def _places(streams: Streams) -> Iterator[tuple[int, int, Sub]]:
    for folder, subs in enumerate(streams.subs):
        start = 0
        for sub in subs:
            yield folder, start, sub
            start += sub.size
