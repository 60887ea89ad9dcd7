"""Where the filters of layers are, which the shape of a parameter does not tell."""

import json

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize, prune

from landscape.planes.layouts import FilterLayout, assumed_names, filter_layouts
from landscape.planes.normalize import normalization_report
from landscape.planes.parameters import parameters_of
from tests.landscape.planes.directions import normalized


class Conv1D(nn.Module):
    """As in transformers.pytorch_utils: y = x W + b with W of shape (in, out)."""

    def __init__(self, nf, nx):
        super().__init__()
        self.nf = nf
        self.weight = nn.Parameter(torch.randn(nx, nf))
        self.bias = nn.Parameter(torch.zeros(nf))

    def forward(self, x):
        return x @ self.weight + self.bias


def test_the_filters_of_gpt2s_layer_are_columns():
    torch.manual_seed(0)
    model = nn.Sequential(Conv1D(5, 3), nn.Tanh(), Conv1D(2, 5))
    assert assumed_names(filter_layouts(model)) == []
    _, direction = normalized(model)
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
    direction = normalized(layer, normalize)[1]["weight_orig"]
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


def test_custom_modules_are_reported_as_assumed():
    class Positions(nn.Linear):
        def __init__(self):
            super().__init__(3, 2)
            self.table = nn.Parameter(torch.randn(6, 3))
            self.scale = nn.Parameter(torch.tensor(1.0))
            self.order = nn.Parameter(torch.arange(4).reshape(2, 2), requires_grad=False)

    model = Positions()
    rows = {
        row["name"]: row
        for row in normalization_report(filter_layouts(model), parameters_of(model))
    }
    assert json.loads(json.dumps(rows)) == rows
    assert rows["table"] == {
        "name": "table",
        "layer": "Positions",
        "shape": [6, 3],
        "action": "filter-normalized",
        "filters": 6,
        "assumed": True,
    }
    assert not rows["weight"]["assumed"]
    assert rows["scale"]["action"] == rows["order"]["action"] == "zeroed"
    _, direction = normalized(model)
    assert direction["order"].dtype == torch.int64


def test_weight_norm_moves_the_direction_tensor_alone():
    layer = parametrizations.weight_norm(nn.ConvTranspose2d(4, 6, 3, groups=2))
    layouts = filter_layouts(layer)
    assert layouts["parametrizations.weight.original0"].zeroed
    assert layouts["parametrizations.weight.original1"] == FilterLayout(
        layer="ConvTranspose2d with WeightNorm", dim=1, groups=2
    )
    assert layouts["bias"].layer == "ConvTranspose2d"


@pytest.mark.filterwarnings("ignore:.*weight_norm.*deprecated:FutureWarning")  # in old checkpoints
def test_the_older_weight_and_spectral_norm_are_known():
    weight = filter_layouts(nn.utils.weight_norm(nn.Linear(3, 4)))
    assert weight["weight_g"].zeroed
    assert weight["weight_v"] == FilterLayout(layer="Linear", dim=0)
    spectral = filter_layouts(nn.Sequential(nn.utils.spectral_norm(nn.Conv2d(3, 4, 3))))
    assert spectral["0.weight_orig"] == FilterLayout(layer="Conv2d", dim=0)


def test_other_parametrizations_are_assumed():
    class Symmetric(nn.Module):
        def forward(self, value):
            return value + value.T

    model = nn.Sequential(nn.Linear(3, 3))
    parametrize.register_parametrization(model[0], "weight", Symmetric())
    layout = filter_layouts(model)["0.parametrizations.weight.original"]
    assert layout == FilterLayout(layer="Linear with Symmetric", dim=0, assumed=True)


def test_tied_weights_have_the_first_owners_layout():
    model = nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 5, bias=False))
    model[1].weight = model[0].weight
    assert filter_layouts(model) == {"0.weight": FilterLayout(layer="Embedding", dim=0)}
