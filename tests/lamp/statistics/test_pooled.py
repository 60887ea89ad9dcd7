import math

import numpy as np
import pytest
from scipy import stats

from lamp.statistics import Effect, adjusted, paired_effect, pooled


def test_groups_are_averaged_over_conditions_and_tested_by_t():
    rng = np.random.default_rng(0)
    tables = {16: rng.normal(0.3, 1, (10, 3)), 4: rng.normal(0.3, 1, (10, 1))}
    means = (tables[16].mean(axis=1) + tables[4][:, 0]) / 2
    effect, test = pooled(tables), stats.ttest_1samp(means, 0)
    assert effect.value == pytest.approx(means.mean())
    assert effect.p == pytest.approx(test.pvalue)
    assert (effect.low, effect.high) == pytest.approx(tuple(test.confidence_interval(0.95)))
    assert (effect.pairs, effect.groups, effect.over) == (40, 10, "groups")
    assert effect.higher == sum(int((table > 0).sum()) for table in tables.values())


def test_one_condition_is_its_paired_effect():
    table = [[0.1, math.nan], [0.4, 0.2], [-0.1, 0.0]]
    assert pooled({"only": table}) == paired_effect(table)


def test_what_a_group_has_in_common_is_not_told_as_agreement_of_conditions():
    # Two conditions that say the same of each group are one: the interval does not narrow.
    table = [[0.1], [0.4], [-0.1]]
    once, twice = pooled({1: table}), pooled({1: table, 2: table})
    assert (twice.low, twice.high) == pytest.approx((once.low, once.high))
    assert (once.pairs, twice.pairs) == (3, 6)


def test_a_group_without_some_condition_is_left_out():
    tables = {"a": [[1.0, 2.0], [9.0, 9.0], [3.0, math.nan]], "b": [[2.0], [math.nan], [4.0]]}
    effect = pooled(tables)
    assert effect.value == pytest.approx((1.75 + 3.5) / 2)
    assert (effect.groups, effect.pairs, effect.higher) == (2, 5, 5)


def test_the_only_group_has_an_interval_over_pairs_of_all_conditions():
    effect = pooled({"a": [[1.0, 2.0, 3.0, math.nan]], "b": [[2.0, 6.0, 4.0, 5.0]]})
    test = stats.ttest_1samp([1.5, 4.0, 3.5], 0)
    assert (effect.low, effect.high) == pytest.approx(tuple(test.confidence_interval(0.95)))
    assert (effect.over, effect.groups, effect.pairs) == ("pairs", 1, 6)


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        ({}, "expected conditions with the same groups each, got none"),
        ({16: [[1.0], [2.0]], 4: [[1.0]]}, r"same groups each, got {'16': 2, '4': 1}"),
        ({16: [[1.0], [math.nan]], 4: [[math.nan], [1.0]]}, "a pair under every condition, got"),
        ({16: [[1.0, 2.0]], 4: [[1.0]]}, r"the same pairs of the only group .* got \[1, 2\]"),
        ({16: [[1.0, math.nan]], 4: [[math.nan, 1.0]]}, "a pair of the only group under every"),
    ],
)
def test_what_cannot_be_pooled_is_refused(tables, says):
    with pytest.raises(ValueError, match=says):
        pooled(tables)


def effect(p):
    return Effect(value=0.0, low=0.0, high=0.0, p=p, higher=0, pairs=2, groups=2)


def test_the_family_is_all_that_is_given():
    family = {("LAMP", 16): effect(0.01), ("LAMP", 4): effect(0.04), ("detached", 4): effect(0.03)}
    assert adjusted(family) == {
        ("LAMP", 16): pytest.approx(0.03),
        ("LAMP", 4): pytest.approx(0.06),
        ("detached", 4): pytest.approx(0.06),
    }
    with_unknown = adjusted(family | {("detached", 16): effect(math.nan)})
    assert math.isnan(with_unknown.pop(("detached", 16)))
    assert with_unknown == adjusted(family)


@pytest.mark.slow
@pytest.mark.parametrize("shared", [0.0, 0.5, 1.0])
def test_pooled_means_are_covered_however_conditions_hang_together(shared):
    """Share of the variance that the conditions of a group have in common; error .0034."""
    rng = np.random.default_rng(int(10 * shared))
    covered = []
    for _ in range(4000):
        common = rng.normal(0.0, shared**0.5, (10, 1))
        own = rng.normal(0.0, (1 - shared) ** 0.5, (5, 10, 3))
        found = pooled({key: common + each for key, each in enumerate(own)})
        covered.append(found.low <= 0 <= found.high)
    assert 0.93 <= np.mean(covered) <= 0.97
