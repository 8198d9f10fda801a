"""Compares recent input of a model, column by column, with what it was made for.

For each feature the distance between the two distributions is measured (Kolmogorov-Smirnov: the
largest gap between the two cumulative shares). A feature has drifted when the difference is
significant after Holm's correction for the number of features, *and* the lower limit of the
distance is above `minimum_effect`. So a huge window does not raise an alarm over a difference that
does not matter. The check passes when every feature's upper limit is at or below `minimum_effect`;
in between it does not decide, and a longer window helps.

Missing readings are compared too: a feature whose share of missing cells has surely grown by more
than `missing_growth` is reported.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from basanite.domain.answer import MAX_FINDINGS, Answer
from basanite.domain.check import Check, ShelfLife, Stage
from basanite.domain.errors import UsageError
from basanite.domain.finding import Finding, Reference, Rule
from basanite.domain.measurement import Bound, Direction, Held, Interval, Measurement
from basanite.domain.names import visible
from basanite.domain.outcome import Outcome
from basanite.domain.ports import Table
from basanite.domain.severity import Confidence, Severity
from basanite.domain.value import JsonObject
from basanite.measure.monitoring.monitor import Monitor
from basanite.measure.monitoring.windows import features, window_cases
from basanite.statistics.binomial import clopper_pearson
from basanite.statistics.drift import METHOD, Distance, distance_interval, ks_distance
from basanite.statistics.multiple import holm

MAX_ALPHA = 0.1
"""No site may ask for less certainty than this leaves."""
_REMEDIATION = (
    "Find out what changed: the sensor, the process or the season. Mend the sensor, or retrain "
    "and test the model on data like the new; until then tell the operators that the model is "
    "outside what it was made for."
)
_REFERENCES = (
    Reference(scheme="ATLAS", id="AML.T0031"),
    Reference(scheme="ATLAS", id="AML.M0024"),
)
_DRIFTED = Rule(
    id="input-drift/feature",
    title="A feature's values have moved away from the reference",
    severity=Severity.MEDIUM,
    remediation=_REMEDIATION,
    references=_REFERENCES,
)
_MISSING = Rule(
    id="input-drift/missing",
    title="A feature's readings are missing more often than in the reference",
    severity=Severity.MEDIUM,
    remediation="Find out why the readings stopped, and what the model does without them.",
    references=_REFERENCES,
)

CHECK = Check(
    id="input-drift",
    version=5,
    stage=Stage.MONITORING,
    title="Recent input is like the reference",
    asks="Does the model still get the kind of input that it was made and tested for?",
    why=(
        "A model is right where it was tested. When a sensor drifts or the process changes, it "
        "goes on answering with the same air of certainty, and nobody has seen how well."
    ),
    limits=(
        "It looks at each feature alone; relations between features may change unseen. It takes "
        "rows as independent. Readings that follow each other in time carry less information "
        "than that, so a window should span several cycles of the process, and `minimum_effect` "
        "should be larger than the difference between two ordinary windows."
    ),
    remediation=_REMEDIATION,
    references=_REFERENCES,
    shelf_life=ShelfLife(high=7, moderate=30, low=90),
    rules=(_DRIFTED, _MISSING),
    parameters={"minimum_effect": 0.2, "missing_growth": 0.05, "alpha": 0.05},
    statistical=True,
    readers=("table",),
)


@dataclass(frozen=True)
class _Feature:
    """One feature's comparison."""

    name: str
    distance: Distance
    interval: Interval


def watch(tables: Mapping[str, Table], parameters: JsonObject) -> Answer:
    """Compare the tables ``reference`` and ``window``.

    Raises:
        UsageError: a parameter or a declared column cannot be used.
    """
    reference, window = tables["reference"], tables["window"]
    alpha = _share(parameters, "alpha")
    if not 0 < alpha <= MAX_ALPHA:
        raise UsageError(f"parameter alpha has to be more than 0 and at most {MAX_ALPHA:g}")
    effect = _share(parameters, "minimum_effect")
    names = features(reference, parameters)
    absent = [name for name in names if name not in window.columns]
    there = [name for name in names if name in window.columns]
    if not reference.rows or not window.rows or not there:
        return Answer(outcome=Outcome.INCOMPLETE, reason="the window or the reference is empty")
    compared: list[_Feature] = []
    blind: list[str] = []
    findings: list[Finding] = [
        _finding(_MISSING, name, "The window has no such column.") for name in absent
    ]
    growth = _share(parameters, "missing_growth")
    for name in there:
        before, after = _numbers(reference, name), _numbers(window, name)
        missing = _grown(name, reference, window, before, after, growth, 1 - alpha / len(names))
        if missing is not None:
            findings.append(missing)
        if before and after:
            distance = ks_distance(before, after)
            interval = distance_interval(distance, 1 - alpha / len(names))
            compared.append(_Feature(name, distance, interval))
        elif missing is None:
            blind.append(name)
    findings.extend(_drifted(compared, alpha, effect))
    return _answer(compared, findings, blind, alpha, effect)


