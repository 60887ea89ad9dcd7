"""Effects from tables against sums written out; lines and correlations against definitions."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lamp.statistics import centered, correlation, differences, effects, line, pooled_effects

KEYS = {"arm": "loss", "reference": "L2", "condition": "batch_size"}


@pytest.fixture
def models():
    """Three tasks, two seeds, two batch sizes; LAMP is better by .1, .2 and .3, and half at 16."""
    rows = []
    for size in (32, 16):
        for task, gain in (("a", 0.1), ("b", 0.2), ("c", 0.3)):
            for seed in (0, 1):
                base = 0.5 + 0.01 * seed
                rows.append((size, task, seed, "L2", base))
                rows.append((size, task, seed, "LAMP", base + gain * (1 if size == 32 else 0.5)))
    return pd.DataFrame(rows, columns=["batch_size", "task", "seed", "loss", "auroc"])


def test_effects_are_means_over_tasks_with_students_interval(models):
    table = effects(models, "auroc", **KEYS).set_index("batch_size")
    assert table["value"].tolist() == pytest.approx([0.2, 0.1])
    half = stats.t.ppf(0.975, 2) * 0.1 / np.sqrt(3)
    assert table.loc[32, "low"] == pytest.approx(0.2 - half)
    assert table.loc[32, "mean"] == pytest.approx(0.705)
    assert table.loc[32, ["higher", "pairs", "groups"]].tolist() == [6, 6, 3]
    p = stats.ttest_1samp([0.1, 0.2, 0.3], 0).pvalue
    assert table["p"].tolist() == pytest.approx([p, p])
    assert table["p_holm"].tolist() == pytest.approx([2 * p, 2 * p])


def test_pooled_over_conditions(models):
    (row,) = pooled_effects(models, "auroc", **KEYS).to_dict("records")
    assert row["value"] == pytest.approx(0.15)
    assert row["low"] == pytest.approx(0.15 - stats.t.ppf(0.975, 2) * 0.075 / np.sqrt(3))


def test_ratios_are_differences_of_logarithms(models):
    found = differences(models.assign(auroc=models["auroc"] * -1), "auroc", **KEYS, log=True)
    assert found.empty  # no logarithm
    value = effects(models, "auroc", **KEYS, log=True)["value"].iloc[0]
    gains = [np.mean([np.log((b + g) / b) for b in (0.5, 0.51)]) for g in (0.1, 0.2, 0.3)]
    assert value == pytest.approx(np.mean(gains))


def test_models_without_a_partner_are_left_out(models):
    alone = models[~((models["loss"] == "L2") & (models["task"] == "c"))]
    assert effects(alone, "auroc", **KEYS)["groups"].tolist() == [2, 2]
    nothing = effects(models[models["loss"] == "L2"], "auroc", **KEYS)
    assert nothing.empty
    assert {"loss", "batch_size", "value", "low", "high", "p", "p_holm"} <= set(nothing.columns)


def test_two_rows_of_one_model_are_refused(models):
    twice = pd.concat([models, models.iloc[:1]])
    with pytest.raises(ValueError, match="one row for each loss, batch_size, task, seed, got sev"):
        effects(twice, "auroc", **KEYS)


def test_lines_are_fitted_within_tasks():
    x = np.tile(np.arange(5.0), 3)
    task = np.repeat(["a", "b", "c"], 5)
    slope = np.repeat([1.0, 2.0, 3.0], 5)
    points = pd.DataFrame({"task": task, "x": x, "y": slope * x + 10 * slope})
    found = line(points, "x", "y")
    assert (found.slope.value, found.at_zero.value) == (pytest.approx(2.0), pytest.approx(20.0))
    assert found.slope.high == pytest.approx(2 + stats.t.ppf(0.975, 2) / np.sqrt(3))
    assert line(points[points["task"] == "a"], "x", "y") is None


def test_correlation_is_averaged_over_tasks_on_fishers_scale():
    draw = np.random.default_rng(0)
    points = pd.DataFrame({"task": np.repeat(list("abcd"), 9), "x": draw.normal(size=36)})
    points["y"] = points["x"] + draw.normal(size=36)
    each = [stats.spearmanr(own["x"], own["y"]).statistic for _, own in points.groupby("task")]
    found = correlation(points, "x", "y")
    assert found.value == pytest.approx(np.tanh(np.mean(np.arctanh(each))))
    assert found.low < found.value < found.high < 1


def test_centered_removes_what_groups_share(models):
    found = centered(models, ["auroc"], within=["task", "batch_size"])
    means = found.groupby(["task", "batch_size"])["auroc"].mean()
    assert np.allclose(means, 0)
