"""HDF5 files are read for their structure, whichever release of the library wrote them.

``fixtures/old.h5`` and ``fixtures/new.h5`` hold the same things, written by h5py 3.14 with
``libver="earliest"`` (symbol tables, version 1 headers) and ``libver="latest"`` (dense links).
"""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.graph_files import (
    attribute,
    dataset,
    external_link,
    hdf5,
    object_header,
    soft_link,
)
from tests.strategies import mutated

from basanite.domain.errors import UnreadableError
from basanite.formats.hdf5.reader import Elsewhere, Structure, configurations, read, structure

FIXTURES = Path(__file__).parent / "fixtures"
REAL = {name: (FIXTURES / f"{name}.h5").read_bytes() for name in ("old", "new")}


def found(data: bytes) -> Structure:
    return structure(io.BytesIO(data), len(data))


@pytest.mark.parametrize("name", REAL)
def test_files_of_both_layouts_say_the_same(name: str) -> None:
    facts = read(io.BytesIO(REAL[name]), len(REAL[name]))

    assert facts["groups"] == 2
    assert facts["datasets"] == 14
    assert facts["parameters"] == 12 * 6 + 4 + 12
    assert facts["dtypes"] == {"float32": 13, "float64": 1}
    assert facts["keras_version"] == "3.15.1"
    assert facts["backend"] == "tensorflow"
    assert facts["layers"] == 2


@pytest.mark.parametrize("name", REAL)
def test_places_in_other_files_are_found_in_both_layouts(name: str) -> None:
    assert set(found(REAL[name]).elsewhere) == {
        Elsewhere("external-link", "/far", "other.h5"),
        Elsewhere("soft-link", "/near", "/model_weights/w0"),
        Elsewhere("external-file", "/raw", "raw.bin"),
        Elsewhere("virtual-dataset", "/whole", "part.h5"),
    }


@pytest.mark.parametrize("name", REAL)
def test_the_configuration_of_a_model_is_found_in_both_layouts(name: str) -> None:
    assert list(configurations(found(REAL[name]))) == [
        ("model_config", '{"class_name": "Sequential", "config": []}')
    ]


def test_a_block_of_the_user_s_own_may_stand_in_front() -> None:
    data = bytes(512) + hdf5(attribute("backend", "jax"))

    assert found(data).texts == {"backend": ["jax"]}


def test_objects_that_hold_each_other_are_visited_once() -> None:
    body = hdf5(objects={"a": dataset(2)})
    at = body.index(b"OHDR", 50)
    loop = body.replace(struct.pack("<Q", at), struct.pack("<Q", 48))

    assert found(loop).groups == 1


def test_a_chain_of_headers_without_end_is_unreadable() -> None:
    again = struct.pack("<BHBQQ", 0x10, 16, 0, 48, 64)
    with pytest.raises(UnreadableError):
        found(hdf5(again))


def test_links_in_a_new_group_are_read() -> None:
    assert found(hdf5(external_link("e", "/x.h5"), soft_link("s", "/a"))).elsewhere == [
        Elsewhere("external-link", "/e", "/x.h5"),
        Elsewhere("soft-link", "/s", "/a"),
    ]


def test_a_dataset_announces_its_size() -> None:
    assert found(hdf5(objects={"w": dataset(1 << 40, 4)})).largest == (1 << 44, "/w")


@pytest.mark.parametrize(
    "data",
    [b"", b"\x89HDF\r\n\x1a\n", hdf5()[:60], hdf5().replace(b"OHDR", b"OHDX"),
     b"\x89HDF\r\n\x1a\n\x09" + bytes(100), REAL["old"][:-1], REAL["new"][:5000]],
)  # fmt: skip
def test_what_is_cut_or_damaged_is_unreadable(data: bytes) -> None:
    with pytest.raises(UnreadableError):
        found(data)


@settings(max_examples=150, deadline=2000)
@given(data=mutated(REAL["old"]) | mutated(REAL["new"]) | mutated(hdf5(object_header(b""))))
def test_hostile_bytes_are_unreadable_and_nothing_else(data: bytes) -> None:
    try:
        found(data)
    except UnreadableError:
        return


@given(data=st.binary(max_size=200))
def test_hostile_messages_are_unreadable_and_nothing_else(data: bytes) -> None:
    try:
        found(hdf5(data))
    except UnreadableError:
        return
