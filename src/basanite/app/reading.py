"""Reading what people wrote: the manifest and the guidance packs."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from basanite import __version__
from basanite.adapters.home import home
from basanite.adapters.trouble import told
from basanite.adapters.writing import write_atomic
from basanite.app.state import MANIFEST
from basanite.domain.check import Check
from basanite.domain.errors import BasaniteError, UsageError
from basanite.domain.names import encode_name
from basanite.domain.requirement import Pack
from basanite.govern.pack import builtin_packs, load_pack
from basanite.map.manifest import Manifest, parse_manifest

_LARGEST = 1 << 20


def manifest_of(folder: Path, checks: Mapping[str, Check]) -> Manifest:
    """Return the manifest of the system in a folder.

    Raises:
        UsageError: there is none, it cannot be read, or it is wrong (every fault with its line).
    """
    return parse_manifest(
        _bytes_of(folder / MANIFEST),
        MANIFEST,
        known_checks={name: tuple(check.parameters) for name, check in checks.items()},
        known_packs=tuple(builtin_packs()),
    )


def _bytes_of(path: Path) -> bytes:
    where = encode_name(os.fspath(path))
    try:
        # A pipe by this name must not make us wait for somebody to write into it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise UsageError("is not a regular file", where=where, remedy="Remove it.")
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(_LARGEST + 1)
    except FileNotFoundError as error:
        raise UsageError(
            "there is no basanite.yaml here",
            where=encode_name(os.fspath(path.parent)),
            remedy="Run `basanite init` to write one.",
        ) from error
    except OSError as error:
        raise told(error, path, "cannot read") from error
    if len(data) > _LARGEST:
        raise UsageError("is larger than 1 MiB", where=where, remedy="Shorten it.")
    return data


def packs_of(identifiers: Iterable[str]) -> dict[str, tuple[Pack, bytes]]:
    """Return the named packs with the bytes they were read from.

    Raises:
        UsageError: no pack has that id.
    """
    known = builtin_packs()
    wanted = tuple(identifiers)
    for each in wanted:
        if each not in known:
            raise UsageError(
                f"no guidance pack is called {each!r}",
                remedy=f"Known: {', '.join(sorted(known))}.",
            )
    return {each: (_pack(known[each], each), known[each]) for each in wanted}


def _pack(data: bytes, source: str) -> Pack:
    """Return a pack, read once: reading YAML takes longer than judging by it."""
    digest = hashlib.sha256(data).hexdigest()
    place = home() / "cache" / "packs" / f"{__version__}-{digest}.json"
    try:
        return Pack.model_validate_json(place.read_bytes())
    except (OSError, ValueError):
        pack = load_pack(data, source)
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomic(place, pack.model_dump_json(by_alias=True).encode(), 0o600)
    except (OSError, BasaniteError):
        return pack  # What is not remembered costs time and nothing else.
    return pack
