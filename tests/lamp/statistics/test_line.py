"""Lines and correlations within tasks, against definitions."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lamp.statistics import centered, correlation, line


def test_lines_are_fitted_within_tasks():
    x = np.tile(np.arange(5.0), 3)
    task = np.repeat(["a", "b", "c"], 5)
    slope = np.repeat([1.0, 2.0, 3.0], 5)
    points = pd.DataFrame({"task": task, "x": x, "y": slope * x + 10 * slope})
    found = line(points, "x", "y")
    assert (found.slope.value, found.at_zero.value) == (pytest.approx(2.0), pytest.approx(20.0))
    assert found.slope.high == pytest.approx(2 + stats.t.ppf(0.975, 2) / np.sqrt(3))
    assert line(points[points["task"] == "a"], "x", "y") is None


def test_a_task_in_which_nothing_follows_has_a_slope_of_zero_and_no_correlation():
    points = pd.DataFrame({"task": list("aaabbbccc"), "x": [0.0, 1, 2] * 3})
    points["y"] = [1.0, 3, 5, 0, 4, 8, 7, 7, 7]
    found = line(points, "x", "y")
    assert (found.slope.value, found.slope.groups) == (pytest.approx(2.0), 3)
    assert correlation(points, "x", "y").groups == 2


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
