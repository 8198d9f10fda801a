"""Host facts in groups, with what reads alike on one line: the few that differ stand out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from basanite.domain.inventory import HostFact, HostState

_FLAWS = "cpu.vulnerability."
_GROUPS = (
    ("Processor flaws, as the kernel reports them", (_FLAWS,)),
    ("Processor", ("cpu.",)),
    ("Start-up and kernel", ("secure-boot", "tpm", "kernel.")),
    ("Separation", ("iommu", "virtualisation.")),
    ("Accelerators", ("gpu",)),
    ("Other", ("",)),
)
_STATES = {HostState.ABSENT: "not there", HostState.UNREADABLE: "could not be read"}
_HARMLESS = "not affected"


@dataclass(frozen=True)
class Line:
    """Facts of one group that have the same value."""

    names: str
    value: str
    source: str
    calm: bool
    """Whether nothing about it needs a second look."""


@dataclass(frozen=True)
class HostGroup:
    """Facts of one part of the machine."""

    title: str
    lines: tuple[Line, ...]


def host_groups(facts: Sequence[HostFact]) -> list[HostGroup]:
    """Return all facts by the part of the machine they are about.

    Facts of one part with the same value share a line; what is open to a known flaw comes first
    within its part, and what is harmless last.
    """
    gathered: dict[str, list[HostFact]] = {}
    for fact in facts:
        title = next(
            title
            for title, prefixes in _GROUPS
            if any(fact.name.startswith(prefix) for prefix in prefixes)
        )
        gathered.setdefault(title, []).append(fact)
    return [HostGroup(title, _lines(gathered[title])) for title, _ in _GROUPS if title in gathered]


def _lines(facts: Sequence[HostFact]) -> tuple[Line, ...]:
    alike: dict[str, list[HostFact]] = {}
    for fact in facts:
        alike.setdefault(_STATES.get(fact.state, fact.value), []).append(fact)
    lines = [
        Line(
            names=", ".join(_name(each) for each in same),
            value=value,
            source=_source([each.source for each in same]),
            calm=not value.lower().startswith("vulnerable"),
        )
        for value, same in alike.items()
    ]
    return tuple(sorted(lines, key=lambda one: (one.calm, one.value.lower() == _HARMLESS)))


def _name(fact: HostFact) -> str:
    name = fact.name.removeprefix(_FLAWS)
    return name.replace("_", " ") if name != fact.name else name.replace(".", " ")


def _source(sources: Sequence[str]) -> str:
    """One source as it is; several by the folder they share."""
    first, *rest = (each.split("/") for each in dict.fromkeys(sources))
    if not rest:
        return sources[0]
    shared = 0
    while shared < len(first) and all(each[: shared + 1] == first[: shared + 1] for each in rest):
        shared += 1
    folder = "/".join(first[:shared])
    return f"{folder}/…" if shared > 2 else ", ".join(dict.fromkeys(sources))
