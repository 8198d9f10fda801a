"""Declared and resolved packages, from the files that name them."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

from basanite.domain.artifact import Format
from basanite.domain.inventory import Dependency
from basanite.formats.lockfile import is_lockfile, parse_lockfile
from basanite.formats.problem import LineProblem
from basanite.formats.requirements import RequirementLine, parse_requirements, requirement_line

MAX_BYTES = 4 << 20

_QUOTED = re.compile(r"\"([^\"\n]{1,1000})\"|'([^'\n]{1,1000})'")

Found = tuple[tuple[Dependency, ...], tuple[LineProblem, ...]]


def names_dependencies(path: str, kind: Format) -> bool:
    """Return whether `dependencies` has something to read in a file."""
    last = path.rpartition("/")[2]
    return (
        kind in (Format.REQUIREMENTS, Format.LOCKFILE)
        or last in ("pyproject.toml", "package.json")
        or is_lockfile(last)
    )


def dependencies(path: str, format: Format, data: bytes) -> Found:  # noqa: A002
    """Return the packages that a file names, and the lines that could not be read. Never raises.

    ``path`` is the file's encoded name and becomes the source of each dependency.
    """
    last = path.rpartition("/")[2]
    if is_lockfile(last):
        packages, problems = parse_lockfile(last, data)
        return tuple(
            Dependency(
                ecosystem=each.ecosystem,
                name=each.name,
                version=each.version,
                hashes=each.hashes,
                resolved=True,
                source=path,
            )
            for each in packages
        ), problems
    if last not in ("pyproject.toml", "package.json") and format is not Format.REQUIREMENTS:
        return (), ()
    if len(data) > MAX_BYTES:
        return (), (LineProblem(1, f"larger than {MAX_BYTES >> 20} MiB"),)
    text = data.decode("utf-8-sig", errors="replace")
    if last == "pyproject.toml":
        return _pyproject(path, text)
    if last == "package.json":
        return _package_json(path, text)
    parsed = parse_requirements(text)
    return (
        tuple(_dependency(each, path) for each in parsed.requirements if each.name),
        parsed.problems,
    )


def _dependency(read: RequirementLine, path: str) -> Dependency:
    return Dependency(
        name=read.name,
        version=read.pinned or "",
        specifier=read.specifier or (f"@ {read.url}" if read.url else ""),
        hashes=read.hashes,
        source=path,
        line=read.line,
    )


def _pyproject(path: str, text: str) -> Found:
    try:
        content = tomllib.loads(text)
    except RecursionError:
        return (), (LineProblem(1, "nested too deeply"),)
    except ValueError as error:
        return (), (LineProblem(1, f"not readable: {str(error)[:200]}"),)
    lines = _lines_of_quoted(text)
    found: list[Dependency] = []
    problems: list[LineProblem] = []
    for requirement in _pep508(content):
        line = lines.get(requirement, 1)
        try:
            found.append(_dependency(requirement_line(requirement, line), path))
        except ValueError as error:
            problems.append(LineProblem(line, f"not a requirement: {str(error)[:200]}"))
    found += _poetry(content, path)
    return tuple(found), tuple(problems)


def _lines_of_quoted(text: str) -> dict[str, int]:
    """Return the first line of every quoted text."""
    lines: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        for double, single in _QUOTED.findall(line[:10_000]):
            lines.setdefault(double or single, number)
    return lines


def _pep508(content: dict[str, Any]) -> Iterator[str]:
    """Yield the requirements of the project, its extras, its groups and its build."""
    project = _table(content.get("project"))
    yield from _texts(project.get("dependencies"))
    for extra in _table(project.get("optional-dependencies")).values():
        yield from _texts(extra)
    for group in _table(content.get("dependency-groups")).values():
        yield from _texts(group)
    yield from _texts(_table(content.get("build-system")).get("requires"))


def _poetry(content: dict[str, Any], path: str) -> Iterator[Dependency]:
    """Poetry's own tables; its ``^1.2`` is kept as written."""
    poetry = _table(_table(content.get("tool")).get("poetry"))
    tables = [poetry.get("dependencies"), poetry.get("dev-dependencies")]
    tables += [_table(each).get("dependencies") for each in _table(poetry.get("group")).values()]
    for table in tables:
        for name, value in _table(table).items():
            version = _table(value).get("version") if isinstance(value, dict) else value
            if name != "python" and isinstance(version, str):
                yield from _named(name, version, path)


def _named(name: str, version: str, path: str) -> Iterator[Dependency]:
    try:
        read = requirement_line(name, 1)
    except ValueError:
        return
    pinned = re.fullmatch(r"={0,2}\s*([0-9][A-Za-z0-9.+!]{0,60})", version)
    # In Poetry's tables a bare version means "compatible with", only == pins.
    exact = pinned.group(1) if pinned and version.startswith("==") else ""
    yield Dependency(name=read.name, version=exact, specifier=version[:300], source=path)


def _package_json(path: str, text: str) -> Found:
    try:
        content = _table(json.loads(text))
    except RecursionError:
        return (), (LineProblem(1, "nested too deeply"),)
    except ValueError as error:
        return (), (LineProblem(getattr(error, "lineno", 1), f"not readable: {str(error)[:200]}"),)
    lines = _lines_of_quoted(text)
    found = [
        Dependency(
            ecosystem="npm",
            name=name[:300],
            version=version
            if re.fullmatch(r"[0-9]{1,9}(\.[0-9A-Za-z+-]{1,60}){2,3}", version)
            else "",
            specifier=version[:300],
            source=path,
            line=lines.get(name, 1),
        )
        for section in ("dependencies", "optionalDependencies", "devDependencies")
        for name, version in _table(content.get(section)).items()
        if isinstance(version, str) and name
    ]
    return tuple(found), ()


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> Iterator[str]:
    return (
        (each for each in value if isinstance(each, str)) if isinstance(value, list) else iter(())
    )
