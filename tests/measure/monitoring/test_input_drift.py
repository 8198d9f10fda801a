"""Drift that matters is found, drift that does not is not, and what is not seen is said."""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import Sequence
from typing import Any

import pytest

from basanite.domain.answer import Answer
from basanite.domain.artifact import Artifact, Format
from basanite.domain.inventory import Case, Inventory
from basanite.domain.measurement import Held
from basanite.domain.outcome import Outcome
from basanite.domain.system import (
    Columns,
    Component,
    ComponentKind,
    DatasetRole,
    Environment,
    ModelTask,
    Owner,
    Sector,
    System,
    Tier,
    UseCase,
)
from basanite.formats.table import CsvTable, read_csv
from basanite.measure.monitoring import run
from basanite.measure.monitoring.checks.input_drift import CHECK, MONITOR


def table(**columns: Sequence[Any]) -> CsvTable:
    rows = zip(*columns.values(), strict=True)
    data = "\n".join([",".join(columns), *(",".join(map(str, row)) for row in rows)]).encode()
    return read_csv(io.BytesIO(data), len(data))


def normal(n: int, *, mean: float = 0.0, seed: int = 0) -> list[float]:
    chance = random.Random(seed)
    return [chance.gauss(mean, 1) for _ in range(n)]


def ask(reference: CsvTable, window: CsvTable, **parameters: Any) -> Answer:
    tables = {"reference": reference, "window": window}
    return run.watch(MONITOR, tables, {**CHECK.parameters, **parameters})


def test_the_same_process_passes_when_the_window_is_long_enough() -> None:
    answer = ask(
        table(a=normal(4000), b=normal(4000, seed=1)),
        table(a=normal(3000, seed=2), b=normal(3000, seed=3)),
    )
    assert answer.outcome is Outcome.PASSED
    (largest,) = answer.measurements
    assert largest.held is Held.YES
    assert largest.n == 3000
    assert "simultaneous over 2 features" in largest.interval.method


def test_a_short_window_does_not_decide() -> None:
    answer = ask(table(a=normal(4000)), table(a=normal(60, seed=2)))
    assert answer.outcome is Outcome.UNDECIDED
    assert "too short" in answer.reason


def test_the_drifted_feature_is_named_and_the_others_are_not() -> None:
    answer = ask(
        table(a=normal(4000), b=normal(4000, seed=1)),
        table(a=normal(1000, seed=2), b=normal(1000, mean=1.5, seed=3)),
    )
    assert answer.outcome is Outcome.FAILED
    (finding,) = answer.findings
    assert finding.rule.id == "input-drift/feature"
    assert finding.detail == {"feature": "b"}
    assert answer.measurements[0].held is Held.NO


def test_a_significant_difference_that_does_not_matter_is_no_drift() -> None:
    answer = ask(table(a=normal(200_000)), table(a=normal(200_000, mean=0.05, seed=1)))
    assert answer.outcome is Outcome.PASSED


def test_false_alarms_are_rare_over_many_features_and_windows() -> None:
    names = [f"f{i}" for i in range(10)]
    reference = table(**{n: normal(500, seed=i) for i, n in enumerate(names)})
    alarms = sum(
        bool(
            ask(
                reference,
                table(**{n: normal(200, seed=1000 + run * 10 + i) for i, n in enumerate(names)}),
            ).findings
        )
        for run in range(40)
    )
    assert alarms == 0


def test_readings_that_stop_are_reported() -> None:
    answer = ask(table(a=normal(500), b=normal(500)), table(a=[""] * 500, b=normal(500, seed=4)))
    assert answer.outcome is Outcome.FAILED
    (finding,) = answer.findings
    assert finding.rule.id == "input-drift/missing"
    assert "500 of 500 readings are missing, 0 of 500" in finding.message
    gone = ask(table(a=normal(500), b=normal(500)), table(a=normal(500)))
    assert [f.detail["feature"] for f in gone.findings] == ["b"]


