"""The summaries a person reads in the terminal."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from basanite.cli.face import Face
from basanite.domain.outcome import Outcome

if TYPE_CHECKING:
    from basanite.app.inspect import Inspection
    from basanite.domain.assessment import Assessment

_MOST = 50


def show(face: Face, answer: Assessment) -> None:
    """Print an assessment's summary."""
    from basanite.reports.text import lines

    width = min(100, shutil.get_terminal_size((100, 24)).columns)
    face.say(lines(answer, width, now=answer.time))
    reasons = [result.why for result in answer.results if result.ran]
    for why in dict.fromkeys(reasons):
        face.note(f"  ran {reasons.count(why)}: {why}")


def show_inspection(face: Face, found: Inspection) -> None:
    """Print an inspection's findings, worst first, and what could not be looked at."""
    findings = sorted(
        (finding for result in found.results for finding in result.findings),
        key=lambda f: (-f.level.rank, f.location.path, f.location.line or 0),
    )
    for finding in findings[:_MOST]:
        place = finding.location
        line = f":{place.line}" if place.line else ""
        face.say(f"{finding.level.value:8}  {place.path}{line}  {finding.message}")
        face.say(f"{'':8}  {finding.rule.id}: {finding.rule.remediation}")
    if len(findings) > _MOST:
        face.say(f"… and {len(findings) - _MOST} more; --format json shows all.")
    open_ends = [
        result
        for result in found.results
        if not result.outcome.conclusive and result.outcome is not Outcome.SKIPPED
    ]
    for result in open_ends[:_MOST]:
        face.say(f"{result.outcome.value}: {result.subjects[0].name}  {result.reason}")
    for unseen in found.unseen[:_MOST]:
        face.say(f"not seen: {unseen.path}  {unseen.reason}")
    if found.excluded:
        shown = ", ".join(found.excluded[:3])
        more = len(found.excluded) - 3
        face.say(f"left out on purpose: {shown}{f' and {more} more' if more > 0 else ''}")
    looked = {subject.name for result in found.results for subject in result.subjects}
    face.say(
        f"{len(found.artifacts)} files, {len(looked)} inspected, {len(findings)} findings, "
        f"{len(open_ends) + len(found.unseen)} open."
    )


def finding_lines(answer: Assessment) -> list[str]:
    """Return a line per finding, worst first, accepted ones marked."""
    every = [(result, finding) for result in answer.results for finding in result.findings]
    every.sort(key=lambda pair: (-pair[1].level.rank, pair[1].rule.id, pair[1].location.path))
    told = []
    for result, finding in every:
        occurrence = result.occurrence(finding)
        where = finding.location.path or result.component or ""
        line = f":{finding.location.line}" if finding.location.line else ""
        accepted = "  (accepted)" if occurrence in answer.waived else ""
        level = f"{finding.level.value:8}"
        told.append(f"{occurrence[:12]}  {level}  {finding.rule.id}  {where}{line}{accepted}")
    return told or ["No findings."]
