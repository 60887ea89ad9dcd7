"""Directions of peers that are not what their pictures say."""

import math

import numpy as np
import pytest
import torch
from torch import nn

import landscape as ls
from landscape.surface.directions import load_directions
from tests.conformance.models import SMALL, cosine, directions, flat, network


def test_no_setting_at_all_gives_filter_normalization():
    """tomgoldstein/loss-landscape 64ef4d5: `--xnorm` is empty: raw Gaussians, NaN (issue 25)."""
    model = network()
    for direction in directions(model):
        for name in ("0.weight", "4.weight"):
            center = model.get_parameter(name)
            torch.testing.assert_close(direction[name].flatten(1).norm(dim=1), _rows(center))
    raw = flat(directions(model, normalize="none")[0]).norm()
    assert raw / flat(directions(model)[0]).norm() > 4  # what an empty norm would do
    loss = lambda model, x: nn.functional.cross_entropy(  # noqa: E731
        model(x), x.new_zeros(len(x), dtype=torch.long), reduction="none"
    )
    surface = ls.compute(ls.Problem(model, loss, [torch.randn(9, 2, 4, 4)]), **SMALL)
    assert surface.normalize == "filter"
    assert surface.measured.all()
    assert math.isfinite(surface.loss.sum())


def test_biases_of_two_directions_are_not_the_same():
    """tomgoldstein/loss-landscape 64ef4d5: without `biasbn` both directions get the biases."""
    model = nn.Sequential(nn.Linear(4, 400), nn.BatchNorm1d(400))
    one, other = directions(model, vectors="random")
    for name in ("0.bias", "1.weight"):
        center = model.get_parameter(name).detach()
        torch.testing.assert_close(one[name].norm(), center.norm())
        parts = ({name: part} for part in (one[name], other[name], center))
        first, second, own = parts
        for pair in ((first, second), (first, own), (second, own)):
            assert abs(cosine(*pair)) < 4 / math.sqrt(400)
    assert abs(cosine(one, other)) < 4 / math.sqrt(400)


def test_repeats_draw_other_directions():
    """tomgoldstein/loss-landscape 64ef4d5: torch.manual_seed(123), whatever `--idx` says."""
    found = directions(network(), count=3)
    pairs = [(i, j) for i in range(6) for j in range(i)]
    assert max(abs(cosine(found[i], found[j])) for i, j in pairs) < 0.3
    one, again = directions(network(), seed=1), directions(network(), seed=1)
    assert cosine(one[0], again[0]) == pytest.approx(1, abs=1e-12)
    assert abs(cosine(one[0], found[0])) < 0.3


def test_repeats_vary():
    """tomgoldstein/loss-landscape 64ef4d5: repeats of one direction have no variance to report."""
    model = nn.Linear(30, 20)
    problem = ls.Problem(model, lambda model, x: model(x).square().mean(1), [torch.eye(30)])
    surface = ls.compute(problem, **SMALL)
    assert surface.loss[0, 0, 0] != surface.loss[1, 0, 0]
    interval = ls.summarize(surface)
    assert "[" in str(interval)


def test_independent_directions_do_not_point_the_same_way():
    """loss-landscapes 3.0.6, loss-landscape-analysis ac22f35: U[0, 1) entries, cosine 3/4.

    Repaired in oxford-loss-landscapes 77b05b5, which draws N(0, 1).
    """
    model = nn.Linear(200, 50, bias=False)
    one, other = directions(model)
    assert abs(cosine(one, other)) < 4 / math.sqrt(10_000)
    assert abs(float(flat(one).mean())) < 4 * float(flat(one).std()) / 100
    again = directions(model, seed=1)[0]
    assert abs(cosine(one, again)) < 4 / math.sqrt(10_000)


def test_a_direction_of_unit_length_has_length_one():
    """loss-landscapes 3.0.6 (and its copies): model_normalize_ takes the norm while it changes."""
    for direction in directions(network(), normalize="unit"):
        assert float(flat(direction).norm()) == pytest.approx(1, abs=1e-6)


def test_filters_are_not_scaled_as_one_layer():
    """Landscaper 7a93bf0 scales whole tensors, "as in Li et al."; 1.3.1 to sqrt(their size)."""
    model = nn.Linear(40, 3, bias=False)
    with torch.no_grad():
        model.weight.mul_(torch.tensor([[1.0], [10.0], [100.0]]))
    direction = directions(model)[0]["weight"]
    torch.testing.assert_close(_rows(direction), _rows(model.weight))
    layer = directions(model, normalize="layer")[0]["weight"]
    torch.testing.assert_close(layer.norm(), model.weight.detach().norm())
    assert float(_rows(layer)[0] / _rows(model.weight)[0]) > 10  # the small filter is drowned


