"""Assessment: one immutable answer. Every report is a view of it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from basanite.domain.check import Check
from basanite.domain.errors import ExitCode
from basanite.domain.evidence import Cost, Tool
from basanite.domain.finding import Finding
from basanite.domain.inventory import Inventory, Subject
from basanite.domain.ledger import Head
from basanite.domain.measurement import Held, Measurement
from basanite.domain.outcome import Outcome
from basanite.domain.requirement import PackReference
from basanite.domain.severity import Severity
from basanite.domain.value import JsonObject, Sha256, Time, Value, digest_of
from basanite.domain.verdict import Freshness, Status, Verdict


class Result(Value):
    """What became of one question in this assessment."""

    check: str
    version: int
    component: str | None
    subjects: tuple[Subject, ...]
    parameters: JsonObject = {}
    outcome: Outcome
    reason: str = ""
    ran: bool
    """Whether it was run now; otherwise its evidence was still good."""
    why: str
    """Why it ran, or why not: ``new``, ``subject changed``, ``expired``, ``fresh``, …"""
    freshness: Freshness
    entry: int | None = None
    """Ledger entry of its evidence; None when nothing was signed (skipped)."""
    key: Sha256 | None = None
    isolation: str = ""
    finished: Time | None = None
    valid_until: Time | None = None
    findings: tuple[Finding, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    cost: Cost = Cost()

    def occurrence(self, finding: Finding) -> str:
        """Return the identity of a finding here: its fingerprint, the component, these subjects.

        A waiver names this, so it accepts nothing in another component or in changed bytes.
        """
        digests = sorted(subject.sha256 for subject in self.subjects)
        return digest_of([finding.fingerprint, self.component, digests])


class Exemption(Value):
    """A waiver or override in force, as the report shows it."""

    target: str
    reason: str
    person: str
    expires: Time


class Standing(Value):
    """One line of a system's history, for the trend."""

    time: Time
    findings: dict[Severity, int] = {}
    verdicts: dict[Status, int] = {}


class Assessment(Value):
    """One immutable answer about one system."""

    schema_id: Literal["basanite.assessment/1"] = Field(
        default="basanite.assessment/1", alias="schema"
    )
    time: Time
    tool: Tool
    manifest: Sha256
    inventory: Inventory
    checks: tuple[Check, ...]
    """The checks that results speak of."""
    results: tuple[Result, ...]
    packs: tuple[PackReference, ...]
    feeds: dict[str, Sha256] = {}
    verdicts: tuple[Verdict, ...]
    exemptions: tuple[Exemption, ...] = ()
    waived: tuple[str, ...] = ()
    """Occurrences of findings (`Result.occurrence`) that a waiver in force accepts."""
    head: Head
    history: tuple[Standing, ...] = ()
    """Earlier assessments, oldest first."""

    def check(self, identifier: str) -> Check | None:
        """Return the check with that id, or None."""
        return next((each for each in self.checks if each.id == identifier), None)

    def findings(self) -> list[tuple[Result, Finding]]:
        """Return all findings that no waiver accepts, worst first."""
        found = [
            (result, finding)
            for result in self.results
            for finding in result.findings
            if result.occurrence(finding) not in self.waived
        ]
        return sorted(
            found,
            key=lambda pair: (
                -pair[1].level.rank,
                -pair[1].confidence.rank,
                pair[1].rule.id,
                pair[1].location.path,
                pair[1].location.line or 0,
            ),
        )

    def standing(self) -> Standing:
        """Return the counts of this assessment."""
        findings = [finding.level for _, finding in self.findings()]
        statuses = [verdict.status for verdict in self.verdicts]
        return Standing(
            time=self.time,
            findings={level: findings.count(level) for level in Severity},
            verdicts={status: statuses.count(status) for status in Status},
        )

    def standing_of(self, pack: str) -> str:
        """Return how many requirements of a pack stand how: ``10 met, 9 unmet, …``."""
        found = [each.status for each in self.verdicts if each.pack == pack]
        return ", ".join(f"{found.count(status)} {status.value}" for status in Status)

    def exit_code(self, fail_on: Severity) -> ExitCode:
        """Return how the command ends.

        1 for a finding at or above the threshold, a failed check or an unmet requirement; else 3
        when a needed outcome is missing, stale or open, or when there was nothing to look at;
        else 0.
        """
        failed = any(finding.level.rank >= fail_on.rank for _, finding in self.findings()) or any(
            verdict.status is Status.UNMET for verdict in self.verdicts
        )
        if failed or any(_fails(result) for result in self.results):
            return ExitCode.FINDINGS
        return inconclusive(self)


def _fails(result: Result) -> bool:
    """A failed check counts by its findings; by a bound that is not kept it always counts."""
    broken = any(each.held is Held.NO for each in result.measurements)
    return result.outcome is Outcome.FAILED and (broken or not result.findings)


def inconclusive(assessment: Assessment) -> ExitCode:
    """Return 3 when anything that was needed has no answer, else 0."""
    open_results = any(
        not result.outcome.conclusive or result.freshness is not Freshness.FRESH
        for result in assessment.results
    )
    open_verdicts = any(
        verdict.status in (Status.UNDECIDED, Status.UNKNOWN)
        or (verdict.status is Status.MET and verdict.freshness is not Freshness.FRESH)
        for verdict in assessment.verdicts
    )
    nothing = not assessment.results or not assessment.inventory.artifacts
    unseen = bool(assessment.inventory.unseen)
    return (
        ExitCode.INCONCLUSIVE
        if open_results or open_verdicts or nothing or unseen
        else ExitCode.CLEAN
    )
