"""Reader of 7z archives: the files, their kinds, and the blocks that they lie in.

A 7z archive keeps its files in *folders*: blocks that are compressed as a whole by a chain of
coders. Its header stands at the end and is mostly compressed itself.
Source: ``DOC/7zFormat.txt`` of the 7-Zip sources.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.formats.seven_zip.files import read_files
from basanite.formats.seven_zip.folder import open_folder
from basanite.formats.seven_zip.header import Header
from basanite.formats.seven_zip.streams import Folder, Streams, read_streams
from basanite.formats.seven_zip.values import Archive, File
from basanite.formats.stream import fill

__all__ = ["Archive", "File", "Folder", "read", "read_archive"]

NAME = "7z"
VERSION = 2
MAGIC = b"7z\xbc\xaf\x27\x1c"
_START = 32
_MAX_HEADER = 32 << 20
_MAX_LAYERS = 4
_SHOWN = 200
_HEADER, _ENCODED = 1, 23
_ARCHIVE_PROPERTIES, _ADDITIONAL, _MAIN, _FILES = 2, 3, 4, 5


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return the number of files, their first names, and what they come to unpacked.

    Raises:
        UnreadableError: it is damaged, or its header is encrypted.
    """
    found = read_archive(file, size)
    return {
        "members": len(found.files),
        "names": [each.name for each in found.files[:_SHOWN]],
        "unpacked_bytes": sum(each.size for each in found.files),
        "blocks": len(found.folders),
    }


def read_archive(file: BinaryIO, size: int, pay: Callable[[int], None] | None = None) -> Archive:
    """Return what the header says. ``pay`` is told how many bytes of header were unpacked.

    Raises:
        UnreadableError: it is damaged, ends early, or its header is encrypted.
    """
    header = _next_header(file, size)
    for _ in range(_MAX_LAYERS):
        kind = header.byte() if header.left else 0
        if kind == _HEADER:
            return _archive(header)
        if kind != _ENCODED:
            if kind == 0 and not header.left:
                return Archive((), ())
            raise UnreadableError("the header of the 7z archive is of no known kind")
        header = _decoded(file, size, header, pay)
    raise UnreadableError("the header of the 7z archive is packed too many times")


def _next_header(file: BinaryIO, size: int) -> Header:
    file.seek(0)
    start = file.read(_START)
    if not start.startswith(MAGIC) or len(start) < _START:
        raise UnreadableError("no 7z archive: its first bytes are not those of the format")
    crc, offset, length, header_crc = struct.unpack("<IQQI", start[8:])
    if zlib.crc32(start[12:]) != crc:
        raise UnreadableError("the first header of the 7z archive is damaged")
    if length > _MAX_HEADER or _START + offset + length > size:
        raise UnreadableError("the header of the 7z archive lies outside the file, or is too long")
    file.seek(_START + offset)
    data = file.read(length)
    if zlib.crc32(data) != header_crc:
        raise UnreadableError("the header of the 7z archive is damaged")
    return Header(data)


def _decoded(
    file: BinaryIO, size: int, header: Header, pay: Callable[[int], None] | None
) -> Header:
    streams = read_streams(header)
    if len(streams.folders) != 1:
        raise UnreadableError("the header of the 7z archive lies in no single block")
    folder = streams.folders[0]
    if folder.size > _MAX_HEADER:
        raise UnreadableError("the header of the 7z archive is too long")
    if pay is not None:
        pay(folder.size)
    data = fill(open_folder(file, size, folder), folder.size)
    if len(data) < folder.size:
        raise UnreadableError("the header of the 7z archive ends early")
    return Header(data)


def _archive(header: Header) -> Archive:
    kind = header.byte()
    if kind == _ARCHIVE_PROPERTIES:
        while header.byte():
            header.raw(header.number())
        kind = header.byte()
    if kind == _ADDITIONAL:
        read_streams(header)
        kind = header.byte()
    streams = Streams((), ())
    if kind == _MAIN:
        streams = read_streams(header)
        kind = header.byte()
    if kind != _FILES:
        return Archive(streams.folders, ())
    return read_files(header, streams)
