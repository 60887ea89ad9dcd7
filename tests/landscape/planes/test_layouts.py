"""Layers whose filters lie elsewhere than the shape of the parameter suggests."""

import pytest
import torch
from torch import nn
from torch.nn.utils import prune

from landscape.planes import ParameterSpace, RandomPlanes, filter_layouts
from landscape.planes.layouts import assumed_names


class Conv1D(nn.Module):
    """As in transformers.pytorch_utils: y = x W + b with W of shape (in, out)."""

    def __init__(self, nf, nx):
        super().__init__()
        self.nf = nf
        self.weight = nn.Parameter(torch.randn(nx, nf))
        self.bias = nn.Parameter(torch.zeros(nf))

    def forward(self, x):
        return x @ self.weight + self.bias


def direction_of(model, normalize="filter"):
    planes = RandomPlanes(ParameterSpace(model), 1, seed=0, normalize=normalize)
    return planes[0].directions[0]


def test_the_filters_of_gpt2s_layer_are_columns():
    torch.manual_seed(0)
    model = nn.Sequential(Conv1D(5, 3), nn.Tanh(), Conv1D(2, 5))
    assert assumed_names(filter_layouts(model)) == []
    direction = direction_of(model)
    for name in ("0.weight", "2.weight"):
        weight = dict(model.named_parameters())[name].detach()
        torch.testing.assert_close(direction[name].norm(dim=0), weight.norm(dim=0))
    assert not direction["0.bias"].any()


def test_another_layer_of_that_name_is_assumed():
    model = Conv1D(5, 3)
    del model.nf
    assert assumed_names(filter_layouts(model)) == ["weight"]


@pytest.mark.parametrize(
    ("layer", "over"),
    [
        (nn.Linear(20, 6), (1,)),
        (nn.Conv2d(4, 6, 3), (1, 2, 3)),
        (nn.ConvTranspose2d(4, 6, 3), (0, 2, 3)),
    ],
)
@pytest.mark.parametrize("normalize", ["filter", "layer", "weight", "unit"])
def test_directions_of_pruned_layers_move_what_is_left(layer, over, normalize):
    prune.random_unstructured(layer, "weight", amount=0.7)
    assert assumed_names(filter_layouts(layer)) == []
    direction = direction_of(layer, normalize)["weight_orig"]
    assert not direction[layer.weight_mask == 0].any()
    weight = layer.weight.detach()  # what the layer computes with
    if normalize == "filter":
        norms = (value.square().sum(over).sqrt() for value in (direction, weight))
        torch.testing.assert_close(*norms)
    elif normalize == "layer":
        torch.testing.assert_close(direction.norm(), weight.norm())
    elif normalize == "unit":
        torch.testing.assert_close(direction.norm(), torch.tensor(1.0))
    prune.remove(layer, "weight")
