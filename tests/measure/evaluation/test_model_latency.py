"""Calls are really timed, and few calls never decide about the slowest."""

from __future__ import annotations

import io
import random
import time
from typing import Any

import pytest

from basanite.domain.artifact import Format
from basanite.domain.errors import UsageError
from basanite.domain.inventory import HostFact, HostState, Inventory
from basanite.domain.measurement import Held
from basanite.domain.outcome import Outcome
from basanite.domain.system import Component, ComponentKind, DatasetRole, ModelTask
from basanite.formats.table import read_csv
from basanite.measure.evaluation.checks.model_latency import (
    CHECK,
    EVALUATOR,
    calls_of,
    cases,
    judged,
    level_of,
)

DATA = b"a,b\n1,2\n3,4\n"


class Timed:
    """A model that takes a known time, and longer at every so-many-th call."""

    inputs, outputs = ("x",), ("y",)

    def __init__(self, seconds: float, slow: float = 0.0, every: int = 1 << 30) -> None:
        self.seconds, self.slow, self.every = seconds, slow, every
        self.calls = 0

    def predict(self, rows: Any) -> Any:
        assert len(rows) == 1
        self.calls += 1
        end = time.perf_counter() + (self.slow if self.calls % self.every == 0 else self.seconds)
        while time.perf_counter() < end:
            pass
        return {"y": [0]}


def ask(model: Timed, prior: Any = None, **parameters: Any) -> Any:
    tables = {"rows": read_csv(io.BytesIO(DATA), len(DATA))}
    return EVALUATOR.evaluate(model, tables, {**CHECK.parameters, **parameters}, prior or {})


def test_a_model_in_time_passes_with_both_intervals() -> None:
    answer = ask(Timed(0.0), p50_seconds=0.5, p99_seconds=5.0)
    assert answer.outcome is Outcome.PASSED
    median, slowest = answer.measurements
    assert (median.name, slowest.name) == ("latency-p50", "latency-p99")
    assert (median.unit, median.n, median.interval.method) == ("s", 1000, "order statistics")
    assert 0 < median.interval.low <= median.value <= median.interval.high <= slowest.value


def test_a_slow_model_fails_and_the_measured_time_is_the_true_one() -> None:
    answer = ask(Timed(0.002), p50_seconds=0.001, p99_seconds=5, calls=400)
    assert answer.outcome is Outcome.FAILED
    assert answer.measurements[0].value == pytest.approx(0.002, abs=0.002)


def test_a_model_that_is_slow_now_and_then_breaks_the_99th_percentile_only() -> None:
    answer = ask(Timed(0.0, slow=0.02, every=20), p50_seconds=0.01, p99_seconds=0.01)
    median, slowest = answer.measurements
    assert (median.held, slowest.held) == (Held.YES, Held.NO)
    assert answer.outcome is Outcome.FAILED


def test_too_few_calls_do_not_decide() -> None:
    answer = ask(Timed(0.0), calls=436)
    assert answer.outcome is Outcome.UNDECIDED
    assert "437 are needed" in answer.reason


def test_a_very_slow_model_ends_within_its_time_and_still_fails() -> None:
    started = time.perf_counter()
    answer = ask(Timed(0.01), p50_seconds=0.001, seconds=0.5)
    assert time.perf_counter() - started < 3
    assert answer.outcome is Outcome.FAILED
    assert "calls were made" in answer.reason


def test_any_data_of_the_model_serves_and_the_test_set_comes_first(inventory: Any) -> None:
    model = Component(id="m", kind=ComponentKind.MODEL, task=ModelTask.FORECASTING)

    def data(name: str, role: DatasetRole) -> Component:
        return Component(id=name, kind=ComponentKind.DATASET, role=role, serves=("m",))

    files = {"m.onnx": ("m", Format.ONNX), "t.csv": ("t", Format.CSV), "r.csv": ("r", Format.CSV)}
    training, test = data("r", DatasetRole.TRAINING), data("t", DatasetRole.TEST)
    (both,) = cases(inventory(model, training, test, files=files))
    assert both.inputs == {"model": "m.onnx", "rows": "t.csv"}
    (one,) = cases(inventory(model, training, files=files))
    assert one.inputs["rows"] == "r.csv"
    (none,) = cases(inventory(model, files=files))
    assert "serves m" in none.skipped


def runs_until_one_passes(over: float, chance: random.Random, runs: int) -> bool:
    """Ask again and again, every time with another number of calls; tell whether any run passed."""
    for run in range(1, runs + 1):
        calls = calls_of(400 + 100 * (run % 9), 0.95, run)
        slow = sum(chance.random() < over for _ in range(calls))
        times = [0.01] * (calls - slow) + [0.3] * slow
        if judged(times, CHECK.parameters, run).outcome is Outcome.PASSED:
            return True
    return False


def test_asking_thirty_times_buys_no_pass() -> None:
    """The true 99th percentile is just over the limit: all runs together pass in 5 % at most."""
    chance = random.Random(23)
    assert judged([0.01] * 500, CHECK.parameters, 1).outcome is Outcome.PASSED
    passed = sum(runs_until_one_passes(0.0101, chance, 30) for _ in range(120))
    assert passed <= 14  # the 99.9th percentile of 120 draws at 5 %


def test_the_shares_of_all_runs_add_up_to_the_whole_error_probability() -> None:
    spent = sum(1 - level_of(0.95, run) for run in range(1, 2000))
    assert 0.0499 < spent <= 0.05


def test_a_later_run_knows_its_number_and_can_still_decide() -> None:
    first = ask(Timed(0.0), p50_seconds=0.5, p99_seconds=5.0, calls=500)
    later = ask(Timed(0.0), {"runs": 29}, p50_seconds=0.5, p99_seconds=5.0, calls=500)
    assert (first.detail, later.detail) == ({"runs": 1}, {"runs": 30})
    assert first.outcome is later.outcome is Outcome.PASSED
    assert later.measurements[1].n > first.measurements[1].n == 500
    assert later.measurements[1].interval.level > first.measurements[1].interval.level == 0.975


@pytest.mark.parametrize("damaged", [{"runs": -1}, {"runs": "2"}, {"runs": True}])
def test_a_damaged_count_of_runs_is_no_new_start(damaged: Any) -> None:
    with pytest.raises(ValueError, match="earlier runs is damaged"):
        ask(Timed(0.0), damaged)


def test_no_site_can_ask_for_less_certainty_than_nine_in_ten() -> None:
    with pytest.raises(UsageError, match=r"level has to lie between 0\.9"):
        ask(Timed(0.0), level=0.51)


def test_another_processor_is_another_subject(inventory: Any) -> None:
    model = Component(id="m", kind=ComponentKind.MODEL, task=ModelTask.FORECASTING)
    data = Component(id="t", kind=ComponentKind.DATASET, role=DatasetRole.TEST, serves=("m",))
    files = {"m.onnx": ("m", Format.ONNX), "t.csv": ("t", Format.CSV)}
    plain: Inventory = inventory(model, data, files=files)

    def on(processor: str) -> Any:
        fact = HostFact(name="cpu.model", state=HostState.READ, value=processor, source="/proc")
        (case,) = cases(plain.model_copy(update={"host": (fact,)}))
        return case.subjects

    assert on("one") == on("one") != on("another")
    assert [subject.name for subject in on("one")] == ["m.onnx", "t.csv", "machine:processor"]
