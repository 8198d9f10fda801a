"""Graphs that are written as text: their operators and texts, without their order."""

from __future__ import annotations

import re
from typing import BinaryIO

from basanite.domain.errors import UnreadableError

_MAX_WRITTEN = 32 << 20
_QUOTED = rb"""((?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\s)+)"""
_TEXT_GRAPH = re.compile(
    rb"\s*(?:#[^\n]*\n\s*)*(?:saved_model_schema_version\s*:"
    rb"|(?:meta_graphs|node|graph_def|meta_info_def|library)\s*:?\s*\{)"
)
_TEXT_OPERATOR = re.compile(rb"\bop\s*:\s*" + _QUOTED)
_TEXT_VALUE = re.compile(rb"\b(?:string_val|s)\s*:\s*" + _QUOTED)
_PIECE = re.compile(rb"""["']((?:[^"'\\]|\\.)*)["']""")
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|(.))", re.DOTALL)


def looks_written(head: bytes) -> bool:
    """Return whether a file begins as a graph in text does."""
    return _TEXT_GRAPH.match(head) is not None and _TEXT_OPERATOR.search(head) is not None


def written_graph(file: BinaryIO, size: int) -> tuple[set[str], set[str]]:
    """Return the operators and the texts in a graph that is written as text.

    Raises:
        UnreadableError: it has more than 32 MiB.
    """
    if size > _MAX_WRITTEN:
        raise UnreadableError(f"the graph has more than {_MAX_WRITTEN >> 20} MiB of text")
    file.seek(0)
    data = file.read(size)
    return (
        {_unquoted(each.group(1)) for each in _TEXT_OPERATOR.finditer(data)},
        {_unquoted(each.group(1)) for each in _TEXT_VALUE.finditer(data)},
    )


def _unquoted(raw: bytes) -> str:
    """The text that one or more quoted pieces make."""
    joined = b"".join(each.group(1) for each in _PIECE.finditer(raw))
    return _ESCAPE.sub(_escaped, joined).decode("utf-8", "replace")


def _escaped(match: re.Match[bytes]) -> bytes:
    octal, hexadecimal, other = match.groups()
    if octal:
        return bytes([int(octal, 8) & 255])
    return bytes([int(hexadecimal, 16)]) if hexadecimal else bytes(other)
