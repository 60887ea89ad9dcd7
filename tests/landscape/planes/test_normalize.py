"""Filters of each layer type, and normalization."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from landscape.planes.layouts import FilterLayout, filter_layouts
from landscape.planes.normalize import normalization_report, scale_in_place
from tests.landscape.planes.directions import direction_of, drawn, length, normalized


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
    cosines = torch.cosine_similarity(direction["weight"], drawn(center)["weight"], dim=1)
    torch.testing.assert_close(cosines, torch.ones(4))


def test_a_zero_filter_of_the_center_does_not_move():
    layer = nn.Conv2d(3, 4, 3)
    with torch.no_grad():
        layer.weight[2] = 0
    _, direction = normalized(layer)
    assert not direction["weight"][2].any()
    assert direction["weight"][1].any()


def test_a_zero_filter_of_the_direction_stays_zero():
    direction = torch.tensor([[0.0, 0.0], [3.0, 4.0]])
    layout = FilterLayout(layer="Linear", dim=0)
    scale_in_place(direction, torch.ones(2, 2), layout, how="filter")
    root = 2**0.5
    torch.testing.assert_close(direction, torch.tensor([[0.0, 0.0], [0.6 * root, 0.8 * root]]))


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
    assert length(direction) == pytest.approx(length(moved), rel=1e-6)
    assert length(drawn(center)) > 4 * length(moved)


def test_layer_weight_and_unit_follow_their_formulas():
    model = nn.Sequential(nn.Linear(5, 4), nn.Conv2d(3, 4, 2))
    (center, layer), (_, weight), (_, unit), (_, none) = (
        normalized(model, how) for how in ("layer", "weight", "unit", "none")
    )
    plain = drawn(center)
    whole = length({name: plain[name] for name in ("0.weight", "1.weight")})
    for name in ("0.weight", "1.weight"):
        d, w = plain[name], center[name]
        torch.testing.assert_close(layer[name], d * w.norm() / d.norm())
        torch.testing.assert_close(weight[name], d * w.abs())
        torch.testing.assert_close(unit[name], d / whole)
        assert torch.equal(none[name], d)
    assert all(not scaled["0.bias"].any() for scaled in (layer, weight, unit, none))


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


def test_the_report_tells_of_each_tensor():
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 4))
    layouts = filter_layouts(model)
    del layouts["1.weight"], layouts["1.bias"]
    center = dict(model.named_parameters())
    for how, action in (("filter", "filter-normalized"), ("none", "as drawn")):
        rows = {row["name"]: row for row in normalization_report(layouts, center, how=how)}
        assert [row["action"] for row in rows.values()] == [action, "zeroed", "frozen", "frozen"]
        assert [row["filters"] for row in rows.values()] == [2, 0, 0, 0]


def test_empty_tensors_pass():
    layouts = {"w": FilterLayout(layer="Own", dim=0)}
    for how in ("filter", "layer", "weight", "unit"):
        assert direction_of({"w": torch.zeros(0, 3)}, layouts, how=how)["w"].shape == (0, 3)


def test_dtype_is_kept():
    _, direction = normalized(nn.Linear(3, 2).half())
    assert direction["weight"].dtype == torch.float16
