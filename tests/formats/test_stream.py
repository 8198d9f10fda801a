"""Streams come out of every compression that serialisers use, and never without end."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from contextlib import suppress

import lz4.frame
import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.strategies import mutated

from basanite.domain.artifact import Format
from basanite.domain.errors import UnreadableError
from basanite.formats.detect import detect
from basanite.formats.stream import ExpansionError, Inflated, Span, compression, fill

CONTENT = bytes(range(256)) * 2000
SKIPPED = b"\x5a\x2a\x4d\x18\x03\0\0\0abc"
"""A frame that zstd and LZ4 pass over."""


def zfile(data: bytes) -> bytes:
    """As joblib wrote compressed pickles before version 0.10."""
    return b"ZF" + hex(len(data)).encode().ljust(19) + zlib.compress(data)


PACKED = {
    "gzip": gzip.compress(CONTENT),
    "two gzip": gzip.compress(CONTENT[:9]) + gzip.compress(CONTENT[9:]),
    "bzip2": bz2.compress(CONTENT),
    "xz": lzma.compress(CONTENT),
    "lzma": lzma.compress(CONTENT, format=lzma.FORMAT_ALONE),
    "small lzma": lzma.compress(
        CONTENT,
        format=lzma.FORMAT_ALONE,
        filters=[{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 12}],
    ),
    "zlib": zlib.compress(CONTENT),
    "zfile": zfile(CONTENT),
    "zstd": zstd.compress(CONTENT),
    "two zstd": zstd.compress(CONTENT[:9]) + SKIPPED + zstd.compress(CONTENT[9:]),
    "skip, zstd": SKIPPED + zstd.compress(CONTENT),
    "lz4": lz4.frame.compress(CONTENT),
    "skip, lz4": SKIPPED + lz4.frame.compress(CONTENT),
}


def inflated(data: bytes) -> Inflated:
    kind = compression(data[:6])
    assert kind is not None
    return Inflated(Span(io.BytesIO(data), 0, len(data)), kind)


@pytest.mark.parametrize("kind", PACKED)
def test_every_compression_gives_back_what_went_in(kind: str) -> None:
    assert fill(inflated(PACKED[kind]), 1 << 30) == CONTENT
    assert inflated(PACKED[kind]).skip(1 << 30) == len(CONTENT)


@pytest.mark.parametrize("kind", PACKED)
def test_compressed_data_that_end_early_are_told(kind: str) -> None:
    with pytest.raises(UnreadableError):
        fill(inflated(PACKED[kind][:-9]), 1 << 30)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, zstd.compress, lz4.frame.compress])
def test_a_bomb_ends_before_it_costs_much(pack: object) -> None:
    assert callable(pack)
    stream = inflated(pack(bytes(80 << 20)))

    with pytest.raises(ExpansionError):
        stream.skip(80 << 20)


def test_a_window_that_takes_too_much_memory_is_refused() -> None:
    wide: dict[int, int] = {
        zstd.CompressionParameter.window_log: 27,
        zstd.CompressionParameter.content_size_flag: 0,
    }
    packer = zstd.ZstdCompressor(options=wide)
    data = packer.compress(CONTENT * 200) + packer.flush()

    with pytest.raises(UnreadableError, match="memory"):
        fill(inflated(data), 1)


@pytest.mark.parametrize("text", ["BZh, said nobody\n", "x^2 + y\n", "ZF0x is a flag\n", "]\0 odd"])
def test_text_that_begins_like_a_compression_stays_text(text: str) -> None:
    data = text.encode()

    form = detect("notes.txt", io.BytesIO(data), len(data))
    assert form in (Format.TEXT, Format.UNKNOWN)


@pytest.mark.parametrize("pack", [zfile, zstd.compress, lz4.frame.compress, zlib.compress])
def test_a_compressed_pickle_is_a_pickle(pack: object) -> None:
    assert callable(pack)
    data = pack(b"cos\nsystem\n(S'true'\ntR.")

    assert detect("thing", io.BytesIO(data), len(data)) is Format.PICKLE


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_a_wrong_checksum_at_the_end_does_not_hide_what_comes_before_it(pack: object) -> None:
    assert callable(pack)
    inside = b"cos\nsystem\n(S'true'\ntR."
    data = pack(inside)[:-4] + b"\x00" * 4
    stream = inflated(data)

    assert stream.read(100) == inside
    with pytest.raises(UnreadableError):
        stream.read(100)
    assert detect("thing", io.BytesIO(data), len(data)) is Format.PICKLE


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_streams_raise_nothing_but_unreadable(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(PACKED)))
    broken = data.draw(mutated(PACKED[kind]))
    if compression(broken[:6]) is None:
        return
    with suppress(UnreadableError):
        fill(inflated(broken), 1 << 22)
