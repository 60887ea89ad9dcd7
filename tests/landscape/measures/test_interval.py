"""Averages with intervals, and paired ones."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from landscape.measures import holm, mean_interval, median_interval, paired_interval


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=20), st.floats(0.5, 0.99))
def test_intervals_are_students(values, confidence):
    found = mean_interval(values, confidence=confidence)
    error = stats.sem(values)
    assert found.value == pytest.approx(np.mean(values), abs=1e-9)
    assert found.n == len(values)
    if error > 1e-9:
        low, high = stats.t.interval(confidence, len(values) - 1, np.mean(values), error)
        assert (found.low, found.high) == pytest.approx((low, high), abs=1e-6)


def test_intervals_cover_the_mean_as_often_as_they_say():
    samples = np.random.default_rng(0).normal(3, 2, (4000, 5))
    found = [mean_interval(sample) for sample in samples]
    assert np.mean([i.low <= 3 <= i.high for i in found]) == pytest.approx(0.95, abs=0.012)


def test_a_single_value_has_no_interval():
    found = mean_interval([2.0])
    assert (found.value, found.n) == (2.0, 1)
    assert math.isnan(found.low)
    assert not found.excludes_zero


@pytest.mark.parametrize(
    ("values", "mean"),
    [([1.0, np.nan], np.nan), ([1.0, np.inf], np.inf), ([np.inf, -np.inf], np.nan)],
)
def test_nothing_is_left_out_silently(values, mean):
    found = mean_interval(values)
    np.testing.assert_equal(found.value, mean)
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_wrong_values_are_refused():
    with pytest.raises(ValueError, match=r"got an array of shape \(0,\)"):
        mean_interval([])
    with pytest.raises(ValueError, match="expected pairs, got 2 and 1 values"):
        paired_interval([1.0, 2.0], [1.0])


def test_pairing_removes_what_the_pairs_share():
    shared = np.random.default_rng(0).normal(0, 10, 6)
    noise = np.random.default_rng(1).normal(0, 0.1, 6)
    found = paired_interval(shared + 1 + noise, shared)
    assert found.low > 0
    assert found.p < 1e-4
    assert found.high - found.low < 0.5
    assert paired_interval(shared, shared).value == 0
    assert paired_interval(shared, shared).p == 1


def test_positive_numbers_have_a_geometric_mean():
    values = [0.1, 0.4, 5.0]
    logs = mean_interval(np.log(values), confidence=0.96)
    found = mean_interval(values, kind="positive")
    assert (found.value, found.low, found.high) == pytest.approx(
        tuple(np.exp([logs.value, logs.low, logs.high]))
    )
    assert found.average == "geometric mean"
    assert found.low > 0


@pytest.mark.parametrize("least", [0.0, -1.0])
def test_values_that_are_not_all_positive_are_averaged_as_skewed(least):
    values = [least, 1.0, 32.0]
    found, skewed = mean_interval(values, kind="positive"), mean_interval(values, kind="skewed")
    powers = mean_interval([least, 1.0, 8.0], confidence=0.96)  # 32 ** 0.6
    assert found.value == pytest.approx(powers.value ** (1 / 0.6))
    assert found.high == pytest.approx(powers.high ** (1 / 0.6))
    assert skewed.low == pytest.approx(-((-powers.low) ** (1 / 0.6)))
    assert found.low == (skewed.low if least < 0 else 0)
    assert found.average == skewed.average == "mean of powers"


def test_skewed_numbers_may_all_be_positive():
    values = [1.0, 2.0, 32.0]
    assert mean_interval(values, kind="skewed").low < 0 < mean_interval(values, kind="positive").low
    negated = mean_interval([-one for one in values], kind="skewed")
    assert negated.high == pytest.approx(-mean_interval(values, kind="skewed").low)


def test_magnitudes_may_vanish():
    found = mean_interval([0.0, 1.0, 16.0], kind="magnitude")
    roots = mean_interval([0.0, 1.0, 2.0], confidence=0.96)
    assert (found.value, found.low) == (pytest.approx(1), 0)
    assert found.high == pytest.approx(roots.high**4)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=8))
def test_fractions_stay_between_0_and_1(values):
    found = mean_interval(values, kind="fraction")
    assert 0 <= found.low <= found.value <= found.high <= 1


@given(st.lists(st.floats(-5, 1), min_size=2, max_size=8))
def test_r_squared_stays_below_1(values):
    found = mean_interval(values, kind="explained")
    assert found.low <= found.value <= found.high <= 1


def test_r_squared_is_averaged_by_what_is_left():
    found = mean_interval([0.9, 0.999], kind="explained")
    assert found.value == pytest.approx(0.99)
    pair = paired_interval([0.9, 0.99], [0.8, 0.98], kind="explained")
    assert pair.is_ratio
    assert pair.value == pytest.approx(0.5)


@pytest.mark.parametrize("kind", ["fraction", "explained"])
def test_values_at_the_end_of_their_range_have_no_spread(kind):
    found = mean_interval([1.0, 1.0, 1.0], kind=kind)
    assert (found.value, found.low, found.high) == (1, 1, 1)
    pair = paired_interval([1.0, 1.0], [1.0, 1.0], kind=kind)
    assert (pair.value, pair.p, pair.is_ratio) == (kind == "fraction", 1, kind == "fraction")


@pytest.mark.parametrize("n", [6, 7, 8, 9, 10])
def test_medians_lie_between_the_order_statistics_that_bracket_the_confidence(n):
    sample = np.sort(np.random.default_rng(n).exponential(size=n))
    found = median_interval(sample)
    covers = [stats.binom.cdf(n - d, n, 0.5) - stats.binom.cdf(d - 1, n, 0.5) for d in (1, 2, 3)]
    outer = max((d for d, p in enumerate(covers) if p >= 0.95), default=None)
    assert sample[outer] <= found.low <= sample[outer + 1]
    assert sample[n - 2 - outer] <= found.high <= sample[n - 1 - outer]
    assert found.value == np.median(sample)


def test_few_values_with_zeros_have_a_median_and_no_interval():
    found = mean_interval([0.0, 0.0, 0.0, 0.1, 0.2], kind="nonnegative")
    assert found.value == 0
    assert math.isnan(found.low)
    assert found.average == "median"


def test_a_sign_test_counts_equal_pairs_as_no_change():
    changes = np.array([0.0, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])
    found = paired_interval(changes, np.zeros(10), kind="nonnegative")
    assert found.value == 2.5
    assert found.p == pytest.approx(2 * (1 + 10 + 45) / 2**10)  # at most two heads of ten
    same = paired_interval([0.0] * 6, [0.0] * 6, kind="nonnegative")
    assert (same.value, same.low, same.high, same.p) == (0, 0, 0, 1)


@given(st.lists(st.integers(-2, 4), min_size=6, max_size=12))
def test_a_sign_test_and_the_interval_of_the_median_agree(changes):
    found = paired_interval([float(x) for x in changes], [0.0] * len(changes), kind="nonnegative")
    if found.p <= 0.05:
        assert found.excludes_zero
    # Between two order statistics the limit is interpolated: the next pair decides.
    beyond = min(sum(x <= 0 for x in changes), sum(x >= 0 for x in changes)) - 1
    if found.excludes_zero and beyond >= 0:
        assert 2 * stats.binom.cdf(beyond, len(changes), 0.5) <= 0.05


def test_p_values_are_those_of_students_test():
    a, b = [1.0, 2.0, 4.0, 3.0], [0.9, 1.5, 4.2, 2.0]
    assert paired_interval(a, b).p == pytest.approx(stats.ttest_rel(a, b).pvalue)
    logs = stats.ttest_rel(np.log(a), np.log(b))
    assert paired_interval(a, b, kind="positive").p == pytest.approx(logs.pvalue)
    assert math.isnan(paired_interval([1.0], [2.0]).p)
    assert paired_interval([2.0, 2.1], [1.0, 1.0], kind="positive").excludes_zero


@given(st.lists(st.floats(-5, 9), min_size=3, max_size=8))
def test_differences_of_what_has_no_ratio_are_skewed(changes):
    found = paired_interval(changes, [0.0] * len(changes), kind="positive")
    expected = mean_interval(changes, kind="skewed")
    assert not found.is_ratio
    assert (found.value, found.low, found.high) == (expected.value, expected.low, expected.high)
    if abs(found.p - 0.05) > 1e-9 and found.high > found.low:
        assert found.excludes_zero == (found.p < 0.05)


def test_pairs_that_do_not_differ():
    assert not paired_interval([1.0, 1.1], [1.1, 1.0], kind="positive").excludes_zero


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_against_the_definition(values):
    adjusted = holm(values)
    order = sorted(range(len(values)), key=values.__getitem__)
    for rank, index in enumerate(order):
        bounds = [values[order[j]] * (len(values) - j) for j in range(rank + 1)]
        assert adjusted[index] == pytest.approx(min(1, max(bounds)))


def test_holm_leaves_out_what_could_not_be_tested():
    first, unknown, second = holm([0.01, math.nan, 0.04])
    assert (first, second) == (0.02, 0.04)
    assert math.isnan(unknown)
