"""TOML through the standard library; lines by the names of the keys. Source: TOML 1.0."""

from __future__ import annotations

import re
import tomllib

from basanite.domain.errors import UnreadableError
from basanite.formats.keyed.document import Keyed, Path, nodes

_KEY = re.compile(
    r"[ \t]{0,40}(?:\[{1,2}[^\]\n]{0,200}?([\w-]{1,100})[\"']?\]|[\"']?([\w.-]{1,100}))"
)
_DEEP = re.compile(r"(?:[\w\"'-]{1,80}+[ \t]{0,4}+\.[ \t]{0,4}+){48}")
"""A dotted key of so many parts; the standard library needs time quadratic in their number."""


def read_toml_text(text: str) -> Keyed:
    """Return the values of a TOML document.

    Raises:
        UnreadableError: it is no TOML, or nested too deeply.
    """
    if _DEEP.search(text):
        raise UnreadableError("a key of the TOML has too many parts")
    try:
        value = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"no TOML that can be read ({error})"[:300]) from error
    first: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        found = _KEY.match(line)
        if found:
            name = found.group(1) or found.group(2).rpartition(".")[2]
            first.setdefault(name, number)
    lines: dict[Path, int] = {
        path: first[str(path[-1])] for path, _ in nodes(value) if path and str(path[-1]) in first
    }
    return Keyed(value, lines)
