"""Walk: every file inside an artifact, however deep, each with its format.

Nothing is written anywhere and no container is believed: what its names, sizes and flags lie about
is a matter of the check `archive-structure`; here only what a loader would read counts.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from basanite.domain.artifact import Format, Part
from basanite.domain.errors import UnreadableError
from basanite.domain.value import JsonObject
from basanite.formats.container.budget import MAX_DEPTH, MAX_PARTS, Budget
from basanite.formats.container.entry import Entry, Open, Unlooked
from basanite.formats.container.openers import open_zip, opener
from basanite.formats.detect import also, detect
from basanite.formats.stream import ExpansionError

NAME = "container"
VERSION = 3


_DATA = frozenset(
    {Format.NUMPY, Format.SAFETENSORS, Format.GGUF, Format.HDF5, Format.ONNX, Format.TFLITE,
     Format.PARQUET, Format.PICKLE}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Opened:
    """A part with its bytes."""

    artifact: Part
    file: BinaryIO


def walk(root: Part, file: BinaryIO) -> Iterator[Opened | Unlooked]:
    """Yield what lies inside an artifact, depth first; the artifact itself is not among it."""
    yield from _inside(root, file, Budget(root.size))


def _inside(part: Part, file: BinaryIO, budget: Budget) -> Iterator[Opened | Unlooked]:
    ways: list[Open] = []
    if (own := opener(part.format)) is not None:
        ways.append(own)
    if Format.ZIP.value in part.facts.get("also", ()):
        ways.append(open_zip)
    if not ways:
        return
    if len(part.within) >= MAX_DEPTH:
        yield Unlooked(part.path, f"containers are nested more than {MAX_DEPTH} deep")
        return
    for way in ways:
        try:
            entries = way(file, part.size, part.path, budget)
            while True:
                # What is inside moves the depth; here it is this container's again.
                budget.depth = len(part.within) + 1
                entry = None if budget.over else next(entries, None)
                if entry is None:
                    break
                budget.parts -= 1
                if budget.parts < 0:
                    yield Unlooked(part.path, f"it holds more than {MAX_PARTS} files")
                    return
                yield from _entry(part, entry, budget)
        except UnreadableError as error:
            # What came before the damage was looked at all the same.
            yield _unlooked(part.path, error, budget)


def _entry(outer: Part, entry: Entry, budget: Budget) -> Iterator[Opened | Unlooked]:
    path = f"{outer.path}!/{entry.name}"
    try:
        file, size = entry.content()
        form = detect(path, file, size)
        second = also(form, file, size)
    except UnreadableError as error:
        yield _unlooked(path, error, budget)
        return
    facts: JsonObject = {"also": [each.value for each in second]} if second else {}
    part = Part(
        path=path, size=size, format=form, facts=facts, within=(*outer.within, outer.format)
    )
    yield Opened(part, file)
    yield from _inside(part, file, budget)


def _unlooked(path: str, error: UnreadableError, budget: Budget) -> Unlooked:
    """Return what could not be looked at, and whether a bomb is why, which ends the walk.

    Tensors of zeros unpack to a thousand times their size, and their headers announce it: what
    begins as a known format of data is too large to look into, but no bomb.
    """
    bomb = isinstance(error, ExpansionError) and not announces_data(error.head)
    budget.over |= bomb
    reason = f"{error.what}; nothing behind it was looked at" if bomb else error.what
    return Unlooked(path, reason, bomb)


def announces_data(head: bytes) -> bool:
    """Return whether the beginning of a file is that of a format that says how large it is."""
    return bool(head) and detect("", io.BytesIO(head), len(head)) in _DATA
