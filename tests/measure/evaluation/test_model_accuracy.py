"""Real ONNX models against tables whose truth is known."""

from __future__ import annotations

import io
import math
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from basanite.adapters.onnx_model import OnnxModel
from basanite.domain.answer import Answer
from basanite.domain.artifact import Format
from basanite.domain.errors import UsageError
from basanite.domain.measurement import Held
from basanite.domain.outcome import Outcome
from basanite.domain.system import Columns, Component, ComponentKind, DatasetRole, ModelTask
from basanite.formats.table import CsvTable, read_csv
from basanite.measure.evaluation import run
from basanite.measure.evaluation.checks.model_accuracy import CHECK, EVALUATOR, cases

COLUMNS = {"columns": {"label": "label", "time": None, "features": ["a", "b"]}}


def model(kind: str) -> OnnxModel:
    """Return a model of (a, b) whose label is 1 where a > 0."""
    zero = numpy_helper.from_array(np.array([0.0], np.float32), "zero")
    first = numpy_helper.from_array(np.array([0], np.int64), "first")
    start = [
        helper.make_node("Gather", ["x", "first"], ["column"], axis=1),
        helper.make_node("Squeeze", ["column", "axis"], ["a"]),
    ]
    axis = numpy_helper.from_array(np.array([1], np.int64), "axis")
    ends: dict[str, tuple[list[Any], int, list[Any]]] = {
        "label": (
            [
                helper.make_node("Greater", ["a", "zero"], ["above"]),
                helper.make_node("Cast", ["above"], ["y"], to=TensorProto.INT64),
            ],
            TensorProto.INT64,
            ["N"],
        ),
        "score": ([helper.make_node("Identity", ["a"], ["y"])], TensorProto.FLOAT, ["N"]),
        "classes": (
            [
                helper.make_node("Neg", ["column"], ["minus"]),
                helper.make_node("Concat", ["minus", "column"], ["y"], axis=1),
            ],
            TensorProto.FLOAT,
            ["N", 2],
        ),
        "broken": (
            [
                helper.make_node("Sqrt", ["a"], ["root"]),
                helper.make_node("Ceil", ["root"], ["up"]),
                helper.make_node("Sign", ["up"], ["y"]),
            ],
            TensorProto.FLOAT,
            ["N"],
        ),
    }
    nodes, kind_of, shape = ends[kind]
    graph = helper.make_graph(
        [*start, *nodes],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 2])],
        [helper.make_tensor_value_info("y", kind_of, shape)],
        [zero, first, axis],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    return OnnxModel(made.SerializeToString())


def table(rows: Sequence[tuple[Any, Any, Any]]) -> CsvTable:
    data = "a,b,label\n" + "".join(f"{a},{b},{label}\n" for a, b, label in rows)
    return read_csv(io.BytesIO(data.encode()), len(data.encode()))


def known(right: int, wrong: int, *, usual: float = 0.5) -> CsvTable:
    """Return rows of which the model gets exactly so many right; most are 0 when usual > 0.5."""
    chance = random.Random(right)
    rows = []
    for index in range(right + wrong):
        label = int(chance.random() >= usual)
        sign = 1 if label == (index < right) else -1
        rows.append((sign * (0.1 + chance.random()), 0.0, label))
    return table(rows)


def ask(kind: str, test: CsvTable, **parameters: Any) -> Answer:
    return run.evaluate(
        EVALUATOR,
        lambda: model(kind),
        {"test": test},
        {**CHECK.parameters, **COLUMNS, **parameters},
        {},
    )


def value(answer: Answer, name: str) -> Any:
    return next(m for m in answer.measurements if m.name == name)


def test_a_model_that_is_right_often_enough_passes_with_its_interval() -> None:
    answer = ask("label", known(960, 40))
    assert answer.outcome is Outcome.PASSED
    accuracy = value(answer, "accuracy")
    assert (accuracy.value, accuracy.n, accuracy.successes) == (0.96, 1000, 960)
    assert 0.94 < accuracy.interval.low < 0.96 < accuracy.interval.high < 0.98
    assert {m.name for m in answer.measurements} == {
        "accuracy",
        "wins-over-majority",
        "recall",
        "false-alarms",
    }


def test_a_model_that_is_wrong_too_often_fails() -> None:
    assert ask("label", known(800, 200)).outcome is Outcome.FAILED


def test_few_rows_do_not_decide_however_good_they_look() -> None:
    answer = ask("label", known(20, 0))
    assert answer.outcome is Outcome.UNDECIDED
    assert "too few rows (20)" in answer.reason


def test_a_model_no_better_than_always_saying_the_usual_fails() -> None:
    """96 % right where 99 % of the rows have the same label."""
    answer = ask("label", known(1920, 80, usual=0.99))
    assert value(answer, "accuracy").held is Held.YES
    assert value(answer, "wins-over-majority").held is Held.NO
    assert answer.outcome is Outcome.FAILED


def test_a_constant_model_never_passes() -> None:
    rows = [(-1.0, 0.0, int(index % 50 == 0)) for index in range(2000)]
    answer = ask("label", table(rows))
    assert value(answer, "accuracy").held is Held.YES
    assert answer.outcome in (Outcome.FAILED, Outcome.UNDECIDED)


def test_recall_and_false_alarms_are_held_where_the_operator_sets_them() -> None:
    rows = [(1.0, 0, 1)] * 60 + [(-1.0, 0, 1)] * 40 + [(-1.0, 0, 0)] * 1900
    answer = ask("label", table(rows), minimum_recall=0.9, maximum_false_alarms=0.01)
    recall, alarms = value(answer, "recall"), value(answer, "false-alarms")
    assert (recall.value, recall.n, recall.held) == (0.6, 100, Held.NO)
    assert (alarms.value, alarms.n, alarms.held) == (0, 1900, Held.YES)
    assert answer.outcome is Outcome.FAILED


