"""Direction: controls that make letters stand in another order than they are read.

Sources: Unicode Standard Annex 9; "Trojan Source" (Boucher and Anderson, 2021, CVE-2021-42574).
Text in Arabic, Hebrew and other scripts from right to left needs some of them; balanced isolates
and embeddings change nothing that matters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from basanite.domain.severity import Confidence, Severity
from basanite.measure.inspection.hidden.sight import Sight, called

_CONTROL = re.compile("[\u202a-\u202e\u2066-\u2069]")
_LRE, _RLE, _PDF, _LRO, _RLO = "\u202a\u202b\u202c\u202d\u202e"
_LRI, _RLI, _FSI, _PDI = "\u2066\u2067\u2068\u2069"
_CLOSES = {_LRE: _PDF, _RLE: _PDF, _LRO: _PDF, _RLO: _PDF, _LRI: _PDI, _RLI: _PDI, _FSI: _PDI}
_FROM_RIGHT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_LATIN = re.compile(r"[A-Za-z0-9]")
_COVERED = 400
"""Characters behind a control that are looked at."""
_OPEN = 20
"""Controls without an end that are reported of one line."""


def directions(text: str, *, code: bool) -> Iterator[Sight]:
    """Yield controls that show the letters of a text in another order.

    ``code``: the text is read by a compiler, where order decides what is code and what is comment.
    """
    at = 0
    foreign: bool | None = None
    while (found := _CONTROL.search(text, at)) is not None:
        start = text.rfind("\n", 0, found.start()) + 1
        end = text.find("\n", found.start())
        end = len(text) if end < 0 else end
        line = text[found.start() : end]
        if foreign is None:
            foreign = _FROM_RIGHT.search(text) is not None
        yield from _line(line, found.start(), code=code, foreign=foreign)
        at = max(end, start + 1)


def _line(line: str, start: int, *, code: bool, foreign: bool) -> Iterator[Sight]:
    opened: list[tuple[int, str]] = []
    for control in _CONTROL.finditer(line):
        character, at = control.group(), control.start()
        if character in _CLOSES:
            opened.append((at, character))
        elif opened and _CLOSES[opened[-1][1]] == character:
            begin, kind = opened.pop()
            yield from _covered(
                kind,
                line[begin + 1 : min(at, begin + _COVERED)],
                start + begin,
                code=code,
                foreign=foreign,
                closed=True,
            )
    for begin, kind in opened[:_OPEN]:
        yield from _covered(
            kind,
            line[begin + 1 : begin + _COVERED],
            start + begin,
            code=code,
            foreign=foreign,
            closed=False,
        )


def _covered(
    kind: str, covered: str, at: int, *, code: bool, foreign: bool, closed: bool
) -> Iterator[Sight]:
    from_right = _FROM_RIGHT.search(covered) is not None
    latin = _LATIN.search(covered) is not None
    ends = "" if closed else ", and nothing ends it on the line"
    name = called(kind)
    if kind == _RLO and latin and not from_right:
        message = f"{name} shows Latin letters from right to left{ends}."
        yield Sight("reordered", at, message, Severity.HIGH)
    elif kind in (_RLO, _LRO) and (latin or from_right) and not foreign and code:
        message = f"{name} fixes the order of letters in code{ends}."
        yield Sight("reordered", at, message, Severity.HIGH)
    elif kind in (_RLI, _RLE) and latin and not from_right:
        severe = Severity.HIGH if code else Severity.LOW if closed else Severity.MEDIUM
        message = f"{name} sets text without a letter of such a script{ends}."
        yield Sight("reordered", at, message, severe, Confidence.MEDIUM)
    elif not closed and code and covered.strip():
        message = f"{name} stands in code{ends}."
        yield Sight("reordered", at, message, Severity.MEDIUM, Confidence.MEDIUM)
    elif kind == _RLO and not foreign and covered.strip():
        message = f"{name} sets text{ends}."
        yield Sight("reordered", at, message, Severity.LOW, Confidence.MEDIUM)
