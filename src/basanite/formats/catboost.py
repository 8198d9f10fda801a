"""Reader of CatBoost's binary models: a length, a FlatBuffer of numbers and names; no code.

Source: catboost/libs/model/model.cpp and flatbuffers/model.fbs of the CatBoost project (1.2).
"""

from __future__ import annotations

import struct
from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.formats.contradiction import ContradictionError

NAME = "catboost"
VERSION = 1
MAGIC = b"CBM1"


def looks_like_catboost(head: bytes) -> bool:
    """Whether a file begins as CatBoost writes its models."""
    return head.startswith(MAGIC)


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return the size of the core and the bytes behind it, which hold tables for text features.

    Raises:
        UnreadableError: the file ends early.
        ContradictionError: the core's own root lies outside of it.
    """
    file.seek(0)
    head = file.read(min(size, 12))
    if len(head) < 12 or not looks_like_catboost(head):
        raise UnreadableError("no CatBoost model, or it ends early")
    core, root = struct.unpack("<II", head[4:12])
    if core > size - 8:
        raise UnreadableError(f"the model announces {core} bytes and {size - 8} are there")
    if core < 8 or root + 4 > core:
        raise ContradictionError("the model's root lies outside of it")
    file.seek(8 + root)
    (table,) = struct.unpack("<i", file.read(4))
    if not 4 <= root - table <= core - 4:
        raise ContradictionError("the model's table of fields lies outside of it")
    return {"layout": "cbm", "core_bytes": core, "further_bytes": size - 8 - core}
