"""Other splits of the data, evaluated at the same points."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import landscape
from landscape.errors import ProblemError, SettingsMismatchError
from landscape.objective.data import read_data
from landscape.objective.evaluate import Objective
from landscape.surface.kinds import MetricKind


def loss(model, batch):
    x, y = batch
    out = model(x)[:, 0]
    return {"loss": (out - y) ** 2, "hits": ((out > 0) == (y > 0)).double()}


def batches_of(seed, sizes=(5, 3)):
    generator = torch.Generator().manual_seed(seed)
    return [
        (
            torch.randn(n, 3, generator=generator, dtype=torch.float64),
            torch.randn(n, generator=generator, dtype=torch.float64),
        )
        for n in sizes
    ]


@pytest.fixture
def problem():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)).double()
    return landscape.Problem(
        model,
        loss,
        batches_of(1),
        splits={"test": batches_of(2, (4, 2, 1))},
        metrics={"hits": MetricKind(higher_is_better=True, low=0, high=1)},
    )


def alone(problem, **fields):
    """The split as a problem of its own."""
    return replace(problem, batches=problem.splits["test"], splits={}, **fields)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_split_has_the_surface_that_it_has_alone(problem, workers):
    both = landscape.compute(problem, planes=2, steps=3, workers=workers)
    train = landscape.compute(replace(problem, splits={}), planes=2, steps=3)
    test = landscape.compute(alone(problem), planes=2, steps=3)

    assert set(both.metrics) == {"loss", "hits", "test_loss", "test_hits"}
    for name in ("loss", "hits"):
        for end in ("", "_se", "_delta_se"):
            array = f"{name}{end}"
            np.testing.assert_allclose(both.values[array], train.values[array], rtol=1e-12)
            np.testing.assert_allclose(both.values[f"test_{array}"], test.values[array], rtol=1e-12)
    assert both.bounds("test_hits") == (0, 1)
    assert (both.metadata["samples"], both.metadata["split_samples"]) == (8, {"test": 7})
    assert both.higher_is_better("test_hits")


def test_all_splits_have_the_statistics_of_the_batches(problem):
    """Recalibrated on `batches`, then applied to the split by hand."""
    found = Objective(problem, read_data(problem), batchnorm="recalibrated").evaluate()
    model = problem.model
    norm = model[1]
    with torch.no_grad():
        inner = [model[0](x) for x, _ in problem.batches]
        norm.running_mean = torch.stack([h.mean(0) for h in inner]).mean(0)
        norm.running_var = torch.stack([h.var(0) for h in inner]).mean(0)
        model.eval()
        values = torch.cat([loss(model, batch)["loss"] for batch in problem.splits["test"]])
    assert found["test_loss"].mean == pytest.approx(float(values.mean()), rel=1e-12)


def test_other_data_of_a_split_is_another_problem(problem, tmp_path):
    path = tmp_path / "run.h5"
    landscape.compute(problem, path=path, steps=3, planes=1)
    other = replace(problem, splits={"test": batches_of(3, (4, 2, 1))})
    with pytest.raises(SettingsMismatchError, match="other data"):
        landscape.compute(other, path=path, steps=3, planes=1)
    renamed = replace(problem, splits={"validation": problem.splits["test"]})
    with pytest.raises(SettingsMismatchError):
        landscape.compute(renamed, path=path, steps=3, planes=1)


def test_a_tolerance_and_statistics_take_a_metric_of_a_split(problem):
    surface = landscape.compute(
        problem, planes=1, steps=9, tolerance=0.2, tolerance_metrics=("test_loss",)
    )
    assert surface.config["tolerance_metrics"] == ["test_loss"]
    assert landscape.summarize(surface, metric="test_loss").center == surface.center["test_loss"]


@pytest.mark.parametrize(
    ("splits", "text"),
    [
        ([1], "expected splits to be a dict of batches by name, got list"),
        ({"accuracy": []}, "a name for a split that is none of a metric, got 'accuracy'"),
        ({"my test": []}, "a name for a split that is none of a metric, got 'my test'"),
        ({"test": torch.ones(3)}, "split 'test': expected batches to be a list of batches"),
    ],
)
def test_splits_that_are_none(problem, splits, text):
    with pytest.raises(ProblemError, match=re.escape(text)):
        replace(problem, splits=splits)


def test_an_empty_split(problem):
    with pytest.raises(ProblemError, match="split 'test': expected at least one batch, got none"):
        landscape.compute(replace(problem, splits={"test": []}))


def test_a_split_named_like_a_metric(problem):
    named = replace(problem, splits={"hits": problem.splits["test"]})
    with pytest.raises(ProblemError, match="names that no metric has, got hits twice"):
        landscape.compute(named)


def test_a_metric_named_like_that_of_a_split(problem):
    def clashing(model, batch):
        return {"loss": loss(model, batch)["loss"], "test_loss": loss(model, batch)["hits"]}

    with pytest.raises(ProblemError, match="names that no metric has, got test_loss twice"):
        landscape.compute(replace(problem, loss=clashing))


def test_the_first_samples_of_each(problem):
    data = read_data(problem, max_samples=4)
    assert (data.samples, data.splits["test"].samples) == (4, 4)
