"""Calls are really timed, and few calls never decide about the slowest."""

from __future__ import annotations

import io
import time
from typing import Any

import pytest

from basanite.domain.artifact import Format
from basanite.domain.measurement import Held
from basanite.domain.outcome import Outcome
from basanite.domain.system import Component, ComponentKind, DatasetRole, ModelTask
from basanite.formats.table import read_csv
from basanite.measure.evaluation.checks.model_latency import CHECK, EVALUATOR, cases

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


def ask(model: Timed, **parameters: Any) -> Any:
    tables = {"rows": read_csv(io.BytesIO(DATA), len(DATA))}
    return EVALUATOR.evaluate(model, tables, {**CHECK.parameters, **parameters})


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
    answer = ask(Timed(0.0), calls=367)
    assert answer.outcome is Outcome.UNDECIDED
    assert "368 are needed" in answer.reason


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
