"""The summaries a person reads in the terminal."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from basanite.cli.face import Face

if TYPE_CHECKING:
    from basanite.domain.assessment import Assessment


def show(face: Face, answer: Assessment) -> None:
    """Print an assessment's summary."""
    from basanite.reports.text import lines

    width = min(100, shutil.get_terminal_size((100, 24)).columns)
    face.say(lines(answer, width, now=answer.time))
    reasons = [result.why for result in answer.results if result.ran]
    for why in dict.fromkeys(reasons):
        face.note(f"  ran {reasons.count(why)}: {why}")


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
