"""Gathering: what every reader of a BOM shares. Malformed parts are told, never fatal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from basanite.domain.bom import BomComponent
from basanite.domain.names import visible

MAX_COMPONENTS = 100_000
MAX_EDGES = 1_000_000
MAX_PROBLEMS = 100
MAX_NESTING = 64
_TEXT = 2000
_FACTS = 200
_UNKNOWN = {"noassertion", "none", ""}
_HEX = re.compile(r"[0-9a-fA-F]{8,256}")


class Gathering:
    """Components, edges and problems of one document, as they are read."""

    def __init__(self) -> None:
        self.components: dict[str, BomComponent] = {}
        self.problems: list[str] = []
        self._edges: dict[tuple[str, str], None] = {}
        self._more = 0

    def problem(self, text: str) -> None:
        """Note what could not be read. Past a hundred only the number grows."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(text)
        else:
            self._more += 1

    def told(self) -> tuple[str, ...]:
        """Return the problems."""
        return (*self.problems, *([f"and {self._more} more problems"] if self._more else []))

    def add(self, component: BomComponent) -> None:
        """Take a component; one whose ref is taken gets another, and that is told."""
        if len(self.components) >= MAX_COMPONENTS:
            if len(self.components) == MAX_COMPONENTS:
                self.problem(f"more than {MAX_COMPONENTS} components: the rest is not read")
                self.components["\0full"] = component
            return
        if component.ref in self.components:
            self.problem(f"two components have the reference {component.ref}")
            component = component.model_copy(
                update={"ref": f"{component.ref}#{len(self.components)}"}
            )
        self.components[component.ref] = component

    def edge(self, source: str, target: str) -> None:
        """Take a dependency."""
        if len(self._edges) < MAX_EDGES:
            self._edges[source, target] = None
        elif len(self._edges) == MAX_EDGES:
            self.problem(f"more than {MAX_EDGES} dependencies: the rest is not read")
            self._edges["\0", "\0"] = None

    def finish(self) -> tuple[tuple[BomComponent, ...], tuple[tuple[str, str], ...]]:
        """Return the components, and the edges whose ends are both among them."""
        self.components.pop("\0full", None)
        self._edges.pop(("\0", "\0"), None)
        kept = [pair for pair in self._edges if all(end in self.components for end in pair)]
        loose = len(self._edges) - len(kept)
        if loose:
            self.problem(f"{loose} dependencies name a component that is not listed")
        return tuple(self.components.values()), tuple(kept)


def text(value: Any, limit: int = _TEXT) -> str:
    """Return a value as inert text: empty unless it is a string or a plain number."""
    if isinstance(value, str):
        return visible(value.strip(), limit)
    return str(value) if type(value) is int and abs(value) < 1 << 63 else ""


def known(value: Any) -> str:
    """Return a text, empty where it only says that nothing is known (SPDX's NOASSERTION)."""
    said = text(value)
    return "" if said.lower() in _UNKNOWN else said


def mapping(value: Any) -> dict[str, Any]:
    """Return a JSON object, empty where it is none."""
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects of a list; what is no list has none."""
    for each in value if isinstance(value, list) else ():
        if isinstance(each, dict):
            yield each


def texts(value: Any) -> Iterator[str]:
    """Yield the texts of a list, or the one text."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str) and each:
            yield text(each)


def digest(algorithm: Any, value: Any) -> dict[str, str]:
    """Return a digest under its algorithm's plain name (``SHA-256`` is ``sha256``)."""
    name = re.sub(r"[-_]", "", text(algorithm, 40).lower())
    content = text(value, 300)
    return {name: content.lower()} if name and _HEX.fullmatch(content) else {}


def facts(**found: Any) -> dict[str, str]:
    """Return the facts that say something."""
    said = {name.replace("_", "-"): text(value) for name, value in list(found.items())[:_FACTS]}
    return {name: value for name, value in said.items() if value}
