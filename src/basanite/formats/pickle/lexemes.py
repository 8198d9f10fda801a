"""Lexemes: regular expressions that match long runs of opcodes which only make data.

Python needs a tenth of a microsecond and more for each opcode that it looks at; the engine of
regular expressions is several times faster. The opcodes here push constants and short texts, put
them into tuples, lists, sets and dictionaries, and memorise them. Nothing is imported or called.
"""

from __future__ import annotations

import re
from array import array
from functools import lru_cache

LONGEST_TEXT = 40
DEPTH = 3
"""Groups within groups that are matched as one."""
_CONSTANT = rb"K.|M..|[N\x88\x89)]|J....|G.{8}|\x8a(?:\x01.|\x02..|\x03...|\x04....|\x05.{5})"
_SHORT = b"|".join(
    re.escape(bytes([count])) + (b".{%d}" % count if count else b"")
    for count in range(LONGEST_TEXT + 1)
)
_FRAME = rb"\x95.{8}"
_PLAIN = rb"[\x85\x86\x87\]}\x8fas]|" + _FRAME
_MEMO = {b"\x94": rb"\x94", b"r": rb"r....", b"": rb"(?!)"}
"""The opcodes that memorise; one kind in a span, so that it can be counted."""
_CLOSES = rb"[eutld\x90\x91]"


def _binary_text() -> bytes:
    """``BINUNICODE``: the length has four bytes."""
    lengths = b"|".join(
        re.escape(bytes([count])) + b"\0\0\0" + (b".{%d}" % count if count else b"")
        for count in range(LONGEST_TEXT + 1)
    )
    return rb"X(?:" + lengths + rb")"


_TEXTS = rb"\x8c(?:" + _SHORT + rb")|" + _binary_text()


@lru_cache(maxsize=16)
def group(memo: bytes, dull: bytes) -> re.Pattern[bytes]:
    """Return what matches everything behind a mark and the opcode that takes it up.

    More such groups may follow, all into the same container.

    ``memo`` is the opcode that memorises in there, if any does. ``dull`` are the numbers below 256
    whose recalled values are data.
    """
    recalled = rb"|h[" + b"".join(b"\\x%02x" % each for each in dull) + rb"]" if dull else b""
    simple = rb"|".join((_CONSTANT, _MEMO[memo], _TEXTS, _PLAIN)) + recalled
    pattern = simple
    for _ in range(DEPTH - 1):
        pattern = simple + rb"|\((?:" + pattern + rb")*+" + _CLOSES
    one = rb"(?:" + pattern + rb")*+[eu\x90]"
    return re.compile(one + rb"(?:(?:" + _FRAME + rb")?\(" + one + rb")*", re.DOTALL)


@lru_cache(maxsize=1)
def constants() -> re.Pattern[bytes]:
    """Return what matches a run of constants, and of containers that stay empty."""
    return re.compile(rb"(?:" + _CONSTANT + rb"|" + _EMPTY + rb")*+", re.DOTALL)


_EMPTY = rb"[\]}\x8f]"
_ALIKE = rb"(?:K.)++|(?:M..)++|[N\x88\x89)\]}\x8f]++|(?:J....)++|(?:G.{8})++|" + _CONSTANT
_WIDTHS = {
    **dict.fromkeys(b"N\x88\x89)]}\x8f", 1),
    ord("K"): 2,
    ord("M"): 3,
    ord("J"): 5,
    ord("G"): 9,
}


@lru_cache(maxsize=1)
def _alike() -> re.Pattern[bytes]:
    """What matches constants of one kind, as many as stand together."""
    return re.compile(_ALIKE, re.DOTALL)


def count_constants(opcodes: bytes) -> int:
    """Return how many constants, or containers that stay empty, a run of them pushes."""
    runs = _alike().findall(opcodes)
    return sum(len(each) // _WIDTHS.get(each[0], len(each)) for each in runs)


@lru_cache(maxsize=1)
def dropped() -> re.Pattern[bytes]:
    """Return what matches values that are pushed and dropped at once."""
    return re.compile(rb"(?:(?:" + _CONSTANT + rb"|[\]}\x8f])0)*+", re.DOTALL)


_QUIET = rb"(?:" + _CONSTANT + rb"|" + _FRAME + rb"|h.|[\x85\x86\x87\]}\x8fas(eutld\x90\x91]"


@lru_cache(maxsize=2)
def _memorising(memo: bytes) -> re.Pattern[bytes]:
    """What matches up to and with the next opcode that memorises; the group is its argument."""
    stored = rb"(\x94)" if memo == b"\x94" else rb"r(....)"
    return re.compile(_QUIET + rb"|" + _TEXTS + rb")*+(?:" + stored + rb"|\Z)", re.DOTALL)


@lru_cache(maxsize=2)
def _stored(memo: bytes) -> re.Pattern[bytes]:
    """What matches up to the next opcode that memorises; the group is a text, if it is one."""
    text, stored = rb"(?:" + _TEXTS + rb")", _MEMO[memo]
    return re.compile(
        _QUIET + (rb"|%s(?!%s))*+(%s)?+(?:%s|\Z)" % (text, stored, text, stored)),
        re.DOTALL,
    )


def texts_in(opcodes: bytes, memo: bytes) -> list[str | None]:
    """Return what a span of such opcodes memorises, in order: a text, or None for other data."""
    return [
        str(each[2:] if each[:1] == b"\x8c" else each[5:], "utf-8", "replace") if each else None
        for each in _stored(memo).findall(opcodes)
    ]


def memorised(opcodes: bytes, memo: bytes, first: int) -> int | None:
    """Return how many values a span of such opcodes memorises.

    None where they are not numbered one after another from ``first``: the span then has to be
    followed opcode by opcode.
    """
    if not memo or memo not in opcodes:
        return 0
    stored = b"".join(_memorising(memo).findall(opcodes))
    if memo == b"\x94":
        return len(stored)
    count = len(stored) // 4
    same = stored == array("I", range(first, first + count)).tobytes()
    return count if same else None
