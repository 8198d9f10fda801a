"""The KS distance and the corrections agree with SciPy, and huge samples raise no false alarm."""

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from basanite.statistics.binomial import lower_limit
from basanite.statistics.drift import distance_interval, ks_distance
from basanite.statistics.multiple import benjamini_hochberg, bonferroni, holm

samples = st.lists(st.floats(-5, 5) | st.integers(-3, 3).map(float), min_size=1, max_size=40)
p_values = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@settings(deadline=None)
@given(samples, samples)
def test_the_distance_is_the_largest_gap_of_cumulative_shares(
    first: list[float], second: list[float]
) -> None:
    found = ks_distance(first, second)
    gap = max(
        abs(np.mean(np.array(first) <= value) - np.mean(np.array(second) <= value))
        for value in (*first, *second)
    )
    assert found.value == pytest.approx(gap)
    assert 0 <= found.p_value <= 1


@pytest.mark.parametrize(("n", "m"), [(5, 7), (20, 20), (60, 110), (300, 400)])
def test_the_exact_p_value_is_scipys(n: int, m: int) -> None:
    chance = np.random.default_rng(n)
    for shift in (0.0, 0.4):
        first, second = chance.normal(size=n), chance.normal(loc=shift, size=m)
        found = ks_distance(first.tolist(), second.tolist())
        assert found.exact
        theirs = stats.ks_2samp(first, second, method="exact")
        assert found.p_value == pytest.approx(theirs.pvalue, rel=1e-6, abs=1e-12)


def test_the_asymptotic_p_value_is_kolmogorovs() -> None:
    chance = np.random.default_rng(4)
    first, second = chance.normal(size=2000), chance.normal(loc=0.05, size=3000)
    found = ks_distance(first.tolist(), second.tolist())
    assert not found.exact
    assert found.p_value == pytest.approx(
        special.kolmogorov(found.value * math.sqrt(2000 * 3000 / 5000)), rel=1e-9
    )


def test_a_million_rows_with_a_negligible_difference_are_significant_and_still_near() -> None:
    """The p-value alone would call this drift; the limits of the distance do not."""
    chance = np.random.default_rng(7)
    first = chance.normal(size=1_000_000).tolist()
    second = chance.normal(loc=0.01, size=1_000_000).tolist()
    found = ks_distance(first, second)
    assert found.p_value < 1e-4
    interval = distance_interval(found, 0.95)
    assert interval.high < 0.02


def test_the_distances_limits_cover_the_true_distance() -> None:
    chance = np.random.default_rng(8)
    true = 2 * stats.norm.cdf(0.25) - 1
    missed = 0
    for _ in range(300):
        found = ks_distance(
            chance.normal(size=80).tolist(), chance.normal(loc=0.5, size=200).tolist()
        )
        interval = distance_interval(found, 0.9)
        missed += not interval.low <= true <= interval.high
    assert lower_limit(missed, 300, 0.999) <= 0.1


def test_samples_without_order_are_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        ks_distance([], [1.0])
    with pytest.raises(ValueError, match="not a number"):
        ks_distance([1.0, math.nan], [1.0])
    with pytest.raises(ValueError, match="level"):
        distance_interval(ks_distance([1.0], [1.0]), 1.0)


def test_infinite_readings_have_their_place() -> None:
    assert ks_distance([math.inf] * 3, [1.0] * 3).value == 1


@given(p_values)
def test_holm_rejects_what_stepping_down_rejects(values: list[float]) -> None:
    adjusted, alpha = holm(values), 0.05
    rejected, going = set(), True
    for done, index in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        going = going and values[index] * (len(values) - done) <= alpha
        if going:
            rejected.add(index)
    assert {i for i, p in enumerate(adjusted) if p <= alpha} == rejected
    assert all(h <= b for h, b in zip(adjusted, bonferroni(values), strict=True))


@given(p_values)
def test_benjamini_hochberg_is_scipys(values: list[float]) -> None:
    assert benjamini_hochberg(values) == pytest.approx(
        stats.false_discovery_control(values).tolist()
    )


def test_impossible_p_values_are_refused() -> None:
    for correct in (holm, bonferroni, benjamini_hochberg):
        with pytest.raises(ValueError, match="p-value"):
            correct([0.1, random.Random(1).random() + 1])
        assert correct([]) == []
