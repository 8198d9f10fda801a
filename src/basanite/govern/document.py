"""Document: YAML from a stranger as plain values, with the line of each.

Only the node tree is read; nothing is ever constructed from a tag. Aliases are refused, so a small
file cannot unfold into a large one. Size and depth have limits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from basanite.domain.errors import UsageError
from basanite.domain.names import visible

MAX_BYTES = 1 << 20
"""A pack of a thousand requirements takes about half of this."""
MAX_DEPTH = 40
_TAG = "tag:yaml.org,2002:"

Path = tuple[str | int, ...]
"""Keys and indices from the top of a document to one of its values."""


class Document:
    """The value of a YAML document, and the line on which each part of it starts."""

    def __init__(self, value: Any, lines: dict[Path, int], source: str) -> None:
        self.value = value
        self._lines = lines
        self._source = source

    def where(self, path: Sequence[str | int] = ()) -> str:
        """Return ``source:line`` of the nearest part of the document that encloses a path."""
        steps = tuple(path)
        while steps and steps not in self._lines:
            steps = steps[:-1]
        return f"{self._source}:{self._lines.get(steps, 1)}"


def read_document(data: bytes, source: str) -> Document:
    """Return what a YAML document of mappings, sequences and scalars says.

    Dates stay text, since the values here that look like dates are names of versions.

    Raises:
        UsageError: it is too large, too deep, not UTF-8, not YAML, or uses aliases, tags or
            repeated keys.
    """
    if len(data) > MAX_BYTES:
        raise UsageError(
            f"the file has {len(data)} bytes, more than the {MAX_BYTES} that are read",
            where=source,
            remedy="Split it.",
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(
            "the text is not UTF-8", where=f"{source}:{line}", remedy="Save it as UTF-8."
        ) from error
    try:
        parser = YAML(typ="safe", pure=True)
        parser.max_depth = MAX_DEPTH + 2
        parser.composer.warn_double_anchors = False  # anchors lead nowhere here
        root = parser.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        if type(error).__name__ == "MaxDepthExceededError":  # older ruamel.yaml has no such class
            raise _too_deep(f"{source}:{line}") from error
        raise _broken(f"{source}:{line}", str(error.problem or "unreadable")) from error
    except YAMLError as error:
        raise _broken(source, str(error).splitlines()[0] if str(error) else "") from error
    except RecursionError as error:
        raise _too_deep(source) from error
    except (ValueError, TypeError, AttributeError, IndexError, AssertionError) as error:
        # The parser meets some malformed input with a plain error of Python's.
        raise _broken(source, "unreadable") from error
    if root is None:
        raise UsageError("the file is empty", where=source, remedy="Write a pack into it.")
    reader = _Reader(source)
    return Document(reader.value(root, ()), reader.lines, source)


def _too_deep(where: str) -> UsageError:
    return UsageError(
        f"the file is nested more than {MAX_DEPTH} deep", where=where, remedy="Flatten it."
    )


def _broken(where: str, problem: str) -> UsageError:
    return UsageError(f"this is not YAML: {visible(problem)}", where=where, remedy="Mend the line.")


class _Reader:
    """Turns a node tree into values, once through."""

    def __init__(self, source: str) -> None:
        self.lines: dict[Path, int] = {}
        self._source = source
        self._seen: set[int] = set()

    def value(self, node: Any, path: Path) -> Any:
        line = node.start_mark.line + 1
        self.lines[path] = line
        if id(node) in self._seen:
            raise self._refuse(line, "a value repeated by alias", "Write the value out.")
        self._seen.add(id(node))
        if len(path) > MAX_DEPTH:
            raise self._refuse(line, f"nesting more than {MAX_DEPTH} deep", "Flatten it.")
        tag = str(node.tag).removeprefix(_TAG)
        if isinstance(node, MappingNode) and tag == "map":
            return self._mapping(node, path)
        if isinstance(node, SequenceNode) and tag == "seq":
            return [self.value(part, (*path, place)) for place, part in enumerate(node.value)]
        if isinstance(node, ScalarNode) and tag in _SCALARS:
            try:
                return _SCALARS[tag](node.value)
            except ValueError as error:
                raise self._refuse(line, f"a malformed {tag}", "Put it in quotes.") from error
        raise self._refuse(line, f"the tag {visible(str(node.tag), 80)}", "Leave the tag out.")

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        read: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode) or id(key_node) in self._seen:
                raise self._refuse(line, "a key that is no plain text", "Use a word as key.")
            key = str(key_node.value)
            if key in read:
                raise self._refuse(line, f"the key {visible(key, 80)!r} twice", "Remove one.")
            read[key] = self.value(value_node, (*path, key))
        return read

    def _refuse(self, line: int, what: str, remedy: str) -> UsageError:
        return UsageError(f"{what} is not read here", where=f"{self._source}:{line}", remedy=remedy)


def _integer(text: str) -> int:
    if len(text) > 20:
        raise ValueError("too long")
    return int(text.replace("_", ""), 0)


def _float(text: str) -> float:
    value = float(text.replace("_", ""))
    if not isfinite(value):
        raise ValueError("not finite")
    return value


_SCALARS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "timestamp": str,
    "int": _integer,
    "float": _float,
    "bool": lambda text: text.lower() == "true",
    "null": lambda _: None,
}
