"""7z archives are read through every common coder; what is not read is told with its name.

The archives were made by 7-Zip 26.02 (``zstd`` by py7zr 1.1) from ``m.pkl`` and ``log.txt``.
"""

from __future__ import annotations

import io
import struct
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.formats.test_container_walk import EVIL, seen
from tests.strategies import mutated

from basanite.domain.artifact import Format
from basanite.domain.errors import UnreadableError
from basanite.formats.container.entry import Unlooked
from basanite.formats.container.walk import Opened
from basanite.formats.detect import detect
from basanite.formats.seven_zip import reader

FOLDER = Path(__file__).parent / "seven_zip"
LOG = b"".join(b"reading %d of the pump\n" % n for n in range(1, 41))


def archive(name: str) -> bytes:
    return (FOLDER / f"{name}.7z").read_bytes()


@pytest.mark.parametrize(
    "coder",
    ["copy", "lzma", "lzma2", "deflate", "bzip2", "zstd", "delta", "bcj", "bcj-copy", "nonsolid"],
)
def test_files_come_out_of_every_common_coder_byte_by_byte(coder: str) -> None:
    found: dict[str, bytes] = {}
    for part in seen(archive(coder), "a.7z"):
        assert isinstance(part, Opened)
        part.file.seek(0)
        found[part.artifact.path] = part.file.read()

    assert found.pop("a.7z!/d/empty", b"") == b""
    assert found == {"a.7z!/d/m.pkl": EVIL, "a.7z!/d/log.txt": LOG}


@pytest.mark.parametrize(
    ("coder", "word"),
    [("ppmd", "PPMd"), ("bcj2", "BCJ2"), ("aes", "encryption"), ("aes-header", "encryption")],
)
def test_what_cannot_be_unpacked_is_told_and_never_passed_over(coder: str, word: str) -> None:
    told = seen(archive(coder), "a.7z")

    assert told
    for each in told:
        assert isinstance(each, Unlooked)
        assert word in each.reason


def test_the_header_says_names_kinds_and_sizes() -> None:
    data = archive("link")
    found = reader.read_archive(io.BytesIO(data), len(data))

    kinds = {each.name: each.kind for each in found.files}
    assert kinds == {
        "d": "folder",
        "d/empty": "file",
        "d/l": "link",
        "d/log.txt": "file",
        "d/m.pkl": "file",
    }
    assert reader.read(io.BytesIO(data), len(data))["unpacked_bytes"] == len(EVIL + LOG) + 11
    assert detect("model.bin", io.BytesIO(data), len(data)) is Format.SEVEN_ZIP


def wrapped(header: bytes, packed: bytes = b"") -> bytes:
    """A 7z archive with a header of one's own."""
    start = struct.pack("<QQI", len(packed), len(header), zlib.crc32(header))
    return (
        b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(start)) + start + packed + header
    )


HUGE = b"\xff" + b"\xff" * 7 + b"\x7f"
"""A number of 64 bits."""


@pytest.mark.parametrize(
    "header",
    [
        b"\x01\x05" + HUGE,
        b"\x01\x04\x06\x00" + HUGE,
        b"\x01\x04\x06\x00\x01\x09\x05\x00\x07\x0b" + HUGE,
        b"\x17\x06\x00\x01\x09\x05\x00\x07\x0b\x01\x00\x01\x00\x0c" + HUGE + b"\x00\x00",
        b"\x01\x04\x06\x00\x01\x09\x05\x00\x07\x0b\x01\x00\x01\x00\x0c\x05\x00\x08\x0d" + HUGE,
        b"\x01\x04\x06\x00\x01\x09\x05\x00\x07\x0b\x01\x00\x02\x11\x01\x01\x11\x01\x01\x00\x00",
    ],
    ids=["files", "streams", "blocks", "size of the header", "parts of a block", "circle"],
)
def test_headers_that_announce_what_cannot_be_are_refused_at_once(header: bytes) -> None:
    data = wrapped(header, bytes(5))
    started = time.perf_counter()

    with pytest.raises(UnreadableError):
        reader.read_archive(io.BytesIO(data), len(data))
    assert time.perf_counter() - started < 0.5


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_hostile_headers_give_an_answer_that_is_no_error(data: st.DataObject) -> None:
    header = data.draw(
        mutated(
            b"\x01\x04\x06\x00\x01\x09\x05\x00\x07\x0b\x01\x00\x01\x01\x00\x0c\x05\x00\x08\x00\x00"
            b"\x05\x01\x11\x05\x00a\x00\x00\x00\x00\x00"
        )
    )
    for each in seen(wrapped(header, b"hello"), "a.7z"):
        assert isinstance(each, Opened | Unlooked)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_archives_give_an_answer_that_is_no_error(data: st.DataObject) -> None:
    whole = archive(data.draw(st.sampled_from(["copy", "lzma", "zstd", "bcj", "bzip2"])))
    for each in seen(data.draw(mutated(whole)), "a.7z"):
        assert isinstance(each, Opened | Unlooked)
