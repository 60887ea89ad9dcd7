"""Values do not depend on what was evaluated before."""

import numpy as np
import pytest
import torch
from torch import nn

from landscape.objective.data import read_batches
from landscape.objective.evaluate import Objective
from landscape.planes import ParameterSpace, RandomPlanes
from landscape.problem import Problem

X = torch.randn(5, 3, generator=torch.Generator().manual_seed(1))


class Counting(nn.Linear):
    """Changes one thing of each kind when it is called."""

    def __init__(self, change):
        super().__init__(3, 1)
        self.register_buffer("calls", torch.zeros(()))
        self.register_buffer("peak", torch.zeros(()))
        self.count = 0
        self.history = []
        self.cache = None
        self.table = {}
        self.tensor = torch.zeros(1)
        self.change = change

    def forward(self, x):
        out = super().forward(x)
        return out + self.change(self, out)


def buffer(model, out):
    model.calls += 1
    return model.calls


def data_of_buffer(model, out):
    model.calls.data.add_(1)
    return model.calls


def replaced_buffer(model, out):
    model.calls = model.calls + 1
    return model.calls


def resized_buffer(model, out):
    model.calls.resize_(2).fill_(float(out.abs().max()))
    return model.calls.sum()


def running_extreme(model, out):
    model.peak = torch.maximum(model.peak, out.abs().max())
    return model.peak


def attribute(model, out):
    model.count += 1
    return model.count


def tensor_attribute(model, out):
    model.tensor += 1
    return model.tensor


def grown_list(model, out):
    model.history.append(1)
    return len(model.history)


def first_cached(model, out):
    if model.cache is None:
        model.cache = model.weight.sum().clone()
    return model.cache


def cached_under_a_new_name(model, out):
    if not hasattr(model, "late"):
        model.late = model.weight.sum().clone()
    return model.late


def cached_in_a_dict(model, out):
    return model.table.setdefault("sum", model.weight.sum().clone())


def parameters_moved(model, out):
    model.weight.add_(0.3)
    return model.weight.sum()


def parameters_replaced(model, out):
    model.weight.data = model.weight.data * 1.1
    return model.weight.sum()


def mode(model, out):
    model.train(not model.training)
    return float(model.training)


@pytest.mark.parametrize(
    "change",
    [
        buffer,
        data_of_buffer,
        replaced_buffer,
        resized_buffer,
        running_extreme,
        attribute,
        tensor_attribute,
        grown_list,
        first_cached,
        cached_under_a_new_name,
        cached_in_a_dict,
        parameters_moved,
        parameters_replaced,
        mode,
    ],
)
def test_a_point_has_one_value_whatever_came_before(change):
    model = Counting(change)
    task = Problem(model, lambda model, x: model(x)[:, 0], [X])
    plane = RandomPlanes(ParameterSpace(model), 1, seed=0)[0]
    points = [(0.0, 0.0), (2.0, -1.0), (0.0, 0.0), (0.5, 0.5), (2.0, -1.0)]

    def fresh(point):
        alone = Objective(task, read_batches(task.batches))
        alone.enter(plane)
        return alone.at(*point)["loss"].values

    resident = Objective(task, read_batches(task.batches))
    resident.enter(plane)
    for point in points:
        np.testing.assert_array_equal(resident.at(*point)["loss"].values, fresh(point))
    assert model.count == 0
    assert model.calls == 0


def test_quantization_observers_start_from_the_same_state_at_every_point():
    model = nn.Sequential(nn.Linear(3, 2), torch.ao.quantization.FakeQuantize())
    task = Problem(model, lambda model, x: model(x).square().mean(1), [X])
    resident = Objective(task, read_batches(task.batches))
    resident.enter(RandomPlanes(ParameterSpace(model), 1, seed=0)[0])
    first = resident.at(0.0, 0.0)["loss"].mean
    resident.at(3.0, 3.0)
    assert resident.at(0.0, 0.0)["loss"].mean == first
