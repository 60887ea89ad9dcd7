"""Moves against the obvious sum, bit for bit."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from landscape.objective.moving import ResidentParameters
from landscape.planes import ParameterSpace, RandomPlanes

number = st.floats(-10, 10)


def model() -> nn.Module:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.Linear(7, 2))
    layers[2].double()
    return layers


@given(points=st.lists(st.tuples(number, number), min_size=1, max_size=4), last=st.booleans())
def test_every_point_is_the_sum_from_the_center_however_it_was_reached(points, last):
    network = model()
    plane = RandomPlanes(ParameterSpace(network), 1, seed=0)[0]
    resident = ResidentParameters(network, channels_last=last)
    directions = [resident.vectors(direction) for direction in plane.directions]
    for point in points:
        resident.move(list(point), directions)
        for name, value in network.named_parameters():
            expected = plane.center[name].clone()
            for step, direction in zip(point, plane.directions, strict=True):
                expected.add_(direction[name], alpha=step)
            assert torch.equal(value, expected), name
    resident.move([], [])
    assert all(torch.equal(v, plane.center[n]) for n, v in network.named_parameters())


@pytest.mark.parametrize("far", [1e39, -1e39, math.inf])
def test_steps_beyond_the_dtype_are_infinite(far):
    network = nn.Linear(2, 1, bias=False)
    resident = ResidentParameters(network, channels_last=False)
    up = resident.vectors({"weight": torch.tensor([[1.0, -1.0]])})
    for coordinates in ([far], [far, 1.0], [1.0, far]):
        resident.move(coordinates, [up] * len(coordinates))
        sign = math.copysign(1, far)
        assert network.weight.tolist() == [[sign * math.inf, -sign * math.inf]]
    resident.move([1.0], [up])
    assert network.weight.isfinite().all()
