"""Reader of the schema in skops files: which objects the file describes, and how it has them built.

A skops file is a zip archive whose ``schema.json`` is a tree of nodes. Each names a class or a
function and the loader that is to rebuild it. Source: skops 0.16, ``skops.io``, protocols 0 to 3.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError

NAME = "skops"
VERSION = 1
SCHEMA = "schema.json"
MAX_SCHEMA = 24 << 20
_MAX_NODES = 2_000_000


@dataclass(frozen=True, slots=True)
class Node:
    """One object: what it says it is, and the loader that decides what is done with the rest."""

    loader: str
    module: str
    name: str
    state: dict[str, Any]

    def text(self, *keys: str) -> str:
        """Return the text below some keys, or nothing where there is none."""
        at: Any = self.state
        for key in keys:
            at = at.get(key) if isinstance(at, dict) else None
        return at if isinstance(at, str) else ""

    def child(self, *keys: str) -> Node | None:
        """Return the node below some keys, or None."""
        at: Any = self.state
        for key in keys:
            at = at.get(key) if isinstance(at, dict) else None
        return _node(at)


def read_schema(file: BinaryIO, size: int) -> dict[str, Any] | None:
    """Return the schema, or None when it is JSON and none of skops.

    Raises:
        UnreadableError: it is no JSON in an encoding that Python's own reader takes, too deep, or
            larger than 24 MiB.
    """
    if size > MAX_SCHEMA:
        raise UnreadableError(f"the schema has {size} bytes; up to {MAX_SCHEMA} are read")
    file.seek(0)
    data = file.read(size)
    try:
        # skops gives bytes to Python's reader, which finds UTF-16 and UTF-32 by itself.
        document = json.loads(data)
    except RecursionError as error:
        raise UnreadableError("the schema is nested too deeply") from error
    except ValueError as error:
        raise UnreadableError(f"the schema is no JSON ({error})"[:300]) from error
    if not isinstance(document, dict) or "__loader__" not in document:
        return None
    return document


def nodes(schema: dict[str, Any]) -> Iterator[Node]:
    """Yield every node, wherever it stands in the schema, each before what lies below it.

    Raises:
        UnreadableError: there are more than two million values.
    """
    todo: list[Any] = [schema]
    seen = 0
    while todo:
        value = todo.pop()
        seen += 1
        if seen > _MAX_NODES:
            raise UnreadableError("the schema holds more than two million values")
        if isinstance(value, list):
            todo.extend(each for each in reversed(value) if isinstance(each, dict | list))
        elif isinstance(value, dict):
            node = _node(value)
            if node is not None:
                yield node
            inner = [each for each in value.values() if isinstance(each, dict | list)]
            todo.extend(reversed(inner))


def _node(value: Any) -> Node | None:
    if not isinstance(value, dict) or "__loader__" not in value:
        return None
    said = [value.get(key) for key in ("__loader__", "__module__", "__class__")]
    loader, module, name = (each if isinstance(each, str) else "" for each in said)
    return Node(loader, module, name, value)
