"""Exact inference about a share: the binomial distribution and Clopper-Pearson limits.

C. J. Clopper and E. S. Pearson, Biometrika 26 (1934). The limits cover the true share with at
least the stated probability whatever the share is, so they are never too narrow, also at 0 of n.
"""

from __future__ import annotations

from basanite.domain.measurement import Interval
from basanite.statistics.beta import beta_quantile, regularised_beta

METHOD = "Clopper-Pearson"


def clopper_pearson(successes: int, n: int, level: float) -> Interval:
    """Return the exact two-sided interval of a share; [0, 1] when nothing was observed.

    Raises:
        ValueError: the counts or the level are impossible.
    """
    tail = (1 - _checked(successes, n, level)) / 2
    return Interval(
        low=_low(successes, n, tail), high=_high(successes, n, tail), level=level, method=METHOD
    )


def lower_limit(successes: int, n: int, level: float) -> float:
    """Return the exact one-sided lower limit of a share.

    Raises:
        ValueError: the counts or the level are impossible.
    """
    return _low(successes, n, 1 - _checked(successes, n, level))


def upper_limit(successes: int, n: int, level: float) -> float:
    """Return the exact one-sided upper limit of a share.

    Raises:
        ValueError: the counts or the level are impossible.
    """
    return _high(successes, n, 1 - _checked(successes, n, level))


def at_most(k: int, n: int, p: float) -> float:
    """Return P(X <= k) for X ~ Binomial(n, p).

    Raises:
        ValueError: ``n`` is negative or ``p`` is outside [0, 1].
    """
    if n < 0 or not 0 <= p <= 1:
        raise ValueError(f"no such binomial distribution: n={n}, p={p}")
    if k < 0:
        return 0.0
    if k >= n:
        return 1.0
    return regularised_beta(n - k, k + 1, 1 - p)


def at_least(k: int, n: int, p: float) -> float:
    """Return P(X >= k) for X ~ Binomial(n, p), without the loss of ``1 - at_most``.

    Raises:
        ValueError: ``n`` is negative or ``p`` is outside [0, 1].
    """
    if n < 0 or not 0 <= p <= 1:
        raise ValueError(f"no such binomial distribution: n={n}, p={p}")
    if k <= 0:
        return 1.0
    if k > n:
        return 0.0
    return regularised_beta(k, n - k + 1, p)


def _checked(successes: int, n: int, level: float) -> float:
    if not (0 <= successes <= n):
        raise ValueError(f"{successes} of {n} is no share")
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not at {level}")
    return level


def _low(successes: int, n: int, tail: float) -> float:
    return 0.0 if successes == 0 else beta_quantile(successes, n - successes + 1, tail)


def _high(successes: int, n: int, tail: float) -> float:
    return 1.0 if successes == n else beta_quantile(successes + 1, n - successes, 1 - tail)
