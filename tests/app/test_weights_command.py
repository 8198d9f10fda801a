"""Copies of a model are recognised by the command line, from files, folders and sketches."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

from basanite.cli.main import main

CHANCE = np.random.default_rng(5)


def model(scale: float = 1.0) -> dict[str, NDArray[np.float32]]:
    return {
        f"layer.{n}": (CHANCE.normal(size=(64, 80)) * scale).astype(np.float32) for n in range(3)
    }


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BASANITE_HOME", str(tmp_path / "home"))


def ran(*words: str | Path) -> int:
    return main(["--quiet", "bom", *map(str, words)])


@pytest.fixture
def known(tmp_path: Path) -> tuple[Path, dict[str, NDArray[np.float32]]]:
    weights = model()
    save_file(weights, tmp_path / "known.safetensors")
    assert ran("sketch", tmp_path / "known.safetensors", "-o", tmp_path / "known.json") == 0
    return tmp_path / "known.json", weights


def test_a_renamed_and_split_copy_is_the_same(
    tmp_path: Path,
    known: tuple[Path, dict[str, NDArray[np.float32]]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "copy"
    folder.mkdir()
    for number, weights in enumerate(known[1].values()):
        save_file({"w": weights}, folder / f"{number}.safetensors")

    assert ran("match", folder, known[0]) == 1
    assert capsys.readouterr().out.startswith("same ")
    assert ran("match", folder, known[0], "--expect", "known") == 0


def test_a_fine_tuned_copy_is_derived_and_another_model_is_not(
    tmp_path: Path,
    known: tuple[Path, dict[str, NDArray[np.float32]]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    tuned = {
        name: each + CHANCE.normal(size=each.shape).astype(np.float32) / 20
        for name, each in known[1].items()
    }
    save_file(tuned, tmp_path / "tuned.safetensors")
    save_file(model(), tmp_path / "other.safetensors")

    assert ran("match", tmp_path / "tuned.safetensors", known[0], "--format", "json") == 1
    assert json.loads(capsys.readouterr().out)["matches"][0]["kinship"] == "derived"
    assert ran("match", tmp_path / "other.safetensors", known[0]) == 0
    assert ran("match", tmp_path / "other.safetensors", known[0], "--expect", "known") == 1


def test_what_has_no_weights_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.txt").write_text("hello")

    assert ran("sketch", tmp_path / "a.txt", "-o", tmp_path / "s.json") == 2
    assert ran("match", tmp_path / "absent", tmp_path / "a.txt") == 2
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_a_damaged_model_leaves_the_question_open(
    tmp_path: Path, known: tuple[Path, dict[str, NDArray[np.float32]]]
) -> None:
    whole = (tmp_path / "known.safetensors").read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(whole[:3000])

    assert ran("match", tmp_path / "cut.safetensors", known[0]) == 3
