"""Moves against the obvious sum, bit for bit."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from landscape.objective.moving import ResidentParameters
from landscape.objective.private import private_copy
from landscape.planes import ParameterSpace, RandomPlanes

number = st.floats(-10, 10)


def model() -> nn.Module:
    torch.manual_seed(0)
    small = nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.Linear(7, 2)
    layers = nn.Sequential(*small, nn.Linear(257, 256))
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


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_what_does_not_move_keeps_its_bits_wherever_the_others_are(dtype):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(257, 256), nn.Linear(3, 4), nn.Linear(2, 257)).to(dtype)
    network[2].weight = nn.Parameter(network[0].weight.data[:2].t())  # tied: it moves along
    with torch.no_grad():
        network[1].bias.copy_(torch.tensor([-0.0, math.inf, math.nan, 1e-38]))
    center = {name: value.detach().clone() for name, value in network.named_parameters()}
    resident = ResidentParameters(network, channels_last=False, moves={"0.weight"})
    up = resident.vectors({"0.weight": torch.ones(256, 257)})
    assert sum(vector.numel() for vector in up.values()) == 256 * 257
    with torch.no_grad():
        network[1].weight.fill_(7.0)  # as a loss may do
    for step in (0.5, -2.0, 1e39, math.inf):
        resident.move([step], [up])
        for name, value in network.named_parameters():
            bits = (v.detach().contiguous().view(torch.uint8) for v in (value, center[name]))
            assert torch.equal(*bits) == (name not in {"0.weight", "2.weight"}), name
        assert torch.equal(network[2].weight, network[0].weight[:2].t())


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


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_rounded_once_at_the_end(dtype):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(40, 50), nn.Linear(600, 500)).to(dtype)
    center = {name: value.detach().clone() for name, value in network.named_parameters()}
    one, other = ({name: torch.randn(v.shape) for name, v in center.items()} for _ in range(2))
    resident = ResidentParameters(network, channels_last=False)
    directions = [resident.vectors(one), resident.vectors(other)]
    resident.move([0.003, -0.0041], directions)
    for name, value in network.named_parameters():
        steps = 0.003 * one[name].double() - 0.0041 * other[name].double()
        exact = (center[name].double() + steps).to(dtype)
        # Sums in float32 are rounded the other way in ties only.
        assert (value == exact).float().mean() > 0.999, name
    resident.move([], [])
    assert all(torch.equal(v, center[n]) for n, v in network.named_parameters())


def test_the_center_of_large_parameters_is_the_callers_memory():
    original = nn.Sequential(nn.Linear(257, 256), nn.Linear(2, 2))
    private = private_copy(original, "cpu")
    resident = ResidentParameters(private, channels_last=False)
    with torch.no_grad():
        for value in original.parameters():
            value.add_(1.0)
    resident.move([], [])
    assert torch.equal(private[0].weight, original[0].weight)
    assert torch.equal(private[1].weight + 1, original[1].weight)


def tied(how) -> nn.Module:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 2, bias=False), nn.Tanh(), nn.Linear(2, 3, bias=False))
    if how == "parameter":
        model[2].weight = nn.Parameter(model[0].weight.t())
    elif how == "data":
        model[2].weight.data = model[0].weight.data.t()
    elif how == "flat":
        flat = torch.randn(6)
        model.register_buffer("flat", flat)
        model[0].weight.data, model[2].weight.data = flat.view(2, 3), flat.view(2, 3).t()
    return model


@pytest.mark.parametrize("how", ["parameter", "data", "flat"])
@pytest.mark.parametrize("last", [False, True])
def test_parameters_in_one_memory_move_as_one(how, last):
    model = tied(how)
    plane = RandomPlanes(ParameterSpace(model), 1, seed=0)[0]
    assert list(plane.center) == ["0.weight"]
    private = private_copy(model, "cpu")
    resident = ResidentParameters(private, channels_last=last)
    resident.move([0.7], [resident.vectors(plane.directions[0])])
    weight = plane.at(0.7)["0.weight"]
    assert torch.equal(private[0].weight, weight)
    assert torch.equal(private[2].weight, weight.t())
    if how == "flat":
        assert torch.equal(private.flat, weight.reshape(-1))
    assert torch.equal(model[0].weight, plane.center["0.weight"])
    assert model[0].weight.data_ptr() != private[0].weight.data_ptr()


def test_a_recurrent_layer_keeps_its_parameters_together_as_cudnn_wants_them():
    layer = nn.LSTM(3, 5)
    flat = torch.cat([parameter.detach().flatten() for parameter in layer.parameters()])
    places = []
    for parameter in layer.parameters():
        parameter.data = flat[sum(places) :][: parameter.numel()].view(parameter.shape)
        places.append(parameter.numel())
    model = nn.ModuleList([nn.Linear(2, 3), layer])
    before = {name: value.detach().clone() for name, value in model.named_parameters()}
    resident = ResidentParameters(model, channels_last=False, moves={"1.weight_hh_l0"})
    step = {name: torch.ones_like(value) for name, value in before.items()}
    resident.move([2.0], [resident.vectors(step)])
    first = layer.weight_ih_l0.data_ptr()
    starts = [(p.data_ptr() - first) // 4 for p in layer.parameters()]
    assert starts == [sum(places[:number]) for number in range(4)]
    for name, value in model.named_parameters():
        assert torch.equal(value, before[name] + 2 * (name == "1.weight_hh_l0"))
