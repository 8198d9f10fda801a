"""What a 7z archive is made of."""

from __future__ import annotations

from dataclasses import dataclass

AES = b"\x06\xf1\x07\x01"


@dataclass(frozen=True, slots=True)
class Coder:
    """One step of unpacking."""

    method: bytes
    properties: bytes
    simple: bool
    """Whether it has one stream in and one out."""
    size: int
    """Bytes that come out."""


@dataclass(frozen=True, slots=True)
class File:
    """One file or folder."""

    name: str
    """Encoded."""
    start: int
    """Offset in its unpacked block."""
    size: int
    crc: int | None
    kind: str
    """``file``, ``folder``, ``link``, ``device``, ``pipe``"""


@dataclass(frozen=True, slots=True)
class Folder:
    """One block, and how it is unpacked."""

    coders: tuple[Coder, ...]
    """In the order of packing: the first gives the files, the last takes the packed bytes."""
    start: int
    """Offset of the packed bytes from the start of the file."""
    packed: int
    size: int
    """Bytes unpacked."""
    crc: int | None
    fault: str = ""
    """Why it cannot be unpacked here."""
    files: tuple[File, ...] = ()

    @property
    def encrypted(self) -> bool:
        """Whether one of its coders is AES."""
        return any(each.method == AES for each in self.coders)


@dataclass(frozen=True, slots=True)
class Archive:
    """What the header says."""

    folders: tuple[Folder, ...]
    files: tuple[File, ...]
    """All of them, empty ones included."""
