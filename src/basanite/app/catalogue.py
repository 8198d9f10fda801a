"""Catalogue: from the files of a folder to artifacts with digest, format and header facts.

Reading happens in confined workers. What was read once is remembered by the file's identity
(device, inode, size, mtime, ctime) and the versions of the readers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from time import time_ns
from typing import Any

from basanite.adapters.cache import ArtifactCache
from basanite.adapters.files import Tree
from basanite.adapters.walk import FoundFile, Walk
from basanite.domain.artifact import Artifact, Identity
from basanite.domain.errors import BasaniteError
from basanite.domain.inventory import Dependency, Unseen
from basanite.domain.job import Job, Limits
from basanite.domain.ports import Engine
from basanite.domain.value import Value, digest_of
from basanite.formats.facts import READERS, read_facts
from basanite.map.paths import Pattern

_BYTES_PER_SECOND = 50 << 20
"""Slowest disk we wait for when a file is hashed."""
_DEPENDENCY_BYTES = 32 << 20
"""Largest requirements or lock file that is read."""


class Entry(Value):
    """What is known of one file."""

    artifact: Artifact
    dependencies: tuple[Dependency, ...] = ()


@dataclass(frozen=True)
class Catalogue:
    """What a folder holds."""

    artifacts: tuple[Artifact, ...]
    identities: dict[str, Identity]
    dependencies: tuple[Dependency, ...]
    unseen: tuple[Unseen, ...]
    excluded: tuple[str, ...]
    hashed: int
    """How many files were read now; the others were known."""


def describe(tree: Tree, path: str) -> dict[str, Any]:
    """Return one file's `Entry` and identity as JSON. Runs in a worker.

    Raises:
        BasaniteError: the file cannot be opened or changes while it is read.
    """
    from basanite.formats.detect import detect
    from basanite.map.dependencies import dependencies, names_dependencies

    with tree.open(path) as opened:
        identity = opened.identity
        sha256 = opened.sha256()
        form = detect(path, opened.file, identity.size)
        facts = read_facts(form, path, opened.file, identity.size)
        declared: tuple[Dependency, ...] = ()
        note = facts.note
        if names_dependencies(path, form) and identity.size <= _DEPENDENCY_BYTES:
            opened.file.seek(0)
            declared, problems = dependencies(path, form, opened.file.read(_DEPENDENCY_BYTES))
            note = "; ".join([note, *(f"line {p.line}: {p.message}" for p in problems[:3])]).strip(
                "; "
            )
        if not opened.unchanged():
            raise BasaniteError("it changed while it was read", where=path)
    entry = Entry(
        artifact=Artifact(
            path=path,
            size=identity.size,
            sha256=sha256,
            format=form,
            facts=facts.facts,
            readers=facts.readers,
            note=note,
        ),
        dependencies=declared,
    )
    return {"entry": entry.model_dump(mode="json"), "identity": identity.model_dump()}


def catalogue(
    tree: Tree,
    engine: Engine,
    cache: ArtifactCache,
    *,
    rehash: bool = False,
    excludes: Iterable[str] = (),
    only: frozenset[str] | None = None,
    on_file: Callable[[int, int], None] = lambda _done, _all: None,
) -> Catalogue:
    """Return what a folder holds.

    ``excludes`` are patterns of files that the manifest leaves out. ``only`` names the files that
    are meant, when not all are. ``on_file`` is told (done, all) as files are read.
    """
    began = time_ns()
    walked = tree.walk() if only is None else _named(tree, only)
    patterns = [Pattern(text) for text in excludes]
    found = [each for each in walked.files if not any(p.matches(each.path) for p in patterns)]
    kept_out = sorted({each.path for each in walked.files} - {each.path for each in found})
    readers = digest_of({**READERS})
    known = {} if rehash else cache.get_many([each.identity for each in found], readers=readers)
    entries: dict[str, Entry] = {}
    missing: list[FoundFile] = []
    for each in found:
        remembered = known.get(each.identity)
        entry = None if remembered is None else Entry.model_validate(remembered)
        # The name has a say in the format, so a link under another name is looked at anew.
        if entry is None or _name(entry.artifact.path) != _name(each.path):
            missing.append(each)
        else:
            entries[each.path] = _at(entry, each.path)
    identities = {each.path: each.identity for each in found}
    fresh: dict[Identity, Any] = {}
    gone: list[Unseen] = []
    for done, result in enumerate(engine.run(_jobs(tree, missing)), start=1):
        on_file(done, len(missing))
        if result.failure is not None:
            gone.append(Unseen(path=result.id, reason=result.reason))
            continue
        entry = Entry.model_validate(result.answer["entry"])
        identity = Identity.model_validate(result.answer["identity"])
        entries[result.id] = entry
        identities[result.id] = identity
        fresh[identity] = entry.model_dump(mode="json")
    cache.put_many(fresh, readers=readers, observed_ns=began)
    kept = [entries[path] for path in sorted(entries)]
    return Catalogue(
        artifacts=tuple(entry.artifact for entry in kept),
        identities=identities,
        dependencies=tuple(each for entry in kept for each in entry.dependencies),
        unseen=(*walked.unseen, *gone),
        excluded=(*walked.excluded, *kept_out),
        hashed=len(missing),
    )


def _named(tree: Tree, names: Iterable[str]) -> Walk:
    """Return single files as a walk would; a link or a device is told, not followed."""
    seen = Walk([], [], [])
    for name in names:
        try:
            with tree.open(name) as opened:
                seen.files.append(FoundFile(name, opened.identity))
        except BasaniteError as error:
            seen.unseen.append(Unseen(path=name, reason=error.what))
    return seen


def _jobs(tree: Tree, files: list[FoundFile]) -> Iterator[Job]:
    for each in files:
        # Limits are rounded up so that jobs on files of like size can share a worker.
        minutes = 2 + each.identity.size // (_BYTES_PER_SECOND * 60)
        yield Job(
            id=each.path,
            entry="catalogue",
            root=str(tree.root),
            payload={"path": each.path},
            limits=Limits(wall_seconds=60.0 * minutes, cpu_seconds=60 * minutes),
        )


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _at(entry: Entry, path: str) -> Entry:
    """A moved file keeps its identity on disk: what is known of it moves to its new place."""
    if entry.artifact.path == path:
        return entry
    return Entry(
        artifact=entry.artifact.model_copy(update={"path": path}),
        dependencies=tuple(d.model_copy(update={"source": path}) for d in entry.dependencies),
    )
