"""Lock files: which package, in which version, with which hashes, a resolver chose.

Read: uv.lock, poetry.lock, pdm.lock, Pipfile.lock, pylock.toml (PEP 751), package-lock.json. What
is not as its format says becomes a problem; what can be read is returned.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from packaging.utils import canonicalize_name

from basanite.formats.problem import LineProblem

NAME = "lockfile"
VERSION = 1

MAX_BYTES = 32 << 20
MAX_PACKAGES = 50_000
MAX_TEXT = 300
MAX_DEPTH = 64

_HASH = re.compile(r"([a-z0-9]{3,10}):([0-9a-fA-F]{32,128})\Z")
_INTEGRITY = re.compile(r"(sha1|sha256|sha384|sha512)-([A-Za-z0-9+/]{20,100}={0,2})\Z")
_PYLOCK = re.compile(r"pylock(\.[^./]{1,100})?\.toml\Z")
_PIPFILE_SECTIONS_SKIPPED = frozenset({"_meta"})


@dataclass(frozen=True)
class LockedPackage:
    """A package as a lock file fixes it."""

    name: str
    """Normalised for PyPI, as written for npm."""
    version: str
    """Empty where the file fixes a commit or an address instead."""
    hashes: tuple[str, ...]
    """``algorithm:hexadecimal``."""
    ecosystem: str
    """``pypi`` or ``npm``, as in a package URL."""


Locked = tuple[tuple[LockedPackage, ...], tuple[LineProblem, ...]]


def is_lockfile(name: str) -> bool:
    """Return whether a file of that name (its last part) is a lock file that is read here."""
    return name in _READERS or bool(_PYLOCK.match(name))


def parse_lockfile(name: str, data: bytes) -> Locked:
    """Return the packages of a lock file, and what could not be read. Never raises.

    ``name`` is the file's name; only its last part counts.
    """
    last = name.rpartition("/")[2]
    reader = _READERS.get(last) or (_pylock if _PYLOCK.match(last) else None)
    if reader is None:
        return (), (LineProblem(1, "not a lock file that can be read here"),)
    if len(data) > MAX_BYTES:
        return (), (LineProblem(1, f"larger than {MAX_BYTES >> 20} MiB"),)
    try:
        text = data.decode("utf-8-sig")
        content = json.loads(text) if last.endswith((".json", "Pipfile.lock")) else _toml(text)
    except UnicodeDecodeError:
        return (), (LineProblem(1, "not UTF-8 text"),)
    except RecursionError:
        return (), (LineProblem(1, "nested too deeply"),)
    except ValueError as error:
        return (), (LineProblem(getattr(error, "lineno", 1), f"not readable: {str(error)[:200]}"),)
    if not isinstance(content, dict):
        return (), (LineProblem(1, "not a lock file: the top is no table"),)
    return _collect(reader(content))


def _toml(text: str) -> dict[str, Any]:
    return tomllib.loads(text)


Piece = LockedPackage | LineProblem


def _collect(pieces: Iterator[Piece]) -> Locked:
    packages: dict[LockedPackage, None] = {}
    problems: dict[LineProblem, None] = {}
    for piece in pieces:
        if isinstance(piece, LineProblem):
            problems[piece] = None
        else:
            packages[piece] = None
        if len(packages) >= MAX_PACKAGES or len(problems) >= 1000:
            problems[
                LineProblem(
                    1,
                    f"more than {MAX_PACKAGES} packages, or too many problems; the "
                    "rest is not read",
                )
            ] = None
            break
    return tuple(packages), tuple(problems)


def _package(name: Any, version: Any, hashes: list[str], ecosystem: str = "pypi") -> Piece:
    if not isinstance(name, str) or not name or len(name) > MAX_TEXT:
        return LineProblem(1, "a package has no usable name")
    if version is None:
        version = ""
    if not isinstance(version, str) or len(version) > MAX_TEXT:
        return LineProblem(1, f"{name[:80]!r} has no usable version")
    return LockedPackage(
        name=canonicalize_name(name) if ecosystem == "pypi" else name,
        version=version,
        hashes=tuple(dict.fromkeys(hashes)),
        ecosystem=ecosystem,
    )


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _tables(value: Any) -> Iterator[dict[str, Any]]:
    return (each for each in _items(value) if isinstance(each, dict))


def _packages(content: dict[str, Any], key: str) -> Iterator[dict[str, Any] | LineProblem]:
    listed = content.get(key, [])
    if not isinstance(listed, list):
        yield LineProblem(1, f"{key} is no list of tables")
        return
    for each in listed:
        yield each if isinstance(each, dict) else LineProblem(1, f"{key} holds no table")


def _hash(value: Any) -> list[str]:
    """Return the hash in a list, or nothing when it is none."""
    good = _HASH.match(value) if isinstance(value, str) else None
    return [f"{good.group(1)}:{good.group(2).lower()}"] if good else []


def _file_hashes(files: Any) -> list[str]:
    return [found for each in _tables(files) for found in _hash(each.get("hash"))]


def _uv(content: dict[str, Any]) -> Iterator[Piece]:
    for part in _packages(content, "package"):
        if isinstance(part, LineProblem):
            yield part
            continue
        source = _table(part.get("source"))
        if "virtual" in source or "editable" in source:
            continue  # the project itself and its workspace: not a package from outside
        files = [*_items(part.get("wheels")), part.get("sdist")]
        yield _package(part.get("name"), part.get("version"), _file_hashes(files))


def _poetry(content: dict[str, Any]) -> Iterator[Piece]:
    apart = _table(_table(content.get("metadata")).get("files"))  # before lock version 2.0
    for part in _packages(content, "package"):
        if isinstance(part, LineProblem):
            yield part
            continue
        name, version = part.get("name"), part.get("version")
        files = part.get("files")
        if files is None and isinstance(name, str):
            files = apart.get(name, apart.get(f"{name} {version}"))
        yield _package(name, version, _file_hashes(files))


def _pipfile(content: dict[str, Any]) -> Iterator[Piece]:
    for section, packages in content.items():
        if section in _PIPFILE_SECTIONS_SKIPPED:
            continue
        for name, entry in _table(packages).items():
            fields = _table(entry)
            version = fields.get("version")
            if isinstance(version, str):
                version = version.removeprefix("===").removeprefix("==")
            hashes = [found for each in _items(fields.get("hashes")) for found in _hash(each)]
            yield _package(name, version, hashes)


def _pylock(content: dict[str, Any]) -> Iterator[Piece]:
    for part in _packages(content, "packages"):
        if isinstance(part, LineProblem):
            yield part
            continue
        if "directory" in part:
            continue
        files = [*_items(part.get("wheels")), part.get("sdist"), part.get("archive")]
        hashes = [
            found
            for each in _tables(files)
            for kind, digest in _table(each.get("hashes")).items()
            for found in _hash(f"{kind}:{digest}")
        ]
        yield _package(part.get("name"), part.get("version"), hashes)


def _npm(content: dict[str, Any]) -> Iterator[Piece]:
    if "packages" in content:
        for place, entry in _table(content["packages"]).items():
            fields = _table(entry)
            if not place or fields.get("link") is True or "node_modules/" not in place:
                continue
            name = fields.get("name") or place.rpartition("node_modules/")[2]
            yield _package(name, fields.get("version"), _integrity(fields), "npm")
        return
    waiting = [(_table(content.get("dependencies")), 0)]  # lock version 1 nests
    while waiting:
        entries, depth = waiting.pop()
        for name, entry in entries.items():
            fields = _table(entry)
            yield _package(name, fields.get("version"), _integrity(fields), "npm")
            if "dependencies" in fields and depth < MAX_DEPTH:
                waiting.append((_table(fields["dependencies"]), depth + 1))


def _integrity(fields: dict[str, Any]) -> list[str]:
    """Return Subresource Integrity values as hexadecimal hashes."""
    value = fields.get("integrity")
    found = []
    for each in value.split()[:10] if isinstance(value, str) else []:
        good = _INTEGRITY.match(each)
        if good:
            try:
                digest = base64.b64decode(good.group(2), validate=True).hex()
            except binascii.Error:
                continue
            found.append(f"{good.group(1)}:{digest}")
    return found


_READERS: dict[str, Callable[[dict[str, Any]], Iterator[Piece]]] = {
    "uv.lock": _uv,
    "poetry.lock": _poetry,
    "pdm.lock": _poetry,
    "Pipfile.lock": _pipfile,
    "pylock.toml": _pylock,
    "package-lock.json": _npm,
    "npm-shrinkwrap.json": _npm,
}
