"""Filters of each layer type, and normalization."""

import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils import parametrizations, parametrize

from landscape.planes import (
    FilterLayout,
    filter_layouts,
    normalization_report,
    normalize_direction,
    random_direction,
)
from landscape.planes.parameters import norm, parameters_of


def normalized(model, how="filter", seed=0, **options):
    center = parameters_of(model)
    direction = random_direction(center, seed=seed)
    return center, normalize_direction(direction, center, filter_layouts(model, **options), how=how)


def filters_of(layer, weight):
    """List the weights behind each output channel, slowly, from the layers' documentation."""
    if isinstance(layer, nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d):
        inputs, outputs = weight.shape[0] // layer.groups, weight.shape[1]
        return [
            weight[group * inputs : (group + 1) * inputs, channel].flatten()
            for group in range(layer.groups)
            for channel in range(outputs)
        ]
    return [row.flatten() for row in weight]


LAYERS = {
    "Linear": lambda: nn.Linear(5, 4),
    "Bilinear": lambda: nn.Bilinear(2, 3, 4),
    "Conv1d": lambda: nn.Conv1d(4, 6, 3),
    "Conv2d": lambda: nn.Conv2d(4, 6, 3),
    "Conv3d": lambda: nn.Conv3d(2, 3, 2),
    "grouped Conv2d": lambda: nn.Conv2d(4, 6, 3, groups=2),
    "depthwise Conv2d": lambda: nn.Conv2d(4, 8, 3, groups=4),
    "ConvTranspose1d": lambda: nn.ConvTranspose1d(4, 6, 3),
    "ConvTranspose2d": lambda: nn.ConvTranspose2d(4, 6, 3),
    "grouped ConvTranspose2d": lambda: nn.ConvTranspose2d(4, 6, 3, groups=2),
    "depthwise ConvTranspose2d": lambda: nn.ConvTranspose2d(4, 8, 3, groups=4),
    "ConvTranspose3d": lambda: nn.ConvTranspose3d(2, 3, 2),
    "Embedding": lambda: nn.Embedding(7, 3, padding_idx=2),
    "EmbeddingBag": lambda: nn.EmbeddingBag(7, 3),
}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_filters_have_the_centers_norms(name, dtype):
    """Filter = dim 0 is wrong for transposed convolutions (section 2, mistake 12)."""
    layer = LAYERS[name]().to(dtype)
    center, direction = normalized(layer)
    wanted = filters_of(layer, center["weight"].double())
    found = filters_of(layer, direction["weight"].double())
    report = normalization_report(filter_layouts(layer), center)[0]
    assert report["filters"] == len(wanted)
    assert not report["assumed"]
    for want, got in zip(wanted, found, strict=True):
        assert float(got.norm()) == pytest.approx(float(want.norm()), rel=1e-6)
    if "bias" in direction:
        assert not direction["bias"].any()


@settings(max_examples=30)
@given(
    groups=st.integers(1, 4),
    rows=st.integers(1, 3),
    filters=st.integers(1, 3),
    kernel=st.integers(1, 3),
    seed=st.integers(0, 2**32),
)
def test_a_transposed_filter_is_what_makes_one_output_channel(groups, rows, filters, kernel, seed):
    layer = nn.ConvTranspose2d(groups * rows, groups * filters, kernel, groups=groups)
    center, direction = normalized(layer, seed=seed)
    for channel in range(groups * filters):
        # Zeroing the gradient's complement: only this channel's weights influence it.
        image = torch.ones(1, groups * rows, 2, 2)
        layer.zero_grad()
        layer(image)[0, channel].sum().backward()
        own = layer.weight.grad != 0
        assert float(direction["weight"][own].norm()) == pytest.approx(
            float(center["weight"][own].norm()), rel=1e-5
        )


def test_filters_keep_their_directions():
    center, direction = normalized(nn.Linear(5, 4))
    drawn = random_direction(center, seed=0)
    cosines = torch.cosine_similarity(direction["weight"], drawn["weight"], dim=1)
    torch.testing.assert_close(cosines, torch.ones(4))


def test_a_zero_filter_of_the_center_does_not_move():
    layer = nn.Conv2d(3, 4, 3)
    with torch.no_grad():
        layer.weight[2] = 0
    _, direction = normalized(layer)
    assert not direction["weight"][2].any()
    assert direction["weight"][1].any()


def test_a_zero_filter_of_the_direction_stays_zero():
    scaled = normalize_direction(
        {"w": torch.zeros(2, 2)},
        {"w": torch.ones(2, 2)},
        {"w": FilterLayout(layer="Linear", dim=0)},
    )
    assert not scaled["w"].any()


@pytest.mark.parametrize("scale", [1e-18, 1e-9, 1e9, 1e18])
def test_tiny_and_huge_filters_keep_exact_norms(scale):
    """Li's 1e-10 in the denominator spoils small filters."""
    layer = nn.Linear(5, 4, bias=False)
    with torch.no_grad():
        layer.weight.mul_(scale)
    center, direction = normalized(layer)
    torch.testing.assert_close(
        direction["weight"].double().norm(dim=1),
        center["weight"].double().norm(dim=1),
        rtol=1e-6,
        atol=0,
    )


