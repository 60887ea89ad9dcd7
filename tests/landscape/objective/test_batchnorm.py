"""By which statistics a model is really normalized."""

import pytest
import torch
from torch import nn
from torch.nn.functional import batch_norm

from landscape.errors import ProblemError
from landscape.objective.data import read_batches
from landscape.objective.evaluate import Objective
from landscape.objective.tuning import Tuning
from landscape.problem import Problem


class Functional(nn.Linear):
    def forward(self, x):
        return batch_norm(super().forward(x), None, None, training=True)


def keeping(features: int) -> nn.Module:
    return nn.BatchNorm1d(features)


def without(features: int) -> nn.Module:
    return nn.BatchNorm1d(features, track_running_stats=False)


def objective(model, policy="frozen", samples=8, tuning=None) -> Objective:
    shape = (samples, 3, 4, 4) if isinstance(model[0], nn.Conv2d) else (samples, 3)
    problem = Problem(model, lambda model, x: model(x).flatten(1).square().mean(1), [])
    return Objective(problem, read_batches([torch.randn(shape)]), batchnorm=policy, tuning=tuning)


@pytest.mark.parametrize(
    ("model", "policy", "expected"),
    [
        (nn.Sequential(nn.Linear(3, 4), keeping(4)), "frozen", "frozen"),
        (nn.Sequential(nn.Linear(3, 4), keeping(4)), "batch", "batch"),
        (nn.Sequential(nn.Linear(3, 4), keeping(4)), "recalibrated", "recalibrated"),
        (nn.Sequential(nn.Linear(3, 4), without(4)), "frozen", "batch"),
        (nn.Sequential(nn.Linear(3, 4), without(4)), "recalibrated", "batch"),
        (nn.Sequential(Functional(3, 4)), "frozen", "batch"),
        (nn.Sequential(keeping(3), Functional(3, 4)), "frozen", "frozen and batch"),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.InstanceNorm2d(4)), "frozen", "frozen"),
        (nn.Sequential(nn.Linear(3, 4)), "frozen", "frozen"),
    ],
)
def test_what_is_in_effect(model, policy, expected):
    assert objective(model, policy).batchnorm_in_effect() == expected


def test_folded_layers_count_as_frozen():
    model = nn.Sequential(nn.Linear(3, 4), keeping(4), Functional(4, 4))
    folded = objective(model, tuning=Tuning(fold=(("0", "1"),)))
    assert folded.batchnorm_in_effect() == "frozen and batch"


def test_it_is_seen_as_points_are_evaluated(monkeypatch):
    seen = []

    def loss(model, x):
        seen.append((torch.get_float32_matmul_precision(), int(model[0].num_batches_tracked)))
        model[0].num_batches_tracked += 5
        return model(x).square().mean(1)

    problem = Problem(nn.Sequential(keeping(3)), loss, [])
    resident = Objective(problem, read_batches([torch.randn(8, 3)]))
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        resident.evaluate()
        assert resident.batchnorm_in_effect() == "frozen"
    finally:
        torch.set_float32_matmul_precision(before)
    assert seen == [("highest", 0)] * 2


def test_one_sample_has_no_statistics_and_the_hint_says_so():
    with pytest.raises(ProblemError, match="more than 1 value per channel") as caught:
        objective(nn.Sequential(nn.Linear(3, 4), keeping(4)), "batch", samples=1).evaluate()
    assert "two samples in every batch" in caught.value.hint
