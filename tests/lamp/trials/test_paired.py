import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lamp.trials.paired import paired_effect

NUMBERS = st.floats(-1, 1, allow_subnormal=False)


def test_the_mean_is_over_groups_of_means_of_their_pairs():
    effect = paired_effect([[1.0, math.nan], [3.0, 5.0]])
    assert effect.value == pytest.approx((1 + 4) / 2)
    assert (effect.pairs, effect.groups, effect.higher) == (3, 2, 3)


def test_the_test_is_wilcoxons_over_group_means():
    table = np.array([[0.1, 0.3], [0.2, 0.4], [-0.05, 0.0], [0.6, 0.5], [0.7, 0.9]])
    assert paired_effect(table).p == stats.wilcoxon(table.mean(axis=1)).pvalue


def test_the_interval_is_that_of_all_resamples_of_few_groups():
    # Three groups of one pair: all 27 equally likely resamples can be listed.
    values = [0.0, 1.0, 5.0]
    means = [np.mean(each) for each in itertools.product(values, repeat=3)]
    effect = paired_effect([[value] for value in values])
    low, high = np.quantile(means, [0.025, 0.975], method="inverted_cdf")
    assert effect.low == pytest.approx(low, abs=0.34)
    assert effect.high == pytest.approx(high, abs=1.4)
    assert effect.low >= 0
    assert effect.high <= 5


def test_pairs_within_a_group_are_resampled_too():
    same_mean = paired_effect([[-1.0, 1.0], [-1.0, 1.0], [-1.0, 1.0]])
    assert same_mean.value == 0
    assert same_mean.low < 0 < same_mean.high
    assert same_mean.p == 1


@given(st.lists(st.lists(NUMBERS, min_size=2, max_size=2), min_size=2, max_size=5), NUMBERS)
def test_a_constant_moves_the_interval_with_it(table, constant):
    first, moved = paired_effect(table), paired_effect(np.array(table) + constant)
    assert moved.value == pytest.approx(first.value + constant, abs=1e-9)
    assert moved.low == pytest.approx(first.low + constant, abs=1e-9)


def test_one_group_has_no_interval():
    effect = paired_effect([[1.0, 2.0]])
    assert effect.value == 1.5
    assert math.isnan(effect.low)
    assert math.isnan(effect.p)
    assert not effect.excludes_zero


def test_a_group_without_pairs_is_refused():
    with pytest.raises(ValueError, match="at least one pair in each of 2 groups"):
        paired_effect([[1.0], [math.nan]])
