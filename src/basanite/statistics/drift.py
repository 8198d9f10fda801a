"""Have two samples the same distribution, and if not, how far apart are they?

The two-sample Kolmogorov-Smirnov distance is the largest gap between two empirical distribution
functions. Its p-value answers the first question only: with a million rows any difference is
significant. So the distance comes with limits too. They follow from the inequality of Dvoretzky,
Kiefer and Wolfowitz with Massart's constant (Ann. Probab. 18, 1990), which holds for every
distribution and every sample size, ties included.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from basanite.domain.measurement import Interval

METHOD = "Dvoretzky-Kiefer-Wolfowitz"
EXACT_CELLS = 250_000
"""Up to this product of the sample sizes the p-value is exact (paths are counted)."""


@dataclass(frozen=True)
class Distance:
    """The KS distance of two samples, its p-value under equality, and both sizes."""

    value: float
    p_value: float
    n: int
    m: int
    exact: bool
    """Whether the p-value is exact; with ties it is then an upper bound."""


def ks_distance(first: Sequence[float], second: Sequence[float]) -> Distance:
    """Return the two-sample Kolmogorov-Smirnov distance with its two-sided p-value.

    Raises:
        ValueError: a sample is empty or holds a value that is not a number.
    """
    n, m = len(first), len(second)
    if not (n and m):
        raise ValueError("a sample is empty")
    if any(map(math.isnan, first)) or any(map(math.isnan, second)):
        raise ValueError("a sample holds a value that is not a number")
    gap = _gap(sorted(first), sorted(second))
    exact = n * m <= EXACT_CELLS
    p_value = _exact(gap, n, m) if exact else _asymptotic(gap / (n * m), n, m)
    return Distance(value=gap / (n * m), p_value=p_value, n=n, m=m, exact=exact)


def distance_interval(distance: Distance, level: float) -> Interval:
    """Return limits of the true KS distance that hold with at least that probability.

    Raises:
        ValueError: the level is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not at {level}")
    # Half of the error probability goes to each sample's own band.
    bands = math.log(4 / (1 - level)) / 2
    width = math.sqrt(bands / distance.n) + math.sqrt(bands / distance.m)
    return Interval(
        low=max(0.0, distance.value - width),
        high=min(1.0, distance.value + width),
        level=level,
        method=METHOD,
    )


def _gap(first: list[float], second: list[float]) -> int:
    """Return the largest gap times n m, which is a whole number."""
    n, m = len(first), len(second)
    i = j = largest = 0
    while i < n and j < m:
        value = min(first[i], second[j])
        while i < n and first[i] == value:
            i += 1
        while j < m and second[j] == value:
            j += 1
        largest = max(largest, abs(i * m - j * n))
    return largest


def _exact(gap: int, n: int, m: int) -> float:
    """Return P(gap at least this large): one minus the share of lattice paths that stay inside.

    Row by row, the share of paths to (i, j) that never left the band, each step weighted by the
    chance that the next of the pooled values comes from that sample.
    """
    if gap == 0:
        return 1.0
    inside = [0.0] * (m + 1)
    for i in range(n + 1):
        for j in range(m + 1):
            if i == 0 and j == 0:
                inside[0] = 1.0
                continue
            if abs(i * m - j * n) >= gap:
                inside[j] = 0.0
                continue
            # Of the C(i+j, i) equally likely orders, i/(i+j) end with a value of the first sample.
            came = inside[j] * i / (i + j) if i else 0.0
            if j:
                came += inside[j - 1] * j / (i + j)
            inside[j] = came
    return min(1.0, max(0.0, 1.0 - inside[m]))


def _asymptotic(distance: float, n: int, m: int) -> float:
    """Return the survival function of Kolmogorov's limit distribution."""
    x = distance * math.sqrt(n * m / (n + m))
    if x < 0.2:
        return 1.0
    total = 0.0
    for k in range(1, 101):
        term = math.exp(-2 * (k * x) ** 2)
        total += term if k % 2 else -term
        if term < 1e-18:
            break
    return min(1.0, max(0.0, 2 * total))