@pytest.mark.parametrize("kind", ["label", "classes"])
def test_labels_are_read_from_labels_and_from_class_scores(kind: str) -> None:
    assert value(ask(kind, known(950, 50)), "accuracy").value == 0.95


def test_a_score_needs_a_threshold() -> None:
    answer = ask("score", known(950, 50))
    assert answer.outcome is Outcome.INCOMPLETE
    assert "threshold" in answer.reason
    assert value(ask("score", known(950, 50), threshold=0.0), "accuracy").value == 0.95


def test_rows_without_a_number_count_as_wrong_and_are_reported() -> None:
    rows = [(1.0, 0, 1)] * 500 + [(0.0, 0, 0)] * 480 + [(-1.0, 0, 0)] * 20
    answer = ask("broken", table(rows))
    assert answer.outcome is Outcome.FAILED
    assert value(answer, "accuracy").value == 0.98
    (finding,) = answer.findings
    assert finding.rule.id == "model-accuracy/no-number"
    assert "20 of 1000" in finding.message


def test_rows_without_a_label_are_left_out_and_said() -> None:
    rows = [(1.0, 0, 1), (-1.0, 0, 0)] * 300 + [(1.0, 0, "")] * 5
    answer = ask("label", table(rows))
    assert answer.outcome is Outcome.INCOMPLETE
    assert "5 of 605 rows" in answer.reason
    assert ask("label", table([(1.0, 0, "")])).outcome is Outcome.INCOMPLETE


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"label": None}, "names no label column"),
        ({"label": "absent"}, "label column that is not there"),
        ({"label": "label", "features": ["a", "zz\n"]}, r"no column zz\\n"),
    ],
)
def test_a_wrong_declaration_says_what_to_correct(columns: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        EVALUATOR.evaluate(
            model("label"), {"test": known(9, 1)}, {**CHECK.parameters, "columns": columns}, {}
        )
    answer = ask("label", known(9, 1), columns=columns)
    assert answer.outcome is Outcome.ERROR
    assert "Correct" in answer.reason or "Set" in answer.reason


def test_the_wrong_number_of_columns_is_no_pass() -> None:
    columns = {"label": "label", "features": ["a"]}
    assert ask("label", known(99, 1), columns=columns).outcome is Outcome.INCOMPLETE


def test_an_output_of_the_wrong_length_is_no_pass() -> None:
    class Short:
        inputs, outputs = ("x",), ("y",)

        def predict(self, rows: Any) -> Any:
            return {"y": [1] * (len(rows) - 1)}

    parameters = {**CHECK.parameters, **COLUMNS}
    answer = run.evaluate(EVALUATOR, Short, {"test": known(99, 1)}, parameters, {})
    assert answer.outcome is Outcome.INCOMPLETE
    assert "one answer for each row" in answer.reason


def test_a_missing_extra_is_skipped_with_what_to_install() -> None:
    def load() -> Any:
        raise ModuleNotFoundError("No module named 'onnxruntime'", name="onnxruntime")

    answer = run.evaluate(EVALUATOR, load, {"test": known(9, 1)}, {}, {})
    assert answer.outcome is Outcome.SKIPPED
    assert answer.reason == "needs the extra: pip install 'basanite[behaviour]'"


def test_a_crash_names_the_check() -> None:
    answer = run.evaluate(EVALUATOR, lambda: model("label"), {}, {}, {})
    assert answer.outcome is Outcome.ERROR
    assert "model-accuracy broke: KeyError" in answer.reason


def test_cases_pair_models_with_their_test_sets_and_say_what_is_missing(inventory: Any) -> None:
    def part(name: str, task: ModelTask | None = ModelTask.DETECTION) -> Component:
        return Component(id=name, kind=ComponentKind.MODEL, task=task)

    data = Component(
        id="t",
        kind=ComponentKind.DATASET,
        role=DatasetRole.TEST,
        serves=("m",),
        columns=Columns(label="label", time="at"),
    )
    found = inventory(
        part("m"),
        part("alone"),
        part("old"),
        part("empty"),
        part("writer", ModelTask.GENERATION),
        part("unknown", None),
        data,
        files={
            "m.onnx": ("m", Format.ONNX),
            "alone.onnx": ("alone", Format.ONNX),
            "old.pkl": ("old", Format.PICKLE),
            "test.csv": ("t", Format.CSV),
        },
    )
    by_model = {case.component: case for case in cases(found)}
    assert set(by_model) == {"m", "alone", "old", "empty"}
    assert by_model["m"].inputs == {"model": "m.onnx", "test": "test.csv"}
    assert [s.name for s in by_model["m"].subjects] == ["m.onnx", "test.csv"]
    assert by_model["m"].context["columns"] == {"label": "label", "time": "at", "features": []}
    assert "no dataset with role test" in by_model["alone"].skipped
    assert "only ONNX" in by_model["old"].skipped
    assert "no model file" in by_model["empty"].skipped


def test_missing_readings_reach_the_model_and_a_nan_label_is_not_right() -> None:
    rows = [(1.0, math.nan, 1), (-1.0, math.nan, 0)] * 200
    assert value(ask("label", table(rows)), "accuracy").value == 1


def test_no_site_can_ask_for_less_certainty_than_nine_in_ten() -> None:
    answer = ask("label", known(99, 1), level=0.6)
    assert answer.outcome is Outcome.ERROR
    assert "level has to lie between 0.9" in answer.reason
