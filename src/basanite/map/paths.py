"""Paths as people write them in a manifest: a file, a folder, or a pattern.

Everything here works on encoded names (`basanite.domain.names`) with forward slashes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from basanite.domain.names import decode_name, encode_name

MAX_PATH = 1024
MAX_WILDCARDS = 32

_WILD = re.compile(r"[*?\[]")
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_DRIVE = re.compile(r"[A-Za-z]:")


def normalise(text: str) -> str:
    """Return the one encoded form of a path below the system's root.

    ``.`` is the root itself; a leading ``./`` and a trailing slash go.

    Raises:
        ValueError: the path is empty, absolute, leaves the root, or is no encoded name. The
            message says what to write instead.
    """
    if not text or len(text) > MAX_PATH:
        raise ValueError(f"a path has between 1 and {MAX_PATH} characters")
    if len(_WILD.findall(text)) > MAX_WILDCARDS:
        raise ValueError(f"use at most {MAX_WILDCARDS} wildcards in a path")
    if _PERCENT.search(text):
        raise ValueError("write a per cent sign in a path as %25")
    # Decoding first sees through an encoded slash, dot or null byte.
    raw = decode_name(text)
    if b"\0" in raw:
        raise ValueError("a path holds no null byte; remove %00")
    path = encode_name(raw)
    if path.startswith(("/", "~")) or _DRIVE.match(path):
        raise ValueError("write the path relative to the folder of the manifest")
    if "\\" in text:
        raise ValueError(
            "separate folders with /; a backslash that is part of a name is written %5C"
        )
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise ValueError("the path leaves the system's folder; remove the ..")
    return "/".join(parts) or "."


def folders_up(path: str) -> Iterator[str]:
    """Yield the file, its folder, the folder above, up to the root (``.``)."""
    yield path
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
    yield "."


@dataclass(frozen=True)
class Pattern:
    """One declared path: a file, a folder with all below it, or a glob.

    In a glob ``*`` and ``?`` stay within one folder, ``**`` crosses folders, ``[abc]`` is one of
    the characters. A glob matches files, not folders. Matching takes time proportional to
    pattern times path, whatever the pattern, because patterns come from strangers too.
    """

    text: str

    @cached_property
    def is_glob(self) -> bool:
        """Whether the text holds a wildcard."""
        return bool(_WILD.search(self.text))

    def names(self, path: str) -> bool:
        """Return whether this is the path itself or a folder above it."""
        return self.text in (".", path) or path.startswith(self.text + "/")

    def matches(self, path: str) -> bool:
        """Return whether a file of this encoded path is meant."""
        if self.names(path):
            return True
        return (
            self.is_glob
            and path.startswith(self._ends[0])
            and path.endswith(self._ends[1])
            and _match_folders(self._folders, path.split("/"))
        )

    @cached_property
    def _ends(self) -> tuple[str, str]:
        """The plain beginning and end of a glob, which rule out most files at once."""
        begin = re.split(r"[*?\[]", self.text, maxsplit=1)[0]
        # A bracket that is never closed is plain, one that is closed ends the plain part.
        return begin.rpartition("/")[0], re.split(r"[*?\]/]", self.text)[-1]

    @cached_property
    def _folders(self) -> list[str]:
        folders = self.text.split("/")
        return [
            each
            for at, each in enumerate(folders)
            if each != "**" or folders[at - 1 : at] != ["**"]
        ]


def _match_folders(pattern: list[str], path: list[str]) -> bool:
    """Match folder by folder; ``states`` are the positions in the pattern reached so far."""
    states = _skip_stars({0}, pattern)
    for name in path:
        reached: set[int] = set()
        for state in states:
            if state == len(pattern):
                continue
            if pattern[state] == "**":
                reached.add(state)
            elif _match_name(pattern[state], name):
                reached.add(state + 1)
        states = _skip_stars(reached, pattern)
    return len(pattern) in states


def _skip_stars(states: set[int], pattern: list[str]) -> set[int]:
    """A ``**`` may stand for no folder at all."""
    out = set(states)
    for state in sorted(states):
        after = state
        while after < len(pattern) and pattern[after] == "**":
            after += 1
            out.add(after)
    return out


def _match_name(pattern: str, name: str) -> bool:
    """Match one folder's or file's name, going back only to the last star."""
    pieces = _pieces(pattern)
    at = place = 0
    star, resume = -1, 0
    while at < len(name):
        if place < len(pieces) and pieces[place] == "*":
            star, resume = place, at
            place += 1
        elif place < len(pieces) and _is_one(pieces[place], name[at]):
            place += 1
            at += 1
        elif star >= 0:
            resume += 1
            place, at = star + 1, resume
        else:
            return False
    return all(each == "*" for each in pieces[place:])


def _pieces(pattern: str) -> list[str]:
    """Split a name's pattern into characters, stars and bracketed sets."""
    pieces: list[str] = []
    at = 0
    while at < len(pattern):
        end = pattern.find("]", at + 2) if pattern[at] == "[" else -1
        if end > 0:
            pieces.append(pattern[at : end + 1])
            at = end + 1
        else:
            pieces.append(pattern[at])
            at += 1
    return pieces


def _is_one(piece: str, character: str) -> bool:
    if piece == "?":
        return True
    if len(piece) == 1:
        return piece == character
    inner = piece[1:-1]
    negated = inner.startswith("!") and len(inner) > 1
    return _in_set(inner[1:] if negated else inner, character) != negated


def _in_set(inner: str, character: str) -> bool:
    at = 0
    while at < len(inner):
        if at + 2 < len(inner) and inner[at + 1] == "-":
            if inner[at] <= character <= inner[at + 2]:
                return True
            at += 3
        elif inner[at] == character:
            return True
        else:
            at += 1
    return False
