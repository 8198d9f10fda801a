"""Comparing two bills of materials, whoever wrote them.

Components are paired by purl, then by digest, then by name; of several candidates the most alike
come first. A package of another version is a change of the same component, a file of another
name with the same digest is a change of name. What a model's card says, and the type of a
component, is compared only within CycloneDX or within SPDX: the two have other words for it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Final

from basanite.domain.bom import Bom, BomChange, BomChanged, BomComponent, BomDifference

_STRENGTH: Final = ("sha512", "sha3512", "sha384", "sha256", "blake3", "sha1", "md5")
_Key = Callable[[BomComponent], Iterable[Hashable]]


def compare(before: Bom, after: Bom) -> BomDifference:
    """Return how the second BOM differs from the first."""
    pairs = _pairs(before.components, after.components)
    left = {old.ref for old, _, _ in pairs}
    right = {new.ref for _, new, _ in pairs}
    partner = {old.ref: new for old, new, _ in pairs}
    alike = before.format is after.format
    changed = [
        BomChanged(before=old, after=new, matched_by=how, changes=changes)
        for old, new, how in pairs
        if (changes := (*_changes(old, new), *(_words(old, new, partner) if alike else ())))
    ]
    added_edges, removed_edges = _edges(before, after, partner)
    return BomDifference(
        added=_sorted(each for each in after.components if each.ref not in right),
        removed=_sorted(each for each in before.components if each.ref not in left),
        changed=tuple(sorted(changed, key=lambda each: _order(each.after))),
        edges_added=added_edges,
        edges_removed=removed_edges,
        same=len(pairs) - len(changed),
    )


def _pairs(
    before: tuple[BomComponent, ...], after: tuple[BomComponent, ...]
) -> list[tuple[BomComponent, BomComponent, str]]:
    old = {each.ref: each for each in before}
    new = {each.ref: each for each in after}
    found: list[tuple[BomComponent, BomComponent, str]] = []
    for how, key in _PASSES:
        index: dict[Hashable, list[BomComponent]] = defaultdict(list)
        for each in sorted(new.values(), key=_order, reverse=True):
            for value in key(each):
                index[value].append(each)
        for each in sorted(old.values(), key=_order):
            match = _match(each, key, index, new)
            if match is not None:
                found.append((each, match, how))
                del old[each.ref], new[match.ref]
    return found


def _match(
    component: BomComponent,
    key: _Key,
    index: dict[Hashable, list[BomComponent]],
    free: dict[str, BomComponent],
) -> BomComponent | None:
    for value in key(component):
        candidates = index.get(value, [])
        while candidates:
            candidate = candidates.pop()
            if candidate.ref in free:
                return candidate
    return None


def _package(purl: str) -> str:
    """A purl without version, qualifiers and subpath, which may all change with the version."""
    return (
        re.split(r"[?#]", purl, maxsplit=1)[0].rpartition("@")[0]
        or re.split(r"[?#]", purl, maxsplit=1)[0]
    )


def _by_purl(each: BomComponent) -> Iterator[Hashable]:
    if each.purl:
        yield each.purl


def _by_package(each: BomComponent) -> Iterator[Hashable]:
    if each.purl:
        yield _package(each.purl)


def _by_hash_and_name(each: BomComponent) -> Iterator[Hashable]:
    for algorithm in _STRENGTH:
        if algorithm in each.hashes:
            yield each.kind, each.name, algorithm, each.hashes[algorithm]


def _by_hash(each: BomComponent) -> Iterator[Hashable]:
    for algorithm in _STRENGTH:
        if algorithm in each.hashes:
            # A model and its only file have one digest, and are still two things.
            yield each.kind == "file", algorithm, each.hashes[algorithm]


def _by_name_and_version(each: BomComponent) -> Iterator[Hashable]:
    yield each.kind, each.name, each.version


def _by_name_and_kind(each: BomComponent) -> Iterator[Hashable]:
    yield each.kind, each.name


def _by_name(each: BomComponent) -> Iterator[Hashable]:
    yield each.name.lower()


_PASSES: tuple[tuple[str, _Key], ...] = (
    ("purl", _by_purl),
    ("purl", _by_package),
    ("hash", _by_hash_and_name),
    ("hash", _by_hash),
    ("name", _by_name_and_version),
    ("name", _by_name_and_kind),
    ("name", _by_name),
)


def _changes(old: BomComponent, new: BomComponent) -> Iterator[BomChange]:
    for field in ("name", "version", "supplier"):
        before, after = getattr(old, field), getattr(new, field)
        if before != after:
            yield BomChange(field=field, before=before, after=after)
    if _package(old.purl) != _package(new.purl):
        yield BomChange(field="purl", before=old.purl, after=new.purl)
    if sorted(old.licences) != sorted(new.licences):
        before, after = (", ".join(sorted(each.licences)) for each in (old, new))
        yield BomChange(field="licence", before=before, after=after)
    yield from _digests(old, new)


def _words(
    old: BomComponent, new: BomComponent, partner: dict[str, BomComponent]
) -> Iterator[BomChange]:
    """What only documents of one family say in the same words."""
    if old.kind and new.kind and old.kind != new.kind:
        yield BomChange(field="kind", before=old.kind, after=new.kind)
    for name in sorted({*old.facts, *new.facts}):
        before, after = old.facts.get(name, ""), new.facts.get(name, "")
        if before != after and not _renamed(name, before, after, partner):
            yield BomChange(field=name, before=before, after=after)


def _digests(old: BomComponent, new: BomComponent) -> Iterator[BomChange]:
    """Digests differ where an algorithm that both have does; else where only one has any."""
    shared = sorted(set(old.hashes) & set(new.hashes))
    for algorithm in shared:
        if old.hashes[algorithm] != new.hashes[algorithm]:
            yield BomChange(
                field=algorithm, before=old.hashes[algorithm], after=new.hashes[algorithm]
            )
    if bool(old.hashes) != bool(new.hashes):
        before, after = (", ".join(sorted(each.hashes)) for each in (old, new))
        yield BomChange(field="hashes", before=before, after=after)


def _renamed(name: str, before: str, after: str, partner: dict[str, BomComponent]) -> bool:
    """Refs are a document's own: the same datasets under other refs are no change."""
    if name != "datasets":
        return False
    mapped = [partner[ref].ref if ref in partner else ref for ref in before.split(", ")]
    return sorted(mapped) == sorted(after.split(", "))


def _edges(
    before: Bom, after: Bom, partner: dict[str, BomComponent]
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """Dependencies that appeared and went between components that both BOMs have."""
    names = {each.ref: each.name for each in (*before.components, *after.components)}
    matched = {each.ref for each in partner.values()}
    old = {
        (partner[a].ref, partner[b].ref) for a, b in before.edges if a in partner and b in partner
    }
    new = {(a, b) for a, b in after.edges if a in matched and b in matched}
    current = names | {each.ref: each.name for each in after.components}
    return (
        tuple(sorted((current[a], current[b]) for a, b in new - old)),
        tuple(sorted((current[a], current[b]) for a, b in old - new)),
    )


def _order(each: BomComponent) -> tuple[str, str, str, str]:
    return each.kind, each.name, each.version, each.ref


def _sorted(found: Iterable[BomComponent]) -> tuple[BomComponent, ...]:
    return tuple(sorted(found, key=_order))
