"""Pointers that stand in a working copy for large files which were not fetched.

Source: Git LFS specification, version 1; git-annex, pointer files.
"""

from __future__ import annotations

import re

from basanite.domain.names import visible

NAME = "git-pointer"
VERSION = 2
MAX_POINTER = 1024
_LFS = re.compile(
    rb"version https://(?:git-lfs\.github\.com|hawser\.github\.com)/spec/v\d+\r?\n"
    rb"(?:ext-[^\n]*\n)*oid (?:sha256:)?(?P<oid>[0-9a-f]{64})\r?\nsize (?P<size>\d{1,18})\s*"
)
_ANNEX = re.compile(rb"/annex/objects/(?P<key>[A-Z0-9_]+(?:-s\d+)?--[\w.-]+)\s*")


def pointed_at(head: bytes, size: int) -> str | None:
    """Return in words what a file of ``size`` bytes points to, or None when it is no pointer."""
    if size > MAX_POINTER:
        return None
    if (lfs := _LFS.fullmatch(head[:size])) is not None:
        digest = lfs["oid"].decode()[:12]
        return f"it is a pointer of Git LFS to {int(lfs['size'])} bytes (sha256 {digest}…)"
    if (annex := _ANNEX.fullmatch(head[:size])) is not None:
        return f"it is a pointer of git-annex ({visible(annex['key'].decode(), 80)})"
    return None
