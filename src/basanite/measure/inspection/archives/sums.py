"""Check sums of zip members, where reading them is cheap or code may be inside.

Members of up to 8 MiB are read, the smallest first, until 64 MiB of an archive were. Raw tensors
in PyTorch's layout are not, as nobody runs them, nor what is little more than zeros.
"""

from __future__ import annotations

import io
import re
import zlib
from typing import BinaryIO

from basanite.domain.artifact import Format
from basanite.domain.errors import UnreadableError
from basanite.domain.severity import Severity
from basanite.formats.container.budget import Budget
from basanite.formats.container.window import window
from basanite.formats.detect import detect
from basanite.formats.stream import CHUNK, RATIO, ExpansionError
from basanite.formats.zip.directory import Member
from basanite.formats.zip.member import open_member, stored_at
from basanite.measure.inspection.archives import rules
from basanite.measure.inspection.archives.found import Found

_EACH = 8 << 20
_ALL = 64 << 20
_ZEROS = 1 << 18
_TENSOR = re.compile(r"/(?:data|\.data|xl_model_weights|weights|constants)/[^/]+$")
_HEAD = 1 << 16


def judge_sums(
    found: Found, file: BinaryIO, size: int, members: list[Member], form: Format
) -> None:
    """Add members whose bytes are not those that the directory announces.

    A pickle with a wrong sum is loaded by PyTorch and refused by `zipfile`, and with it by scanners
    (CVE-2025-10156).
    """
    if form in _TORCH and all(each.crc == 0 for each in members if each.packed):
        # PyTorch writes so when it is told not to compute check sums, and never reads them.
        return
    left = _ALL
    budget = Budget(size)
    for member in sorted(members, key=lambda each: each.size):
        if member.size > _EACH or left < member.size:
            break
        if form in _TORCH and member.method == 0 and _TENSOR.search(member.name):
            continue
        if member.size > _ZEROS and member.size > RATIO * member.packed:
            continue
        left -= member.size
        try:
            length, crc = _measure(file, size, member, budget)
        except ExpansionError:
            raise
        except UnreadableError as error:
            found.unread.append(f"{member.name}: {error.what}")
            continue
        if length != member.size:
            found.add(
                rules.HIDDEN,
                member.name,
                f"It holds {'more than ' if length > member.size else ''}{length} bytes, and the "
                f"directory announces {member.size}: readers that believe it see something else.",
            )
        elif crc != member.crc:
            code = is_pickle(file, member, size)
            what = "a pickle" if code else "the member"
            found.add(
                rules.CHECKSUM,
                member.name,
                f"The directory announces {member.crc:08x}, and {what} comes to {crc:08x}. Readers "
                "that compare refuse it, and others load it.",
                severity=Severity.HIGH if code else None,
            )


_TORCH = frozenset({Format.PYTORCH_ZIP, Format.PYTORCH_EXPORT, Format.EXECUTORCH})


def _measure(file: BinaryIO, end: int, member: Member, budget: Budget) -> tuple[int, int]:
    """Return length and check sum of the bytes, read to one more than are announced at most."""
    stream = open_member(file, member, end)
    length = crc = 0
    while length <= member.size and (
        data := stream.read(min(CHUNK, max(1, member.size + 1 - length)))
    ):
        budget.spend(len(data))
        length += len(data)
        crc = zlib.crc32(data, crc)
    return length, crc


def is_pickle(file: BinaryIO, member: Member, end: int) -> bool:
    """Return whether a member's bytes are a pickle. Never raises for what they are."""
    head = beginning(file, member, end)
    try:
        stored = stored_at(file, member, end)
    except UnreadableError:
        return False
    if stored is None:
        return bool(head) and detect(member.name, io.BytesIO(head), len(head)) is Format.PICKLE
    return detect(member.name, window(file, *stored), stored[1]) is Format.PICKLE


def beginning(file: BinaryIO, member: Member, end: int) -> bytes:
    """Return the first bytes of a member, or none where it cannot be read."""
    try:
        return open_member(file, member, end).read(_HEAD)
    except UnreadableError:
        return b""