def _answer(
    compared: Sequence[_Feature],
    findings: list[Finding],
    blind: list[str],
    alpha: float,
    effect: float,
) -> Answer:
    measurements = tuple(_largest(compared, alpha, effect))
    outcome, reason = Outcome.PASSED, ""
    if findings:
        outcome = Outcome.FAILED
        cut = len(findings) - MAX_FINDINGS
        reason = f"{cut} more findings were left out" if cut > 0 else ""
    elif blind:
        outcome = Outcome.INCOMPLETE
        reason = (
            f"{len(blind)} columns hold no numbers, {visible(blind[0], 80)} first: name the time "
            "column or the features in the manifest"
        )
    elif not measurements or measurements[0].held is not Held.YES:
        outcome = Outcome.UNDECIDED
        reason = "the window is too short to tell a difference that matters from chance"
    return Answer(
        outcome=outcome,
        reason=reason,
        findings=tuple(findings[:MAX_FINDINGS]),
        measurements=measurements,
    )


def _drifted(compared: Sequence[_Feature], alpha: float, effect: float) -> Iterator[Finding]:
    adjusted = holm([each.distance.p_value for each in compared])
    for each, p_value in zip(compared, adjusted, strict=True):
        if p_value <= alpha and each.interval.low > effect:
            low, high = each.interval.low, each.interval.high
            yield _finding(
                _DRIFTED,
                each.name,
                f"Its distance from the reference is {each.distance.value:.3f} "
                f"({low:.3f} to {high:.3f}; more than {effect:g} matters).",
            )


def _largest(compared: Sequence[_Feature], alpha: float, effect: float) -> Iterator[Measurement]:
    """Yield the largest distance. The features' intervals hold together, so their largest do."""
    if not compared:
        return
    worst = max(compared, key=lambda each: each.distance.value)
    yield Measurement(
        name="largest-distance",
        title="Largest Kolmogorov-Smirnov distance of a feature from the reference",
        value=worst.distance.value,
        unit="1",
        n=worst.distance.m,
        interval=Interval(
            low=max(each.interval.low for each in compared),
            high=max(each.interval.high for each in compared),
            level=1 - alpha,
            method=f"{METHOD}, simultaneous over {len(compared)} features",
        ),
        bound=Bound(limit=effect, direction=Direction.AT_MOST),
    )


def _grown(
    name: str,
    reference: Table,
    window: Table,
    before: Sequence[float],
    after: Sequence[float],
    growth: float,
    level: float,
) -> Finding | None:
    was = clopper_pearson(reference.rows - len(before), reference.rows, level)
    now = clopper_pearson(window.rows - len(after), window.rows, level)
    if now.low <= was.high + growth:
        return None
    gone = window.rows - len(after)
    return _finding(
        _MISSING,
        name,
        f"{gone} of {window.rows} readings are missing, "
        f"{reference.rows - len(before)} of {reference.rows} were in the reference.",
    )


def _finding(rule: Rule, feature: str, says: str) -> Finding:
    shown = visible(feature, 120)
    return Finding(
        rule=rule,
        message=f"{shown}: {says}",
        confidence=Confidence.HIGH,
        # The feature alone: numbers would make it another finding with every window.
        detail={"feature": shown},
    )


def _numbers(table: Table, name: str) -> list[float]:
    return [value for value in table.numbers(name) if not math.isnan(value)]


def _share(parameters: JsonObject, name: str) -> float:
    value = parameters.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise UsageError(f"parameter {name} has to be a number from 0 to 1")
    return float(value)


MONITOR = Monitor(check=CHECK, cases=window_cases, watch=watch)
