"""Names of members: where they lead, what is odd about them, and which are the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from basanite.domain.names import decode_name
from basanite.formats.tar import escapes
from basanite.measure.inspection.archives import rules
from basanite.measure.inspection.archives.found import Found

_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINES = frozenset("\u2028\u2029")
_ICON = re.compile(r"(?:^|/)(?:\._)?Icon\r$")
"""How macOS calls the picture of a folder."""


def judge_name(found: Found, name: str) -> None:
    """Add what is wrong with an encoded name."""
    if escapes(name):
        found.add(rules.OUTSIDE, name, f"Unpacking it writes to {name}, outside of the folder.")
    text = decode_name(name).decode("utf-8", "surrogateescape")
    if _ICON.search(text):
        return
    if "\0" in text:
        words = "has a zero byte, where some readers end it and others do not"
    elif any(each in _BIDI for each in text):
        words = "has marks that turn the direction of writing, so that people read another name"
    elif any(each in _LINES or unicodedata.category(each) == "Cc" for each in text):
        words = "has control characters, which screens and logs obey or hide"
    else:
        return
    found.add(rules.NAME, name, f"The name {words}.")


def judge_link(found: Found, name: str, target: str, *, hard: bool = False) -> None:
    """Add that a link leads outside, if it does. Both names are encoded."""
    depth = 0 if hard else name.strip("/").count("/")
    if escapes(target, depth):
        found.add(
            rules.LINK, name, f"It leads to {target}, outside of the folder.", {"target": target}
        )


def same_names(names: Iterable[str]) -> dict[str, list[int]]:
    """Return the places of names that come to the same when unpacked, by that name."""
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        places.setdefault(unpacked_name(name), []).append(place)
    return {name: each for name, each in places.items() if len(each) > 1}


def unpacked_name(name: str) -> str:
    """Return where a member ends up."""
    if "\\" not in name and "./" not in name and "//" not in name and not name.startswith("/"):
        return name.rstrip("/")
    parts = [each for each in name.replace("\\", "/").split("/") if each not in ("", ".")]
    return "/".join(parts)


def same_text(raw: bytes, unicode: bytes) -> bool:
    """Return whether a plain name can be an old spelling of a Unicode name.

    Old programs write other letters for those that they do not have.
    """
    text = unicode.decode("utf-8", "replace")
    if raw == unicode or not raw.isascii():
        return True
    pattern = "".join(re.escape(each) if each.isascii() else ".{1,12}" for each in text)
    return re.fullmatch(pattern, raw.decode("ascii"), re.DOTALL) is not None
