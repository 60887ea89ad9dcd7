"""Units in another order: found exactly where it was planted, refused where it is not known."""

from itertools import permutations

import pytest
import torch
from torch import nn
from torch.nn.functional import relu

from landscape.connect.matching import align, reordered, shuffled
from landscape.connect.symmetry import find_symmetry
from landscape.errors import LandscapeError
from landscape.planes.checkpoints import Fitted, as_checkpoint, fit_checkpoint
from tests.landscape.connect.networks import NETWORKS, images, made


def fitted(model: nn.Module, label: str = "a") -> Fitted:
    return fit_checkpoint(as_checkpoint(model, label), model)


def output(model: nn.Module, there: Fitted) -> torch.Tensor:
    return torch.func.functional_call(model, {**there.parameters, **there.buffers}, (images(),))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_planted_order_is_found_exactly(name):
    model = made(name, 0)
    a = fitted(model)
    b = shuffled(model, a, seed=3)
    torch.testing.assert_close(output(model, b), output(model, a), rtol=1e-4, atol=1e-5)
    found = align(model, a, b)
    assert found.moved > found.units // 2
    for kind in ("parameters", "buffers"):
        for tensor, value in getattr(a, kind).items():
            assert torch.equal(getattr(found.fitted, kind)[tensor], value), tensor
    assert not all(torch.equal(b.parameters[n], v) for n, v in a.parameters.items())


def test_a_planted_order_is_found_under_noise():
    model = made("residual", 0)
    a = fitted(model)
    noisy = {n: v + 0.02 * torch.randn_like(v) for n, v in a.parameters.items()}
    b = Fitted("b", noisy, a.buffers)
    back = align(model, a, shuffled(model, b, seed=5)).fitted
    assert all(torch.equal(back.parameters[name], value) for name, value in noisy.items())


def test_matching_never_moves_two_networks_apart_and_changes_no_output():
    model = made("residual", 0)
    a, b = fitted(model), fitted(made("residual", 1), "b")
    found = align(model, a, b).fitted

    def overlap(other):
        return sum(float((v * other.parameters[n]).sum()) for n, v in a.parameters.items())

    assert overlap(found) > overlap(b) + 1
    torch.testing.assert_close(output(model, found), output(model, b), rtol=1e-4, atol=1e-5)


def test_a_single_layer_is_matched_as_by_trying_all_orders():
    torch.manual_seed(0)
    model, other = (nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1)) for _ in range(2))
    a, b = fitted(model), fitted(other)
    symmetry = find_symmetry(model)

    def overlap(there):
        return sum(float((v * there.parameters[n]).sum()) for n, v in a.parameters.items())

    best = max(
        overlap(reordered(symmetry, [torch.tensor(order)], b)) for order in permutations(range(4))
    )
    assert overlap(align(model, a, b).fitted) == pytest.approx(best, abs=1e-6)


def test_a_wrapper_is_looked_through():
    model = nn.DataParallel(made("perceptron", 0))
    a = fitted(model)
    found = align(model, a, shuffled(model, a, seed=3)).fitted
    assert all(torch.equal(found.parameters[name], value) for name, value in a.parameters.items())


def test_units_of_a_stream_are_one_group():
    found = find_symmetry(made("residual", 0))
    assert found.sizes == (8, 8, 12, 12, 12)  # stem and first block, its inside, ...
    stream = {touch.name for touch in found.touches if touch.group == 0}
    assert {"stem.weight", "stages.0.two.weight", "stages.0.norm2.running_var"} <= stream
    assert "stages.0.one.weight" in stream  # reads it
    assert "head.bias" not in {touch.name for touch in found.touches}  # classes have names


class Odd(nn.Module):
    def __init__(self, last, first=None):
        super().__init__()
        self.first, self.last = first or nn.Linear(4, 6), last
        self.scale = nn.Parameter(torch.ones(6))

    def forward(self, x):
        return self.last(self.first(x))


class Scaled(Odd):
    def forward(self, x):
        return self.last(self.first(x) * self.scale)


class Joined(Odd):
    def forward(self, x):
        return self.last(torch.cat([self.first(x), self.first(x)], 1))


class Branching(Odd):
    def forward(self, x):
        return self.last(relu(self.first(x))) if x.sum() > 0 else self.first(x)


def tied() -> nn.Module:
    model = Odd(nn.Linear(4, 6))
    model.last.weight = model.first.weight
    return model


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            Odd(nn.MultiheadAttention(6, 2)),
            "Odd: units cannot be followed through 'last', Multihead",
        ),
        (Odd(nn.LSTM(6, 2)), "'last', LSTM"),
        (Odd(nn.GroupNorm(2, 6)), "'last', GroupNorm with several channels in a group"),
        (Odd(nn.Conv2d(6, 4, 1, groups=2)), "'last', Conv2d with 2 groups of channels"),
        (Odd(nn.LayerNorm((6, 2))), "'last', LayerNorm over several axes"),
        (Scaled(nn.Linear(6, 1)), "the parameter 'scale', which is used by itself"),
        (Joined(nn.Linear(12, 1)), "through 'cat'"),
        (Branching(nn.Linear(6, 1)), "its forward pass cannot be followed: TraceError"),
        (tied(), "'last', whose weight is tied to another or made of others"),
        (
            Odd(nn.utils.parametrizations.weight_norm(nn.Linear(6, 1))),
            "whose weight is tied to another or made of others",
        ),
        (nn.Sequential(nn.Linear(2, 1)), "nothing to align: Sequential has no hidden units"),
    ],
)
def test_what_cannot_be_aligned_is_refused_by_name(model, message):
    there = fitted(model)
    with pytest.raises(LandscapeError, match=message):
        align(model, there, there)