def test_a_filter_is_all_taps_of_an_output_channel():
    """torch-loss-landscape 01de711 takes norms over dim 1 only: one for each (out, kh, kw) tap."""
    model = nn.Conv2d(6, 4, 3, bias=False)
    direction = directions(model)[0]["weight"]
    torch.testing.assert_close(_rows(direction), _rows(model.weight))
    taps = direction.norm(dim=1) / model.weight.detach().norm(dim=1)
    assert float(taps.std()) > 0.1


def test_given_directions_keep_their_shape(tmp_path):
    """Landscaper 1.3.1, 7a93bf0: eigenvectors are rescaled tensor by tensor: then they are none."""
    model = network()
    given = {name: torch.randn_like(value) for name, value in model.named_parameters()}
    held = ls.Plane(ls.parameters_of(model), (given,))
    loss = lambda model, x: sum(p.sum() for p in model.parameters()).double().expand(len(x))  # noqa: E731
    problem = ls.Problem(model, loss, [torch.zeros(2, 2, 4, 4)])
    surface = ls.compute(problem, planes=[held], steps=3, workers=1)
    assert float(surface.gram[0, 0, 0]) == pytest.approx(float(flat(given) @ flat(given)), rel=1e-6)
    rise = float(flat(given).sum())
    assert surface.loss[0, 0] - surface.center["loss"] == pytest.approx([-rise, 0, rise], abs=1e-4)


def test_eigenvectors_stay_eigenvectors(tmp_path):
    """Landscaper 1.3.1, 7a93bf0: scaled to the norm of each tensor, they lose their eigenvalue."""
    model = nn.Linear(2, 2)
    loss = lambda m, x: (m.weight.sum() + 3 * m.bias.sum()) ** 2 / 2 + 1 + 0 * x  # noqa: E731
    surface = ls.compute(
        ls.Problem(model, loss, [torch.zeros(2)]),
        **SMALL,
        along="hessian",
        line=True,
        path=tmp_path / "run.h5",
        store_directions=True,
    )
    assert surface.axes[0].eigenvalue == pytest.approx(4 * 1 + 2 * 3**2, rel=1e-5)
    [[direction]] = load_directions(tmp_path / "run.h5")
    assert direction["bias"] / direction["weight"] == pytest.approx(np.full((2, 2), 3), rel=1e-4)
    random = directions(model)[0]
    assert float(surface.gram[0, 0, 0]) == pytest.approx(float(flat(random) @ flat(random)))


LAYERS = [
    (nn.ConvTranspose2d(6, 4, 3, bias=False), "weight", lambda w: w.transpose(0, 1).flatten(1)),
    (
        nn.ConvTranspose2d(6, 4, 3, groups=2, bias=False),
        "weight",
        lambda w: w.reshape(2, 3, 2, 9).transpose(1, 2).reshape(4, 27),
    ),
    (nn.Conv2d(6, 4, 3, groups=2, bias=False), "weight", lambda w: w.flatten(1)),
    (nn.Conv2d(6, 6, 3, groups=6, bias=False), "weight", lambda w: w.flatten(1)),
    (nn.Embedding(5, 7), "weight", lambda w: w),
    (nn.MultiheadAttention(8, 2), "in_proj_weight", lambda w: w),  # a row: one unit of q, k or v
    (nn.LSTM(3, 4), "weight_hh_l0", lambda w: w),  # a row: one unit of one gate
]


@pytest.mark.parametrize(("layer", "name", "filters"), LAYERS, ids=lambda v: type(v).__name__)
def test_filters_are_where_the_layer_keeps_them(layer, name, filters):
    """tomgoldstein/loss-landscape 64ef4d5 and all that copy it take dim 0, whatever the layer."""
    direction, center = directions(layer)[0][name], layer.get_parameter(name).detach()
    torch.testing.assert_close(filters(direction).norm(dim=1), filters(center).norm(dim=1))
    space = ls.ParameterSpace(layer)
    [told] = [row for row in space.report("filter") if row["name"] == name]
    assert told["action"] == "filter-normalized"
    assert told["filters"] == len(filters(center))
    assert not told["assumed"]


def test_a_guessed_filter_is_told_to_be_a_guess(caplog):
    """tomgoldstein/loss-landscape 64ef4d5: a layer of unknown kind is scaled without a word."""

    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Parameter(torch.randn(3, 4))

    space = ls.ParameterSpace(Own())
    assert [row["assumed"] for row in space.report("filter")] == [True]
    assert "it is a guess which weights of table make up a filter" in caplog.text


def _rows(value):
    """Norms of the filters of a tensor that has them in its rows."""
    return value.detach().flatten(1).norm(dim=1)
