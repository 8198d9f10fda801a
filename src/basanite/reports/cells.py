"""Cells: how much room text takes on a terminal, and how it is laid into lines."""

from __future__ import annotations

import unicodedata

from basanite.domain.names import visible


def cells(text: str) -> int:
    """Return how many terminal cells a text takes. Wide characters take two, marks none."""
    return sum(_cell(character) for character in text)


def _cell(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def laid(label: str, text: str, *, indent: int, width: int, rows: int) -> list[str]:
    """Return text beside its label as at most ``rows`` inert lines of at most ``width`` cells.

    Lines break at spaces; a word longer than a line is broken. What does not fit ends with an
    ellipsis.
    """
    room = width - indent
    lines: list[str] = []
    rest = visible(text, rows * width).strip()
    while rest and len(lines) < rows:
        line, rest = _cut(rest, room)
        lines.append(line)
    if rest:
        lines[-1] = _cut(lines[-1], room - 1)[0] + "…"
    heads = [label, *[""] * len(lines)]
    return [f"{heads[i]:<{indent}}{line}" for i, line in enumerate(lines or [""])]


def _cut(text: str, room: int) -> tuple[str, str]:
    """The part of a text that fits into a room, cut at a space where there is one."""
    used = 0
    for position, character in enumerate(text):
        used += _cell(character)
        if used > room:
            space = text.rfind(" ", 0, position + 1)
            end = space if space > position // 3 else position
            return text[:end].rstrip(), text[end:].lstrip()
    return text, ""
