"""What an archive holds by the members' names: what leads outside, what nobody looks into."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from basanite.domain.artifact import Format
from basanite.domain.errors import UnreadableError
from basanite.formats import tar
from basanite.formats.detect import detect, names_model
from basanite.formats.stream import Span, fill
from basanite.formats.unpacked import whole
from basanite.formats.zip.directory import members
from basanite.formats.zip.member import open_member

MAX_MEMBERS = 20_000
"""Members whose beginnings are looked at."""
_HEAD = 1 << 16
_UNDERSTOOD_ELSEWHERE = frozenset(
    {Format.PICKLE, Format.PYTORCH_ZIP, Format.ZIP, Format.NUMPY, Format.TAR, Format.GZIP}
)
_MODELS = frozenset(
    {
        Format.SAFETENSORS, Format.ONNX, Format.GGUF, Format.HDF5, Format.KERAS, Format.TFLITE,
    }
)  # fmt: skip


@dataclass(frozen=True)
class Contents:
    """What was seen in an archive."""

    members: int
    leaving: tuple[str, ...]
    """Members that lead outside of the folder they are unpacked to."""
    unread: tuple[str, ...]
    """Members that are, or in a model may be, models of a kind that no check reads in there."""


def contents(form: Format, file: BinaryIO, size: int, *, is_model: bool) -> Contents:
    """Return what a zip or tar archive holds. ``is_model``: the archive itself is a model.

    Raises:
        UnreadableError: it is damaged, or too large to be looked through.
    """
    count = 0
    leaving: list[str] = []
    unread: list[str] = []
    found = _zip(file, size) if form is Format.ZIP else _tar(file, size)
    for name, leaves, head in islice(found, MAX_MEMBERS + 1):
        count += 1
        if leaves:
            leaving.append(name)
        if _is_unread(name, head, is_model=is_model):
            unread.append(name)
    if count > MAX_MEMBERS:
        raise UnreadableError(f"it has more than {MAX_MEMBERS} members")
    return Contents(count, tuple(leaving), tuple(unread))


def _is_unread(name: str, head: bytes | None, *, is_model: bool) -> bool:
    if head is None:
        return is_model or names_model(name)
    kind = detect(name, io.BytesIO(head), len(head))
    if kind in _UNDERSTOOD_ELSEWHERE:
        return False
    return kind in _MODELS or (
        kind in (Format.UNKNOWN, Format.PARQUET) and (is_model or names_model(name))
    )


def _zip(file: BinaryIO, size: int) -> Iterator[tuple[str, bool, bytes | None]]:
    for each in members(file, 0, size):
        head: bytes | None
        try:
            head = fill(open_member(file, each, size), _HEAD)
        except UnreadableError:
            head = None
        yield each.name, tar.escapes(each.name), head


def _tar(file: BinaryIO, size: int) -> Iterator[tuple[str, bool, bytes | None]]:
    opened, length = whole(file, size)
    for each in tar.members(opened, 0, length):
        yield each.name, each.leaves, fill(Span(opened, each.start, each.size), _HEAD)
