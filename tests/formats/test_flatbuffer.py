"""FlatBuffers and the TensorFlow Lite models in them: every offset is checked where it leads."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given, settings
from tests.graph_files import tflite
from tests.strategies import mutated

from basanite.domain.errors import UnreadableError
from basanite.formats import tflite as reader
from basanite.formats.flatbuffer import Buffer


def model(data: bytes) -> reader.Model:
    return reader.model(io.BytesIO(data), len(data))


def test_operators_tensors_and_names_are_read() -> None:
    data = tflite(9, 9, 130, "Strange")
    facts = reader.read(io.BytesIO(data), len(data))

    assert facts["nodes"] == 4
    assert facts["custom_operators"] == ["Strange"]
    assert facts["description"] == "made by hand"
    assert facts["inputs"] == [{"name": "t0", "type": "float32", "shape": [1, 4]}]
    assert model(data).builtin == {9: 2, 130: 1}


def test_missing_fields_have_their_defaults() -> None:
    data = tflite(0)
    root = Buffer(io.BytesIO(data), 0, len(data)).root()

    assert root.unsigned(0, 4) == 3
    assert root.unsigned(40, 4, 7) == 7
    assert root.signed(5, 4, -1) == -1
    assert root.text(40) == ""
    assert root.table(40) is None
    assert root.vector(6).count == 0
    assert list(root.vector(6).texts()) == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x08\x00\x00\x00TFL3",
        b"\xff\xff\xff\xffTFL3" + bytes(64),
        b"\x1c\x00\x00\x00TFL3" + bytes(64),
        tflite(0)[:100],
        tflite(0).replace(struct.pack("<I", 1), struct.pack("<I", 0x7FFFFFFF), 1),
    ],
)
def test_offsets_that_lead_outside_are_unreadable(data: bytes) -> None:
    with pytest.raises(UnreadableError):
        model(data)


@settings(max_examples=300, deadline=2000)
@given(data=mutated(tflite(0, 9, "FlexErf", "Own")))
def test_hostile_bytes_are_unreadable_and_nothing_else(data: bytes) -> None:
    try:
        reader.read(io.BytesIO(data), len(data))
    except UnreadableError:
        return
