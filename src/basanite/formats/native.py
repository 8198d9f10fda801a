"""Native and byte code: programs as the machine, or a virtual one, runs them.

Source: the magic numbers and first header fields of ELF (gABI 4.1), PE/COFF (Microsoft's
specification, revision 11), Mach-O (mach-o/loader.h, fat.h), WebAssembly 1, Java class files (JVM
specification, 4.1), Dalvik, LLVM bit code, Unix archives of objects, and CPython's cached byte
code.
"""

from __future__ import annotations

from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError

NAME = "native"
VERSION = 1
_HEAD = 1 << 16
_FLAT = {
    b"\xfe\xed\xfa\xce": "big", b"\xfe\xed\xfa\xcf": "big",
    b"\xce\xfa\xed\xfe": "little", b"\xcf\xfa\xed\xfe": "little",
}  # fmt: skip
_FAT = (b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf")
_SIMPLE = {
    b"\x00asm\x01\x00\x00\x00": "WebAssembly",
    b"!<arch>\n": "an archive of objects",
    b"BC\xc0\xde": "LLVM bit code",
    b"\xde\xc0\x17\x0b": "LLVM bit code",
    b"dex\n0": "Dalvik byte code",
}


def kind(head: bytes) -> str:
    """Return in words what code begins so; empty when none does. Reads up to 64 KiB of ``head``."""
    if (
        head[:4] == b"\x7fELF"
        and head[4:5] in (b"\x01", b"\x02")
        and head[5:6] in (b"\x01", b"\x02")
    ):
        return "an ELF program or library"
    if head[:2] == b"MZ" and _is_pe(head):
        return "a Windows program or library"
    if (order := _FLAT.get(head[:4])) and len(head) >= 16:
        # The type of file is 1 to 12, and there is at least one command.
        big = order == "big"
        if 1 <= int.from_bytes(head[12:16], "big" if big else "little") <= 12:
            return "a macOS program or library"
    if head[:4] in _FAT and len(head) >= 8:
        count = int.from_bytes(head[4:8], "big")
        if 1 <= count <= 40:
            return "a macOS program or library"
        if head[3] == 0xBE and 45 <= (count & 0xFFFF) <= 100 and count >> 16 in (0, 3, 0xFFFF):
            return "Java byte code"
    if head[2:4] == b"\r\n" and _is_cached(head):
        return "Python byte code"
    return next((words for magic, words in _SIMPLE.items() if head.startswith(magic)), "")


def _is_pe(head: bytes) -> bool:
    place = int.from_bytes(head[60:64], "little")
    return 64 <= place <= len(head) - 4 and head[place : place + 4] == b"PE\x00\x00"


def _is_cached(head: bytes) -> bool:
    """Whether a magic number of CPython 3 is followed by flags, a date and a code object."""
    magic = int.from_bytes(head[:2], "little")
    return (
        3390 <= magic <= 3999
        and head[4] <= 3
        and head[5:8] == b"\0\0\0"
        and (head[16:17] in (b"\xe3", b"\x63"))
    )


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return what kind of code it is.

    Raises:
        UnreadableError: it is none.
    """
    file.seek(0)
    found = kind(file.read(min(size, _HEAD)))
    if not found:
        raise UnreadableError("it is no native code")
    return {"code": found}
