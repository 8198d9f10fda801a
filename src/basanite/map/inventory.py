"""The inventory: which file belongs to which declared component."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from basanite.domain.artifact import Artifact
from basanite.domain.inventory import Dependency, HostFact, Inventory, Unseen
from basanite.domain.system import System
from basanite.map.paths import Pattern, folders_up

NOT_THERE = "declared in the manifest but not there"


def assemble(
    system: System,
    artifacts: Iterable[Artifact],
    dependencies: Iterable[Dependency] = (),
    host: Iterable[HostFact] = (),
    unseen: Iterable[Unseen] = (),
    excluded: Iterable[str] = (),
) -> Inventory:
    """Return the inventory of a system, in an order that does not depend on the file system.

    A file belongs to the component with the most specific path that means it: a file before a
    folder, a folder before a glob, then the longest; the root itself (``.``) comes last. A file
    that no path means belongs to none. A declared path that means no file, and of which nothing
    is already known to be unseen, becomes `Unseen`.
    """
    owners = _Owners(system)
    assigned = [
        each.model_copy(update={"component": owners.of(each.path)})
        for each in sorted(artifacts, key=lambda each: each.path)
    ]
    gaps = list(unseen)
    known = [each.path for each in gaps]
    gaps += [
        Unseen(path=text, reason=NOT_THERE)
        for text in owners.unmet()
        if not any(_about(Pattern(text), path) for path in known)
    ]
    return Inventory(
        system=system,
        artifacts=tuple(assigned),
        dependencies=tuple(
            sorted(
                dependencies,
                key=lambda d: (d.source, d.line or 0, d.ecosystem, d.name, d.version, d.specifier),
            )
        ),
        host=tuple(host),
        unseen=tuple(sorted(gaps, key=lambda each: (each.path, each.reason))),
        excluded=tuple(sorted(excluded)),
    )


def _about(pattern: Pattern, path: str) -> bool:
    """Whether something unseen explains why a declared path means no file."""
    return pattern.matches(path) or Pattern(path).names(pattern.text)


class _Owners:
    """Finds a file's component: exact names and folders by look-up, globs one by one."""

    def __init__(self, system: System) -> None:
        self._names: dict[str, str] = {}
        self._globs: list[tuple[Pattern, str]] = []
        self._met: set[str] = set()
        self._declared: list[str] = []
        for part in system.components:
            for text in part.paths:
                self._declared.append(text)
                self._names.setdefault(text, part.id)
                if (pattern := Pattern(text)).is_glob:
                    self._globs.append((pattern, part.id))
        self._globs.sort(key=lambda pair: -len(pair[0].text))

    def of(self, path: str) -> str | None:
        """Return the component of a file, and remember every path that meant it."""
        meant = [*folders_up(path)]
        matching = [text for text in meant if text in self._names]
        globs = [pair for pair in self._globs if pair[0].matches(path)]
        self._met.update(matching, (pattern.text for pattern, _ in globs))
        if matching and (matching[0] != "." or not globs):
            return self._names[matching[0]]
        return globs[0][1] if globs else None

    def unmet(self) -> Sequence[str]:
        """Return the declared paths that meant no file so far."""
        return [text for text in dict.fromkeys(self._declared) if text not in self._met]
