"""Kinds of number in weights, and how one of them is read out of its block.

Quantised kinds keep numbers in blocks with scales of their own. Sources: IEEE 754; the OCP 8-bit
floating point formats 1.0; ggml-common.h and ggml-quants.c of the ggml project for block layouts.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

Read = Callable[[bytes, int], float]
"""Returns number ``index`` of a row from the row's bytes."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of number."""

    per_block: int
    block_bytes: int
    read: Read


def _plain(code: str) -> Kind:
    packed = struct.Struct("<" + code)
    unpack, width = packed.unpack_from, packed.size

    def read(data: bytes, index: int) -> float:
        return float(unpack(data, index * width)[0])

    return Kind(1, width, read)


_SHORT = struct.Struct("<H").unpack_from
_FLOAT = struct.Struct("<f")
_HALF = struct.Struct("<e").unpack_from


def _brain(data: bytes, index: int) -> float:
    return float(_FLOAT.unpack(b"\0\0" + data[2 * index : 2 * index + 2])[0])


def _small_float(exponent: int, mantissa: int, bias: int) -> Read:
    """An eight-bit float; its special values are read as large numbers, which order needs."""
    values = []
    for byte in range(256):
        power = (byte >> mantissa) & ((1 << exponent) - 1)
        part = byte & ((1 << mantissa) - 1)
        size = (
            (1 + part / (1 << mantissa)) * 2.0 ** (power - bias)
            if power
            else part / (1 << mantissa) * 2.0 ** (1 - bias)
        )
        values.append(-size if byte & 0x80 else size)

    def read(data: bytes, index: int) -> float:
        return values[data[index]]

    return read


def _half(data: bytes, at: int) -> float:
    return float(_HALF(data, at)[0])


def _q4_0(data: bytes, index: int) -> float:
    at = index // 32 * 18
    place = index % 32
    byte = data[at + 2 + place % 16]
    return _half(data, at) * (((byte >> 4) if place >= 16 else (byte & 15)) - 8)


def _q4_1(data: bytes, index: int) -> float:
    at = index // 32 * 20
    place = index % 32
    byte = data[at + 4 + place % 16]
    return _half(data, at) * ((byte >> 4) if place >= 16 else (byte & 15)) + _half(data, at + 2)


def _fifth(data: bytes, at: int, place: int, bits: int) -> int:
    byte = data[at + place % 16]
    low = (byte >> 4) if place >= 16 else (byte & 15)
    return low | (bits >> place & 1) << 4


def _q5_0(data: bytes, index: int) -> float:
    at = index // 32 * 22
    bits = int.from_bytes(data[at + 2 : at + 6], "little")
    return _half(data, at) * (_fifth(data, at + 6, index % 32, bits) - 16)


def _q5_1(data: bytes, index: int) -> float:
    at = index // 32 * 24
    bits = int.from_bytes(data[at + 4 : at + 8], "little")
    return _half(data, at) * _fifth(data, at + 8, index % 32, bits) + _half(data, at + 2)


def _q8_0(data: bytes, index: int) -> float:
    at = index // 32 * 34
    byte = data[at + 2 + index % 32]
    return _half(data, at) * (byte - 256 if byte > 127 else byte)


def _q2_k(data: bytes, index: int) -> float:
    at, place = index // 256 * 84, index % 256
    scale = data[at + place // 16]
    byte = data[at + 16 + place // 128 * 32 + place % 32]
    code = byte >> (place % 128 // 32 * 2) & 3
    return _half(data, at + 80) * (scale & 15) * code - _half(data, at + 82) * (scale >> 4)


def _q3_k(data: bytes, index: int) -> float:
    at, place = index // 256 * 110, index % 256
    high = data[at + place % 32] >> (place // 32) & 1
    low = data[at + 32 + place // 128 * 32 + place % 32] >> (place % 128 // 32 * 2) & 3
    group = place // 16
    scales = data[at + 96 : at + 108]
    part = scales[group % 8] >> (4 if group >= 8 else 0) & 15
    upper = scales[8 + group % 4] >> (group // 4 * 2) & 3
    scale = (part | upper << 4) - 32
    return _half(data, at + 108) * scale * (low - (0 if high else 4))


def _scale_k4(scales: bytes, group: int) -> tuple[int, int]:
    if group < 4:
        return scales[group] & 63, scales[group + 4] & 63
    low = scales[group + 4] & 15 | scales[group - 4] >> 6 << 4
    return low, scales[group + 4] >> 4 | scales[group] >> 6 << 4


def _q4_k(data: bytes, index: int) -> float:
    at, place = index // 256 * 144, index % 256
    scale, least = _scale_k4(data[at + 4 : at + 16], place // 32)
    byte = data[at + 16 + place // 64 * 32 + place % 32]
    code = byte >> 4 if place % 64 >= 32 else byte & 15
    return _half(data, at) * scale * code - _half(data, at + 2) * least


def _q5_k(data: bytes, index: int) -> float:
    at, place = index // 256 * 176, index % 256
    scale, least = _scale_k4(data[at + 4 : at + 16], place // 32)
    byte = data[at + 48 + place // 64 * 32 + place % 32]
    code = byte >> 4 if place % 64 >= 32 else byte & 15
    code |= (data[at + 16 + place % 32] >> (place // 32) & 1) << 4
    return _half(data, at) * scale * code - _half(data, at + 2) * least


def _q6_k(data: bytes, index: int) -> float:
    at, place = index // 256 * 210, index % 256
    half, inner = place // 128, place % 128
    byte = data[at + half * 64 + inner % 64]
    low = byte >> 4 if inner >= 64 else byte & 15
    high = data[at + 128 + half * 32 + inner % 32] >> (inner // 32 * 2) & 3
    scale = data[at + 192 + place // 16]
    signed = scale - 256 if scale > 127 else scale
    return _half(data, at + 208) * signed * ((low | high << 4) - 32)


KINDS = {
    "F64": _plain("d"), "F32": _plain("f"), "F16": _plain("e"), "BF16": Kind(1, 2, _brain),
    "F8_E4M3": Kind(1, 1, _small_float(4, 3, 7)), "F8_E5M2": Kind(1, 1, _small_float(5, 2, 15)),
    "I64": _plain("q"), "I32": _plain("i"), "I16": _plain("h"), "I8": _plain("b"),
    "U64": _plain("Q"), "U32": _plain("I"), "U16": _plain("H"), "U8": _plain("B"),
    "Q4_0": Kind(32, 18, _q4_0), "Q4_1": Kind(32, 20, _q4_1), "Q5_0": Kind(32, 22, _q5_0),
    "Q5_1": Kind(32, 24, _q5_1), "Q8_0": Kind(32, 34, _q8_0), "Q2_K": Kind(256, 84, _q2_k),
    "Q3_K": Kind(256, 110, _q3_k), "Q4_K": Kind(256, 144, _q4_k), "Q5_K": Kind(256, 176, _q5_k),
    "Q6_K": Kind(256, 210, _q6_k),
}  # fmt: skip
"""Kinds whose numbers can be read, by the name that safetensors and GGUF give them."""
