"""Wording: where a template speaks of words of a language, not of the markup of a prompt."""

from __future__ import annotations

import re

from basanite.measure.inspection.templates.value import Value

_WORDS = re.compile(r"[^\W\d_]{3,}")
_MARKUP = re.compile(r"[<>\[\]{}|#/▁｜]|^[\W\d_]*$")


def is_wording(text: str) -> bool:
    """Whether a text is words of a language, not markup of a prompt."""
    return bool(_WORDS.search(text)) and not _MARKUP.search(text)


def trigger(values: list[Value]) -> str:
    """Return the words that something said is compared with, or nothing."""
    if not any(each.said for each in values):
        return ""
    for each in values:
        texts = each.const if isinstance(each.const, list) else [each.const]
        for text in texts:
            if isinstance(text, str) and is_wording(text):
                return text[:80]
    return ""
