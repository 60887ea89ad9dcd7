"""How many planes a comparison would need."""

import math

import numpy as np
import pytest
from scipy import stats

from landscape.measures.paired import holm_factors, paired_interval
from landscape.measures.power import MOST, POWER, pairs_needed
from tests.landscape.measures.test_coverage import population


def pairs(effect, n=10):
    """Make pairs whose changes have mean 1 and so many times fewer standard deviations."""
    spread = stats.zscore(np.arange(n), ddof=1) / effect
    return list(1 + spread), [0.0] * n


@pytest.mark.parametrize(("effect", "number"), [(0.2, 199), (0.5, 34), (0.8, 15), (1.0, 10)])
def test_numbers_are_those_of_the_exact_power_of_a_paired_t_test(effect, number):
    """As G*Power 3.1 gives them for two-sided tests at 5 %."""
    assert pairs_needed(*pairs(effect)) == number


def test_signs_need_as_many_as_agree():
    up, zero = [1.0] * 4, [0.0] * 4
    assert pairs_needed(up, zero, kind="nonnegative") == 6  # 2 / 2^6 < 5 %, and 2 / 2^5 is not
    assert pairs_needed(up, zero, kind="nonnegative", alpha=0.01) == 8
    share = 0.8
    n = pairs_needed([1, 1, 1, 1, -1], [0.0] * 5, kind="nonnegative")
    limit = max(k for k in range(n) if 2 * stats.binom.cdf(k, n, 0.5) <= 0.05)
    assert stats.binom.cdf(limit, n, 1 - share) >= POWER
    assert math.isinf(pairs_needed([1, 0, 0, 0], zero, kind="nonnegative"))


def test_what_is_not_known_or_never_shown():
    assert math.isnan(pairs_needed([1.0], [0.0]))
    assert math.isnan(pairs_needed([1.0, math.inf], [0.0, 1.0]))
    assert math.isinf(pairs_needed([1.0, 2.0], [1.0, 2.0]))
    assert math.isinf(pairs_needed(*pairs(0.05)))
    assert pairs_needed(*pairs(0.0895)) in range(900, MOST)
    assert pairs_needed([2.0, 3.0], [1.0, 2.0]) == 2


def test_factors_of_holm_count_what_is_not_smaller():
    assert holm_factors([0.5, math.nan, 0.1, 0.3]) == {2: 3, 3: 2, 0: 1}


def reached(change, kind, n, *, draws=2000):
    """Return how often a test of n pairs drawn with replacement rejects at 5 %."""
    first, second = change
    rows = np.random.default_rng(n).integers(0, first.size, (draws, n))
    return np.mean([paired_interval(first[r], second[r], kind=kind).p < 0.05 for r in rows])


@pytest.mark.parametrize("effect", [0.4, 0.7])
def test_normal_effects_are_shown_with_the_power_that_is_said(effect):
    rng = np.random.default_rng(0)
    change = effect + stats.zscore(rng.standard_normal(10_000), ddof=1), np.zeros(10_000)
    n = pairs_needed(*change)
    assert reached(change, "signed", n, draws=1000) == pytest.approx(POWER, abs=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("power", [0.5, 1.0, 1.5, 2.0, 2.5])
def test_planes_of_surfaces_show_planted_differences_with_the_power_that_is_said(power):
    """Two models whose eigenvalues differ; effects are moved to where some planes are needed."""
    one, other = (population(power, signed=False, seed=seed) for seed in (None, 7))
    tried = 0
    for key in ("radius_mean", "curvature_mean", "epsilon_sharpness", "mean_excess", "flat_area"):
        kind, first = one[key]
        logs = np.log(first) - np.log(other[key][1])
        logs = logs[np.isfinite(logs)]
        for effect in (0.45, 0.8):
            ratios = np.exp(effect + stats.zscore(logs, ddof=1))
            planted = ratios, np.ones(ratios.size)
            n = pairs_needed(*planted, kind=kind)
            share = reached(planted, kind, n)
            assert 0.9 * POWER <= share <= 1.1 * POWER, (key, effect, n, share)
            tried += 1
    assert tried == 10
