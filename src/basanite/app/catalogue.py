"""Catalogue: from the files of a folder to artifacts with digest, format and header facts.

Reading happens in confined workers. What was read once is remembered by the file's identity
(device, inode, size, mtime, ctime), its path, the system's folder and the versions of the readers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import time_ns
from typing import Any

from pydantic import ValidationError

from basanite.adapters.cache import ArtifactCache
from basanite.adapters.files import Tree
from basanite.adapters.home import home_path
from basanite.adapters.left_out import told_names
from basanite.adapters.walk import FoundFile, Walk
from basanite.domain.artifact import Artifact, Identity
from basanite.domain.errors import BasaniteError, UnreadableError
from basanite.domain.inventory import Dependency, Unseen
from basanite.domain.job import Job, JobResult, Limits
from basanite.domain.names import encode_name
from basanite.domain.ports import Engine
from basanite.domain.value import Value, digest_of
from basanite.formats.detect import names_model
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

    ``excludes`` are patterns of files that the manifest leaves out; a pattern that leaves out a
    file with a model's name is unseen. What a worker says is believed only of the file it was
    given. ``only`` names the files that
    are meant, when not all are. ``on_file`` is told (done, all) as files are read.
    """
    began = time_ns()
    walked = (
        tree.walk(exclude=_keys_in(tree.root), suspect=names_model)
        if only is None
        else _named(tree, only)
    )
    found, kept_out = _sifted(walked.files, excludes)
    readers = _maker(tree.root)
    known = {} if rehash else cache.get_many([each.identity for each in found], readers=readers)
    entries: dict[str, Entry] = {}
    missing: list[FoundFile] = []
    for each in found:
        entry = _remembered(known.get(each.identity), each)
        if entry is None:
            missing.append(each)
        else:
            entries[each.path] = entry
    waiting = {each.path: each for each in missing}
    fresh: list[FoundFile] = []
    gone: list[Unseen] = []
    for done, result in enumerate(engine.run(_jobs(tree, missing)), start=1):
        on_file(done, len(missing))
        asked = waiting.pop(result.id, None)
        if asked is None:
            continue  # Nobody asked for it, or it was answered before.
        try:
            entries[asked.path] = _believed(result, asked)
        except UnreadableError as error:
            gone.append(Unseen(path=asked.path, reason=error.what))
        else:
            fresh.append(asked)
    gone += [Unseen(path=path, reason="nothing came back from its reader") for path in waiting]
    cache.put_many(_by_identity(fresh, found, entries), readers=readers, observed_ns=began)
    kept = [entries[path] for path in sorted(entries)]
    hidden = [
        Unseen(path=pattern, reason=reason)
        for pattern, paths in kept_out.items()
        if (reason := told_names(p for p in paths if names_model(p)))
    ]
    return Catalogue(
        artifacts=tuple(entry.artifact for entry in kept),
        identities={each.path: each.identity for each in found},
        dependencies=tuple(each for entry in kept for each in entry.dependencies),
        unseen=(*walked.unseen, *gone, *hidden),
        excluded=(*walked.excluded, *sorted(p for paths in kept_out.values() for p in paths)),
        hashed=len(missing),
    )


def _sifted(
    files: Iterable[FoundFile], excludes: Iterable[str]
) -> tuple[list[FoundFile], dict[str, list[str]]]:
    """Return the files that are meant, and the paths of the others by the pattern that says so."""
    patterns = [Pattern(text) for text in excludes]
    found: list[FoundFile] = []
    kept_out: dict[str, list[str]] = {}
    for each in files:
        pattern = next((p for p in patterns if p.matches(each.path)), None)
        if pattern is None:
            found.append(each)
        else:
            kept_out.setdefault(pattern.text, []).append(each.path)
    return found, kept_out


def _maker(root: Path) -> str:
    """Return what remembered entries stand on: the readers, and the folder they were made in.

    A worker reads files of one system. Were it taken over by a file, what it says must not be
    believed of another system.
    """
    return digest_of({"readers": {**READERS}, "root": encode_name(os.fspath(root.resolve()))})


def _remembered(value: Any, file: FoundFile) -> Entry | None:
    """Return what is known of a file under this very path.

    Names of the file and of its folders have a say in the format, so a moved or renamed file, and
    a link under another name, is read anew.
    """
    if not isinstance(value, dict) or file.path not in value:
        return None
    try:
        return _of(value[file.path], file)
    except UnreadableError:
        return None


def _by_identity(
    fresh: Iterable[FoundFile], found: Iterable[FoundFile], entries: Mapping[str, Entry]
) -> dict[Identity, dict[str, Any]]:
    """Return what to remember: by identity, then by path, since a file may have several names."""
    kept: dict[Identity, dict[str, Any]] = {each.identity: {} for each in fresh}
    for each in found:
        if each.identity in kept and each.path in entries:
            kept[each.identity][each.path] = entries[each.path].model_dump(mode="json")
    return kept


def _believed(result: JobResult, file: FoundFile) -> Entry:
    """Return what a worker says of a file, as far as it may be believed.

    Raises:
        UnreadableError: it failed, talks nonsense, or talks of another file.
    """
    if result.failure is not None:
        raise UnreadableError(result.reason)
    answer = result.answer
    if not isinstance(answer, dict) or not {"entry", "identity"} <= answer.keys():
        raise UnreadableError("its reader gave an answer that makes no sense")
    try:
        identity = Identity.model_validate(answer["identity"])
    except ValidationError as error:
        raise UnreadableError("its reader gave an answer that makes no sense") from error
    if identity != file.identity:
        raise UnreadableError("it changed after it was found")
    return _of(answer["entry"], file)


def _of(value: Any, file: FoundFile) -> Entry:
    """Return an entry from JSON that somebody else wrote, if it is of this file.

    Raises:
        UnreadableError: it is no entry, or one of another file.
    """
    try:
        entry = Entry.model_validate(value)
    except ValidationError as error:
        raise UnreadableError("its reader gave an answer that makes no sense") from error
    artifact = entry.artifact
    sources = {each.source for each in entry.dependencies}
    if (artifact.path, artifact.size, artifact.component) != (file.path, file.identity.size, None):
        raise UnreadableError("its reader spoke of another file")
    if sources - {file.path}:
        raise UnreadableError("its reader spoke of another file")
    return entry


def _keys_in(root: Path) -> tuple[str, ...]:
    """Return the encoded name of Basanite's home when it lies in a folder; keys are never read."""
    keys = home_path().resolve()
    return (encode_name(os.fspath(keys.relative_to(root))),) if keys.is_relative_to(root) else ()


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
