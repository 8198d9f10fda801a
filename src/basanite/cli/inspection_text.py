"""What `basanite inspect` prints for people: worst first, and what to do once for each rule."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from basanite.cli.face import Face
from basanite.domain.outcome import Outcome

if TYPE_CHECKING:
    from basanite.app.inspect import Inspection
    from basanite.domain.assessment import Result
    from basanite.domain.finding import Finding, Location

TRACE = " In order: "
"""What a message says before the steps that a check followed."""
_STEP = re.compile(r"; (?=\d+\. )")
_MOST = 50
_ALIKE = 5
"""Findings of one rule that are shown; the rest is counted."""
_INDENT = " " * 12


def show_inspection(face: Face, found: Inspection) -> None:
    """Print an inspection's findings, worst first, and what could not be looked at."""
    counted = [f for r in found.results for f in r.findings if found.counts(r, f)]
    for line in _findings(counted):
        face.say(line)
    open_ends = [r for r in found.results if found.open(r) and r.outcome is not Outcome.SKIPPED]
    for line in _open(open_ends):
        face.say(line)
    for unseen in found.unseen[:_MOST]:
        face.say(f"{'not seen':12}{unseen.path}  {unseen.reason}")
    if found.excluded:
        shown = ", ".join(found.excluded[:3])
        more = len(found.excluded) - 3
        face.say(f"left out on purpose: {shown}{f' and {more} more' if more > 0 else ''}")
    looked = {subject.name for result in found.results for subject in result.subjects}
    accepted = f", {len(found.accepted)} accepted" if found.accepted else ""
    face.say(
        f"{len(found.artifacts)} files, {len(looked)} inspected, {len(counted)} findings"
        f"{accepted}, {len(open_ends) + len(found.unseen)} open."
    )


def _findings(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield the lines of findings, rule by rule, with what to do once for each rule."""
    groups: dict[tuple[int, str], list[Finding]] = {}
    for each in findings:
        groups.setdefault((-each.level.rank, each.rule.id), []).append(each)
    left = _MOST
    for (_, _), alike in sorted(groups.items()):
        if left <= 0:
            break
        alike.sort(key=lambda each: (each.location.path, each.location.line or 0))
        for each in alike[: min(_ALIKE, left)]:
            yield f"{each.level.value:12}{_place(each.location)}"
            yield from (f"{_INDENT}{line}" for line in _told(each.message))
        if len(alike) > _ALIKE:
            yield f"{_INDENT}… and {len(alike) - _ALIKE} more of this kind; --format json shows all"
        rule = alike[0].rule
        yield f"{_INDENT}do: {rule.remediation}  [{rule.id}]"
        left -= len(alike)


def _told(message: str) -> Iterator[str]:
    """Yield the lines of a message; what would run, in order, has a line for each step."""
    said, _, steps = message.partition(TRACE)
    yield from said.splitlines()
    if steps:
        yield "loading it would, in order:"
        yield from (f"  {step}" for step in _STEP.split(steps.rstrip(".")) if step)


def _place(location: Location) -> str:
    line = f":{location.line}" if location.line else ""
    offset = f" at byte {location.offset}" if location.offset is not None and not line else ""
    return f"{location.path}{line}{offset}"


def _open(results: Iterable[Result]) -> Iterator[str]:
    """Yield a line for each thing that is open, with all the checks that say the same of it."""
    told: dict[tuple[str, str, str], list[str]] = {}
    for each in results:
        key = each.outcome.value, each.subjects[0].name, each.reason
        told.setdefault(key, []).append(each.check)
    for (outcome, name, reason), checks in list(told.items())[:_MOST]:
        by = checks[0] if len(checks) == 1 else f"{len(checks)} checks"
        yield f"{outcome:12}{name}  {reason}  [{by}]"
