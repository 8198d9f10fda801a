"""Distribution-free interval of a quantile by order statistics.

Whatever the distribution is, how many of ``n`` observations lie below its q-quantile is binomial.
So two of the sorted observations enclose the quantile with a probability that is known without
looking at them (H. A. David and H. N. Nagaraja, Order Statistics, section 7.1). The observations
have to be independent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from basanite.statistics.binomial import at_least, at_most

METHOD = "order statistics"


@dataclass(frozen=True)
class QuantileEstimate:
    """A quantile and its limits; a limit is None where ``n`` is too small to have one."""

    value: float
    low: float | None
    high: float | None
    n: int
    level: float


def quantile_interval(values: Sequence[float], q: float, level: float) -> QuantileEstimate:
    """Return the sample's q-quantile with limits of at least that confidence level.

    The value is the smallest observation with a share of at least ``q`` at or below it.

    Raises:
        ValueError: there are no values, one is not a number, or ``q`` or ``level`` is impossible.
    """
    _check(q, level)
    if not values:
        raise ValueError("no values")
    if any(math.isnan(value) for value in values):
        raise ValueError("a value is not a number")
    ordered = sorted(values)
    n = len(ordered)
    tail = (1 - level) / 2
    low = _last(n, lambda rank: at_most(rank - 1, n, q) <= tail)
    high = n + 1 - _last(n, lambda rank: at_least(n + 1 - rank, n, q) <= tail)
    return QuantileEstimate(
        value=ordered[min(n, max(1, math.ceil(q * n - 1e-9))) - 1],
        low=ordered[low - 1] if low else None,
        high=ordered[high - 1] if high <= n else None,
        n=n,
        level=level,
    )


def observations_needed(q: float, level: float) -> int:
    """Return the smallest ``n`` at which both limits of the q-quantile exist.

    Raises:
        ValueError: ``q`` or ``level`` is impossible.
    """
    _check(q, level)
    tail = (1 - level) / 2
    n = math.floor(math.log(tail) / math.log(max(q, 1 - q)))
    while max(q, 1 - q) ** n > tail:
        n += 1
    return n


def _check(q: float, level: float) -> None:
    if not (0 < q < 1 and 0 < level < 1):
        raise ValueError(f"no such quantile interval: q={q}, level={level}")


def _last(n: int, holds: Callable[[int], bool]) -> int:
    """Return the largest rank in 1..n for which a condition holds that holds up to some rank."""
    low, high = 0, n
    while low < high:
        middle = (low + high + 1) // 2
        if holds(middle):
            low = middle
        else:
            high = middle - 1
    return low
