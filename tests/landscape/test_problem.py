"""What a user may bring, and what is said about what they may not."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import mse_loss
from torch.utils.data import TensorDataset

from landscape.errors import ProblemError
from landscape.problem import Problem, check_metric_name
from landscape.surface.kinds import MetricKind
from landscape.surface.layout import RESERVED

DATASET = TensorDataset(torch.zeros(4, 2))


def mean_square(model, batch):
    return model(batch).square().mean(1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("net", mean_square, []), "expected model to be an nn.Module, got str"),
        ((nn.Linear(2, 1), 3, []), r"expected loss to be a function loss\(model, batch\), got int"),
        ((nn.Linear(2, 1), mean_square, torch.zeros(4, 2)), r"got one tensor of shape \(4, 2\)"),
        (
            (nn.Linear(2, 1), mean_square, (torch.zeros(4, 2), torch.zeros(4))),
            r"are alike, got tensors of shapes \(4, 2\), \(4,\)",
        ),
        ((nn.Linear(2, 1), mean_square, 7), "expected batches to be iterable, got int"),
        ((nn.Linear(2, 1), mean_square, iter([])), "can be read more than once"),
        ((nn.Linear(2, 1), mean_square, {"x": 1}), "list of batches, got one dict"),
        ((nn.Linear(2, 1), mean_square, np.zeros((4, 2))), r"one array of shape \(4, 2\)"),
        ((nn.Linear(2, 1), mean_square, DATASET), "got the dataset .*TensorDataset"),
        ((nn.Linear(2, 1), nn.CrossEntropyLoss(), []), "got the criterion CrossEntropyLoss"),
        ((nn.Linear(2, 1), mse_loss, []), r"got torch\.nn\.functional\.mse_loss"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ProblemError, match=message):
        Problem(*arguments)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch_size": 32}, "batch_size to be a function of a batch, got int"),
        ({"metrics": ["accuracy"]}, "metrics to be a dict of MetricKind by name, got list"),
        ({"metrics": {"a": "higher"}}, r"metrics\['a'\] to be a MetricKind"),
        ({"metrics": {"a": MetricKind(low=1.0, high=0.0)}}, "with low < high"),
        ({"metrics": {"refined": MetricKind()}}, "expected a name for a metric, got 'refined'"),
    ],
)
def test_wrong_settings_are_named(settings, message):
    with pytest.raises(ProblemError, match=message):
        Problem(nn.Linear(2, 1), mean_square, [], **settings)


@pytest.mark.parametrize("name", [*sorted(RESERVED), "a_se", "a_estimate", "weight", "a b", 3])
def test_names_that_a_file_uses_are_no_metrics(name):
    with pytest.raises(ProblemError, match="expected a name for a metric") as caught:
        check_metric_name(name)
    assert "estimated_error" in caught.value.hint


def test_what_a_criterion_needs_is_shown():
    with pytest.raises(ProblemError) as caught:
        Problem(nn.Linear(2, 1), nn.MSELoss(), [])
    assert "lambda model, batch: criterion(model(batch[0]), batch[1])" in caught.value.hint


def test_it_shows_itself_in_a_line():
    problem = Problem(nn.Linear(2, 1), mean_square, [torch.zeros(4000, 2)] * 3, "m.py:build")
    said = "Problem(Linear of 3 parameters, loss mean_square, list of 3 batches, m.py:build)"
    assert repr(problem) == said
    loader = torch.utils.data.DataLoader(DATASET, batch_size=2)
    other = Problem(nn.LazyLinear(2), lambda model, batch: batch, loader)
    said = "Problem(LazyLinear of 0 parameters, loss <lambda>, DataLoader of 2 batches)"
    assert repr(other) == said
