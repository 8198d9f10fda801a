"""Sketches: a few bits of a row of weights that survive renaming, shards and fine-tuning.

Bit *i* of a row says which of two of its numbers is larger; the pairs are the same for every row of
that length. What keeps the order of most numbers keeps most bits: scaling, another kind of number,
quantisation, some training more. Rows of unrelated weights agree in half of their bits, as coins
do. Source of the idea: comparisons as hashes, J. Yagnik et al., "The power of comparative
reasoning", ICCV 2011; here with pairs, and rows as the unit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from basanite.formats.weights.tensor import SHORTEST, Tensor

BITS = 128
MOST_ROWS = 32
"""Rows of one tensor that are sketched, evenly spread."""
_FEWEST_ORDERED = 96
"""Rows in which more of the pairs are equal say too little (constants, sparse tables)."""
_MASK = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Row:
    """The sketch of one row."""

    place: int
    """Number of the row in its tensor."""
    bits: int
    known: int
    """Mask of the bits that say something: the two numbers differ."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is kept of one tensor."""

    name: str
    kind: str
    shape: tuple[int, ...]
    sha256: str
    """Of kind, shape and bytes; empty where the number of bytes is not known."""
    length: int
    """Numbers in a row."""
    rows: tuple[Row, ...]


def sketch(tensor: Tensor) -> Sketch:
    """Return the digest and the sketched rows of a tensor.

    Raises:
        UnreadableError: the file ends within it.
    """
    return Sketch(
        tensor.name,
        tensor.kind,
        tensor.shape,
        _digest(tensor),
        tensor.row_length,
        tuple(_rows(tensor)),
    )


def _digest(tensor: Tensor) -> str:
    if tensor.size is None:
        return ""
    digest = hashlib.sha256(f"{tensor.kind} {tensor.shape}\n".encode())
    for chunk in tensor.chunks():
        digest.update(chunk)
    return digest.hexdigest()


def _rows(tensor: Tensor) -> Iterator[Row]:
    kind, length = tensor.numbers, tensor.row_length
    if kind is None or length < SHORTEST or not tensor.count:
        return
    read, chosen = kind.read, pairs(length)
    count = tensor.count // length
    step = 1
    # A power of two, so that a shard that begins at one keeps the rows that the whole has.
    while count > step * MOST_ROWS:
        step *= 2
    for place in range(0, count, step):
        data = tensor.row(place, kind)
        bits = known = 0
        for position, (one, other) in enumerate(chosen):
            left, right = read(data, one), read(data, other)
            if left > right:
                bits |= 1 << position
                known |= 1 << position
            elif left < right:
                known |= 1 << position
        if known.bit_count() >= _FEWEST_ORDERED:
            yield Row(place, bits, known)


@lru_cache(maxsize=256)
def pairs(length: int) -> tuple[tuple[int, int], ...]:
    """Return the pairs of places that are compared in rows of a length; always the same ones."""
    state = length
    found: list[tuple[int, int]] = []
    while len(found) < BITS:
        state, one = _next(state)
        state, other = _next(state)
        if one % length != other % length:
            found.append((one % length, other % length))
    return tuple(found)


def _next(state: int) -> tuple[int, int]:
    """SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014."""
    state = (state + 0x9E3779B97F4A7C15) & _MASK
    mixed = state
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & _MASK
    return state, mixed ^ mixed >> 31
