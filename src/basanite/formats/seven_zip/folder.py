"""Unpacking a block of a 7z archive.

Source: ``DOC/Methods.txt`` and ``DOC/7zFormat.txt`` of the 7-Zip sources.
"""

from __future__ import annotations

import lzma
import struct
from typing import BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.formats.decompressors import Filter, dictionary, lzma_filter, raw_lzma
from basanite.formats.seven_zip.values import AES, Coder, Folder
from basanite.formats.stream import Inflated, Span, Stream

_COPY, _LZMA, _LZMA2, _DELTA = b"\x00", b"\x03\x01\x01", b"\x21", b"\x03"
_PACKED = {b"\x04\x01\x08": "deflate", b"\x04\x02\x02": "bzip2", b"\x04\xf7\x11\x01": "zstd",
           b"\x04\xf7\x11\x04": "lz4"}  # fmt: skip
_BRANCHES = {
    b"\x04": lzma.FILTER_X86,
    b"\x03\x03\x01\x03": lzma.FILTER_X86,
    b"\x05": lzma.FILTER_POWERPC,
    b"\x03\x03\x02\x05": lzma.FILTER_POWERPC,
    b"\x06": lzma.FILTER_IA64,
    b"\x03\x03\x04\x01": lzma.FILTER_IA64,
    b"\x07": lzma.FILTER_ARM,
    b"\x03\x03\x05\x01": lzma.FILTER_ARM,
    b"\x08": lzma.FILTER_ARMTHUMB,
    b"\x03\x03\x07\x01": lzma.FILTER_ARMTHUMB,
    b"\x09": lzma.FILTER_SPARC,
    b"\x03\x03\x08\x05": lzma.FILTER_SPARC,
}
_CHUNK = 1 << 16
_NAMED = {
    AES: "AES encryption",
    b"\x03\x04\x01": "PPMd",
    b"\x04\x01\x09": "Deflate64",
    b"\x03\x03\x01\x1b": "BCJ2",
    b"\x0a": "the ARM64 filter",
    b"\x0b": "the RISC-V filter",
    b"\x04\xf7\x11\x02": "Brotli",
}


def open_folder(file: BinaryIO, end: int, folder: Folder) -> Stream:
    """Return the unpacked bytes of a block, as many as its header announces.

    Raises:
        UnreadableError: it lies outside the file, is encrypted, or is packed in a way that is not
            read here.
    """
    for each in folder.coders:
        if each.method in _NAMED:
            raise UnreadableError(f"it is packed with {_NAMED[each.method]}, which is not read")
    if folder.fault:
        raise UnreadableError(f"it is packed with {folder.fault}, which is not read")
    if folder.start + folder.packed > end:
        raise UnreadableError("a block of the 7z archive lies outside the file")
    stream: Stream = Span(file, folder.start, folder.packed)
    for coder in reversed(folder.coders):
        if coder.method != _COPY:
            stream = _decoded(stream, coder)
    return _Limited(stream, folder.size)


def _decoded(stream: Stream, coder: Coder) -> Stream:
    if coder.method in _PACKED:
        return Inflated(stream, _PACKED[coder.method])
    if coder.method == _LZMA:
        made = raw_lzma([lzma_filter(coder.properties, coder.size)])
    elif coder.method == _LZMA2:
        made = raw_lzma([_lzma2(coder)])
    elif coder.method == _DELTA or coder.method in _BRANCHES:
        made = raw_lzma([_filter(coder), {"id": lzma.FILTER_LZMA2, "dict_size": _CHUNK}])
        stream = _Chunks(_Limited(stream, coder.size))
    else:
        raise UnreadableError(f"it is packed by method {coder.method.hex()}, which is not read")
    # What a coder gives is as long as announced, also where the data do not say where they end.
    return _Limited(Inflated(stream, "7z", made), coder.size)


def _filter(coder: Coder) -> Filter:
    if coder.method == _DELTA:
        return {"id": lzma.FILTER_DELTA, "dist": (coder.properties or b"\0")[0] + 1}
    return {"id": _BRANCHES[coder.method]}


def _lzma2(coder: Coder) -> Filter:
    bits = (coder.properties or b"\xff")[0]
    if bits > 40:
        raise UnreadableError("the LZMA2 properties are damaged")
    size = 0xFFFFFFFF if bits == 40 else (2 | bits & 1) << (bits // 2 + 11)
    return {"id": lzma.FILTER_LZMA2, "dict_size": dictionary(size, coder.size)}


class _Chunks:
    """A stream as LZMA2 writes what it does not compress.

    liblzma undoes filters only together with a compression under them.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._control = b"\x01"
        self._ended = False

    def read(self, count: int) -> bytes:
        del count
        if self._ended:
            return b""
        data = self._stream.read(_CHUNK)
        if not data:
            self._ended = True
            return b"\0"
        control, self._control = self._control, b"\x02"
        return control + struct.pack(">H", len(data) - 1) + data

    def skip(self, count: int) -> int:
        return len(self.read(count))


class _Limited:
    """As many bytes of a stream as are announced; fewer are an error."""

    def __init__(self, stream: Stream, size: int) -> None:
        self._stream = stream
        self._left = size

    def read(self, count: int) -> bytes:
        if not self._left:
            return b""
        data = self._stream.read(min(count, self._left))
        if not data:
            raise UnreadableError("a block of the 7z archive ends early")
        self._left -= len(data)
        return data

    def skip(self, count: int) -> int:
        passed = self._stream.skip(min(count, self._left))
        self._left -= passed
        return passed