def test_a_few_missing_readings_are_ordinary() -> None:
    before = table(a=["", *normal(999)])
    assert not ask(before, table(a=["", "", *normal(998, seed=2)])).findings


def test_a_column_without_numbers_is_not_silently_left_out() -> None:
    texts = [f"2026-01-01T00:{i % 60:02}" for i in range(3000)]
    both = table(at=texts, a=normal(3000)), table(at=texts, a=normal(3000, seed=5))
    answer = ask(*both)
    assert answer.outcome is Outcome.INCOMPLETE
    assert "at first" in answer.reason
    columns: dict[str, Any] = {"time": "at", "label": None, "features": []}
    assert ask(*both, columns=columns).outcome is Outcome.PASSED


def test_empty_tables_are_incomplete_and_wrong_parameters_an_error() -> None:
    good = table(a=normal(50))
    empty = read_csv(io.BytesIO(b"a\n"), 2)
    assert ask(good, empty).outcome is Outcome.INCOMPLETE
    assert ask(good, good, minimum_effect="much").outcome is Outcome.ERROR
    assert ask(good, good, columns={"features": ["zz"]}).outcome is Outcome.ERROR
    broken = run.watch(MONITOR, {}, CHECK.parameters)
    assert "input-drift broke: KeyError" in broken.reason


def _cases(*roles: DatasetRole, kind: Format = Format.CSV) -> list[Case]:
    model = Component(id="m", kind=ComponentKind.MODEL, task=ModelTask.DETECTION)
    data = [
        Component(
            id=role.value,
            kind=ComponentKind.DATASET,
            role=role,
            serves=("m",),
            columns=Columns(time="at"),
        )
        for role in roles
    ]
    system = System(
        id="s",
        title="S",
        purpose="p",
        sector=Sector.ENERGY,
        tier=Tier.LOW,
        environment=Environment.TEST,
        owner=Owner(name="o"),
        use_case=UseCase(decides="d", affects="a", high_impact=False, override="o"),
        components=(model, *data),
        packs=(),
    )
    artifacts = tuple(
        Artifact(
            path=f"{d.id}.csv",
            size=1,
            sha256=hashlib.sha256(d.id.encode()).hexdigest(),
            format=kind,
            component=d.id,
        )
        for d in data
    )
    return list(MONITOR.cases(Inventory(system=system, artifacts=artifacts)))


def test_a_window_is_held_against_the_reference_and_else_against_the_training_data() -> None:
    window, training, reference = DatasetRole.WINDOW, DatasetRole.TRAINING, DatasetRole.REFERENCE
    (case,) = _cases(window, training)
    assert case.inputs == {"reference": "training.csv", "window": "window.csv"}
    assert case.context["columns"]["time"] == "at"
    (better,) = _cases(window, training, reference)
    assert better.inputs["reference"] == "reference.csv"


@pytest.mark.parametrize(
    ("roles", "kind", "says"),
    [
        ((DatasetRole.REFERENCE,), Format.CSV, "no dataset with role window"),
        ((DatasetRole.WINDOW,), Format.CSV, "no dataset with role reference or training"),
        ((DatasetRole.WINDOW, DatasetRole.TRAINING), Format.PARQUET, "not all CSV"),
    ],
)
def test_what_cannot_be_compared_is_skipped_with_the_reason(
    roles: tuple[DatasetRole, ...], kind: Format, says: str
) -> None:
    (case,) = _cases(*roles, kind=kind)
    assert says in case.skipped


@pytest.mark.parametrize("alpha", [0, 0.11, 0.49])
def test_no_site_can_ask_for_less_certainty_than_nine_in_ten(alpha: float) -> None:
    answer = ask(table(a=normal(500)), table(a=normal(500, seed=1)), alpha=alpha)
    assert answer.outcome is Outcome.ERROR
    assert "alpha has to be more than 0 and at most 0.1" in answer.reason
