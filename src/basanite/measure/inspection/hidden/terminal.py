"""Terminal: escape sequences and code that a screen does not show.

Sources: ECMA-48 (control functions), OSC sequences of xterm.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from basanite.domain.names import visible
from basanite.domain.severity import Confidence, Severity
from basanite.measure.inspection.hidden.sight import Sight

_ESCAPE = re.compile(r"\x1b(?:\[([0-9;:?<=>]{0,64})([@-~])|([\]PX^_])|[@-Z\\^_c])|\x9b")
_PUSHED = re.compile(r";[ \t]{80,}+(?=[^\s#])")
_CONCEALS = {"8"}


def escapes(text: str) -> Iterator[Sight]:
    """Yield escape sequences that hide or overwrite what a terminal shows. Colours do neither."""
    worst: re.Match[str] | None = None
    count = 0
    for found in _ESCAPE.finditer(text):
        if found.group(2) == "m" and not _CONCEALS & set(re.split("[;:]", found.group(1))):
            continue
        count += 1
        worst = worst or found
    if worst is not None:
        message = f"A terminal hides or overwrites text here: {visible(worst.group(), 40)}"
        message += f", and {count - 1} times more." if count > 1 else "."
        yield Sight("terminal-escapes", worst.start(), message, Severity.MEDIUM, Confidence.MEDIUM)


def pushed(text: str) -> Iterator[Sight]:
    """Yield code that stands far to the right of the code before it."""
    for found in _PUSHED.finditer(text):
        message = "Code stands far out of view, to the right of a statement."
        yield Sight("pushed-code", found.start(), message, Severity.MEDIUM)
