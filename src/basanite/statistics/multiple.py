"""Corrections for asking many questions at once.

Each function takes p-values in any order and returns adjusted p-values in the same order. An
adjusted value at or below alpha is a rejection at alpha: of the family-wise error rate for
Bonferroni and Holm (S. Holm, Scand. J. Statist. 6, 1979), of the false discovery rate for
Benjamini-Hochberg (J. R. Statist. Soc. B 57, 1995; for independent or positively dependent tests).
"""

from __future__ import annotations

from collections.abc import Sequence


def bonferroni(p_values: Sequence[float]) -> list[float]:
    """Return p-values multiplied by their number, at most 1.

    Raises:
        ValueError: a value is outside [0, 1].
    """
    _check(p_values)
    return [min(1.0, p * len(p_values)) for p in p_values]


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's step-down adjusted p-values; never larger than Bonferroni's.

    Raises:
        ValueError: a value is outside [0, 1].
    """
    _check(p_values)
    adjusted = [0.0] * len(p_values)
    worst = 0.0
    for done, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        worst = max(worst, min(1.0, p_values[index] * (len(p_values) - done)))
        adjusted[index] = worst
    return adjusted


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Return Benjamini-Hochberg step-up adjusted p-values.

    Raises:
        ValueError: a value is outside [0, 1].
    """
    _check(p_values)
    adjusted = [0.0] * len(p_values)
    best = 1.0
    order = sorted(range(len(p_values)), key=p_values.__getitem__, reverse=True)
    for done, index in enumerate(order):
        best = min(best, p_values[index] * len(p_values) / (len(p_values) - done))
        adjusted[index] = best
    return adjusted


def _check(p_values: Sequence[float]) -> None:
    if not all(0 <= p <= 1 for p in p_values):
        raise ValueError("a p-value lies in [0, 1]")
