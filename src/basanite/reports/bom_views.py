"""Views of BOMs: how two differ, and which minimum elements one has. For people and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from basanite.domain.bom import Bom, BomChanged, BomComponent, BomDifference
from basanite.domain.coverage import Coverage, Presence
from basanite.domain.requirement import Basis
from basanite.reports import words

DIFF_SCHEMA = "basanite.bom-diff/1"
COVERAGE_SCHEMA = "basanite.bom-coverage/1"
_DIGEST = 16


def diff_object(before: Bom, after: Bom, found: BomDifference) -> dict[str, Any]:
    """Return a difference as JSON."""
    return {
        "schema": DIFF_SCHEMA,
        "before": _document(before),
        "after": _document(after),
        "added": [each.model_dump() for each in found.added],
        "removed": [each.model_dump() for each in found.removed],
        "changed": [
            {
                "name": each.after.name,
                "matched-by": each.matched_by,
                "before": each.before.ref,
                "after": each.after.ref,
                "changes": [change.model_dump() for change in each.changes],
            }
            for each in found.changed
        ],
        "dependencies": {
            "added": [list(pair) for pair in found.edges_added],
            "removed": [list(pair) for pair in found.edges_removed],
        },
        "summary": {
            "added": len(found.added),
            "removed": len(found.removed),
            "changed": len(found.changed),
            "same": found.same,
            "dependencies-added": len(found.edges_added),
            "dependencies-removed": len(found.edges_removed),
        },
    }


def _document(bom: Bom) -> dict[str, Any]:
    return {
        "format": bom.format.value,
        "spec-version": bom.spec_version,
        "identity": bom.identity,
        "subject": bom.subject,
        "created": bom.created,
        "tools": list(bom.tools),
        "signed": bom.signed,
        "components": len(bom.components),
        "dependencies": len(bom.edges),
        "problems": list(bom.problems),
    }


def diff_lines(before: Bom, after: Bom, found: BomDifference) -> Iterator[str]:
    """Yield a difference for a person: ``+`` added, ``-`` removed, ``~`` changed."""
    yield f"before  {_about(before)}"
    yield f"after   {_about(after)}"
    for bom in (before, after):
        for problem in bom.problems:
            yield f"not read: {problem}"
    yield ""
    for each in found.removed:
        yield f"- {_named(each)}"
    for each in found.added:
        yield f"+ {_named(each)}"
    for changed in found.changed:
        yield from _changed(changed)
    for sign, pairs in (("-", found.edges_removed), ("+", found.edges_added)):
        for source, target in pairs:
            yield f"{sign} {source} needs {target}"
    if found.empty:
        yield f"No difference: {words.count(found.same, 'component')} are the same."
        return
    yield ""
    parts = [
        f"{len(found.added)} added",
        f"{len(found.removed)} removed",
        f"{len(found.changed)} changed",
        f"{found.same} the same",
    ]
    edges = len(found.edges_added) + len(found.edges_removed)
    if edges:
        parts.append(f"{words.count(edges, 'dependency', 'dependencies')} between them differ")
    yield ", ".join(parts)


def _about(bom: Bom) -> str:
    subject = f"{bom.subject}, " if bom.subject else ""
    told = f" of {bom.created}" if bom.created else ""
    return (
        f"{subject}{words.count(len(bom.components), 'component')} "
        f"({bom.format.value} {bom.spec_version}{told})"
    )


def _named(each: BomComponent) -> str:
    name = each.purl or f"{each.name} {each.version}".strip()
    digest = next(iter(each.hashes.items()), None)
    shown = f"  {digest[0]}:{digest[1][:_DIGEST]}…" if digest else ""
    return f"{each.kind or 'component'}  {name}{shown}"


def _changed(found: BomChanged) -> Iterator[str]:
    name = found.after.name
    yield f"~ {found.after.kind or 'component'}  {name}  (same {found.matched_by})"
    for change in found.changes:
        before, after = (_short(change.field, text) for text in (change.before, change.after))
        yield f"    {change.field}: {before} → {after}"


def _short(field: str, text: str) -> str:
    if not text:
        return "none"
    if field.startswith(("sha", "md5", "blake")):
        return f"{text[:_DIGEST]}…"
    return words.shortened(text, 100)


_SIGNS = {Presence.PRESENT: "yes", Presence.PARTLY: "partly", Presence.MISSING: "no"}


def coverage_lines(found: Sequence[Coverage], width: int = 100) -> Iterator[str]:
    """Yield the coverage of each list for a person, cluster by cluster."""
    for coverage in found:
        wanted = coverage.list
        yield from _hung(wanted.title, width, "")
        yield from _hung(f"{wanted.publisher}, {wanted.date} ({wanted.status})", width, "")
        if wanted.basis is not Basis.PRIMARY:
            yield from _hung(f"Structure: secondary source. {wanted.basis_note}", width, "")
        cluster = ""
        for each in coverage.covered:
            if each.element.cluster != cluster:
                cluster = each.element.cluster
                yield ""
                yield cluster
            said = f"{each.element.title}: {each.because}"
            yield from _hung(said, width, f"  {_SIGNS[each.presence]:7} ")
            if each.presence is not Presence.PRESENT:
                yield from _hung(f"source: {each.element.provided_by}", width, " " * 10)
        yield ""
        yield (
            f"{coverage.count(Presence.PRESENT)} of {len(coverage.covered)} present, "
            f"{coverage.count(Presence.PARTLY)} partly, "
            f"{coverage.count(Presence.MISSING)} missing"
        )
        yield ""


def _hung(text: str, width: int, head: str) -> list[str]:
    return textwrap.wrap(
        text, max(40, width), initial_indent=head, subsequent_indent=" " * len(head)
    )


def coverage_object(system: str, found: Sequence[Coverage]) -> dict[str, Any]:
    """Return the coverage of each list as JSON."""
    return {
        "schema": COVERAGE_SCHEMA,
        "system": system,
        "lists": [
            {
                **each.list.model_dump(mode="json", by_alias=True, exclude={"elements"}),
                "elements": [
                    {
                        **one.element.model_dump(mode="json", by_alias=True),
                        "presence": one.presence.value,
                        "because": one.because,
                    }
                    for one in each.covered
                ],
                "summary": {kind.value: each.count(kind) for kind in Presence},
            }
            for each in found
        ],
    }
