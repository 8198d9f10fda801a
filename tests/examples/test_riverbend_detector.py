"""The detector is a sound ONNX file, decent, and not perfect."""

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

np = pytest.importorskip("numpy")
onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")


def model(riverbend: Path) -> Any:
    return onnx.load(riverbend / "models" / "detector.onnx")


def predict(riverbend: Path, table: str) -> tuple[Any, Any, list[dict[str, str]]]:
    """Scores, labels and rows of one CSV file, by what the model says about itself."""
    facts = {item.key: item.value for item in model(riverbend).metadata_props}
    with (riverbend / "data" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = json.loads(facts["features"])
    x = np.array([[float(row[name]) for name in names] for row in rows], dtype=np.float32)
    session = onnxruntime.InferenceSession(str(riverbend / "models" / "detector.onnx"))
    score, label = session.run(["score", "label"], {"x": x})
    assert score.dtype == np.float32
    assert label.dtype == np.int64
    assert score.shape == label.shape == (len(rows),)
    return score, label, rows


def test_the_model_passes_the_checker_and_uses_only_standard_operators(riverbend: Path) -> None:
    loaded = model(riverbend)
    onnx.checker.check_model(loaded, full_check=True)
    assert {node.domain for node in loaded.graph.node} == {""}


def test_the_model_names_the_data_it_was_trained_on(riverbend: Path) -> None:
    facts = {item.key: item.value for item in model(riverbend).metadata_props}
    data = (riverbend / facts["training_data"]).read_bytes()
    assert facts["training_data_sha256"] == hashlib.sha256(data).hexdigest()


def test_the_detector_beats_saying_that_all_is_normal(riverbend: Path) -> None:
    _, label, rows = predict(riverbend, "test")
    truth = np.array([int(row["label"]) for row in rows])
    accuracy = (label == truth).mean()
    assert accuracy > (truth == 0).mean() + 0.05
    assert label[truth == 1].mean() > 0.5, "recall"
    assert label[truth == 0].mean() < 0.15, "false alarms"
    assert accuracy < 0.99, "a perfect detector would prove nothing"


def test_held_out_normal_weeks_alarm_as_often_as_the_threshold_promises(riverbend: Path) -> None:
    _, label, _ = predict(riverbend, "train")
    assert label[-14 * 96 :].mean() == pytest.approx(0.01, abs=0.002)


def test_the_live_window_has_drifted(riverbend: Path) -> None:
    _, train, _ = predict(riverbend, "train")
    _, window, rows = predict(riverbend, "window")
    assert window.mean() > 5 * train.mean()
    assert "label" not in rows[0]
