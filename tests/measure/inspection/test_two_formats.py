"""A file that is two formats at once hides behind neither, and no ordinary file is taken for one.

Payloads are inert (`true`) and never loaded.
"""

from __future__ import annotations

import collections
import gzip
import io
import json
import os
import pickle
import pickletools
import random
import struct
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.measure.inspection.conftest import BY_ID, opened
from tests.measure.inspection.test_model_format import onnx_model, tar_of
from tests.strategies import VALID, gguf_file, npy_file, safetensors_file, zip_file

from basanite.domain.answer import Answer
from basanite.domain.artifact import Format
from basanite.domain.outcome import Outcome
from basanite.measure.inspection.inspector import looks_at

Ask = Callable[..., Answer]
CHECK = "pickle-code-execution"
EVIL = b"cos\nsystem\n(S'true'\ntR."
TWO = "pickle-code-execution/two-formats"
CLOSED = "pickle-code-execution/closed-call"


def safetensors_and_pickle(payload: bytes = EVIL) -> bytes:
    """A valid safetensors file; a pickle loader reads a text, drops it, and runs ``payload``.

    The header's length begins with the opcode of a text whose length is the length's other bytes.
    Spaces fill the header up; a second text in it goes on to the first newline, among the weights.
    """
    length = 0x1958  # b"X\x19\0\0\0...": a text of 25 bytes
    body = b"\n0" + payload
    tensor = {"dtype": "U8", "shape": [len(body)], "data_offsets": [0, len(body)]}
    header = json.dumps({"__metadata__": {"a": "V"}, "w": tensor}, separators=(",", ":")).encode()
    assert header[5 + 25 - 8 :].startswith(b"V")
    return struct.pack("<Q", length) + header.ljust(length) + body


def tar_and_pickle() -> bytes:
    return tar_of({EVIL.decode() + "x": b"y"})


def gguf_and_pickle() -> bytes:
    """``G`` takes eight bytes of header as a number; the count of tensors begins with ``0V``."""
    head = b"GGUF" + struct.pack("<I", 3) + b"\x00" + b"0V\n"[:2]
    return head + bytes(5) + bytes(8) + b"\n0" + EVIL


def hdf5_and_pickle() -> bytes:
    """HDF5 allows a block of the user's own in front."""
    return EVIL.ljust(512, b"\n") + VALID["hdf5"]


POLYGLOTS = {
    "safetensors": safetensors_and_pickle(),
    "tar": tar_and_pickle(),
    "gguf": gguf_and_pickle(),
    "hdf5": hdf5_and_pickle(),
}


def test_the_planted_safetensors_is_what_the_tests_say() -> None:
    data = POLYGLOTS["safetensors"]
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    assert header["w"]["data_offsets"] == [0, len(data) - 8 - length]
    names = [opcode.name for opcode, _, _ in pickletools.genops(io.BytesIO(data))]
    assert names[-5:] == ["MARK", "STRING", "TUPLE", "REDUCE", "STOP"]


@pytest.mark.parametrize("kind", POLYGLOTS)
@pytest.mark.parametrize("name", ["model.pkl", "model.safetensors", "model.bin", "a.dat", "a.npy"])
def test_a_pickle_that_is_something_else_too_fails_under_any_name(
    ask: Ask, kind: str, name: str
) -> None:
    answer = ask(CHECK, POLYGLOTS[kind], name)

    assert answer.outcome is Outcome.FAILED
    rules = {each.rule.id for each in answer.findings}
    assert {CLOSED, TWO} <= rules
    assert opened(POLYGLOTS[kind], name).artifact.format is Format(kind)


def test_two_formats_at_once_fail_though_what_is_called_is_harmless(ask: Ask) -> None:
    harmless = b"ccollections\nOrderedDict\n)R."
    answer = ask(CHECK, safetensors_and_pickle(harmless), "model.safetensors")

    assert answer.outcome is Outcome.FAILED
    assert [(f.rule.id, f.level.value) for f in answer.findings] == [(TWO, "high")]


@pytest.mark.parametrize("front", [pickle.dumps([1.5]), npy_file(), VALID["safetensors"]])
def test_an_archive_behind_a_file_is_looked_into_and_told(ask: Ask, front: bytes) -> None:
    data = front + zip_file({"inner.pkl": EVIL})
    answer = ask(CHECK, data, "model.bin")

    assert answer.outcome is Outcome.FAILED
    assert {TWO, CLOSED} <= {each.rule.id for each in answer.findings}
    assert "model.bin!/inner.pkl" in {each.location.path for each in answer.findings}


ORDINARY = {
    "safetensors": VALID["safetensors"],
    "onnx": onnx_model(),
    "gguf": gguf_file(),
    "hdf5": VALID["hdf5"],
    "npy": VALID["npy"],
    "npz": VALID["npz"],
    "npz of objects": zip_file(
        {"a.npy": npy_file("'|O'", "(1,)", pickle.dumps([collections.OrderedDict(a=1)]))},
        packed=False,
    ),
    "sdist": tar_of({"PKG-INFO": b"Metadata-Version: 2.1\ncat\ndog\n"}),
    "zip": VALID["zip"],
    "tar": tar_of({"a.txt": b"hello", "zip-inside": zip_file({"a": b"b"})}),
    "gzip": gzip.compress(b"a,b\n" * 1000),
    "png": b"\x89PNG\r\n\x1a\n" + zlib.compress(os.urandom(4000)),
    "jpeg": b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8,
    "elf": b"\x7fELF\x02\x01\x01" + bytes(200),
    "parquet": b"PAR1\x15\x04\x15" + bytes(range(256)) + b"PAR1",
}


