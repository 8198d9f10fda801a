"""Reader of keyed documents: one entry for JSON, YAML and TOML."""

from __future__ import annotations

from basanite.domain.artifact import Format
from basanite.domain.errors import UnreadableError
from basanite.formats.keyed.document import Keyed
from basanite.formats.keyed.json_text import read_json_text
from basanite.formats.keyed.toml_text import read_toml_text
from basanite.formats.keyed.yaml_text import read_yaml_text

NAME = "keyed"
VERSION = 2
LIMITS = {Format.JSON: 4 << 20, Format.YAML: 1 << 18, Format.TOML: 1 << 18}
"""Characters up to which a document is read, by format."""


def read_keyed(text: str, form: Format) -> Keyed:
    """Return what a document says. ``form`` is JSON, YAML or TOML.

    Raises:
        UnreadableError: it is longer than is read, or not of that format.
    """
    if len(text) > LIMITS[form]:
        raise UnreadableError(
            f"the {form.value} has {len(text)} characters; up to {LIMITS[form]} are read"
        )
    if form is Format.JSON:
        return read_json_text(text)
    return read_yaml_text(text) if form is Format.YAML else read_toml_text(text)


def front_matter(text: str) -> str:
    """Return the YAML between the lines of ``---`` at the head of a Markdown text, or nothing."""
    if not text.startswith("---"):
        return ""
    first = text.find("\n")
    end = text.find("\n---", max(first, 0))
    if first < 0 or end < 0 or text[3:first].strip():
        return ""
    return text[first + 1 : end + 1]
