"""TensorFlow's files are told apart by their structure, and their graphs walked."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from tests.graph_files import (
    const,
    field,
    graph,
    keras_notes,
    meta_graph,
    node,
    saved_model,
    text_attribute,
)
from tests.strategies import mutated

from basanite.domain.artifact import Format
from basanite.domain.errors import UnreadableError
from basanite.formats.detect import detect
from basanite.formats.tensorflow.graphs import Asset, assets, graphs
from basanite.formats.tensorflow.graphs import keras_notes as notes_in
from basanite.formats.tensorflow.kinds import kind as kind_of
from basanite.formats.tensorflow.reader import read

SMALL = graph(
    const("path", "a.txt"),
    node("r", "ReadFile", ["path"]),
    functions={"f": (["x"], [node("p", "PrintV2", ["x"], output_stream=text_attribute("stderr"))])},
)
INDEX = bytes(48) + bytes.fromhex("57fb808b247547db")
FINGERPRINT = b"".join(field(n, n << 40) for n in range(1, 6)) + field(7, field(1, 1))


def kind(data: bytes, name: str = "x") -> str | None:
    return kind_of(name, io.BytesIO(data), len(data))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (saved_model(SMALL), "saved-model"),
        (meta_graph(SMALL), "meta-graph"),
        (SMALL, "graph"),
        (keras_notes({"class_name": "Dense"}), "keras-metadata"),
        (INDEX, "checkpoint-index"),
        (FINGERPRINT, "fingerprint"),
        (b"\n\nA text that begins with empty lines.\n", None),
        (b"\x08\x07\x12\x03abc", None),
        (b"", None),
    ],
)
def test_kinds_are_told_apart_by_structure(data: bytes, expected: str | None) -> None:
    assert kind(data) == expected
    if expected:
        assert detect("thing.bin", io.BytesIO(data), len(data)) is Format.TENSORFLOW


def test_the_numbers_of_a_checkpoint_go_by_their_name() -> None:
    for first in (b"\x00", b"\x08", b"\x0a"):
        data = first + b"\x00\x00\x80\x3f" * 8
        assert kind(data, "model.ckpt.data-00000-of-00001") == "checkpoint-data"
        assert kind(data, "other.bin") is None


def test_nodes_of_graphs_and_functions_are_walked() -> None:
    data = saved_model(SMALL, {"path:0": "a.txt"})
    file, size = io.BytesIO(data), len(data)
    walked = [
        (each.function, node.operator)
        for each in graphs(file, size, "saved-model")
        for node in each.nodes()
    ]

    assert walked == [("", "Const"), ("", "ReadFile"), ("f", "PrintV2")]
    assert list(assets(file, size, "saved-model")) == [Asset("path", "a.txt")]


def test_texts_in_constants_and_attributes_are_read() -> None:
    (first, *_), (function,) = (
        list(each.nodes()) for each in graphs(io.BytesIO(SMALL), len(SMALL), "graph")
    )

    assert first.texts("value") == ["a.txt"]
    assert first.texts("missing") is None
    assert function.texts("output_stream") == ["stderr"]


def test_keras_notes_are_found_in_both_places() -> None:
    for data in (
        keras_notes({"a": 1}),
        saved_model(SMALL, objects=field(1, field(4, field(3, '{"a": 1}')))),
    ):
        form = kind(data) or ""
        assert list(notes_in(io.BytesIO(data), len(data), form)) == ['{"a": 1}']


@settings(max_examples=300, deadline=2000)
@given(data=mutated(saved_model(SMALL, {"path:0": "a"})) | mutated(SMALL) | mutated(INDEX))
def test_hostile_bytes_are_unreadable_and_nothing_else(data: bytes) -> None:
    try:
        read(io.BytesIO(data), len(data))
    except UnreadableError:
        return