NORMALIZATION = [
    nn.BatchNorm1d(4),
    nn.BatchNorm2d(4),
    nn.SyncBatchNorm(4),
    nn.InstanceNorm2d(4, affine=True),
    nn.GroupNorm(2, 4),
    nn.LayerNorm(4),
    nn.LayerNorm((3, 4)),
    nn.RMSNorm((3, 4)),
]


@pytest.mark.parametrize("layer", NORMALIZATION, ids=repr)
@pytest.mark.parametrize("how", ["filter", "layer", "weight", "unit"])
def test_normalization_layers_do_not_move(layer, how):
    """Moved without care, they share the weight itself (section 2, mistake 2)."""
    with torch.no_grad():
        for value in layer.parameters():
            value.fill_(0.7)
    _, direction = normalized(layer, how)
    assert not any(value.any() for value in direction.values())


def test_vectors_move_on_request_in_directions_that_are_random():
    model = nn.Sequential(nn.Linear(50, 400), nn.BatchNorm1d(400))
    center, one = normalized(model, move_vectors=True)
    _, other = normalized(model, seed=1, move_vectors=True)
    for name in ("0.bias", "1.weight"):
        assert float(one[name].norm()) == pytest.approx(float(center[name].norm()), rel=1e-6)
        for b in (other[name], center[name]):
            assert abs(torch.cosine_similarity(one[name], b, dim=0)) < 0.25


def test_default_directions_are_as_long_as_the_parameters_they_move():
    """Raw Gaussians are several times longer and end in NaN (section 2, mistake 1)."""
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ConvTranspose2d(8, 3, 3))
    center, direction = normalized(model)
    moved = {name: center[name] for name in center if name.endswith(("0.weight", "2.weight"))}
    assert norm(direction) == pytest.approx(norm(moved), rel=1e-6)
    assert norm(random_direction(center, seed=0)) > 4 * norm(moved)


def test_layer_weight_and_unit_follow_their_formulas():
    model = nn.Sequential(nn.Linear(5, 4), nn.Conv2d(3, 4, 2))
    center = parameters_of(model)
    drawn = random_direction(center, seed=0)
    layouts = filter_layouts(model)
    layer = normalize_direction(drawn, center, layouts, how="layer")
    weight = normalize_direction(drawn, center, layouts, how="weight")
    unit = normalize_direction(drawn, center, layouts, how="unit")
    for name in ("0.weight", "1.weight"):
        d, w = drawn[name], center[name]
        torch.testing.assert_close(layer[name], d * w.norm() / d.norm())
        torch.testing.assert_close(weight[name], d * w.abs())
        assert torch.cosine_similarity(unit[name].flatten(), d.flatten(), 0) > 0.999999
    assert norm(unit) == pytest.approx(1, rel=1e-6)
    assert all(not scaled["0.bias"].any() for scaled in (layer, weight, unit))


def test_recurrent_and_attention_layers_have_a_filter_per_unit():
    model = nn.ModuleDict(
        {
            "lstm": nn.LSTM(3, 4, proj_size=2, bidirectional=True),
            "gru": nn.GRUCell(3, 4),
            "fused": nn.MultiheadAttention(8, 2, add_bias_kv=True),
            "split": nn.MultiheadAttention(8, 2, kdim=4, vdim=6),
        }
    )
    center, direction = normalized(model)
    for row in normalization_report(filter_layouts(model), center):
        assert not row["assumed"]
        name = row["name"]
        if "bias" in name:
            assert row["action"] == "zeroed"
            continue
        assert row["filters"] == row["shape"][0]
        torch.testing.assert_close(direction[name].norm(dim=1), center[name].norm(dim=1))
    assert {r["name"]: r["filters"] for r in normalization_report(filter_layouts(model), center)}[
        "fused.in_proj_weight"
    ] == 24


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


def test_empty_tensors_pass():
    layer = FilterLayout(layer="Own", dim=0)
    center = {"w": torch.zeros(0, 3)}
    for how in ("filter", "layer", "weight", "unit"):
        assert normalize_direction(center, center, {"w": layer}, how=how)["w"].shape == (0, 3)


def test_dtype_is_kept():
    _, direction = normalized(nn.Linear(3, 2).half())
    assert direction["weight"].dtype == torch.float16


def test_errors_say_what_to_do():
    center = {"w": torch.zeros(2, 2)}
    layouts = {"w": FilterLayout(layer="Linear", dim=0)}
    with pytest.raises(ValueError, match="filter, layer, weight, unit, got 'xfilter'"):
        normalize_direction(center, center, layouts, how="xfilter")
    with pytest.raises(ValueError, match="got none for 'w'"):
        normalize_direction(center, center, {})
    with pytest.raises(ValueError, match="'w' is missing from the second"):
        normalize_direction({}, center, layouts)
