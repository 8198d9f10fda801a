"""Reader of PMML: models as XML. Entities are refused, nothing outside is fetched.

Source: the PMML 4.4 schema of the Data Mining Group.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible
from basanite.formats.xml import DocumentTypeError, Element, elements_and_texts

NAME = "pmml"
VERSION = 2
_ROOT = re.compile(rb"<(?:[\w.-]{1,60}:)?PMML[\s>/]")
_SKIPPED = ((b"<?", b"?>"), (b"<!--", b"-->"))
_MAX_DEPTH = 2000
_MAX_SIZE = 4 << 30
_MODELS = re.compile(r"(?:Model|Network|Scorecard|Regression)$")
_CODE = re.compile(
    r"<script|javascript:|java\.lang\.|getRuntime|ProcessBuilder|ScriptEngine|\beval\s*\(|"
    r"\bexec\s*\(|__import__|\bimport\s+(?:os|sys|subprocess)\b|os\.system|subprocess\.|"
    r"xp_cmdshell|powershell|cmd\.exe|/bin/(?:ba)?sh\b",
    re.IGNORECASE,
)
_KEPT = 1 << 16


def looks_like_pmml(head: bytes) -> bool:
    """Whether a file begins as PMML does, after declarations, comments and a document type."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        head = head.decode("utf-16", "replace").encode()
    if b"PMML" not in head:
        return False
    at = 3 if head.startswith(b"\xef\xbb\xbf") else 0
    while True:
        while head[at : at + 1].isspace():
            at += 1
        if head.startswith(b"<!DOCTYPE", at):
            # Its name may be another than the root's; only some readers mind.
            return b"PMML" in head[at + 9 : at + 40] or _ROOT.search(head, at) is not None
        pair = next((each for each in _SKIPPED if head.startswith(each[0], at)), None)
        if pair is None:
            return _ROOT.match(head, at) is not None
        end = head.find(pair[1], at + len(pair[0]))
        if end < 0:
            return False
        at = end + len(pair[1])


@dataclass
class _Seen:
    """What went by."""

    version: str = ""
    models: list[str] = field(default_factory=list)
    trees: int = 0
    fields: int = 0
    defined: set[str] = field(default_factory=set)
    called: set[str] = field(default_factory=set)
    scripts: list[str] = field(default_factory=list)


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return version, kinds of models, trees, data fields, and what does not belong in a model.

    A document type is a fact (``document_type``), and ends the reading: see `xml.elements`.

    Raises:
        UnreadableError: it is no well-formed XML, or nested too deeply.
    """
    if size > _MAX_SIZE:
        raise UnreadableError("the XML is larger than 4 GiB")
    seen = _Seen()
    try:
        for each in elements_and_texts(file, size, ("Extension",), max_depth=_MAX_DEPTH):
            if isinstance(each, Element):
                _begins(seen, each)
            else:
                _script(seen, each.text)
    except DocumentTypeError as error:
        return {"document_type": error.said}
    foreign = sorted(each for each in seen.called - seen.defined if "." in each)
    return {
        "version": visible(seen.version, 20),
        "models": sorted(set(seen.models)),
        "trees": seen.trees,
        "fields": seen.fields,
        "document_type": "",
        "foreign_functions": [visible(each, 120) for each in foreign[:20]],
        "scripts": seen.scripts[:20],
    }


def _begins(seen: _Seen, element: Element) -> None:
    name, attributes = element.local_name, element.attributes
    if name == "PMML" and element.depth == 0:
        seen.version = attributes.get("version", "")
    elif name == "TreeModel":
        seen.trees += 1
    elif name == "DataField":
        seen.fields += 1
    elif name == "DefineFunction":
        seen.defined.add(attributes.get("name", "")[:200])
    elif name == "Apply" and len(seen.called) < 10_000:
        seen.called.add(attributes.get("function", "")[:200])
    elif name == "Extension":
        for value in attributes.values():
            _script(seen, value)
    if _MODELS.search(name) and len(seen.models) < 100:
        seen.models.append(visible(name, 60))


def _script(seen: _Seen, text: str) -> None:
    found = _CODE.search(text[:_KEPT])
    if found and len(seen.scripts) < 20:
        begin = max(0, found.start() - 20)
        seen.scripts.append(visible(text[begin : found.end() + 60], 120))
