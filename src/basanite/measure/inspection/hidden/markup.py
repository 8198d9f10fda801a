"""Markup: passages that are in the source of a page and not on the page.

A comment, an element that is not displayed or is white on white, or text pushed far out of view is
ordinary. It matters where the passage speaks to a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from basanite.domain.names import visible
from basanite.domain.severity import Confidence, Severity
from basanite.measure.inspection.hidden.sight import Sight
from basanite.measure.inspection.passages.addressed import LONGEST, Sign, hostile, said, signs

_REFERENCE = re.compile(
    r"^[ \t]{0,8}\[(?://|comment|_|#|hidden)[^\]\n]{0,40}\]:[ \t]{0,8}(?:#|<>|\.|/)[ \t]{0,8}"
    r"[(\"']([^\n]{1,4000})",
    re.MULTILINE,
)
_TAG = re.compile(r"<([A-Za-z][\w-]{0,20})\b([^<>]{1,1000})>")
_UNSEEN = re.compile(
    r"display\s{0,4}:\s{0,4}none|visibility\s{0,4}:\s{0,4}hidden|font-size\s{0,4}:\s{0,4}[01](?:\.\d)?"
    r"(?:px|pt|em|rem|%)?(?:[;\"'\s]|\Z)|opacity\s{0,4}:\s{0,4}0(?:\.0\d?)?(?:[;\"'\s]|\Z)|"
    r"color\s{0,4}[:=]\s{0,4}[\"']?(?:white\b|#f{3}\b|#f{6}\b|transparent|rgba?\(255,\s?255,\s?255)|"
    r"(?:left|top|text-indent)\s{0,4}:\s{0,4}-\d{3,6}|(?:height|width)\s{0,4}:\s{0,4}0(?:px)?[;\"'\s]|"
    r"(?:^|\s)hidden(?:[\s=]|\Z)",
    re.IGNORECASE,
)
_INNER = re.compile(r"<[^<>]{0,1000}>")
_WHITE = re.compile(r"\\(?:text)?color\{white\}\s{0,4}\{?([^\n}]{1,4000})")
_FAR = re.compile(
    "(?:\\A|(?<=\\S)|(?<=\\n))[ \t\u00a0\u2000-\u200a\u3000]{150,}+(?=([^\\s|][^\\n]{8,4000}))"
)
_BELOW = re.compile(
    r"(?:\A|(?<=\S))(?:[ \t\r]{0,200}+\n){60,}+([^\n]{8,4000}(?:\n[^\n]{1,4000}){0,10})"
)
"""Both begin only where a run of blanks begins: else a long run takes time quadratic in it."""


def passages(text: str) -> Iterator[Sight]:
    """Yield passages that are not shown and speak to a model."""
    for at, passage in _comments(text):
        yield from _spoken(at, passage, "A comment that a page does not show")
    for found in _REFERENCE.finditer(text):
        yield from _spoken(found.start(), found.group(1), "A comment that a page does not show")
    for at, passage in _unseen(text):
        yield from _spoken(at, passage, "An element that a page does not show")
    for found in _WHITE.finditer(text):
        yield from _spoken(found.start(), found.group(1), "White text on a white page")
    for found in _FAR.finditer(text):
        yield from _spoken(
            found.end(), found.group(1), "Text far out of view to the right", wide=True
        )
    for found in _BELOW.finditer(text):
        yield from _spoken(found.start(1), found.group(1), "Text far below the end", wide=True)


def _spoken(at: int, passage: str, where: str, *, wide: bool = False) -> Iterator[Sight]:
    found = signs(passage)
    if hostile(found):
        severity, confidence = Severity.HIGH, Confidence.HIGH
    elif Sign.ADDRESSES in found and (len(found) > 1 or wide):
        severity, confidence = Severity.HIGH, Confidence.MEDIUM
    elif Sign.ADDRESSES in found or (Sign.MARKED in found and not wide):
        severity, confidence = Severity.MEDIUM, Confidence.MEDIUM
    else:
        return
    message = (
        f"{where} speaks to a model: {said(found)}: “{visible(' '.join(passage.split()), 300)}”"
    )
    yield Sight("unseen-orders", at, message, severity, confidence)


def _comments(text: str) -> Iterator[tuple[int, str]]:
    at = text.find("<!--")
    while at >= 0:
        end = text.find("-->", at + 4)
        stop = len(text) if end < 0 else end
        yield at, text[at + 4 : min(stop, at + 4 + LONGEST)]
        if end < 0:
            return
        at = text.find("<!--", end + 3)


def _unseen(text: str) -> Iterator[tuple[int, str]]:
    told = 0
    for tag in _TAG.finditer(text):
        if tag.start() < told:
            continue
        if tag.group(1).lower() in ("script", "style", "path", "input", "svg", "link", "meta"):
            continue
        if not _UNSEEN.search(tag.group(2)):
            continue
        rest = text[tag.end() : tag.end() + 4000]
        end = rest.lower().find(f"</{tag.group(1).lower()}")
        passage = rest if end < 0 else rest[:end]
        told = tag.end() + len(passage)
        yield tag.start(), _INNER.sub(" ", passage)