@pytest.mark.parametrize("kind", ORDINARY)
@pytest.mark.parametrize("name", ["thing.dat", "thing.bin", "thing.pt"])
def test_ordinary_files_are_not_taken_for_pickles(ask: Ask, kind: str, name: str) -> None:
    answer = ask(CHECK, ORDINARY[kind], name)

    if opened(ORDINARY[kind], name).artifact.format is not Format.PICKLE:
        assert answer.findings == ()
        assert answer.outcome in (Outcome.NOT_APPLICABLE, Outcome.PASSED), answer.reason
    assert "also" not in opened(ORDINARY[kind], name).artifact.facts


def test_safetensors_with_headers_of_any_length_are_not_taken_for_pickles() -> None:
    """The header's length is the first opcode that a pickle loader would see."""
    chance = random.Random(7)
    for extra in range(3000):
        padding = {"note": "x" * extra}
        data = safetensors_file({"w": ("F32", [64], 256)}, padding)
        data = data[:-256] + chance.randbytes(256)
        if "also" in opened(data, "m.safetensors").artifact.facts:
            pytest.fail(f"{extra} characters of metadata")


@pytest.mark.parametrize("suffix", [".py", ".md", ".json", ".txt", ".csv"])
def test_text_is_not_put_to_the_check(suffix: str) -> None:
    for data in (b"import os\n", b"cat\nsat\n", Path(pickle.__file__).read_bytes()):
        assert not looks_at(BY_ID[CHECK], opened(data, "a" + suffix).artifact)


@settings(max_examples=300, deadline=None)
@given(st.binary(min_size=1, max_size=600))
def test_random_bytes_are_never_two_formats(data: bytes) -> None:
    assert "also" not in opened(data, "thing.dat").artifact.facts


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("name", ["models.tar", "model.nemo", "models.tgz", "backup"])
def test_pickles_in_tar_archives_are_found(ask: Ask, mode: str, name: str) -> None:
    answer = ask(CHECK, tar_of({"readme": b"x", "deep/model.ckpt": EVIL}, mode), name)

    assert answer.outcome is Outcome.FAILED
    assert answer.findings[0].location.path == f"{name}!/deep/model.ckpt"


@pytest.mark.parametrize(
    "data",
    [
        tar_of({"inner.zip": zip_file({"m.pkl": EVIL})}),
        zip_file({"inner.tar": tar_of({"m.pkl": EVIL})}),
        tar_of({"inner.tar": tar_of({"m.pkl": EVIL})}, "w:gz"),
        tar_of({"m.pkl.gz": gzip.compress(EVIL)}),
        zip_file({"m.gz": gzip.compress(zip_file({"x": EVIL}))}),
        gzip.compress(zip_file({"m.pkl": EVIL})),
        tar_of({"n" * 200: EVIL}),
        tar_of({"m": EVIL})[:1024],
    ],
)
def test_pickles_in_archives_in_archives_are_found(ask: Ask, data: bytes) -> None:
    assert ask(CHECK, data, "thing.bin").outcome is Outcome.FAILED


def test_the_oldest_kind_of_tar_is_opened_too(ask: Ask) -> None:
    data = bytearray(tar_of({"m.pkl": EVIL}))
    data[257:512] = bytes(255)
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])

    assert ask(CHECK, bytes(data), "models").outcome is Outcome.FAILED


def test_a_tar_that_ends_early_or_is_damaged_is_never_a_pass(ask: Ask) -> None:
    data = tar_of({"a.pkl": pickle.dumps([1]), "b.pkl": pickle.dumps([2.5] * 300)})
    whole = ask(CHECK, data, "m.tar")
    assert whole.outcome is Outcome.PASSED
    for end in (520, 1400, 1800, 2300):
        assert ask(CHECK, data[:end], "m.tar").outcome is not Outcome.PASSED, end
    damaged = bytearray(data)
    damaged[1024] ^= 1
    assert ask(CHECK, bytes(damaged), "m.tar").outcome is Outcome.INCOMPLETE


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_hostile_tars_never_break_a_check(data: st.DataObject) -> None:
    from tests.measure.inspection.conftest import put
    from tests.strategies import mutated

    formats = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=data.draw(st.sampled_from(formats))) as file:
        entry = tarfile.TarInfo("é" * data.draw(st.integers(1, 50)))
        entry.size = len(EVIL)
        file.addfile(entry, io.BytesIO(EVIL))
    content = data.draw(mutated(out.getvalue()[:2560]))
    for check in (CHECK, "model-format"):
        answer = put(opened(content, "m.tar"), BY_ID[check], {})
        assert answer.outcome is not Outcome.ERROR, answer.reason
