"""What is wrong with a zip archive."""

from __future__ import annotations

import stat
from typing import BinaryIO

from basanite.domain.artifact import Format
from basanite.domain.names import encode_name
from basanite.domain.severity import Severity
from basanite.formats.container.budget import Budget
from basanite.formats.container.walk import announces_data
from basanite.formats.stream import RATIO
from basanite.formats.zip.directory import Member
from basanite.formats.zip.member import truly_encrypted
from basanite.formats.zip.survey import MANY, Survey, survey
from basanite.measure.inspection.archives import rules
from basanite.measure.inspection.archives.found import Found
from basanite.measure.inspection.archives.naming import (
    judge_link,
    judge_name,
    same_names,
    same_text,
)
from basanite.measure.inspection.archives.sums import beginning, is_pickle, judge_sums

LARGE = 256 << 20
"""Bytes; what comes to more than this and to 200 times its size is data that says so, or a bomb."""
_SUSPECT = 1 << 20
_LONGEST_LINK = 4096
_SPECIAL = {
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
    stat.S_IFIFO: "pipe",
    stat.S_IFSOCK: "socket",
}


def judge_zip(found: Found, file: BinaryIO, size: int, form: Format) -> None:
    """Add what is wrong with a zip archive.

    Raises:
        UnreadableError: it has no directory, or a damaged one.
    """
    known = survey(file, size)
    _readings(found, known)
    if len(known.overlapping) > MANY:
        return
    for member in known.members:
        judge_name(found, member.name)
        _kind(found, file, size, member)
        if member.unicode is not None and not same_text(member.raw, member.unicode):
            other = encode_name(member.unicode)
            judge_name(found, other)
            found.add(rules.HIDDEN, member.name, f"Some readers call it {other} instead.")
    for member in known.hidden:
        judge_name(found, member.name)
    _duplicates(found, file, size, known.members)
    _bomb(found, file, size, known.members)
    plain = _encryption(found, file, size, known.members)
    judge_sums(found, file, size, plain, form)


def _readings(found: Found, known: Survey) -> None:
    for difference in known.differences:
        member, other = difference.member, difference.other
        shown = {
            "name": f"name {other.name}",
            "method": f"compression method {other.method} for {member.method}",
            "size": f"size {other.size} for {member.size}",
            "packed size": f"packed size {other.packed} for {member.packed}",
            "check sum": f"check sum {other.crc:08x} for {member.crc:08x}",
            "encryption": "another word on encryption",
        }
        said = ", ".join(shown[each] for each in difference.what)
        found.add(
            rules.HIDDEN,
            member.name,
            f"Its own header has {said}. Readers go by the one or by the other.",
            {"differs": list(difference.what)},
        )
    for member in known.hidden:
        found.add(
            rules.HIDDEN,
            member.name,
            f"It stands at byte {member.header} and the directory does not list it: readers that "
            "go from the front find it, and others do not.",
        )
    for archive in known.others:
        names = ", ".join(each.name for each in archive.members[:3])
        found.add(
            rules.TWO,
            "",
            f"A second directory at byte {archive.begins} lists {names}"
            f"{' and others' if len(archive.members) > 3 else ''}: which archive a program sees "
            "depends on the program.",
            {"begins": archive.begins},
        )
    if known.miscounted is not None:
        found.add(
            rules.HIDDEN,
            "",
            f"The archive counts {known.miscounted} members and lists {len(known.members)}: "
            "readers that go by the count see others than those that go by the list.",
        )
    for first, second in known.overlapping[:3]:
        found.add(
            rules.OVERLAPPING,
            second.name,
            f"It begins at byte {second.header}, inside {first.name}: the same bytes are read "
            "twice, as bombs and hidden members need.",
        )
    if len(known.overlapping) > MANY:
        found.add(
            rules.BOMB, "", f"{len(known.overlapping)} of its members share bytes with others."
        )


def _kind(found: Found, file: BinaryIO, size: int, member: Member) -> None:
    kind = stat.S_IFMT(member.mode)
    if kind == stat.S_IFLNK and member.size <= _LONGEST_LINK:
        target = beginning(file, member, size)[:_LONGEST_LINK]
        judge_link(found, member.name, encode_name(target))
    elif kind in _SPECIAL and not member.size:
        # What has bytes was read from a pipe when the archive was made, and is none.
        found.add(rules.SPECIAL, member.name, f"It is a {_SPECIAL[kind]}.")
    elif member.raw.endswith(b"/") and member.size:
        found.add(
            rules.HIDDEN,
            member.name,
            f"It is named as a folder and holds {member.size} bytes: unpackers drop them, and "
            "readers by name find them.",
        )


def _duplicates(found: Found, file: BinaryIO, size: int, members: tuple[Member, ...]) -> None:
    files = [each for each in members if not each.raw.endswith(b"/") or each.size]
    for name, places in same_names(each.name for each in files).items():
        copies = [files[place] for place in places]
        code = any(is_pickle(file, each, size) for each in copies)
        differ = len({(each.size, each.crc) for each in copies}) > 1
        what = (
            "one of them is a pickle" if code else "and they differ" if differ else "all the same"
        )
        found.add(
            rules.DUPLICATE,
            name,
            f"{len(copies)} members have this name, {what}: readers take the first or the last.",
            severity=None if code or differ else Severity.LOW,
        )


def _bomb(found: Found, file: BinaryIO, size: int, members: tuple[Member, ...]) -> None:
    """Tensors of zeros pack to a thousandth, and their own headers announce how large they are."""
    suspects = [
        each for each in members if each.size > _SUSPECT and each.size > RATIO * each.packed
    ]
    if sum(each.size for each in suspects) <= LARGE:
        return
    total = 0
    for member in sorted(suspects, key=lambda each: -each.size)[:1000]:
        if not announces_data(beginning(file, member, size)):
            total += member.size
        if total > LARGE and total > RATIO * size:
            found.add(
                rules.BOMB,
                "",
                f"It is {size} bytes and unpacks to more than {total}, none of it in a format of "
                "data.",
            )
            return


def _encryption(
    found: Found, file: BinaryIO, size: int, members: tuple[Member, ...]
) -> list[Member]:
    """Return the members that are not encrypted."""
    plain: list[Member] = []
    budget = Budget(size)
    for member in members:
        if not member.encrypted:
            plain.append(member)
        elif truly_encrypted(file, member, size, budget.spend):
            found.add(rules.ENCRYPTED, member.name, "Nobody can look into it without its password.")
        else:
            plain.append(member)
            found.add(
                rules.FLAG,
                member.name,
                "It is marked as encrypted, and its bytes are plain: scanners that believe the "
                "mark pass over it.",
            )
    return plain
