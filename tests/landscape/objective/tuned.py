"""A small network that is tuned, and timings that are given, for tests of what is chosen."""

import sys

import torch
from torch import nn

from landscape.objective.data import read_batches
from landscape.objective.tune import tune
from landscape.objective.tuning import Tuning
from landscape.problem import Problem

PLAIN = Tuning()
FOLDED = (("0", "1"),)

tune_module = sys.modules["landscape.objective.tune"]  # the package has the function of its name
evaluate_module = sys.modules["landscape.objective.evaluate"]
race_module = sys.modules["landscape.objective.race"]


def network() -> nn.Module:
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 1)
    )
    model(torch.randn(32, 1, 6, 6))
    return model


def square(model, x):
    return model(x)[:, 0].square()


def chosen(loss=square, model=None, batch=32, points=10**6, **settings) -> Tuning:
    x = torch.randn(256, 1, 6, 6, generator=torch.Generator().manual_seed(1))
    problem = Problem(model or network(), loss, x.split(batch))
    return tune(problem, read_batches(problem.batches), points=points, **settings)


def form(tuning: Tuning) -> tuple[object, ...]:
    return tuning.layout, tuning.batch_size, tuning.fold
