"""Walk: every file inside an artifact, however deep, each with its format.

Nothing is written anywhere and no container is believed: what its names, sizes and flags lie about
is a matter of the check `archive-structure`; here only what a loader would read counts.
"""

from __future__ import annotations

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

NAME = "container"
VERSION = 1


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
            for entry in way(file, part.size, part.path, budget):
                budget.parts -= 1
                if budget.parts < 0:
                    yield Unlooked(part.path, f"it holds more than {MAX_PARTS} files")
                    return
                yield from _entry(part, entry, budget)
        except UnreadableError as error:
            # What came before the damage was looked at all the same.
            yield Unlooked(part.path, error.what)


def _entry(outer: Part, entry: Entry, budget: Budget) -> Iterator[Opened | Unlooked]:
    path = f"{outer.path}!/{entry.name}"
    try:
        file, size = entry.content()
        form = detect(path, file, size)
        second = also(form, file, size)
    except UnreadableError as error:
        yield Unlooked(path, error.what)
        return
    facts: JsonObject = {"also": [each.value for each in second]} if second else {}
    part = Part(
        path=path, size=size, format=form, facts=facts, within=(*outer.within, outer.format)
    )
    yield Opened(part, file)
    yield from _inside(part, file, budget)
