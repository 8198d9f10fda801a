"""Text of artifacts for checks that read line by line."""

from __future__ import annotations

import codecs

from basanite.domain.artifact import Format
from basanite.domain.ports import OpenArtifact
from basanite.formats.notebook import cells

MAX_TEXT = 8 << 20
"""More of one file is not read; the answer then says so."""


def text_of(opened: OpenArtifact) -> tuple[str, bool]:
    """Return the text of an artifact, and whether that is all of it.

    A notebook gives the sources and outputs of its cells, with its cells one after another.

    Raises:
        UnreadableError: a notebook that is none.
    """
    if opened.artifact.format is Format.NOTEBOOK:
        parts = [
            f"{each.source}\n{each.outputs}" for each in cells(opened.file, opened.artifact.size)
        ]
        text = "\n".join(parts)
        return text[:MAX_TEXT], len(text) <= MAX_TEXT
    opened.file.seek(0)
    data = opened.file.read(MAX_TEXT + 1)
    return decoded(data[:MAX_TEXT]), len(data) <= MAX_TEXT


def decoded(data: bytes) -> str:
    """Return bytes as text by their byte order mark, else as UTF-8; what is neither is replaced."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")
