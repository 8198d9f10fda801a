"""Reader of HDF5 signatures and superblocks, and of Keras's traces in them.

Source: HDF5 File Format Specification 3.0, section II.A.
"""

from __future__ import annotations

from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError

NAME = "hdf5"
VERSION = 1
MAGIC = b"\x89HDF\r\n\x1a\n"
_SEARCHED = 1 << 20


def find_superblock(file: BinaryIO, size: int) -> int | None:
    """Return where the superblock begins: at 0, 512, 1024, 2048, … or nowhere (None)."""
    at = 0
    while at + len(MAGIC) <= min(size, 1 << 24):
        file.seek(at)
        if file.read(len(MAGIC)) == MAGIC:
            return at
        at = max(512, at * 2)
    return None


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return the superblock's version and whether Keras wrote the file.

    Raises:
        UnreadableError: there is no superblock, or the file ends before the address it states.
    """
    at = find_superblock(file, size)
    if at is None:
        raise UnreadableError("no HDF5 superblock")
    file.seek(at)
    block = file.read(96)
    if len(block) < 48:
        raise UnreadableError("the HDF5 superblock ends early")
    version = block[8]
    if version > 3:
        raise UnreadableError(f"HDF5 superblock version {version} is not known")
    width, place = (block[13], 24 if version == 0 else 28) if version < 2 else (block[9], 12)
    # Base address, free space or extension, end of file: in both layouts the third address.
    end_at = place + 2 * width
    if width not in (2, 4, 8) or end_at + width > len(block):
        raise UnreadableError("the HDF5 superblock has addresses of an odd width")
    announced = int.from_bytes(block[end_at : end_at + width], "little")
    file.seek(0)
    head = file.read(min(size, _SEARCHED))
    if announced > size:
        raise UnreadableError(f"the file announces {announced} bytes and has {size}: it ends early")
    return {
        "superblock": version,
        "keras": b"keras_version" in head,
        "model_config": b"model_config" in head,
        "lambda_layer": b'"class_name": "Lambda"' in head,
    }
