"""Application: what the evidence says where a check is put to its subjects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from basanite.domain.measurement import Bound, Held, Measurement
from basanite.domain.names import visible
from basanite.domain.outcome import Outcome
from basanite.domain.plan import Planned
from basanite.domain.requirement import MeasurementHolds
from basanite.domain.severity import Confidence
from basanite.domain.verdict import Because, Freshness, Status
from basanite.govern.body import Standing, label_of
from basanite.govern.logic import Effort, Node, all_of
from basanite.govern.strength import confined, held, of_evidence, of_level, stricter

MAX_PARTS = 20
"""As many applications as are told one by one; the rest is counted."""
_FEW = 5

_STATUS = {
    Outcome.PASSED: Status.MET,
    Outcome.FAILED: Status.UNMET,
    Outcome.UNDECIDED: Status.UNDECIDED,
    Outcome.INCOMPLETE: Status.UNDECIDED,
    Outcome.ERROR: Status.UNDECIDED,
    Outcome.NOT_APPLICABLE: Status.NOT_APPLICABLE,
}


@dataclass(frozen=True, slots=True)
class Application:
    """One planned question with what the evidence says to it."""

    planned: Planned
    standing: Standing | None


def every_subject(check: str, applications: Sequence[Application], shares: int) -> Node:
    """Return whether a check passed on all it applies to; ``applications`` is not empty."""
    nodes = [_passes(application, shares) for application in applications]
    return _gathered(f"{check} on {len(nodes)} of its subjects", nodes)


def every_measurement(
    rule: MeasurementHolds, applications: Sequence[Application], shares: int
) -> Node:
    """Return whether a measurement holds wherever it is made; ``applications`` is not empty."""
    nodes = [_holds(application, rule, shares) for application in applications]
    return _gathered(f"{rule.measurement}: {rule.name} on {len(nodes)} of its subjects", nodes)


def _gathered(title: str, nodes: Sequence[Node]) -> Node:
    """Return all nodes as one, telling apart only those that need a look, worst first."""
    whole = all_of(nodes)
    counts = Counter(node.status for node in nodes)
    stale = sum(node.freshness is Freshness.STALE for node in nodes)
    text = ", ".join(f"{counts[status]} {status.value}" for status in Status if counts[status])
    shown = (
        [node.because for node in nodes if not _quiet(node)]
        if len(nodes) > _FEW
        else [node.because for node in nodes]
    )
    order = (Status.UNMET, Status.UNDECIDED, Status.UNKNOWN, Status.MET, Status.NOT_APPLICABLE)
    shown.sort(key=lambda because: order.index(because.status))
    because = whole.because.model_copy(
        update={
            "text": f"{title}: {text}{f'; {stale} no longer fresh' if stale else ''}",
            "evidence": tuple(dict.fromkeys(n for node in nodes for n in node.because.evidence)),
            "keys": tuple(dict.fromkeys(k for node in nodes for k in node.because.keys)),
            "parts": tuple(shown[:MAX_PARTS]),
        }
    )
    return Node(because, whole.valid_until, whole.effort)


def _quiet(node: Node) -> bool:
    return node.freshness is Freshness.FRESH and node.status in (Status.MET, Status.NOT_APPLICABLE)


def _passes(application: Application, shares: int) -> Node:
    planned, standing = application.planned, application.standing
    if standing is None:
        return _unanswered(planned)
    status = _STATUS[standing.outcome]
    reason = standing.reason
    if status is Status.MET and shares > 1 and planned.check.statistical:
        bounded = [m for m in standing.evidence.measurements if m.bound is not None]
        if not bounded or any(not _keeps(each, shares) for each in bounded):
            status = Status.UNDECIDED
            reason = f"the answer does not hold as one of {shares} ways to be met"
    sure = of_evidence(standing.evidence, planned.check.statistical)
    return _answered(planned, standing, status, reason, sure_of=sure)


def _keeps(measurement: Measurement, shares: int) -> bool:
    bound = measurement.bound
    level = stricter(measurement.interval.level, shares)
    return bound is not None and held(measurement, bound, level) is Held.YES


def _holds(application: Application, rule: MeasurementHolds, shares: int) -> Node:
    planned, standing = application.planned, application.standing
    if standing is None:
        return _unanswered(planned)
    status, reason = _measured(standing, rule, shares)
    # Met is claimed at the rule's level; unmet may rest on an interval of a lower one.
    levels = [m.interval.level for m in _named(standing, rule)] if status is Status.UNMET else []
    sure = confined(of_level(min([rule.level, *levels])), standing.evidence.isolation)
    return _answered(planned, standing, status, reason, sure_of=sure)


def _named(standing: Standing, rule: MeasurementHolds) -> list[Measurement]:
    """Every measurement of that name that still speaks: the latest, and those of failures."""
    pieces = [*standing.failures, standing.latest]
    return [m for piece in pieces for m in piece.evidence.measurements if m.name == rule.name]


def _measured(standing: Standing, rule: MeasurementHolds, shares: int) -> tuple[Status, str]:
    if standing.outcome is Outcome.NOT_APPLICABLE:
        return Status.NOT_APPLICABLE, standing.reason
    latest = standing.latest.evidence
    if standing.outcome is Outcome.UNDECIDED and latest.outcome is Outcome.FAILED:
        return Status.UNDECIDED, standing.reason  # explained, and not tested since
    if any(_breaks(each, rule) for each in _named(standing, rule)):
        return Status.UNMET, f"{rule.name} is on the wrong side of its bound"
    if latest.outcome in (Outcome.ERROR, Outcome.INCOMPLETE) or not standing.exact:
        return Status.UNDECIDED, standing.reason
    current = [m for m in latest.measurements if m.name == rule.name]
    if not current:
        return Status.UNDECIDED, f"the evidence does not report {rule.name}"
    return _kept(current, rule, stricter(rule.level, shares))


def _kept(
    measurements: Sequence[Measurement], rule: MeasurementHolds, level: float
) -> tuple[Status, str]:
    """Return whether all measurements keep their bound at a level, when none breaks it."""
    bounds = [_bound(each, rule) for each in measurements]
    if any(bound is None for bound in bounds):
        return Status.UNDECIDED, f"{rule.name} was held against no bound"
    answers = {
        held(each, bound, level)
        for each, bound in zip(measurements, bounds, strict=True)
        if bound is not None
    }
    if answers == {Held.YES}:
        return Status.MET, ""
    if None in answers:
        return Status.UNDECIDED, f"{rule.name} cannot be told at the level {level:.4g}"
    return Status.UNDECIDED, f"the interval of {rule.name} spans its bound"


def _breaks(measurement: Measurement, rule: MeasurementHolds) -> bool:
    """Whether a measurement shows that the bound is broken.

    Only the claim *met* spends the error budget of several ways to be met. Against the bound that
    the evidence itself names, its own level decides, as it did when the check failed.
    """
    bound = _bound(measurement, rule)
    if bound is None:
        return False
    if rule.limit is None and measurement.held is Held.NO:
        return True
    return held(measurement, bound, rule.level) is Held.NO


def _bound(measurement: Measurement, rule: MeasurementHolds) -> Bound | None:
    if rule.limit is None:
        return measurement.bound
    return Bound(limit=rule.limit, direction=rule.direction)


def _unanswered(planned: Planned) -> Node:
    label, check = label_of(planned), planned.check
    if planned.skipped:
        needed = sorted(need.value for need in check.needs if need.value in planned.skipped)
        allow = f" (`basanite allow {needed[0]}`)" if needed else ""
        text = f"{label}: not looked at: {visible(planned.skipped)}"
        step = (
            f"Remove what kept {check.id} from looking{allow}, then run `basanite assess`: "
            f"{visible(planned.skipped)}"
        )
        effort = Effort.GRANT
    else:
        text = f"{label}: no evidence"
        step, effort = "Run `basanite assess`.", Effort.RUN
    because = Because(text=text, status=Status.UNKNOWN, freshness=Freshness.MISSING, next_step=step)
    return Node(because, None, effort)


def _answered(
    planned: Planned, standing: Standing, status: Status, reason: str, *, sure_of: Confidence
) -> Node:
    step, effort = _step(planned, standing, status, reason)
    said = f": {visible(reason)}" if reason else ""
    expired = (
        f", expired on {standing.valid_until:%Y-%m-%d}"
        if standing.freshness is Freshness.STALE
        else ""
    )
    ended = standing.outcome.value
    because = Because(
        text=f"{label_of(planned)}: {ended} (entry {standing.number}){said}{expired}",
        status=status,
        freshness=standing.freshness,
        confidence=sure_of if status in (Status.MET, Status.UNMET) else None,
        evidence=standing.numbers,
        keys=(standing.evidence.key,),
        next_step=step,
    )
    return Node(because, standing.valid_until, effort)


def _step(planned: Planned, standing: Standing, status: Status, reason: str) -> tuple[str, Effort]:
    """Return the cheapest thing that could change one application's answer."""
    stale = standing.freshness is Freshness.STALE
    settled = status in (Status.MET, Status.NOT_APPLICABLE)
    if settled and not stale:
        return "", Effort.NONE
    check, label = planned.check, label_of(planned)
    if settled:
        again = f"Run `basanite assess`: the evidence of {check.id} on {label} is no longer fresh."
        return again, Effort.RUN
    if status is Status.UNMET:
        return _mend(planned, standing), Effort.MEND
    broke = standing.evidence.outcome in (Outcome.ERROR, Outcome.FAILED)
    if stale or broke or standing.evidence.transient:
        return f"Run `basanite assess`: {check.id} on {label} has no answer yet.", Effort.RUN
    if standing.evidence.outcome is Outcome.INCOMPLETE:
        return f"Make all of {label} readable to {check.id}: {visible(reason)}", Effort.GRANT
    more = ", ".join(sorted(check.sampling))
    how = f" (parameters: {more})" if more else ""
    return f"Give {check.id} more to look at on {label}{how}, then run `basanite assess`.", (
        Effort.GRANT
    )


def _mend(planned: Planned, standing: Standing) -> str:
    check, evidence = planned.check, standing.evidence
    worst = max(evidence.findings, key=lambda finding: finding.level.rank, default=None)
    remedy = worst.rule.remediation if worst is not None else check.remediation
    step = f"Mend {label_of(planned)} ({check.id}, entry {standing.number}): {visible(remedy)}"
    if standing.failures:
        step += (
            " If the test was at fault and not the system, have that attested for "
            f"evidence/{evidence.series}."
        )
    return step
