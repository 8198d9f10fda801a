"""Ciphers: messages written in characters that nothing shows.

Tag characters repeat ASCII invisibly (Unicode, block Tags); variation selectors can stand for the
256 values of a byte; two or more zero-width characters can stand for bits. What such a run spells
is decoded, so that a person can read it.
Sources: Unicode 17.0, sections 23.4 (variation selectors) and 23.9 (tags); UTS 51, ED-14a (flags).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from basanite.domain.names import visible
from basanite.domain.severity import Confidence, Severity
from basanite.measure.inspection.hidden.sight import Sight, called
from basanite.measure.inspection.passages.addressed import said, signs

_TAGS = re.compile("[\U000e0000-\U000e007f]+")
_FLAG = re.compile(
    "[\U000e0061-\U000e007a]{2}[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,4}\U000e007f"
)
_BLACK_FLAG = "\U0001f3f4"
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{2,}")
_SELECTED = re.compile("[A-Za-z][\ufe00-\ufe0e\U000e0100-\U000e01ef]")
ZERO_WIDTH = "\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff\u180e\u034f\u061c"
_ZERO = re.compile(f"[{ZERO_WIDTH}]{{4,}}")
_MESSAGE = 8
"""Invisible characters in a row that carry at least one byte, as bits."""
_SPREAD = re.compile(f"[A-Za-z][{ZERO_WIDTH}](?=[A-Za-z])")
_LONGEST = 100_000


def ciphers(text: str) -> Iterator[Sight]:
    """Yield messages in invisible characters."""
    yield from _tags(text)
    yield from _selectors(text)
    yield from _zero_width(text)


def _tags(text: str) -> Iterator[Sight]:
    for run in _TAGS.finditer(text):
        flag = text[run.start() - 1 : run.start()] == _BLACK_FLAG
        if flag and _FLAG.fullmatch(run.group()):
            continue
        spelt = "".join(chr(ord(c) - 0xE0000) for c in run.group()[:_LONGEST] if ord(c) >= 0xE0020)
        serious = len(spelt) >= 3
        yield Sight(
            "tag-characters",
            run.start(),
            f"{len(run.group())} tag characters, {called(run.group()[0])} and following, "
            + _spells(spelt),
            Severity.HIGH if serious else Severity.MEDIUM,
        )


def _selectors(text: str) -> Iterator[Sight]:
    for run in _SELECTORS.finditer(text):
        count = len(run.group())
        if count < 4:
            continue  # an editor that doubles the one behind an emoji
        data = bytes(_byte(c) for c in run.group()[:_LONGEST])
        yield Sight(
            "variation-selectors",
            run.start(),
            f"{count} variation selectors in a row, {called(run.group()[0])} and following, "
            + _spells(data.decode("utf-8", "replace")),
            Severity.HIGH,
        )
    singles = list(_SELECTED.finditer(text))
    if len(singles) >= _MESSAGE:
        data = bytes(_byte(each.group()[1]) for each in singles[:_LONGEST])
        yield Sight(
            "variation-selectors",
            singles[0].start(),
            f"{len(singles)} Latin letters are followed by variation selectors, "
            + _spells(data.decode("utf-8", "replace")),
            Severity.HIGH,
            Confidence.MEDIUM,
        )


def _byte(selector: str) -> int:
    number = ord(selector)
    return number - 0xFE00 if number <= 0xFE0F else number - 0xE0100 + 16


def _zero_width(text: str) -> Iterator[Sight]:
    for run in _ZERO.finditer(text):
        group = run.group()
        kinds = sorted(set(group))
        names = ", ".join(called(each) for each in kinds[:4])
        coded = len(group) >= _MESSAGE and len(kinds) > 1
        spelt = _bits(group[:_LONGEST], kinds) if coded else ""
        severity = Severity.HIGH if coded else Severity.MEDIUM if len(kinds) > 1 else Severity.LOW
        yield Sight(
            "zero-width",
            run.start(),
            f"{len(group)} characters of no width in a row ({names})"
            + (f", {_spells(spelt)}" if spelt else "."),
            severity,
            Confidence.HIGH if spelt else Confidence.MEDIUM,
        )
    spread = list(_SPREAD.finditer(text))
    marks = "".join(each.group()[1] for each in spread)
    kinds = sorted(set(marks))
    if len(marks) >= 2 * _MESSAGE and len(kinds) > 1:
        spelt = _bits(marks[:_LONGEST], kinds)
        yield Sight(
            "zero-width",
            spread[0].start() + 1,
            f"{len(marks)} characters of no width stand between letters "
            f"({', '.join(called(each) for each in kinds[:4])})"
            + (f", {_spells(spelt)}" if spelt else "."),
            Severity.HIGH if spelt else Severity.MEDIUM,
            Confidence.MEDIUM,
        )


def _bits(run: str, kinds: list[str]) -> str:
    """Return what a run spells as bits, most significant first; empty where that is no text."""
    for zero in kinds:
        for one in kinds:
            if zero == one:
                continue
            digits = "".join("0" if c == zero else "1" for c in run if c in (zero, one))
            for width in (8, 7, 16):
                spelt = "".join(
                    chr(int(digits[at : at + width], 2))
                    for at in range(0, len(digits) - width + 1, width)
                )
                if spelt and all(31 < ord(c) < 127 or c in "\n\t" for c in spelt):
                    return spelt
        if len(kinds) > 4:
            return ""
    return ""


def _spells(spelt: str) -> str:
    if not spelt.strip("\x00\ufffd "):
        return "spelling nothing readable."
    found = signs(spelt)
    words = f"spelling “{visible(spelt, 400)}”"
    return f"{words}: {said(found)}." if found else f"{words}."
