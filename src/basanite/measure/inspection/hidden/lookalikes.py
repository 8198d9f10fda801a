"""Lookalikes: names that seem Latin and are not.

Only letters that are drawn alike count, only in words that are otherwise Latin, and only where the
word is a name: of a tool, a key, a function, a host. Words of prose mix scripts for good reasons.
Source: the Latin, Cyrillic, Greek and Armenian part of Unicode's confusables (UTS 39).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from basanite.domain.names import visible
from basanite.domain.severity import Confidence, Severity
from basanite.measure.inspection.hidden.sight import Sight, called

_CYRILLIC = "асеорхуіјѕһԁԛԝАВСЕНІЈКМОРЅТХҮ"
_GREEK = "οΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"
_ARMENIAN = "օոսհ"
_ALIKE = f"{_CYRILLIC}{_GREEK}{_ARMENIAN}"
_WORD = re.compile(
    rf"(?<![A-Za-z0-9_{_ALIKE}])[A-Za-z0-9_]{{0,80}}+[{_ALIKE}][A-Za-z0-9_{_ALIKE}]{{0,80}}+"
)
"""A word begins where no letter stands before it: else a long one takes quadratic time."""
_DEFINED = re.compile(r"(?:\b(?:def|class|import|from|as)[ \t]{1,8}|\.)\Z")
_KEY = re.compile(r"[\w.-]{0,80}[\"']?[ \t]{0,8}[:=](?![:/])")
_NAMED = re.compile(
    r"\"(?:name|command|tool|function|server)\"[ \t]{0,8}:[ \t]{0,8}\"[\w./ -]{0,80}\Z"
)
_HOST = re.compile(r"\bhttps?://[\w.-]{0,100}\Z")


def lookalikes(text: str, *, code: bool, keyed: bool) -> Iterator[Sight]:
    """Yield names that hold letters of another script which look Latin."""
    seen: set[str] = set()
    for found in _WORD.finditer(text):
        word = found.group()
        latin = sum(c.isascii() and c.isalpha() for c in word)
        alike = sum(not c.isascii() for c in word)
        before = text[max(0, found.start() - 120) : found.start()]
        after = text[found.end() : found.end() + 1]
        if latin < 2 or alike > latin or word in seen or before[-1:].isalpha() or after.isalpha():
            continue
        if not _is_name(text, found, before, code=code, keyed=keyed):
            continue
        seen.add(word)
        odd = next(c for c in word if not c.isascii())
        yield Sight(
            "lookalike-name",
            found.start(),
            f"The name {visible(word, 80)} seems Latin and holds {called(odd)}.",
            Severity.MEDIUM,
            Confidence.MEDIUM,
        )


def _is_name(text: str, found: re.Match[str], before: str, *, code: bool, keyed: bool) -> bool:
    if _HOST.search(before):
        return True
    if code:
        called_or_set = re.compile(r"[ \t]{0,4}(?:\(|=(?!=)|\.\w)").match(text, found.end())
        quoted = before[-1:] in ("'", '"')
        return _DEFINED.search(before) is not None or (called_or_set is not None and not quoted)
    if not keyed:
        return False
    return _KEY.match(text, found.end()) is not None or _NAMED.search(before) is not None
