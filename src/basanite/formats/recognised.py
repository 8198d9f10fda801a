"""Recognised: kinds of model files that need no reader of their own.

Some hold numbers and words only, and are known by a mark at their beginning and checked as far as
that is cheap. Others are programs for one machine, which nobody can look into here.

Sources: sentencepiece_model.proto; args.cc and dictionary.cc of fastText; index_read.cpp of Faiss;
ggml's magic numbers before GGUF; word2vec.c; the TFRecord format of TensorFlow; the manuals of
TensorRT, RKNN and Hailo.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

NAME = "recognised"
VERSION = 1
_HEAD = 1 << 12
_MAX_PIECES = 64 << 20
_FASTTEXT = 793712314
_GGML = (b"lmgg", b"fmgg", b"tjgg", b"algg")
_FAISS = re.compile(rb"(?:Ix|Iw|Iv|IH|IB|Im|IN)[A-Za-z0-9]{2}")
_WORD2VEC = re.compile(rb"([1-9]\d{0,9}) ([1-9]\d{0,5})\n")
_OPAQUE = {
    b"ftrt": "it is a TensorRT engine: native code for one kind of GPU, which nobody looks into",
    b"ptrt": "it is a TensorRT engine: native code for one kind of GPU, which nobody looks into",
    b"RKNN": "it is compiled for a Rockchip processor, and nobody looks into it",
    b"\x01HEF": "it is compiled for a Hailo processor, and nobody looks into it",
}


@dataclass(frozen=True, slots=True)
class Recognised:
    """A kind of file. ``opaque`` says why it cannot be looked into; empty: it is data."""

    what: str
    opaque: str = ""


def recognise(file: BinaryIO, size: int) -> Recognised | None:
    """Return what a file of unknown format is, or None. Never raises for what the bytes are."""
    file.seek(0)
    head = file.read(min(size, _HEAD))
    for magic, reason in _OPAQUE.items():
        if head.startswith(magic):
            return Recognised("a compiled model", reason)
    for what, holds in _KINDS:
        if holds(head, file, size):
            return Recognised(what)
    return None


def _fasttext(head: bytes, file: BinaryIO, size: int) -> bool:
    del file
    if len(head) < 56 or int.from_bytes(head[:4], "little") != _FASTTEXT:
        return False
    version, dimension = struct.unpack("<ii", head[4:12])
    return bool(11 <= version <= 12 and 1 <= dimension <= 100_000 and size > 56)


def _ggml(head: bytes, file: BinaryIO, size: int) -> bool:
    del file
    return head[:4] in _GGML and size > 32


def _faiss(head: bytes, file: BinaryIO, size: int) -> bool:
    """Index of vectors: its kind, then the dimension and how many there are."""
    del file
    if len(head) < 16 or not _FAISS.match(head):
        return False
    dimension, count = struct.unpack("<iq", head[4:16])
    return bool(1 <= dimension <= 1 << 20 and 0 <= count <= size * 8)


def _word2vec(head: bytes, file: BinaryIO, size: int) -> bool:
    """Word vectors: two numbers in a line, then words with as many numbers as it says."""
    del file
    if (match := _WORD2VEC.match(head)) is None:
        return False
    words, dimension = int(match[1]), int(match[2])
    least = words * (4 * dimension + 2)
    return least <= size - match.end() <= least + words * 2000


def _events(head: bytes, file: BinaryIO, size: int) -> bool:
    del file, size
    return len(head) > 24 and head[1:8] == bytes(7) and b"brain.Event:" in head[12:80]


def _sentencepiece(head: bytes, file: BinaryIO, size: int) -> bool:
    """Pieces of words with scores: a message of nothing but the five fields of a vocabulary."""
    if head[:1] != b"\x0a" or size > _MAX_PIECES or len(head) < 16:
        return False
    if not _is_piece(head):
        return False
    file.seek(0)
    data = file.read(size)
    at = pieces = 0
    while at < size:
        field = data[at]
        if field not in (0x0A, 0x12, 0x1A, 0x22, 0x2A):
            return False
        length, at = _varint(data, at + 1)
        pieces += field == 0x0A
        at += length
        if length < 0 or at > size:
            return False
    return pieces >= 2


def _is_piece(head: bytes) -> bool:
    """Whether the first field holds a text and, where there is more, a score."""
    length, at = _varint(head, 1)
    if not 2 <= length < 1000 or head[at : at + 1] != b"\x0a":
        return False
    text, inner = _varint(head, at + 1)
    rest = length - (inner - at) - text
    return (
        text >= 0 and rest >= 0 and (rest == 0 or head[inner + text : inner + text + 1] == b"\x15")
    )


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a length of up to four bytes and where it ends; -1 where there is none."""
    value = 0
    for shift in range(0, 28, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    return -1, at


_KINDS: tuple[tuple[str, Callable[[bytes, BinaryIO, int], bool]], ...] = (
    ("a fastText model", _fasttext),
    ("a model in a layout of ggml before GGUF", _ggml),
    ("a Faiss index", _faiss),
    ("word vectors", _word2vec),
    ("TensorFlow events", _events),
    ("a SentencePiece vocabulary", _sentencepiece),
)
