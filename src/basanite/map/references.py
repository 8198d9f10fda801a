"""What the parts of a declaration say of each other, and of checks and packs, must hold."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from basanite.domain.names import visible
from basanite.domain.system import ComponentKind
from basanite.formats.problem import LineProblem
from basanite.map.complaint import line_of, nearest
from basanite.map.declaration import ComponentPart, Declaration, OverridePart, ThresholdPart
from basanite.map.document import Path

_ONLY: dict[str, frozenset[ComponentKind]] = {
    "role": frozenset({ComponentKind.DATASET}),
    "columns": frozenset({ComponentKind.DATASET}),
    "task": frozenset({ComponentKind.MODEL}),
    "endpoint": frozenset(
        {
            ComponentKind.MODEL,
            ComponentKind.AGENT,
            ComponentKind.SERVICE,
            ComponentKind.PROVIDER,
        }
    ),
    "canaries": frozenset({ComponentKind.PROMPT, ComponentKind.AGENT, ComponentKind.SERVICE}),
}
"""Keys that mean something on some kinds only. Elsewhere they would be read by nothing."""
_COUNTED = frozenset({"family"})
"""Parameters that follow from the system as a whole. A site that set them could buy a pass."""


def problems_of(
    declared: Declaration,
    lines: Mapping[Path, int],
    known_checks: Mapping[str, Collection[str]] | None,
    known_packs: Collection[str] | None,
) -> list[LineProblem]:
    """Return every reference that leads nowhere and every key that stands in the wrong place."""
    found = [
        *_identifiers(declared),
        *_components(declared),
        *_packs(declared, known_packs),
        *_settings("thresholds", declared.thresholds, declared, known_checks),
        *_settings("overrides", declared.overrides, declared, known_checks),
    ]
    return [LineProblem(line_of(lines, place), message) for place, message in found]


Complaint = tuple[Path, str]


def _identifiers(declared: Declaration) -> Iterator[Complaint]:
    seen: dict[str, int] = {}
    for position, part in enumerate(declared.components):
        if part.id in seen:
            yield (
                ("components", position, "id"),
                (
                    f"component {position + 1} has the id {part.id} of component "
                    f"{seen[part.id] + 1}; give it another"
                ),
            )
        seen.setdefault(part.id, position)


def _components(declared: Declaration) -> Iterator[Complaint]:
    identifiers = {part.id for part in declared.components}
    owners: dict[str, str] = {}
    for position, part in enumerate(declared.components):
        place: Path = ("components", position)
        yield from _kinds(part, place)
        if part.path is not None and part.paths:
            yield (*place, "paths"), f"component {part.id} has path and paths; keep one of them"
        for path in dict.fromkeys([*([part.path] if part.path else []), *part.paths]):
            owner = owners.setdefault(path, part.id)
            if owner != part.id:
                yield (
                    (*place, "path" if part.path else "paths"),
                    (
                        f"component {part.id} has the path {path} of component {owner}; a file "
                        "belongs to one component, so leave the path out of one of them"
                    ),
                )
        for number, other in enumerate(part.serves):
            if other not in identifiers or other == part.id:
                what = "itself" if other == part.id else f"{other}, which is no component"
                guess = nearest(other, identifiers - {part.id})
                yield (
                    (*place, "serves", number),
                    f"component {part.id} serves {what}.{guess} Name the id of another component",
                )


def _kinds(part: ComponentPart, place: Path) -> Iterator[Complaint]:
    for key, kinds in _ONLY.items():
        given = getattr(part, key)
        if key in part.model_fields_set and given is not None and part.kind not in kinds:
            allowed = ", ".join(sorted(kinds))
            yield (
                (*place, key),
                (
                    f"component {part.id} is a {part.kind.value} and cannot have {key}, which "
                    f"belongs to: {allowed}. Remove it or change the kind"
                ),
            )


def _packs(declared: Declaration, known: Collection[str] | None) -> Iterator[Complaint]:
    for position, pack in enumerate(declared.packs):
        if known is not None and pack not in known:
            yield (
                ("packs", position),
                (
                    f"there is no guidance pack {pack}.{nearest(pack, known)} `basanite packs` "
                    "lists those there are"
                ),
            )
        if pack in declared.packs[:position]:
            yield ("packs", position), f"the pack {pack} is named twice; remove one"


def _settings(
    section: str,
    settings: Sequence[ThresholdPart | OverridePart],
    declared: Declaration,
    known: Mapping[str, Collection[str]] | None,
) -> Iterator[Complaint]:
    identifiers = {part.id for part in declared.components}
    taken: dict[tuple[str, str | None, str], int] = {}
    for position, setting in enumerate(settings):
        place: Path = (section, position)
        name = f"{section.removesuffix('s')} {position + 1}"
        if setting.component is not None and setting.component not in identifiers:
            yield (
                (*place, "component"),
                (
                    f"{name} names {setting.component}, which is no component."
                    f"{nearest(setting.component, identifiers)} Name the id of a component"
                ),
            )
        if known is not None:
            yield from _parameters(setting, place, name, known)
        names = list(setting.parameters)
        if isinstance(setting, OverridePart) and setting.shelf_life_days is not None:
            names.append("shelf-life-days")
        if not names:
            yield place, f"{name} changes nothing; give it parameters or remove it"
        for each in names:
            first = taken.setdefault((setting.check, setting.component, each), position)
            if first != position:
                yield (
                    place,
                    (
                        f"{name} sets {visible(each, 64)} of {setting.check}, as "
                        f"{section.removesuffix('s')} {first + 1} does; keep one of them"
                    ),
                )


def _parameters(
    setting: ThresholdPart | OverridePart,
    place: Path,
    name: str,
    known: Mapping[str, Collection[str]],
) -> Iterator[Complaint]:
    if setting.check not in known:
        yield (
            (*place, "check"),
            (
                f"{name}: there is no check {setting.check}.{nearest(setting.check, known)} "
                "`basanite checks` lists those there are"
            ),
        )
        return
    allowed = frozenset(known[setting.check]) - _COUNTED
    for parameter in setting.parameters:
        if parameter in _COUNTED:
            yield (
                (*place, "parameters", parameter),
                f"{name}: {parameter} follows from what the system holds. Remove it",
            )
        elif parameter not in allowed:
            yield (
                (*place, "parameters", parameter),
                (
                    f"{name}: {setting.check} has no parameter {visible(parameter, 64)}."
                    f"{nearest(parameter, allowed)} Allowed: {', '.join(sorted(allowed)) or 'none'}"
                ),
            )
