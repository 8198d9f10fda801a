"""Instructions: documents of any kind that name what their reader is to import, call or build.

Hydra and its relatives call ``_target_``, PyTorch Lightning ``class_path``, Python's logging
``()``, torchtune ``_component_``; jsonpickle rebuilds ``py/…``; YAML loaders that build objects
follow tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from basanite.domain.names import visible
from basanite.formats.yaml_document import Tag
from basanite.measure.inspection.repository.importable import DOTTED, closed, known
from basanite.measure.inspection.repository.told import Told, mappings, texts

CALLED = ("_target_", "class_path", "_component_", "()", "__target__")
_WITH_ARGUMENTS = ("params", "args", "kwargs", "init_args")
_JSONPICKLE = ("py/object", "py/type", "py/class", "py/function", "py/reduce", "py/newargs")
_PYTHON = "tag:yaml.org,2002:python/"
_PLAIN_PYTHON = frozenset(
    "none bool str unicode bytes int long float complex list tuple dict set".split()  # noqa: SIM905
)
_NAMING = re.compile(
    r"(?:tag:yaml\.org,2002:python/(?:object/apply|object/new|object|name|module)"
    r"|!(?:new|apply|name|module|singleton)):(?P<name>.*)"
)
_JAVA = re.compile(r"(?:tag:yaml\.org,2002:|!)(?:javax?|jdk|sun|com\.sun)\.[\w.$]+")


def instructions(document: Any) -> Iterator[Told]:
    """Yield what a document tells whoever instantiates it to import or call."""
    for mapping in mappings(document):
        for key in CALLED:
            yield from _called(mapping.get(key), f"{key} names")
        if any(each in mapping for each in _WITH_ARGUMENTS):
            yield from _called(mapping.get("target"), "target names")
        if any(each in mapping for each in _JSONPICKLE):
            yield from _jsonpickle(mapping)
        if isinstance(mapping.get("py/repr"), str):
            text = "jsonpickle evaluates a text in it as Python."
            yield Told("expression", text, visible(mapping["py/repr"], 120))


def _called(value: Any, words: str) -> Iterator[Told]:
    if isinstance(value, str) and DOTTED.fullmatch(value) and closed(value):
        name = visible(value, 160)
        yield Told("closed-name", f"{words} {name}, which its reader is to import and call.", name)


def _jsonpickle(mapping: dict[str, Any]) -> Iterator[Told]:
    for key in _JSONPICKLE:
        for value in texts(mapping.get(key)):
            if DOTTED.fullmatch(value) and closed(value):
                name = visible(value, 160)
                yield Told("closed-name", f"jsonpickle is told to build {name} ({key}).", name)


def tagged(tags: tuple[Tag, ...]) -> Iterator[Told]:
    """Yield what the tags of a YAML file tell a loader that builds objects."""
    for each in tags:
        shown = visible(each.tag.replace("tag:yaml.org,2002:", "!!"), 160)
        if _JAVA.fullmatch(each.tag):
            text = f"The tag {shown} has a loader build an object of Java."
            yield Told("closed-name", text, shown, line=each.line)
            continue
        naming = _NAMING.fullmatch(each.tag)
        if naming is None:
            python = each.tag.startswith(_PYTHON)
            if python and each.tag.removeprefix(_PYTHON) not in _PLAIN_PYTHON:
                text = f"The tag {shown} has a loader build an object of Python."
                yield Told("unknown-name", text, shown, line=each.line)
            continue
        name = naming["name"].strip() or (each.value if isinstance(each.value, str) else "")
        if closed(name) or (name and "." not in name and closed(f"{name}.x")):
            text = f"The tag {shown} has a loader import or call {visible(name, 120)}."
            yield Told("closed-name", text, shown, line=each.line)
        elif each.tag.startswith(_PYTHON) and not known(name):
            text = f"The tag {shown} has a loader build what is not known here."
            yield Told("unknown-name", text, shown, line=each.line)
