"""Compiled Python in a text, as Keras writes functions without a name.

Source: keras/src/utils/python_utils.py (``func_dump``): a marshalled code object in base64.
"""

from __future__ import annotations

import base64
import binascii
import re

_MOST = 1 << 20
_CODE = (0xE3, 0x63)
_SHORT = re.compile(rb"[\xda\xfaZz](.)", re.DOTALL)
_IDENTIFIER = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*")
_SHOWN = 40
REACHING = frozenset(
    {
        "os", "sys", "subprocess", "builtins", "eval", "exec", "compile", "open", "getattr",
        "globals", "locals", "vars", "importlib", "import_module", "socket", "shutil", "pickle",
        "marshal", "ctypes", "system", "popen", "Popen", "run", "spawn", "urlopen", "urllib",
        "requests", "http", "base64", "codecs", "write_file", "read_file", "py_function",
    }
)  # fmt: skip


def code_in(text: str) -> tuple[str, ...] | None:
    """Return the names that code in a text uses, or None where the text is no compiled code."""
    start = "".join(text[:64].split())[:44]
    if len(start) < 28:
        return None
    head = _decoded(start[: len(start) // 4 * 4])
    if head is None or len(head) < 21 or head[0] not in _CODE:
        return None
    # Counts of arguments and locals stand first; in anything else they are not small.
    numbers = [int.from_bytes(head[at : at + 4], "little") for at in (1, 5, 9, 13)]
    if any(each > 255 for each in numbers[:3]) or numbers[3] > 4096:
        return None
    whole = _decoded("".join(text[:_MOST].split()))
    return _names(whole or head)


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _names(code: bytes) -> tuple[str, ...]:
    """Short texts that are identifiers: names of variables, attributes and modules."""
    found: dict[str, None] = {}
    for match in _SHORT.finditer(code):
        size = match.group(1)[0]
        raw = code[match.end() : match.end() + size]
        if 1 < size == len(raw) and _IDENTIFIER.fullmatch(raw):
            found[raw.decode("ascii")] = None
        if len(found) >= _SHOWN:
            break
    return tuple(found)
