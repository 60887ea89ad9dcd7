import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lamp.statistics import paired_effect

NUMBERS = st.floats(-1, 1, allow_subnormal=False)
TABLES = st.lists(st.lists(NUMBERS, min_size=2, max_size=2), min_size=2, max_size=5)


def test_the_mean_is_over_groups_of_means_of_their_pairs():
    effect = paired_effect([[1.0, math.nan], [3.0, 5.0]])
    assert effect.value == pytest.approx((1 + 4) / 2)
    assert (effect.pairs, effect.groups, effect.higher, effect.over) == (3, 2, 3, "groups")


def test_interval_and_test_are_students_over_group_means():
    table = np.array([[0.1, 0.3], [0.2, 0.4], [-0.05, 0.0], [0.6, 0.5], [0.7, 0.9]])
    effect, test = paired_effect(table), stats.ttest_1samp(table.mean(axis=1), 0)
    assert effect.p == pytest.approx(test.pvalue, rel=1e-12)
    assert (effect.low, effect.high) == pytest.approx(tuple(test.confidence_interval(0.95)))


def test_what_varies_within_groups_counts_once():
    # Means 0, 0, 0: nothing is left of pairs that differ, as over seeds that go either way.
    effect = paired_effect([[-1.0, 1.0], [-2.0, 2.0], [1.0, -1.0]])
    assert (effect.value, effect.low, effect.high, effect.p) == (0, 0, 0, 1)


@given(TABLES)
def test_p_is_below_5_percent_exactly_where_the_interval_excludes_zero(table):
    effect = paired_effect(table)
    assert effect.excludes_zero == (effect.p < 0.05) or effect.p == pytest.approx(0.05)


@given(TABLES, NUMBERS)
def test_a_constant_moves_the_interval_with_it(table, constant):
    first, moved = paired_effect(table), paired_effect(np.array(table) + constant)
    for name in ("value", "low", "high"):
        assert getattr(moved, name) == pytest.approx(getattr(first, name) + constant, abs=1e-9)


def test_one_group_has_an_interval_over_its_pairs_and_says_so():
    effect, test = paired_effect([[1.0, math.nan, 2.0, 4.0]]), stats.ttest_1samp([1, 2, 4], 0)
    assert (effect.over, effect.groups, effect.pairs) == ("pairs", 1, 3)
    assert (effect.low, effect.high) == pytest.approx(tuple(test.confidence_interval(0.95)))
    assert effect.p == pytest.approx(test.pvalue)


@pytest.mark.parametrize("table", [[[1.5]], [[1.5, math.nan]], [1.5]])
def test_one_pair_has_no_interval(table):
    effect = paired_effect(table)
    assert effect.value == 1.5
    assert all(math.isnan(number) for number in (effect.low, effect.high, effect.p))
    assert not effect.excludes_zero


@pytest.mark.parametrize("table", [[[1.0], [math.nan]], np.zeros((2, 0))])
def test_a_group_without_pairs_is_refused(table):
    with pytest.raises(ValueError, match="at least one pair in each of 2 groups"):
        paired_effect(table)


RATIOS = [0.0, 0.5, 1.0, 2.0, math.inf]  # standard deviation between groups to that within


@pytest.mark.slow
@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize(
    ("groups", "pairs"), [(10, 1), (10, 3), (10, 5), (3, 1), (3, 3), (1, 3), (1, 5)]
)
def test_means_over_other_groups_are_covered(groups, pairs, ratio):
    """Of one group, what its own pairs scatter about; its other pairs are what is generalized to.

    Exact for normal numbers: 4,000 draws leave a standard error of .0034.
    """
    rng = np.random.default_rng([groups, pairs, RATIOS.index(ratio)])
    between, within = (1.0, 0.0) if ratio == math.inf else (ratio, 1.0)
    covered = []
    for _ in range(4000):
        levels = 1 + between * rng.standard_normal((groups, 1))
        effect = paired_effect(levels + within * rng.standard_normal((groups, pairs)))
        target = 1.0 if groups > 1 else levels.item()
        # Pairs of a group that do not differ at all have an interval of no width, and are right.
        covered.append(effect.low - 1e-12 <= target <= effect.high + 1e-12)
    assert 0.93 <= np.mean(covered) <= 0.97 or (groups == 1 and ratio == math.inf)
