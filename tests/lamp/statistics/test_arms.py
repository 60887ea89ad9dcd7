"""Effects from tables against sums written out, and means over conditions against Student's t."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lamp.statistics import Arms, paired_effect, pooled


def table_of(tables):
    """Put arrays of differences, shape (tasks, seeds), by condition into rows; NaN is no row."""
    rows = [
        (condition, task, seed, value)
        for condition, table in tables.items()
        for task, values in enumerate(table)
        for seed, value in enumerate(values)
        if not math.isnan(value)
    ]
    return pd.DataFrame(rows, columns=["batch_size", "task", "seed", "difference"])


def pool(tables):
    return pooled(table_of(tables), "batch_size")


def test_effects_are_means_over_tasks_with_students_interval(models):
    table = Arms(models=models).effects.set_index("batch_size")
    assert table["value"].tolist() == pytest.approx([0.2, 0.1])
    half = stats.t.ppf(0.975, 2) * 0.1 / np.sqrt(3)
    assert table.loc[32, "low"] == pytest.approx(0.2 - half)
    assert table.loc[32, "mean"] == pytest.approx(0.705)
    assert table.loc[32, ["higher", "pairs", "groups"]].tolist() == [6, 6, 3]
    p = stats.ttest_1samp([0.1, 0.2, 0.3], 0).pvalue
    assert table["p"].tolist() == pytest.approx([p, p])
    assert table["p_holm"].tolist() == pytest.approx([2 * p, 2 * p])


def test_pooled_over_conditions(models):
    (row,) = Arms(models=models).pooled.to_dict("records")
    assert row["value"] == pytest.approx(0.15)
    assert row["low"] == pytest.approx(0.15 - stats.t.ppf(0.975, 2) * 0.075 / np.sqrt(3))


def test_ratios_are_differences_of_logarithms(models):
    found = Arms(models=models.assign(auroc=models["auroc"] * -1), log=True)
    assert found.differences.empty  # no logarithm
    value = Arms(models=models, log=True).effects["value"].iloc[0]
    gains = [np.mean([np.log((b + g) / b) for b in (0.5, 0.51)]) for g in (0.1, 0.2, 0.3)]
    assert value == pytest.approx(np.mean(gains))


def test_models_without_a_partner_are_left_out(models):
    alone = models[~((models["loss"] == "L2") & (models["task"] == "c"))]
    assert Arms(models=alone).effects["groups"].tolist() == [2, 2]
    nothing = Arms(models=models[models["loss"] == "L2"])
    assert nothing.effects.empty
    assert nothing.pooled.empty
    assert {"loss", "batch_size", "value", "low", "high", "p", "p_holm"} <= set(nothing.effects)


def test_two_rows_of_one_model_are_refused(models):
    twice = Arms(models=pd.concat([models, models.iloc[:1]]))
    with pytest.raises(ValueError, match="one row for each loss, batch_size, task, seed, got sev"):
        _ = twice.effects


def test_tasks_are_averaged_over_conditions_and_tested_by_t():
    rng = np.random.default_rng(0)
    tables = {16: rng.normal(0.3, 1, (10, 3)), 4: rng.normal(0.3, 1, (10, 1))}
    means = (tables[16].mean(axis=1) + tables[4][:, 0]) / 2
    effect, test = pool(tables), stats.ttest_1samp(means, 0)
    assert effect.value == pytest.approx(means.mean())
    assert effect.p == pytest.approx(test.pvalue)
    assert (effect.low, effect.high) == pytest.approx(tuple(test.confidence_interval(0.95)))
    assert (effect.pairs, effect.groups, effect.over) == (40, 10, "groups")
    assert effect.higher == sum(int((table > 0).sum()) for table in tables.values())


def test_one_condition_is_its_paired_effect():
    table = [[0.1, math.nan], [0.4, 0.2], [-0.1, 0.0]]
    assert pool({"only": table}) == paired_effect(table)


def test_what_a_task_has_in_common_is_not_told_as_agreement_of_conditions():
    # Two conditions that say the same of each task are one: the interval does not narrow.
    table = [[0.1], [0.4], [-0.1]]
    once, twice = pool({1: table}), pool({1: table, 2: table})
    assert (twice.low, twice.high) == pytest.approx((once.low, once.high))
    assert (once.pairs, twice.pairs) == (3, 6)


def test_a_task_without_some_condition_is_left_out():
    effect = pool({1: [[1.0, 2.0], [9.0, 9.0], [3.0, math.nan]], 2: [[2.0], [math.nan], [4.0]]})
    assert effect.value == pytest.approx((1.75 + 3.5) / 2)
    assert (effect.groups, effect.pairs, effect.higher) == (2, 5, 5)


def test_the_only_task_has_an_interval_over_pairs_of_all_conditions():
    effect = pool({1: [[1.0, 2.0, 3.0, math.nan]], 2: [[2.0, 6.0, 4.0, 5.0]]})
    test = stats.ttest_1samp([1.5, 4.0, 3.5], 0)
    assert (effect.low, effect.high) == pytest.approx(tuple(test.confidence_interval(0.95)))
    assert (effect.over, effect.groups, effect.pairs) == ("pairs", 1, 6)


@pytest.mark.parametrize(
    "tables",
    [
        {16: [[1.0], [math.nan]], 4: [[math.nan], [1.0]]},  # no task under both conditions
        {16: [[1.0, math.nan]], 4: [[math.nan, 1.0]]},  # no seed of the only task
    ],
)
def test_an_arm_with_nothing_under_all_conditions_is_left_out_and_ends_no_report(models, tables):
    assert pool(tables) is None
    other = table_of(tables).replace({"task": {0: "a", 1: "b"}, "batch_size": {4: 32}})
    other = other.rename(columns={"difference": "auroc"}).assign(loss="apart")
    whole = Arms(models=models)
    found = Arms(models=pd.concat([models, other]))
    assert found.pooled["loss"].tolist() == ["LAMP"]
    assert found.pooled["p_holm"].tolist() == whole.pooled["p_holm"].tolist()
    assert len(found.effects) == 4


@pytest.mark.slow
@pytest.mark.parametrize("shared", [0.0, 0.5, 1.0])
def test_pooled_means_are_covered_however_conditions_hang_together(shared):
    """Share of the variance that the conditions of a task have in common; error .0049."""
    rng = np.random.default_rng(int(10 * shared))
    table = table_of(dict.fromkeys(range(5), np.zeros((10, 3))))
    covered = []
    for _ in range(2000):
        common = rng.normal(0.0, shared**0.5, (10, 1))
        own = rng.normal(0.0, (1 - shared) ** 0.5, (5, 10, 3))
        found = pooled(table.assign(difference=(common + own).ravel()), "batch_size")
        covered.append(found.low <= 0 <= found.high)
    assert 0.93 <= np.mean(covered) <= 0.97
