"""What discovery finds: parts that a person has to confirm, each with the reason it is there."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from basanite.domain.artifact import Artifact, Format
from basanite.domain.system import Columns, ComponentKind, DatasetRole, Endpoint, ModelTask

_TEST_NAME = re.compile(r"(test_.*|.*_test|conftest)\.py\Z|.*\.(test|spec)\.[jt]sx?\Z")

MAX_TEXT = 512 << 10
"""Bytes of one file that discovery looks at."""
MAX_TOTAL = 64 << 20
"""Bytes that discovery looks at in all."""


@dataclass(frozen=True)
class Sign:
    """Why a part is thought to be there. Never a quotation, since the line may hold a secret."""

    text: str
    path: str = ""
    line: int | None = None


@dataclass(frozen=True)
class DraftComponent:
    """A component as discovery would write it. ``guessed`` names the keys a person must check."""

    id: str
    kind: ComponentKind
    title: str = ""
    paths: tuple[str, ...] = ()
    provider: str = ""
    licence: str = ""
    role: DatasetRole | None = None
    serves: tuple[str, ...] = ()
    task: ModelTask | None = None
    columns: Columns = field(default_factory=Columns)
    endpoint: Endpoint | None = None
    signs: tuple[Sign, ...] = ()
    guessed: frozenset[str] = frozenset()
    todo: tuple[str, ...] = ()
    """What a person must decide or add."""


@dataclass(frozen=True)
class Draft:
    """A first description of a system, made from its files alone."""

    components: tuple[DraftComponent, ...]
    notes: tuple[str, ...] = ()
    """What was seen and fits no component, or was not looked at."""


def parts_of(path: str) -> tuple[str, ...]:
    """Return the folders and the name of a path."""
    return tuple(path.split("/"))


def folder_of(path: str) -> str:
    """Return the folder of a file; empty for the root."""
    return path.rpartition("/")[0]


def name_of(path: str) -> str:
    """Return the last part of a path."""
    return path.rpartition("/")[2]


def suffix_of(path: str) -> str:
    """Return the lower-case ending with its dot, or nothing."""
    stem, dot, ending = name_of(path).rpartition(".")
    return f".{ending.lower()}" if dot and stem else ""


def below(path: str, folder: str) -> bool:
    """Return whether a path lies in a folder; everything lies in the root."""
    return not folder or path.startswith(folder + "/")


def is_test(path: str) -> bool:
    """Return whether a file tests the code rather than being part of what runs."""
    *folders, name = path.split("/")
    return (
        any(part in ("tests", "__tests__", "testing") for part in folders)
        or folders[:1] == ["test"]
        or bool(_TEST_NAME.match(name))
    )


class Text:
    """The text of a file, with line numbers for positions."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        at = self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return starts

    def line_at(self, position: int) -> int:
        """Return the number of the line that holds a position."""
        return bisect_right(self._starts, position)

    def sign(self, position: int, text: str) -> Sign:
        """Return a sign for what was seen at a position."""
        return Sign(text, self.path, self.line_at(position))

    def before(self, position: int, limit: int = 300) -> str:
        """Return what stands on the line before a position."""
        start = self._starts[self.line_at(position) - 1]
        return self.text[max(start, position - limit) : position]


class Folder:
    """The system's files as discovery sees them: names, formats, and text within bounds."""

    def __init__(self, artifacts: Sequence[Artifact], read: Callable[[str], bytes | None]) -> None:
        self.artifacts = tuple(sorted(artifacts, key=lambda each: each.path))
        self.paths = frozenset(each.path for each in self.artifacts)
        self._read = read
        self._texts: dict[str, Text | None] = {}
        self._total = 0
        self.unread = 0
        """Files left unread because of the bound on the whole."""

    def of(self, *formats: Format) -> Iterable[Artifact]:
        """Return the files of these formats."""
        return (each for each in self.artifacts if each.format in formats)

    def below_count(self, folder: str) -> int:
        """Return how many files lie in a folder and all below it."""
        return self._counts.get(folder, 0)

    @cached_property
    def _counts(self) -> dict[str, int]:
        counts = {"": len(self.paths)}
        for path in self.paths:
            home = folder_of(path)
            while home:
                counts[home] = counts.get(home, 0) + 1
                home = folder_of(home)
        return counts

    def has(self, folder: str, *names: str) -> str | None:
        """Return the path of the first of these names that lies in a folder, or None."""
        places = (f"{folder}/{name}" if folder else name for name in names)
        return next((place for place in places if place in self.paths), None)

    def text(self, path: str) -> Text | None:
        """Return a file's first `MAX_TEXT` bytes as text, or None when it cannot be had."""
        if path not in self._texts:
            self._texts[path] = self._load(path)
        return self._texts[path]

    def _load(self, path: str) -> Text | None:
        if self._total >= MAX_TOTAL:
            self.unread += 1
            return None
        data = self._read(path)
        if data is None:
            return None
        self._total += min(len(data), MAX_TEXT)
        return Text(path, data[:MAX_TEXT].decode("utf-8", errors="replace"))
