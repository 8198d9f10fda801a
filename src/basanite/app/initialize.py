"""Initialize: look at a folder and write the manifest that the user only has to correct."""

from __future__ import annotations

import os

from basanite.adapters.cache import ArtifactCache
from basanite.adapters.files import Tree
from basanite.adapters.home import home
from basanite.adapters.writing import write_atomic
from basanite.app.catalogue import catalogue
from basanite.app.events import Listener, Progress, silent
from basanite.app.state import State
from basanite.app.workers import local_engine
from basanite.domain.errors import BasaniteError, UsageError
from basanite.domain.names import encode_name
from basanite.govern.pack import builtin_packs
from basanite.map.discover import discover
from basanite.map.draft import render
from basanite.map.found import Draft

_READ = 1 << 20
"""Bytes of a text file that are searched for endpoints."""


def initialize(
    state: State, *, force: bool = False, jobs: int | None = None, listen: Listener = silent
) -> Draft:
    """Write ``basanite.yaml`` in the state's folder and return what it was made from.

    Raises:
        UsageError: there is a manifest already, or the folder cannot be written.
    """
    if state.manifest.exists() and not force:
        raise UsageError(
            "there is a manifest already",
            where=encode_name(os.fspath(state.manifest)),
            remedy="Use --force.",
        )
    if state.manifest.is_symlink():
        raise UsageError(
            "this is a link, so nothing is written there",
            where=encode_name(os.fspath(state.manifest)),
            remedy="Remove it.",
        )
    tree = Tree(state.root)
    with local_engine(jobs) as engine:
        seen = catalogue(
            tree,
            engine,
            ArtifactCache(home() / "cache" / "artifacts.sqlite"),
            on_file=lambda done, total: listen(Progress("map", done, total)),
        )

    def read(path: str) -> bytes | None:
        try:
            with tree.open(path) as opened:
                return opened.file.read(_READ)
        except BasaniteError:
            return None

    draft = discover(seen.artifacts, read)
    text = render(draft, encode_name(state.root.name), tuple(builtin_packs()))
    write_atomic(state.manifest, text.encode("utf-8"))
    return draft
