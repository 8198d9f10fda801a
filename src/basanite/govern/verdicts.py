"""Verdicts: every requirement of the packs, judged by the evidence at one moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from basanite.domain.names import visible
from basanite.domain.plan import Planned
from basanite.domain.requirement import (
    AllOf,
    AnyOf,
    AttestedBy,
    CheckPasses,
    MeasurementHolds,
    Pack,
    Policy,
    Requirement,
)
from basanite.domain.severity import Confidence
from basanite.domain.verdict import Because, Freshness, Status, Verdict
from basanite.govern.application import Application, every_measurement, every_subject
from basanite.govern.archive import normal
from basanite.govern.body import Body, Signed
from basanite.govern.logic import Effort, Node, all_of, any_of

SCOPE_ROLES = ("owner", "risk-officer")
"""Who may state that a system holds nothing that a check could look at."""


def judge(
    packs: Sequence[Pack], planned: Sequence[Planned], body: Body, *, now: datetime
) -> tuple[Verdict, ...]:
    """Return a verdict for every requirement, in the order of the packs.

    ``planned`` is every question that the system as it is now has to answer; evidence that
    answers none of them says nothing about it.
    """
    bench = _Bench(planned, body.at(now))
    return tuple(
        bench.verdict(pack, requirement) for pack in packs for requirement in pack.requirements
    )


class _Bench:
    """Answers rules. What two requirements ask alike is worked out once."""

    def __init__(self, planned: Sequence[Planned], body: Body) -> None:
        self._body = body
        self._planned: dict[str, list[Planned]] = defaultdict(list)
        for each in planned:
            self._planned[each.check.id].append(each)
        self._applications: dict[str, list[Application]] = {}
        self._answers: dict[tuple[CheckPasses | MeasurementHolds, int], Node] = {}

    def verdict(self, pack: Pack, requirement: Requirement) -> Verdict:
        target = f"{pack.id}/{requirement.id}"
        if self._body.tier in requirement.tiers:
            node = self._answer(requirement.rule, target, 1)
        else:
            node = Node(
                Because(
                    text=f"does not apply to the {self._body.tier.value} tier",
                    status=Status.NOT_APPLICABLE,
                    freshness=Freshness.FRESH,
                )
            )
        because = self._with_waiver(node.because, target)
        return Verdict(
            pack=pack.id,
            requirement=requirement.id,
            title=requirement.title,
            group=requirement.group,
            asks=requirement.asks,
            method=requirement.method,
            status=node.status,
            freshness=node.freshness,
            confidence=because.confidence,
            valid_until=node.valid_until,
            because=because,
            next_step=because.next_step,
        )

    def _with_waiver(self, because: Because, target: str) -> Because:
        """Say that a waiver is in force. It accepts a verdict; it never makes one."""
        waiver = self._body.waiver(target)
        if waiver is None:
            return because
        note = (
            f"{because.text}; waived until {waiver.expires:%Y-%m-%d} by "
            f"{visible(waiver.person)}: {visible(waiver.reason)}"
        )
        return because.model_copy(update={"text": note})

    def _answer(self, rule: Policy, target: str, shares: int) -> Node:
        if isinstance(rule, AllOf):
            return all_of([self._answer(part, target, shares) for part in rule.all_of])
        if isinstance(rule, AnyOf):
            tested = sum(self._has_statistics(part) for part in rule.any_of)
            each = shares * max(tested, 1)
            return any_of([self._answer(part, target, each) for part in rule.any_of])
        if isinstance(rule, AttestedBy):
            return self._attested(rule, target)
        if (rule, shares) not in self._answers:
            self._answers[rule, shares] = self._evidence(rule, shares)
        return self._answers[rule, shares]

    def _has_statistics(self, rule: Policy) -> bool:
        """Whether a part of an any-of can be met by chance, and so spends error budget."""
        if isinstance(rule, AllOf):
            return any(self._has_statistics(part) for part in rule.all_of)
        if isinstance(rule, AnyOf):
            return any(self._has_statistics(part) for part in rule.any_of)
        if isinstance(rule, CheckPasses):
            return any(each.check.statistical for each in self._planned.get(rule.check, ()))
        return isinstance(rule, MeasurementHolds)

    def _evidence(self, rule: CheckPasses | MeasurementHolds, shares: int) -> Node:
        check = rule.check if isinstance(rule, CheckPasses) else rule.measurement
        if check not in self._applications:
            self._applications[check] = [
                Application(each, self._body.answer(each)) for each in self._planned.get(check, ())
            ]
        applications = self._applications[check]
        if not applications:
            return self._nothing_there(check)
        if isinstance(rule, CheckPasses):
            return every_subject(check, applications, shares)
        return every_measurement(rule, applications, shares)

    def _nothing_there(self, check: str) -> Node:
        """Nothing was found to put the check to: unknown, until a person says there is nothing."""
        signed = _latest(self._body.attestations(f"check/{check}"), SCOPE_ROLES)
        if signed is not None and signed.freshness is Freshness.FRESH:
            because = Because(
                text=f"{check}: nothing to look at, {_said(signed)}",
                status=Status.NOT_APPLICABLE,
                freshness=Freshness.FRESH,
                evidence=(signed.number,),
            )
            return Node(because, signed.attestation.expires)
        because = Because(
            text=f"{check}: nothing in the system was found to look at",
            status=Status.UNKNOWN,
            freshness=Freshness.MISSING,
            next_step=(
                f"Declare in the manifest the component that {check} is to look at; if there is "
                f"none, have the {' or '.join(SCOPE_ROLES)} attest that for check/{check}."
            ),
        )
        return Node(because, None, Effort.ATTEST)

    def _attested(self, rule: AttestedBy, target: str) -> Node:
        signed = _latest(self._body.attestations(target), (rule.attested_by,))
        who = f"somebody in the role {rule.attested_by}"
        step = f"Have {who} attest {target} (`basanite attest`): {rule.asks}"
        if signed is None:
            because = Because(
                text=f"nobody has attested this in the role {rule.attested_by}",
                status=Status.UNKNOWN,
                freshness=Freshness.MISSING,
                next_step=step,
            )
            return Node(because, None, Effort.ATTEST)
        stale = signed.freshness is Freshness.STALE
        because = Because(
            text=_said(signed),
            status=Status.MET,
            freshness=signed.freshness,
            confidence=Confidence.MEDIUM,
            evidence=(signed.number,),
            next_step=step if stale else "",
        )
        return Node(because, signed.attestation.expires, Effort.ATTEST if stale else Effort.NONE)


def _latest(signed: Sequence[Signed], roles: Sequence[str]) -> Signed | None:
    """Return the last attestation in force by one of the roles, else the last expired one."""
    wanted = {normal(role) for role in roles}
    theirs = [each for each in signed if normal(each.attestation.role) in wanted]
    fresh = [each for each in theirs if each.freshness is Freshness.FRESH]
    return next(reversed(fresh or theirs), None)


def _said(signed: Signed) -> str:
    attestation = signed.attestation
    ended = "expired" if signed.freshness is Freshness.STALE else "good until"
    return (
        f"attested by {visible(attestation.person)}, {visible(attestation.role)}, on "
        f"{attestation.signed:%Y-%m-%d} (entry {signed.number}, {ended} "
        f"{attestation.expires:%Y-%m-%d}): {visible(attestation.statement)}"
    )
