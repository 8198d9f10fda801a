"""Weights are read as their formats say, and a sketch survives what copies go through."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import gguf
import numpy as np
import pytest
from gguf.quants import dequantize, quantize
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import save
from tests.strategies import VALID, hostile, torch_zip, zip_file

from basanite.domain.artifact import Format
from basanite.domain.errors import UnreadableError
from basanite.formats.weights.listing import LISTED, tensors
from basanite.formats.weights.number import KINDS
from basanite.formats.weights.sketch import BITS, Sketch, pairs, sketch
from basanite.formats.weights.tensor import Tensor

Array = NDArray[np.float32]
CHANCE = np.random.default_rng(20261125)
SCALES = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82],
    "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208],
}  # fmt: skip
"""Where each block has its half-precision scales; random bytes there would be no numbers."""


def listed(form: Format, data: bytes) -> list[Tensor]:
    return list(tensors(form, io.BytesIO(data), len(data)))


def sketched(form: Format, data: bytes) -> list[Sketch]:
    return [sketch(each) for each in listed(form, data)]


@pytest.mark.parametrize("name", SCALES)
def test_every_number_of_a_quantised_block_is_read_as_the_format_s_own_library_does(
    name: str,
) -> None:
    kind = KINDS[name]
    blocks = CHANCE.integers(0, 256, size=(16, kind.block_bytes), dtype=np.uint8)
    for block in blocks:
        for at in SCALES[name]:
            block[at : at + 2] = np.frombuffer(
                np.float16(CHANCE.uniform(0.01, 1)).tobytes(), dtype=np.uint8
            )
    expected = dequantize(blocks.reshape(1, -1), gguf.GGMLQuantizationType[name]).ravel()
    found = [kind.read(blocks.tobytes(), place) for place in range(16 * kind.per_block)]

    assert np.allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [("F64", "<f8"), ("F32", "<f4"), ("F16", "<f2"), ("I32", "<i4"), ("U8", "u1")],
)
def test_plain_numbers_are_read_in_order(kind: str, dtype: str) -> None:
    values = np.arange(9).astype(dtype)

    assert [KINDS[kind].read(values.tobytes(), place) for place in range(9)] == list(range(9))


def test_small_floats_keep_their_order_and_values() -> None:
    read = KINDS["F8_E4M3"].read
    positive = [read(bytes([byte]), 0) for byte in range(127)]

    assert positive == sorted(positive)
    assert read(b"\x38", 0) == 1.0
    assert read(b"\xb8", 0) == -1.0
    assert KINDS["F8_E5M2"].read(b"\x3c", 0) == 1.0
    assert KINDS["BF16"].read(b"\x80\x3f", 0) == 1.0


def test_a_row_is_the_shortest_run_of_dimensions_with_enough_numbers() -> None:
    def length(*shape: int) -> int:
        return Tensor("w", "F32", shape, io.BytesIO(), 0).row_length

    assert length(10, 128) == 128
    assert length(8, 16, 3, 3) == 144
    assert length(4, 5) == 20
    assert length(7, 300, 64) == 64


def torch_file(weights: Array) -> bytes:
    """A PyTorch archive with one tensor in its second half, written opcode by opcode."""
    rows, columns = weights.shape
    numbers = b"".join(b"J" + struct.pack("<i", each) for each in (weights.size, rows, columns))
    offset, shape = numbers[:5], b"(" + numbers[5:] + b"t"
    strides = b"(" + numbers[10:] + b"K\x01t"
    pickle = (
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n("
        b"(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpu"
         b"J" + struct.pack("<i", 2 * weights.size) + b"tQ"
        + offset + shape + strides + b"\x89NtR."
    )  # fmt: skip
    data = bytes(weights.nbytes) + weights.tobytes()
    return zip_file({"m/data.pkl": pickle, "m/data/0": data}, packed=False)


def npy_of(weights: Array) -> bytes:
    out = io.BytesIO()
    np.save(out, weights)
    return out.getvalue()


def onnx_file(weights: Array) -> bytes:
    from onnx import helper, numpy_helper

    graph = helper.make_graph([], "g", [], [], [numpy_helper.from_array(weights, "w")])
    return bytes(helper.make_model(graph).SerializeToString())


WRITERS: dict[Format, Callable[[Array], bytes]] = {
    Format.SAFETENSORS: lambda weights: save({"w": weights}),
    Format.NUMPY: npy_of,
    Format.ONNX: onnx_file,
    Format.PYTORCH_ZIP: torch_file,
}


@pytest.mark.parametrize("form", WRITERS)
def test_the_same_weights_have_the_same_sketch_in_every_format(form: Format) -> None:
    weights = CHANCE.normal(size=(40, 96)).astype(np.float32)
    (found,) = sketched(form, WRITERS[form](weights))
    (expected,) = sketched(Format.SAFETENSORS, save({"other": weights}))

    assert (found.rows, found.sha256) == (expected.rows, expected.sha256)
    assert len(found.rows) == 20


def test_every_listed_format_but_gguf_is_written_here() -> None:
    assert set(WRITERS) | {Format.GGUF} == LISTED


@pytest.mark.parametrize("name", ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"])
def test_quantised_rows_keep_most_bits(name: str) -> None:
    weights = CHANCE.normal(size=(32, 256)).astype(np.float32)
    packed = quantize(weights, gguf.GGMLQuantizationType[name]).tobytes()
    whole = sketch(Tensor("w", "F32", weights.shape, io.BytesIO(weights.tobytes()), 0))
    small = sketch(Tensor("w", name, weights.shape, io.BytesIO(packed), 0))
    for one, other in zip(whole.rows, small.rows, strict=True):
        known = one.known & other.known
        assert ((one.bits ^ other.bits) & known).bit_count() < 0.2 * known.bit_count()


def test_constants_and_short_tensors_have_a_digest_and_no_rows() -> None:
    found = sketched(
        Format.SAFETENSORS,
        save({"ones": np.ones((64, 64), np.float32), "bias": np.arange(10, dtype=np.float32)}),
    )

    assert [each.rows for each in found] == [(), ()]
    assert all(each.sha256 for each in found)


def test_pairs_are_always_the_same_and_never_of_one_place() -> None:
    assert pairs(64)[:3] == pairs(64)[:3]
    assert len(pairs(2)) == BITS
    assert all(one != other for one, other in pairs(100))
    assert pairs(577)[:2] == ((95, 233), (41, 341))


@pytest.mark.parametrize("form", sorted(LISTED))
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_hostile_files_are_unreadable_or_listed(form: Format, data: st.DataObject) -> None:
    kinds = {
        Format.SAFETENSORS: "safetensors", Format.GGUF: "gguf", Format.NUMPY: "npy",
        Format.PYTORCH_ZIP: "torch",
    }  # fmt: skip
    content = data.draw(hostile(kinds[form]) if form in kinds else st.binary(max_size=200))
    try:
        found = sketched(form, content)
    except UnreadableError:
        return
    assert all(isinstance(each, Sketch) for each in found)


def test_a_tensor_behind_the_end_of_its_storage_is_not_believed() -> None:
    lying = torch_file(np.zeros((2, 64), np.float32)).replace(
        struct.pack("<i", 128) + b"(J", struct.pack("<i", 1 << 30) + b"(J", 1
    )

    assert listed(Format.PYTORCH_ZIP, lying) == []
    assert listed(Format.PYTORCH_ZIP, torch_zip(b"\x80\x02}.")) == []
    assert listed(Format.GGUF, VALID["gguf"])[0].shape == (8, 4)
