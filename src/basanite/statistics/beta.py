"""The regularised incomplete beta function and its inverse, in plain floating point.

Everything exact in this package stands on it: the binomial distribution function is one of its
values, and Clopper-Pearson limits are one of its quantiles. Relative error is near 1e-13 for
thousands of observations and stays below 1e-8 for ten million.
"""

from __future__ import annotations

import math

_TINY = 1e-300
_PRECISION = 1e-16
_MAX_TERMS = 200_000
_HALVINGS = 200


def regularised_beta(a: float, b: float, x: float) -> float:
    """Return I_x(a, b), the probability that a Beta(a, b) variable is at most ``x``.

    Continued fraction of DLMF 8.17.22, evaluated by Lentz's method, on the side where it
    converges fast.

    Raises:
        ValueError: ``a`` or ``b`` is not positive, or ``x`` is outside [0, 1].
    """
    if not (a > 0 and b > 0 and 0 <= x <= 1):
        raise ValueError(f"no such incomplete beta: a={a}, b={b}, x={x}")
    if x in (0.0, 1.0):
        return x
    if x > (a + 1) / (a + b + 2):
        return 1.0 - _lower(b, a, 1 - x, math.log1p(-x), math.log(x))
    return _lower(a, b, x, math.log(x), math.log1p(-x))


def beta_quantile(a: float, b: float, share: float) -> float:
    """Return the ``x`` with I_x(a, b) = ``share``, by bisection.

    Raises:
        ValueError: ``a`` or ``b`` is not positive, or ``share`` is outside [0, 1].
    """
    if not 0 <= share <= 1:
        raise ValueError(f"a share lies in [0, 1], not {share}")
    low, high = 0.0, 1.0
    if share in (low, high):
        return share
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if regularised_beta(a, b, middle) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def log_beta(a: float, b: float) -> float:
    """Return the logarithm of the beta function B(a, b)."""
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _lower(a: float, b: float, x: float, log_x: float, log_rest: float) -> float:
    front = math.exp(a * log_x + b * log_rest - log_beta(a, b)) / a
    return min(1.0, front * _fraction(a, b, x))


def _fraction(a: float, b: float, x: float) -> float:
    c = 1.0
    d = 1.0 / _away(1.0 - (a + b) * x / (a + 1.0))
    value = d
    for m in range(1, _MAX_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        change = 1.0
        for numerator in (even, odd):
            d = 1.0 / _away(1.0 + numerator * d)
            c = _away(1.0 + numerator / c)
            change = c * d
            value *= change
        if abs(change - 1.0) < _PRECISION * 4:
            return value
    raise ArithmeticError(f"the incomplete beta did not converge: a={a}, b={b}, x={x}")


def _away(value: float) -> float:
    """Keep a divisor off zero, as Lentz's method asks."""
    return value if abs(value) > _TINY else _TINY
