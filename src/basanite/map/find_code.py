"""Finds the code: one component for each project in the folder, its dependencies with it."""

from __future__ import annotations

from basanite.domain.artifact import Artifact, Format
from basanite.domain.system import ComponentKind
from basanite.formats.lockfile import is_lockfile
from basanite.map.found import DraftComponent, Folder, Sign, below, folder_of, name_of, suffix_of

_CODE_SUFFIXES = frozenset(
    [
        ".py",
        ".pyx",
        ".ipynb",
        ".js",
        ".ts",
        ".tsx",
        ".jsx",
        ".mjs",
        ".go",
        ".rs",
        ".java",
        ".kt",
        ".scala",
        ".c",
        ".cc",
        ".cpp",
        ".cu",
        ".cs",
        ".r",
        ".jl",
        ".m",
        ".sh",
    ]
)
_PROJECT = frozenset(
    [
        "pyproject.toml",
        "setup.py",
        "setup.cfg",
        "Pipfile",
        "package.json",
        "environment.yml",
        "environment.yaml",
        "go.mod",
        "Cargo.toml",
    ]
)
_DEPLOYMENT = ("dockerfile", "containerfile", "docker-compose", "compose.y", "procfile", "chart.y")
_SETTINGS = frozenset({Format.YAML, Format.TOML, Format.JSON, Format.ENV})
_SETTINGS_SUFFIXES = frozenset([".ini", ".cfg", ".conf", ".properties"])
MAX_PROJECTS = 30


def find_code(folder: Folder, taken: frozenset[str]) -> list[DraftComponent]:
    """Return code, notebooks, deployment and settings that nothing else has taken."""
    free = [each for each in folder.artifacts if each.path not in taken]
    roots = _projects(free)
    code = [each for each in free if _is_code(each) and not _is_deployment(each)]
    notebooks = [
        each for each in code if each.format is Format.NOTEBOOK or suffix_of(each.path) == ".ipynb"
    ]
    found = _code(free, [each for each in code if each not in notebooks], roots)
    if notebooks:
        found.append(_plain("notebooks", "Notebooks", notebooks, "notebook"))
    deployment = [each for each in free if _is_deployment(each)]
    if deployment:
        found.append(_plain("deployment", "How it is deployed", deployment, "deployment file"))
    settings = [
        each
        for each in free
        if _is_settings(each)
        and each not in deployment
        and not any(_covers(part, each.path) for part in found)
    ]
    if settings:
        found.append(_plain("settings", "Configuration", settings, "configuration file"))
    return found


def _covers(part: DraftComponent, path: str) -> bool:
    return any(path == each or below(path, each) for each in part.paths)


def _is_code(artifact: Artifact) -> bool:
    return artifact.format in (Format.PYTHON, Format.NOTEBOOK) or (
        suffix_of(artifact.path) in _CODE_SUFFIXES
    )


def _is_deployment(artifact: Artifact) -> bool:
    return name_of(artifact.path).lower().startswith(_DEPLOYMENT)


def _is_settings(artifact: Artifact) -> bool:
    name = name_of(artifact.path)
    return not _is_project(artifact) and (
        artifact.format in _SETTINGS
        or suffix_of(artifact.path) in _SETTINGS_SUFFIXES
        or name.startswith(".env")
    )


def _is_project(artifact: Artifact) -> bool:
    name = name_of(artifact.path)
    return (
        name in _PROJECT
        or is_lockfile(name)
        or artifact.format in (Format.REQUIREMENTS, Format.LOCKFILE)
    )


def _projects(free: list[Artifact]) -> list[str]:
    """Return the folders that declare dependencies; an odd ``requirements/`` counts as its parent.

    Past `MAX_PROJECTS` the deepest fold into what is above them.
    """
    roots = set()
    for each in free:
        if _is_project(each):
            home = folder_of(each.path)
            roots.add(folder_of(home) if name_of(home).startswith("requirement") else home)
    return sorted(roots, key=lambda root: (root.count("/"), root))[:MAX_PROJECTS]


def _root_of(path: str, roots: list[str]) -> str:
    return max((root for root in roots if below(path, root)), key=len, default="")


def _code(free: list[Artifact], code: list[Artifact], roots: list[str]) -> list[DraftComponent]:
    groups: dict[str, list[Artifact]] = {}
    for each in [*code, *(each for each in free if _is_project(each))]:
        groups.setdefault(_root_of(each.path, roots), []).append(each)
    found = []
    for root, files in sorted(groups.items()):
        declared = sorted(each.path for each in files if _is_project(each))
        count = sum(1 for each in files if _is_code(each))
        signs = [Sign(f"{count} code file{'' if count == 1 else 's'}", root or ".")]
        signs += [Sign("names dependencies", path) for path in declared[:4]]
        name = name_of(root) or "code"
        found.append(
            DraftComponent(
                id=name,
                kind=ComponentKind.CODE,
                title=f"Code in {root}" if root else "Code",
                paths=(root,) if root else _of_root(files, roots),
                signs=tuple(signs),
            )
        )
    return found


def _of_root(files: list[Artifact], roots: list[str]) -> tuple[str, ...]:
    """Name the code of the uppermost project: its folders, and the files beside them."""
    paths: dict[str, None] = {}
    loose: dict[str, list[str]] = {}
    for each in files:
        top, _, rest = each.path.partition("/")
        if rest:
            paths[top] = None
        else:
            loose.setdefault(suffix_of(top), []).append(top)
    for suffix, names in sorted(loose.items()):
        as_glob = len(names) > 5 and suffix in _CODE_SUFFIXES
        paths.update(dict.fromkeys([f"*{suffix}"] if as_glob else names))
    return tuple(sorted(path for path in paths if path not in roots))


def _plain(identifier: str, title: str, files: list[Artifact], what: str) -> DraftComponent:
    paths = tuple(each.path for each in files)
    if len(paths) > 12:
        suffixes = sorted({suffix_of(path) for path in paths} - {""})
        bare = [path for path in paths if not suffix_of(path)]
        paths = (*(f"**/*{suffix}" for suffix in suffixes), *bare[:20])
    return DraftComponent(
        id=identifier,
        kind=ComponentKind.CODE,
        title=title,
        paths=paths,
        signs=(Sign(f"{len(files)} {what}{'' if len(files) == 1 else 's'}", files[0].path),),
    )
