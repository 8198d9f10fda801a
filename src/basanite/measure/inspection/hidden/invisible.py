"""Invisible: single characters that nothing shows, where no script needs them.

Joiners belong to Persian, Indic scripts and emoji, zero-width spaces to Thai, Khmer and Japanese,
soft hyphens to long words. Between Latin letters they split words, so that filters and searches no
longer see them. Source: Unicode 17.0, sections 23.2 and 23.3.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from basanite.domain.severity import Confidence, Severity
from basanite.measure.inspection.hidden.sight import Sight, called
from basanite.measure.inspection.passages.addressed import hostile, said, signs

_SPLITTERS = "\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff\u180e\u034f\u00ad"
_BETWEEN = re.compile(f"(?<=[A-Za-z])[{_SPLITTERS}]+(?=[A-Za-z])")
_ANY_SPLITTER = re.compile(f"[{_SPLITTERS}]")
_FILLERS = re.compile("[\u115f\u1160\u3164\uffa0]+")
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]{24,}")
_SOFT = re.compile("\u00ad{3,}")
_NAMED_BY = "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff\uff65-\uffdc"
_HANGUL = re.compile(f"[{_NAMED_BY}]")


def invisibles(text: str, *, code: bool) -> Iterator[Sight]:
    """Yield words that are split, fillers, and runs that no script needs."""
    yield from _split(text)
    yield from _fillers(text, code=code)
    for run in _SOFT.finditer(text):
        message = f"{len(run.group())} soft hyphens stand in a row."
        yield Sight("zero-width", run.start(), message, Severity.LOW, Confidence.MEDIUM)
    runs = list(_PRIVATE.finditer(text))
    if runs:
        message = (
            f"{len(runs[0].group())} characters of private use stand in a row, "
            f"{called(runs[0].group()[0])} and following: what they mean nobody can know."
        )
        yield Sight("private-use", runs[0].start(), message, Severity.LOW, Confidence.MEDIUM)


def _split(text: str) -> Iterator[Sight]:
    """Yield lines that say something to a model only when the invisible is taken away."""
    found = [each for each in _BETWEEN.finditer(text) if each.group() != "\u00ad"]
    told = -1
    for each in _ANY_SPLITTER.finditer(text) if found else ():
        if each.start() < told:
            continue
        start = text.rfind("\n", 0, each.start()) + 1
        end = text.find("\n", each.start())
        told = len(text) if end < 0 else end
        line = text[start : min(told, start + 20_000)]
        signed = signs(_ANY_SPLITTER.sub("", line)) - signs(line)
        if hostile(signed):
            message = f"Invisible characters split the words of an order: {said(signed)}."
            yield Sight("split-words", each.start(), message, Severity.HIGH)
    if found:
        character = found[0].group()[0]
        message = f"{called(character)} splits a Latin word, here and in {len(found) - 1} more."
        if len(found) == 1:
            message = f"{called(character)} splits a Latin word."
        yield Sight("split-words", found[0].start(), message, Severity.LOW, Confidence.LOW)


def _fillers(text: str, *, code: bool) -> Iterator[Sight]:
    for run in _FILLERS.finditer(text):
        around = text[max(0, run.start() - 2) : run.start()] + text[run.end() : run.end() + 2]
        if _HANGUL.search(_FILLERS.sub("", around)):
            continue
        named = code and any(unicodedata.category(c).startswith("L") for c in run.group())
        quoted = text[run.start() - 1 : run.start()] in ('"', "'")
        message = f"{called(run.group()[0])} stands far from any Korean letter."
        if named and not quoted:
            message = f"{called(run.group()[0])} is a letter that nobody sees: a name in code."
            yield Sight("invisible-name", run.start(), message, Severity.HIGH, Confidence.MEDIUM)
        else:
            severity = Severity.MEDIUM if len(run.group()) >= 8 else Severity.LOW
            yield Sight("zero-width", run.start(), message, severity, Confidence.MEDIUM)
