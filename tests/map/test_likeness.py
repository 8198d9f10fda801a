"""Copies of weights are recognised through what thieves and engineers do to them, others never."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save

from basanite.domain.artifact import Format
from basanite.domain.errors import UnreadableError
from basanite.formats.weights.listing import tensors
from basanite.formats.weights.sketch import Sketch, sketch
from basanite.map.likeness import Kinship, likeness
from basanite.map.sketch_file import (
    SketchedModel,
    is_sketch,
    read_sketches,
    sketched_file,
    write_sketches,
)

Weights = dict[str, NDArray[np.float32]]


def sketches(weights: Weights) -> list[Sketch]:
    data = save(weights)
    return [sketch(each) for each in tensors(Format.SAFETENSORS, io.BytesIO(data), len(data))]


def model(seed: int) -> Weights:
    """Weights as a small network has them: normal, scaled by layer, with norms of ones."""
    chance = np.random.default_rng(seed)
    found = {"embedding": chance.normal(size=(200, 96))}
    for layer in range(4):
        found[f"{layer}.up"] = chance.normal(size=(128, 96)) / (layer + 1)
        found[f"{layer}.down"] = chance.normal(size=(96, 128)) / 12
        found[f"{layer}.norm"] = np.ones(96)
    return {name: each.astype(np.float32) for name, each in found.items()}


BASE = model(1)


def noisy(share: float) -> Weights:
    chance = np.random.default_rng(9)
    return {
        name: (each + chance.normal(size=each.shape) * each.std() * share).astype(np.float32)
        for name, each in BASE.items()
    }


def halves() -> Weights:
    """Every matrix cut in two by rows, as tensor-parallel shards are."""
    return {
        f"{name}.{part}": piece.copy()
        for name, each in BASE.items()
        for part, piece in enumerate(np.array_split(each, 2) if each.ndim == 2 else [each])
    }


COPIES: dict[str, tuple[Callable[[], Weights], set[Kinship]]] = {
    "renamed": (lambda: {f"x{n}": each for n, each in enumerate(BASE.values())}, {Kinship.SAME}),
    "half precision": (
        lambda: {name: each.astype(np.float16) for name, each in BASE.items()},
        {Kinship.COPY, Kinship.DERIVED},
    ),
    "cut into shards": (halves, {Kinship.COPY}),
    "scaled": (lambda: {name: each * 3 for name, each in BASE.items()}, {Kinship.COPY}),
    "fine-tuned a little": (lambda: noisy(0.02), {Kinship.DERIVED}),
    "fine-tuned much": (lambda: noisy(0.3), {Kinship.DERIVED}),
    "quantised to four bits": (
        lambda: {name: np.round(each / np.abs(each).max() * 7) for name, each in BASE.items()},
        {Kinship.DERIVED, Kinship.COPY},
    ),
    "one layer of four kept": (
        lambda: {**model(2), "0.up": BASE["0.up"], "0.down": BASE["0.down"]},
        {Kinship.PARTLY},
    ),
}


@pytest.mark.parametrize("way", COPIES)
def test_a_copy_is_recognised(way: str) -> None:
    make, expected = COPIES[way]

    assert likeness(sketches(make()), sketches(BASE)).kinship in expected


def test_unrelated_models_of_one_architecture_never_match() -> None:
    """At most 1 in 1,000 may: here are 1,225 pairs, no match, and no share near the bound."""
    made = [sketches(model(seed)) for seed in range(100, 150)]
    found = [likeness(made[i], made[j]) for i in range(50) for j in range(i)]

    assert len(found) == 1225
    assert {each.kinship for each in found} == {Kinship.UNRELATED}
    assert max(each.share for each in found) < 0.02


def test_what_cannot_be_compared_is_not_called_unrelated() -> None:
    small = sketches({"bias": np.arange(30, dtype=np.float32)})

    assert likeness(small, sketches(BASE)).kinship is Kinship.UNKNOWN
    assert likeness(sketches(BASE), small).kinship is Kinship.UNKNOWN
    assert likeness(sketches(BASE), []).kinship is Kinship.UNKNOWN


def test_a_sketch_file_reads_back_and_a_stranger_s_is_refused() -> None:
    kept = sketches(BASE)
    written = write_sketches(SketchedModel(name="m", files=(sketched_file("m", kept),))).encode()

    assert is_sketch(written)
    assert read_sketches(written).sketches() == kept
    for data in (
        b"{}",
        b"[" * 100_000,
        written[:-5],
        written.replace(b'"rows":[[0', b'"rows":[[{'),
    ):
        with pytest.raises(UnreadableError):
            read_sketches(data)
