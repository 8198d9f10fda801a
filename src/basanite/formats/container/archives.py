"""Archives and compressions that are recognised by their first bytes and not looked into."""

from __future__ import annotations

from typing import BinaryIO

_MAGICS = (
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (0, b"MSCF\0\0\0\0", "a Windows cabinet"),
    (0, b"!<arch>\n", "an ar archive"),
    (0, b"xar!\0\x1c", "a xar archive"),
    (0, b"070701", "a cpio archive"),
    (0, b"070702", "a cpio archive"),
    (0, b"070707", "a cpio archive"),
    (0, b"\xc7\x71", "a cpio archive"),
    (0, b"hsqs", "a SquashFS image"),
    (0, b"LZIP\x01", "compressed by lzip"),
    (0, b"\x89LZO\0\r\n\x1a\n", "compressed by lzop"),
    (0, b"\x02\x21\x4c\x18", "compressed by LZ4 in its old format"),
    (0, b"\xff\x06\0\0sNaPpY", "compressed by Snappy"),
    (0, b"\x1f\x9d", "compressed by compress"),
    (0, b"\x1f\xa0", "compressed by compress"),
    (0, b"7kSt", "a ZPAQ archive"),
    (0, b"zPQ", "a ZPAQ archive"),
    (0, b"ArC\x01", "a FreeArc archive"),
    (0, b"StuffIt", "a StuffIt archive"),
    (0, b"MSWIM\0\0\0", "a Windows image"),
    (7, b"**ACE**", "an ACE archive"),
    (2, b"-lh", "an LHA archive"),
    (0x8001, b"CD001", "a disc image"),
)
_ENOUGH = 0x8001 + 5


def other_archive(file: BinaryIO, size: int) -> str | None:
    """Return in words which archive the bytes are, of those that are not looked into, or None."""
    file.seek(0)
    head = file.read(min(size, _ENOUGH))
    return next(
        (
            words
            for place, magic, words in _MAGICS
            if head.startswith(magic, place)
            and (magic != b"-lh" or (head[6:7] == b"-" and head[5:6].isalnum()))
        ),
        None,
    )
