"""Decompressors: one interface to every compression that serialisers and archives use.

None of them takes more than `MEMORY` bytes for its window, whatever the data asks for.
Sources: RFC 1950, 1951, 1952, 8878; the XZ and LZ4 frame formats; joblib's ``numpy_pickle_utils``
and ``numpy_pickle_compat`` for what it writes and believes.
"""

from __future__ import annotations

import bz2
import lzma
import struct
import sys
import zlib
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Protocol

from basanite.domain.errors import UnreadableError

MEMORY = 80 << 20
"""Bytes; enough for ``xz -9`` and ``zstd --ultra -21``."""
_ZSTD_WINDOW = 26
"""The largest window of zstd that is followed, as a power of two."""

MAGICS = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x5d\x00": "lzma",
    b"\x78\x01": "zlib",
    b"\x78\x5e": "zlib",
    b"\x78\x9c": "zlib",
    b"\x78\xda": "zlib",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x04\x22\x4d\x18": "lz4",
    b"ZF0x": "zfile",
    **{bytes([0x50 + n]) + b"\x2a\x4d\x18": "zstd" for n in range(16)},
}
"""First bytes of the compressions that serialisers use. The last are frames that zstd and LZ4 skip;
``zfile`` is how joblib wrote zlib before version 0.10."""
SURE = frozenset({"gzip", "xz", "zstd", "lz4"})
"""Those whose first bytes are long, or unlike text and pickles, so that they are believed even
where nothing can be unpacked."""
_JOINED = frozenset({"gzip", "bzip2", "xz", "zstd", "lz4"})
"""Those whose readers go on with what follows a whole stream."""


class Decompressor(Protocol):
    """As `bz2.BZ2Decompressor`; zlib's has no ``needs_input`` but an ``unconsumed_tail``."""

    @property
    def eof(self) -> bool:
        """Whether the end of the stream was met."""
        ...

    @property
    def unused_data(self) -> bytes | None:
        """What stands behind the end."""
        ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """Return up to ``max_length`` bytes."""
        ...


def compression(head: bytes) -> str | None:
    """Return the name of the compression that a file's first bytes announce, or None."""
    return next((name for magic, name in MAGICS.items() if head.startswith(magic)), None)


def follows(kind: str, rest: bytes) -> str | None:
    """Return the compression of what comes behind a whole stream of a kind, if it belongs to it."""
    if kind not in _JOINED:
        return None
    found = compression(rest)
    # Frames to skip are the same in zstd and LZ4.
    return found if found == kind or {found, kind} == {"zstd", "lz4"} else None


@cache
def damage() -> tuple[type[Exception], ...]:
    """Return what decompressors raise for damaged data."""
    zstd: type[Exception] = _zstd_library().ZstdError
    # LZ4's library raises RuntimeError.
    return (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError, RuntimeError, zstd)


def decompressor(kind: str, properties: bytes = b"") -> Decompressor:
    """Return a new decompressor of a kind.

    Besides the names of `MAGICS`: ``deflate`` without any header, and ``zip-lzma`` with the five
    bytes of ``properties`` that a zip archive puts in front.

    Raises:
        UnreadableError: the properties ask for more memory than is given.
    """
    match kind:
        case "bzip2":
            return bz2.BZ2Decompressor()
        case "xz" | "lzma":
            return lzma.LZMADecompressor(memlimit=MEMORY)
        case "zip-lzma":
            return raw_lzma([lzma_filter(properties)])
        case "zstd":
            return _zstd()
        case "lz4":
            return _lz4()
    # zlib counts window bits so: 31 expects a gzip header, -15 none at all.
    return zlib.decompressobj({"gzip": 31, "deflate": -15}.get(kind, 15))


Filter = dict[str, int]
"""As `lzma` takes them."""


def lzma_filter(properties: bytes, unpacked: int | None = None) -> Filter:
    """Return the filter that five bytes of LZMA properties describe.

    ``unpacked`` bytes never need a larger dictionary than themselves, where that is known.

    Raises:
        UnreadableError: they are damaged, or ask for more memory than is given.
    """
    if len(properties) != 5 or properties[0] >= 225:
        raise UnreadableError("the LZMA properties are damaged")
    packed, size = struct.unpack("<BI", properties)
    return {
        "id": lzma.FILTER_LZMA1,
        "dict_size": dictionary(size, unpacked),
        "lc": packed % 9,
        "lp": packed // 9 % 5,
        "pb": packed // 45,
    }


def dictionary(size: int, unpacked: int | None = None) -> int:
    """Return the dictionary to use where ``size`` bytes are asked for.

    Raises:
        UnreadableError: it is more memory than is given.
    """
    wanted = max(4096, size if unpacked is None else min(size, unpacked))
    if wanted > MEMORY:
        raise UnreadableError(f"it needs a dictionary of {wanted} bytes, more than is given")
    return wanted


def raw_lzma(filters: list[Filter]) -> Decompressor:
    """Return a decompressor of LZMA without headers.

    Raises:
        UnreadableError: the filters do not go together.
    """
    try:
        return lzma.LZMADecompressor(format=lzma.FORMAT_RAW, filters=filters)
    except (lzma.LZMAError, ValueError, OverflowError, MemoryError) as error:
        raise UnreadableError(f"the LZMA filters cannot be used ({error})") from error


def _zstd() -> Decompressor:
    zstd = _zstd_library()
    options = {zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW}
    made: Decompressor = zstd.ZstdDecompressor(options=options)
    return made


@cache
def _zstd_library() -> ModuleType:
    """Python's own since 3.14, before that the same under another name. Few files need it."""
    return import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


def _lz4() -> Decompressor:
    from lz4.frame import LZ4FrameDecompressor  # noqa: PLC0415

    made: Decompressor = LZ4FrameDecompressor()
    return made
