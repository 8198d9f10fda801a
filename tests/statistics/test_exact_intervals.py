"""Exact intervals agree with SciPy, and cover what they promise."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from basanite.statistics.beta import beta_quantile, regularised_beta
from basanite.statistics.binomial import (
    at_least,
    at_most,
    clopper_pearson,
    lower_limit,
    upper_limit,
)
from basanite.statistics.quantile import observations_needed, quantile_interval

shares = st.floats(0, 1)


@given(st.floats(0.01, 5000), st.floats(0.01, 5000), shares)
def test_the_incomplete_beta_is_scipys(a: float, b: float, x: float) -> None:
    assert regularised_beta(a, b, x) == pytest.approx(special.betainc(a, b, x), rel=1e-9, abs=1e-12)


def test_the_incomplete_beta_holds_for_ten_million_observations() -> None:
    assert regularised_beta(1e6, 9e6, 0.1001) == pytest.approx(
        special.betainc(1e6, 9e6, 0.1001), rel=1e-7
    )


@given(
    st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.floats(0.5, 0.999),
)
def test_clopper_pearson_is_scipys(counts: tuple[int, int], level: float) -> None:
    successes, n = counts
    ours = clopper_pearson(successes, n, level)
    theirs = stats.binomtest(successes, n).proportion_ci(level, method="exact")
    assert ours.low == pytest.approx(theirs.low, rel=1e-8, abs=1e-11)
    assert ours.high == pytest.approx(theirs.high, rel=1e-8, abs=1e-11)
    assert (ours.level, ours.method) == (level, "Clopper-Pearson")


def test_nothing_observed_leaves_everything_possible() -> None:
    found = clopper_pearson(0, 0, 0.95)
    assert (found.low, found.high) == (0, 1)


def test_no_success_has_the_rule_of_three() -> None:
    assert upper_limit(0, 60, 0.95) == pytest.approx(1 - 0.05 ** (1 / 60))
    assert lower_limit(0, 60, 0.95) == 0
    assert lower_limit(60, 60, 0.95) == pytest.approx(0.05 ** (1 / 60))


@pytest.mark.parametrize("p", [0.003, 0.05, 0.3, 0.5, 0.92])
@pytest.mark.parametrize("n", [1, 7, 40, 173])
def test_clopper_pearson_never_covers_less_than_it_says(n: int, p: float) -> None:
    covered = sum(
        stats.binom.pmf(k, n, p)
        for k in range(n + 1)
        if (found := clopper_pearson(k, n, 0.9)).low <= p <= found.high
    )
    assert covered >= 0.9


@given(st.integers(0, 400), st.integers(-2, 402), shares)
def test_binomial_tails_are_scipys(n: int, k: int, p: float) -> None:
    assert at_most(k, n, p) == pytest.approx(stats.binom.cdf(k, n, p), rel=1e-8, abs=1e-12)
    assert at_least(k, n, p) == pytest.approx(stats.binom.sf(k - 1, n, p), rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("bad", [(-1, 5, 0.9), (6, 5, 0.9), (1, 5, 0.0), (1, 5, 1.0)])
def test_impossible_counts_are_refused(bad: tuple[int, int, float]) -> None:
    with pytest.raises(ValueError, match=r"share|level"):
        clopper_pearson(*bad)


def test_impossible_betas_are_refused() -> None:
    for arguments in ((0, 1, 0.5), (1, -1, 0.5), (1, 1, 1.5), (math.nan, 1, 0.5)):
        with pytest.raises(ValueError, match="no such"):
            regularised_beta(*arguments)
    with pytest.raises(ValueError, match="share"):
        beta_quantile(1, 1, 2)


@pytest.mark.parametrize("q", [0.5, 0.9, 0.99])
def test_a_quantiles_interval_covers_it_whatever_the_distribution(q: float) -> None:
    chance = np.random.default_rng(1)
    n = observations_needed(q, 0.9) + 25
    for draw, true in (
        (chance.exponential, float(stats.expon.ppf(q))),
        (chance.standard_cauchy, float(stats.cauchy.ppf(q))),
    ):
        covered = 0
        for _ in range(400):
            found = quantile_interval(draw(size=n).tolist(), q, 0.9)
            assert found.low is not None
            assert found.high is not None
            assert found.low <= found.value <= found.high
            covered += found.low <= true <= found.high
        # 0.9 promised; four standard errors of 400 runs below it
        assert covered / 400 > 0.84


def test_a_quantiles_interval_is_as_short_as_the_binomial_allows() -> None:
    """For ranks r < s of n, P(X_(r) <= median <= X_(s)) is binomial; textbook: n=10, ranks 2, 9."""
    found = quantile_interval([float(v) for v in range(1, 11)], 0.5, 0.95)
    assert (found.low, found.value, found.high) == (2, 5, 9)


def test_limits_are_missing_exactly_below_the_number_needed() -> None:
    needed = observations_needed(0.99, 0.95)
    assert needed == 368
    assert quantile_interval([1.0] * needed, 0.99, 0.95).high == 1
    assert quantile_interval([1.0] * (needed - 1), 0.99, 0.95).high is None


def test_a_quantile_of_nothing_is_refused() -> None:
    for values in ([], [math.nan]):
        with pytest.raises(ValueError, match="value"):
            quantile_interval(values, 0.5, 0.95)
    with pytest.raises(ValueError, match="quantile"):
        quantile_interval([1.0], 1.0, 0.95)
