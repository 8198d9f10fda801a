"""What is wrong with tar and 7z archives."""

from __future__ import annotations

import io
from functools import partial
from typing import BinaryIO

from basanite.domain.artifact import Format
from basanite.domain.errors import UnreadableError
from basanite.domain.names import encode_name
from basanite.domain.severity import Severity
from basanite.formats import tar
from basanite.formats.container.budget import Budget
from basanite.formats.container.openers import whole_tar
from basanite.formats.container.solid import Solid
from basanite.formats.container.walk import announces_data
from basanite.formats.container.window import window
from basanite.formats.detect import detect
from basanite.formats.seven_zip.folder import open_folder
from basanite.formats.seven_zip.reader import Archive, Folder, read_archive
from basanite.formats.stream import RATIO
from basanite.measure.inspection.archives import rules
from basanite.measure.inspection.archives.found import Found
from basanite.measure.inspection.archives.naming import (
    judge_link,
    judge_name,
    same_names,
    unpacked_name,
)
from basanite.measure.inspection.archives.zips import LARGE

_LONGEST_LINK = 4096
_HEAD = 1 << 16


def judge_tar(found: Found, file: BinaryIO, size: int) -> None:
    """Add what is wrong with a tar archive, which may be compressed as a whole.

    Raises:
        UnreadableError: it is damaged, ends early, or unpacks to more than it may.
    """
    source, length = whole_tar(file, size, Budget(size))
    pickles: dict[str, list[bool]] = {}
    hidden = 0
    for member in tar.members(source, 0, length):
        judge_name(found, member.name)
        if member.link:
            judge_link(found, member.name, member.link, hard=member.kind == "hard link")
        if member.kind in ("device", "pipe"):
            found.add(rules.SPECIAL, member.name, f"It is a {member.kind}.")
        if member.kind == "file":
            seen = pickles.setdefault(unpacked_name(member.name), [])
            seen.append(_is_pickle(source, member))
        if member.hidden:
            hidden += 1
            found.add(
                rules.TWO,
                member.name,
                f"It stands at byte {member.start}, behind the end of the archive, where most "
                "readers stop and some go on.",
            )
    for name, seen in pickles.items():
        if len(seen) > 1:
            # Appending a newer version is how tar archives are updated.
            found.add(
                rules.DUPLICATE,
                name,
                f"{len(seen)} members have this name"
                f"{', one of them is a pickle' if any(seen) else ''}: readers take the first or "
                "the last.",
                severity=None if any(seen) else Severity.MEDIUM,
            )


def _is_pickle(source: BinaryIO | Solid, member: tar.TarMember) -> bool:
    """Whether a member is a pickle, by its beginning."""
    if isinstance(source, Solid):
        source.seek(member.start)
        head = source.read(min(member.size, 1 << 16))
        return _pickled(member.name, head)
    return detect(member.name, window(source, member.start, member.size), member.size) is (
        Format.PICKLE
    )


def _pickled(name: str, head: bytes) -> bool:
    return detect(name, io.BytesIO(head), len(head)) is Format.PICKLE


def judge_seven_zip(found: Found, file: BinaryIO, size: int) -> None:
    """Add what is wrong with a 7z archive.

    Raises:
        UnreadableError: its header is damaged, encrypted or packed in a way that is not read.
    """
    budget = Budget(size)
    archive = read_archive(file, size, budget.spend)
    for each in archive.files:
        judge_name(found, each.name)
        if each.kind in ("device", "pipe"):
            found.add(rules.SPECIAL, each.name, f"It is a {each.kind}.")
    files = [each.name for each in archive.files if each.kind != "folder"]
    for name, places in same_names(files).items():
        found.add(
            rules.DUPLICATE,
            name,
            f"{len(places)} members have this name: readers take the first or the last.",
        )
    for folder in archive.folders:
        _links(found, file, size, folder, budget)
    _bomb(found, file, size, archive, budget)
    encrypted = sum(folder.encrypted for folder in archive.folders)
    if encrypted:
        found.add(
            rules.ENCRYPTED,
            "",
            f"Nobody can look into {encrypted} of its {len(archive.folders)} blocks without the "
            "password.",
        )


def _bomb(found: Found, file: BinaryIO, size: int, archive: Archive, budget: Budget) -> None:
    total = 0
    for folder in archive.folders:
        if folder.size <= RATIO * folder.packed or folder.encrypted or not folder.files:
            continue
        largest = max(folder.files, key=lambda each: each.size)
        try:
            solid = Solid(partial(open_folder, file, size, folder), budget)
            solid.seek(largest.start)
            data = announces_data(solid.read(_HEAD))
        except UnreadableError:
            data = False
        total += 0 if data else folder.size
    if total > LARGE and total > RATIO * size:
        found.add(
            rules.BOMB,
            "",
            f"It is {size} bytes and unpacks to {total}, none of it in a format of data.",
        )


def _links(found: Found, file: BinaryIO, size: int, folder: Folder, budget: Budget) -> None:
    links = [each for each in folder.files if each.kind == "link" and each.size <= _LONGEST_LINK]
    if not links or folder.encrypted:
        return
    try:
        solid = Solid(partial(open_folder, file, size, folder), budget)
        for each in links:
            target = solid.view(each.start, each.size).read()
            judge_link(found, each.name, encode_name(target))
    except UnreadableError as error:
        found.unread.append(f"links: {error.what}")
