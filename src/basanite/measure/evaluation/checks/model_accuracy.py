"""Runs a model on its labelled test set and holds its accuracy against a bound.

The share of rows with the right label comes with an exact interval; the check passes only when the
whole interval keeps `minimum`, and fails only when the whole interval is below it. The model also
has to beat the trivial one that always gives the most frequent label: among the rows that only one
of the two gets right, it has to win the majority. Where there are two classes, the share of
`positive` rows it recognises and the share of other rows where it raises a false alarm are
measured, and held against `minimum_recall` and `maximum_false_alarms` where these are set.

A row for which the model gives no number counts as wrong.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from basanite.domain.answer import Answer, decided
from basanite.domain.check import Check, ShelfLife, Stage
from basanite.domain.finding import Finding, Reference, Rule
from basanite.domain.inventory import Case, Inventory
from basanite.domain.measurement import Bound, Direction, Held, Measurement
from basanite.domain.outcome import Outcome
from basanite.domain.ports import Model, Table
from basanite.domain.severity import Confidence, Severity
from basanite.domain.system import DatasetRole, ModelTask
from basanite.domain.value import JsonObject
from basanite.measure.evaluation.bounds import number, optional
from basanite.measure.evaluation.evaluator import Evaluator
from basanite.measure.evaluation.predictive import (
    features,
    label_column,
    model_cases,
    predicted_labels,
    rows,
)
from basanite.statistics.binomial import clopper_pearson

_REMEDIATION = (
    "Find the rows that are wrong, and what they have in common. Train on more of them, or limit "
    "the model's use to where it is right and say so. Then test on rows it has never seen."
)
_REFERENCES = (
    Reference(scheme="ATLAS", id="AML.T0031"),
    Reference(scheme="ATLAS", id="AML.M0008"),
)
_NO_NUMBER = Rule(
    id="model-accuracy/no-number",
    title="The model gives no number for some rows",
    severity=Severity.HIGH,
    remediation="Find out which inputs do that (often a missing reading) and handle them.",
    references=(*_REFERENCES, Reference(scheme="CWE", id="CWE-754")),
)

CHECK = Check(
    id="model-accuracy",
    version=5,
    stage=Stage.EVALUATION,
    title="The model is right often enough",
    asks="Is the model right on its test set at least as often as it has to be?",
    why=(
        "Operators act on what a model says. One that is wrong more often than they believe, or "
        "no better than always saying the usual, costs time when it warns and lives when it does "
        "not."
    ),
    limits=(
        "It tells about rows like those of the test set. It takes rows as independent; readings "
        "that follow each other in time are not, and the true interval is then wider. It does not "
        "know whether the test set was used for training."
    ),
    remediation=_REMEDIATION,
    references=_REFERENCES,
    shelf_life=ShelfLife(high=30, moderate=90, low=180),
    rules=(_NO_NUMBER,),
    parameters={
        "minimum": 0.9,
        "level": 0.95,
        "minimum_recall": None,
        "maximum_false_alarms": None,
        "positive": 1,
        "output": "",
        "threshold": None,
    },
    statistical=True,
    readers=("onnx", "table"),
)


def cases(inventory: Inventory) -> Iterable[Case]:
    """Yield every model that classifies or detects, with its test set."""
    return model_cases(
        inventory,
        tasks=frozenset({ModelTask.CLASSIFICATION, ModelTask.DETECTION}),
        part="test",
        roles=(DatasetRole.TEST,),
    )


def evaluate(
    model: Model, tables: Mapping[str, Table], parameters: JsonObject, prior: JsonObject
) -> Answer:
    """Return the model's accuracy on the table ``test``. The same files always give the same.

    Raises:
        UsageError: a parameter or a declared column cannot be used.
        UnreadableError: the model breaks, or its outputs hold no labels.
    """
    del prior
    table = tables["test"]
    label = label_column(table, parameters)
    columns = [each for each in features(table, parameters) if each != label]
    truth = list(table.numbers(label))
    kept = [row for row, value in enumerate(truth) if not math.isnan(value)]
    if not kept:
        return Answer(outcome=Outcome.INCOMPLETE, reason="no row of the test set has a label")
    data = rows(table, columns)
    threshold = optional(parameters, "threshold", -1e300, 1e300)
    given = predicted_labels(
        model, [data[row] for row in kept], str(parameters.get("output") or ""), threshold
    )
    measurements = tuple(_measured([truth[row] for row in kept], given, parameters))
    silent = sum(not math.isfinite(value) for value in given)
    outcome = Outcome.FAILED if silent else decided(measurements)
    reason = ""
    if outcome is Outcome.PASSED and len(kept) < len(truth):
        outcome = Outcome.INCOMPLETE
        reason = f"{len(truth) - len(kept)} of {len(truth)} rows have no label and were left out"
    elif outcome is Outcome.UNDECIDED:
        open_ones = [m.title for m in measurements if m.bound is not None and m.held is Held.OPEN]
        reason = f"too few rows ({len(kept)}) to decide: {'; '.join(open_ones)}"
    return Answer(
        outcome=outcome,
        reason=reason,
        measurements=measurements,
        findings=tuple(_silence(silent, len(kept))),
    )


def _measured(
    truth: list[float], given: list[float], parameters: JsonObject
) -> Iterator[Measurement]:
    level = number(parameters, "level", 0.9, 0.9999)
    right = sum(t == g for t, g in zip(truth, given, strict=True))
    minimum = number(parameters, "minimum", 0.0, 1.0)
    yield _share(
        "accuracy",
        "Share of rows with the right label",
        right,
        len(truth),
        level,
        Bound(limit=minimum, direction=Direction.AT_LEAST),
    )
    usual, _ = Counter(truth).most_common(1)[0]
    wins = sum(t == g and t != usual for t, g in zip(truth, given, strict=True))
    losses = sum(t != g and t == usual for t, g in zip(truth, given, strict=True))
    yield _share(
        "wins-over-majority",
        "Share won against always giving the usual label, of rows that only one gets right",
        wins,
        wins + losses,
        level,
        Bound(limit=0.5, direction=Direction.AT_LEAST),
    )
    positive = number(parameters, "positive", -1e9, 1e9)
    if positive not in truth or len(set(truth)) > 2:
        return
    pairs = list(zip(truth, given, strict=True))
    least = optional(parameters, "minimum_recall", 0.0, 1.0)
    most = optional(parameters, "maximum_false_alarms", 0.0, 1.0)
    positives = sum(t == positive for t in truth)
    yield _share(
        "recall",
        "Share of positive rows that are recognised",
        sum(t == g == positive for t, g in pairs),
        positives,
        level,
        None if least is None else Bound(limit=least, direction=Direction.AT_LEAST),
    )
    yield _share(
        "false-alarms",
        "Share of other rows that raise a false alarm",
        sum(t != positive and g == positive for t, g in pairs),
        len(truth) - positives,
        level,
        None if most is None else Bound(limit=most, direction=Direction.AT_MOST),
    )


def _share(
    name: str, title: str, successes: int, n: int, level: float, bound: Bound | None
) -> Measurement:
    return Measurement(
        name=name,
        title=title,
        value=successes / n if n else 0.0,
        unit="1",
        n=n,
        successes=successes,
        interval=clopper_pearson(successes, n, level),
        bound=bound,
    )


def _silence(silent: int, n: int) -> Iterator[Finding]:
    if silent:
        yield Finding(
            rule=_NO_NUMBER,
            message=f"The model gave no finite number for {silent} of {n} rows.",
            confidence=Confidence.HIGH,
        )


EVALUATOR = Evaluator(check=CHECK, cases=cases, evaluate=evaluate)
