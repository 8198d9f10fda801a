"""Discovery: from the files of a folder to a first description of the system."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace

from basanite.domain.artifact import Artifact
from basanite.domain.system import ComponentKind, DatasetRole, ModelTask
from basanite.map.find_code import find_code
from basanite.map.find_data import find_data
from basanite.map.find_endpoints import find_endpoints
from basanite.map.find_models import find_models, is_weights, scaffold
from basanite.map.find_prompts import find_agents, find_prompts
from basanite.map.found import Draft, DraftComponent, Folder, is_test, name_of, parts_of, suffix_of
from basanite.map.manifest import MANIFEST_NAME
from basanite.map.paths import MAX_PATH, Pattern, folders_up, normalise

__all__ = ["Draft", "discover", "slug", "written"]

IGNORED = frozenset(
    [
        ".git",
        ".hg",
        ".svn",
        ".basanite",
        "node_modules",
        ".venv",
        "venv",
        ".tox",
        ".nox",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".ipynb_checkpoints",
        "__pycache__",
        "site-packages",
        ".idea",
        ".vscode",
        ".github",
    ]
)
"""Folders that hold tools' own files, not the system's."""
_FIXTURES = frozenset({"fixtures", "testdata", "__tests__", "test_fixtures"})
_LARGE_FILE = b"version https://git-lfs.github.com/spec/v1"
MAX_COMPONENTS = 200


def discover(artifacts: Sequence[Artifact], read: Callable[[str], bytes | None]) -> Draft:
    """Return a draft of the system that a folder holds.

    ``artifacts`` are its files with their detected formats. ``read`` returns a file's first bytes
    (at most `basanite.map.found.MAX_TEXT` are used), or None when it cannot or should not be read.
    Nothing of a file's text gets into the draft but names of models, modules and columns, and
    plain addresses.
    """
    notes: list[str] = []
    folder = Folder(_considered(artifacts, read, notes), read)
    models = find_models(folder)
    taken = _claimed(models, folder)
    data = find_data(folder, taken)
    taken |= _claimed(data, folder)
    prompts = find_prompts(folder, taken)
    taken |= _claimed(prompts, folder)
    agents, agent_notes = find_agents(folder, taken)
    taken |= _claimed(agents, folder)
    code = find_code(folder, taken)
    endpoints, endpoint_notes = find_endpoints(folder)
    if any(each.role is DatasetRole.RETRIEVAL and each.paths for each in data):
        agents = [each for each in agents if each.id != "retrieval-store"]
    parts = [*models, *data, *prompts, *agents, *endpoints, *code]
    notes += [*agent_notes, *endpoint_notes]
    if folder.unread:
        notes.append(f"{folder.unread} text files were not looked at: there is too much text")
    if len(parts) > MAX_COMPONENTS:
        notes.append(f"{len(parts) - MAX_COMPONENTS} components are left out; there are too many")
    named = _unique(_writable(parts[:MAX_COMPONENTS], notes))
    return Draft(components=tuple(_related(named)), notes=tuple(dict.fromkeys(notes)))


def _considered(
    artifacts: Sequence[Artifact], read: Callable[[str], bytes | None], notes: list[str]
) -> list[Artifact]:
    """Leave out tools' folders and left-overs, and say so where a model may be meant."""
    kept: list[Artifact] = []
    fixtures = elsewhere = 0
    for each in artifacts:
        folders = parts_of(each.path)[:-1]
        if (
            each.path == MANIFEST_NAME
            or any(part in IGNORED for part in folders)
            or (is_weights(each) and scaffold(each.path))
        ):
            continue
        in_tests = is_test(each.path) or any(part in _FIXTURES for part in folders)
        if is_weights(each) and in_tests:
            fixtures += 1
            continue
        if _elsewhere(each, read):
            elsewhere += 1
            if elsewhere <= 20:
                notes.append(
                    f"{each.path} stands for a file that is kept elsewhere (Git LFS or "
                    "DVC); fetch it, or it is not assessed"
                )
            continue
        kept.append(each)
    if elsewhere > 20:
        notes.append(f"{elsewhere - 20} more files are kept elsewhere (Git LFS or DVC)")
    if fixtures:
        notes.append(f"{fixtures} model files in test folders are not listed")
    return kept


def _elsewhere(artifact: Artifact, read: Callable[[str], bytes | None]) -> bool:
    if suffix_of(artifact.path) == ".dvc" and name_of(artifact.path) != ".dvc":
        return True
    if not 100 <= artifact.size <= 300:
        return False
    return (read(artifact.path) or b"").startswith(_LARGE_FILE)


def _claimed(parts: Sequence[DraftComponent], folder: Folder) -> frozenset[str]:
    patterns = [Pattern(text) for part in parts for text in part.paths]
    names = {pattern.text for pattern in patterns}
    globs = [pattern for pattern in patterns if pattern.is_glob]
    return frozenset(
        path
        for path in folder.paths
        if not names.isdisjoint(folders_up(path)) or any(glob.matches(path) for glob in globs)
    )


def written(path: str) -> str | None:
    """Return a path as a manifest can hold it; None when none can."""
    text = path.replace("\\", "%5C")
    if text.startswith("~") or re.match(r"[A-Za-z]:", text):
        text = f"./{text}"
    try:
        return text if len(text) <= MAX_PATH and normalise(text) == path else None
    except ValueError:
        return None


def _writable(parts: Sequence[DraftComponent], notes: list[str]) -> list[DraftComponent]:
    """Drop paths that two components name or that cannot be written."""
    owned: set[str] = set()
    out: list[DraftComponent] = []
    for part in parts:
        paths: list[str] = []
        for path in part.paths[:500]:
            if written(path) is None:
                notes.append(f"a path of {part.kind.value} {part.title!r} is too long to write")
            elif path not in owned:
                paths.append(path)
            elif part.kind is ComponentKind.CODE:
                paths += [
                    f"{path}/**/*{end}"
                    for end in (".py", ".ipynb")
                    if f"{path}/**/*{end}" not in owned
                ]
        owned.update(paths)
        if paths or not part.paths:
            out.append(replace(part, paths=tuple(paths)))
    return out


def slug(text: str) -> str:
    """Return a text as an id: lower-case ASCII letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:56].strip("-")


def _unique(parts: Sequence[DraftComponent]) -> list[DraftComponent]:
    taken: set[str] = set()
    out: list[DraftComponent] = []
    for part in parts:
        base = slug(part.id) or part.kind.value
        name = base if base not in taken else f"{base}-{part.kind.value}"
        number = 2
        while name in taken:
            name = f"{base}-{number}"
            number += 1
        taken.add(name)
        out.append(replace(part, id=name))
    return out


def _related(parts: Sequence[DraftComponent]) -> list[DraftComponent]:
    """Say what serves what where there is only one possibility."""
    models = [each for each in parts if each.kind is ComponentKind.MODEL]
    predictive = [each for each in models if each.task is not ModelTask.GENERATION and each.paths]
    speaking = [
        each
        for each in parts
        if each.endpoint is not None or (each in models and each.task is ModelTask.GENERATION)
    ]
    out = []
    for part in parts:
        target = ""
        if part.kind is ComponentKind.DATASET and part.role is not DatasetRole.RETRIEVAL:
            target = predictive[0].id if len(predictive) == 1 else ""
        elif part.kind is ComponentKind.PROMPT or part.role is DatasetRole.RETRIEVAL:
            target = speaking[0].id if len(speaking) == 1 else ""
        if target and not part.serves:
            out.append(replace(part, serves=(target,), guessed=part.guessed | {"serves"}))
        else:
            out.append(part)
    return out
