"""Names of files as text that is inert wherever it is shown.

A file name is bytes that a stranger chose. It may hold newlines, terminal escapes, bidirectional
controls or bytes that are no UTF-8. Everything that is not plainly printable is percent-encoded
once, where the name enters, so that no face and no format has to remember to do it. The encoding
is reversible: a literal per cent sign is encoded too.
"""

from __future__ import annotations

import os
import unicodedata

_ENCODED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def encode_name(raw: bytes | str) -> str:
    """Return the inert text of a path. ``raw`` is bytes, or text as `os.fsdecode` gives it."""
    data = os.fsencode(raw) if isinstance(raw, str) else raw
    text = data.decode("utf-8", errors="surrogateescape")
    if "%" not in text and text.isprintable():
        return text
    shown: list[str] = []
    for character in text:
        if character == "%" or unicodedata.category(character) in _ENCODED_CATEGORIES:
            original = character.encode("utf-8", errors="surrogateescape")
            shown.append("".join(f"%{byte:02X}" for byte in original))
        else:
            shown.append(character)
    return "".join(shown)


def decode_name(name: str) -> bytes:
    """Return the bytes that `encode_name` was given.

    Raises:
        ValueError: a per cent sign is not followed by two hexadecimal digits.
    """
    out = bytearray()
    head, *rest = name.split("%")
    out += head.encode("utf-8")
    for part in rest:
        out.append(int(part[:2], 16) if len(part) >= 2 else _malformed(name))
        out += part[2:].encode("utf-8")
    return bytes(out)


def _malformed(name: str) -> int:
    raise ValueError(f"not an encoded name: {name!r}")


def base_name(path: str) -> str:
    """Return the last part of an encoded path, of a file inside containers too."""
    return path.replace("!/", "/").rpartition("/")[2]


def visible(text: str, limit: int = 400) -> str:
    r"""Return free text (a model's answer, a finding's excerpt) with controls made visible.

    Newlines and tabs stay readable as ``\n`` and ``\t``. Longer text is cut with an ellipsis.
    """
    if len(text) <= limit and text.isprintable():
        return text
    cut = text[:limit]
    shown = "".join(
        {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(c)
        or (f"\\u{{{ord(c):x}}}" if unicodedata.category(c) in _ENCODED_CATEGORIES else c)
        for c in cut
    )
    return shown + ("…" if len(text) > limit else "")
