"""Numbers of peers beside ours, where `make bench` has installed them."""

import numpy as np
import pytest
import torch
from torch import nn

import landscape as ls
from benchmarks.run_one import PEERS
from benchmarks.side_by_side import PEER_HINT
from tests.conformance.models import Point, cosine, directions, over, plane

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
DOUBLE = torch.float64


@pytest.fixture
def loss_landscapes(monkeypatch):
    monkeypatch.syspath_prepend(str(PEERS))
    return pytest.importorskip(
        "loss_landscapes", reason=f"loss-landscapes is not here: {PEER_HINT}"
    )


@pytest.fixture
def landscaper(monkeypatch):
    monkeypatch.syspath_prepend(str(PEERS))
    return pytest.importorskip(
        "landscaper", reason=f"landscaper is not here: {PEER_HINT}, with Python below 3.13"
    )


def metric(function):
    """What loss-landscapes calls at each point: a function of the model."""
    from loss_landscapes.metrics.metric import Metric

    class Own(Metric):
        def __call__(self, wrapper):
            return function(wrapper.modules[0])

    return Own()


def parameters(model):
    """A copy of all parameters as one vector."""
    return torch.cat([p.detach().flatten() for p in model.parameters()]).numpy().copy()


def test_rows_beside_loss_landscapes(loss_landscapes):
    """loss-landscapes 3.0.6: odd rows of an exact grid are one step (here 0.25) too low."""
    ends = Point(2.0, 1.0), Point(1.0, 2.0)
    theirs = loss_landscapes.planar_interpolation(
        Point(), *ends, metric(lambda model: model.point[0, 1].item()), steps=4, deepcopy_model=True
    )
    expected = 1 + np.arange(1, 5) / 4
    np.testing.assert_allclose(theirs[0], expected)
    np.testing.assert_allclose(theirs[1], expected - 0.25)
    start = Point()
    ours = ls.compute(
        over(lambda a, b: b, start), planes=[plane(start)], steps=5, window=(0, 1, 0, 1), workers=1
    )
    np.testing.assert_allclose(ours.loss[0, 1:, 1], expected, rtol=1e-12)
    np.testing.assert_allclose(ours.loss[0, 1:, 2], expected, rtol=1e-12)


def test_a_line_beside_loss_landscapes(loss_landscapes):
    """loss-landscapes 3.0.6: four steps from 1 to 2 are seen at 1.25 to 2; ours with the start."""
    theirs = loss_landscapes.linear_interpolation(
        Point(), Point(2.0), metric(lambda m: m.point[0, 0].item()), steps=4, deepcopy_model=True
    )
    np.testing.assert_allclose(theirs, [1.25, 1.5, 1.75, 2])
    ours = ls.compute(
        over(lambda a, b: a), along=ls.To(Point(2.0)), window=(0, 1), steps=5, workers=1
    )
    np.testing.assert_allclose(ours.loss[0, 0], [1, 1.25, 1.5, 1.75, 2], rtol=1e-12)


def test_directions_beside_loss_landscapes(loss_landscapes):
    """loss-landscapes 3.0.6: independent directions have a cosine of 0.75, ours of about 0."""
    torch.manual_seed(0)
    model = nn.Linear(200, 50, bias=False)

    def first():
        grid = loss_landscapes.random_plane(model, metric(parameters), steps=3, deepcopy_model=True)
        return {"weight": torch.from_numpy(grid[2, 0] - grid[0, 0])}

    assert cosine(first(), first()) == pytest.approx(0.75, abs=0.02)
    assert abs(cosine(directions(model, seed=0)[0], directions(model, seed=1)[0])) < 0.04


def test_the_extent_beside_loss_landscapes(loss_landscapes):
    """loss-landscapes 3.0.6: distance=1 is half a norm to each side, and 2 is half of that."""
    torch.manual_seed(0)
    model = nn.Linear(200, 50, bias=False)
    length = np.linalg.norm(parameters(model))
    for distance, half in ((1, 0.5), (2, 0.25)):
        grid = loss_landscapes.random_plane(
            model, metric(parameters), distance=distance, steps=4, deepcopy_model=True
        )
        step = np.linalg.norm(grid[2, 0] - grid[0, 0]) / 2
        assert 2 * step / length == pytest.approx(half, rel=1e-3)
    surface = ls.compute(
        ls.Problem(model, lambda model, x: model(x).square().mean(1), [torch.eye(200)]),
        planes=1, radius=1.0, steps=3, workers=1,
    )  # fmt: skip
    ours = surface.alpha.max() * surface.gram[0, 0, 0] ** 0.5
    assert ours == pytest.approx(length, rel=1e-5)


def test_the_model_beside_loss_landscapes(loss_landscapes):
    """loss-landscapes 3.0.6: by default the caller's model ends elsewhere, without gradients."""
    model = nn.Linear(20, 5)
    before = parameters(model)
    problem = ls.Problem(model, lambda model, x: model(x).square().mean(1), [torch.eye(20)])
    ls.compute(problem, planes=1, steps=3, workers=1)
    np.testing.assert_array_equal(parameters(model), before)
    assert model.weight.requires_grad
    loss_landscapes.random_plane(model, metric(lambda model: 0.0), steps=4)
    assert np.abs(parameters(model) - before).max() > 0.01
    assert not model.weight.requires_grad


def test_what_is_not_finite_beside_landscaper(landscaper):
    """Landscaper 1.3.1: NaN and inf become numbers, and equal maxima get noise."""
    from landscaper.compute import compute_loss_landscape

    def loss(a, b):
        return torch.where(a > 1.2, torch.nan, torch.where(b > 1.2, torch.inf, a))

    start = Point()
    unit = [[torch.tensor([step], dtype=DOUBLE)] for step in ((1.0, 0.0), (0.0, 1.0))]
    theirs, _ = compute_loss_landscape(
        start, None, unit, lambda model, data: loss(*model.point[0]).item(),
        steps=5, distance=0.5, dim=2, device="cpu",
    )  # fmt: skip
    assert np.isfinite(theirs).all()
    ours = ls.compute(over(loss, start), planes=[plane(start)], steps=5, radius=0.7, workers=1)
    assert np.isnan(ours.loss).sum() == 10
    assert np.isinf(ours.loss).sum() == 6


def test_filters_beside_landscaper(landscaper):
    """Landscaper 1.3.1: a tensor of n numbers gets the length sqrt(n), whatever its weights are."""
    from landscaper.compute import normalize_direction

    torch.manual_seed(0)
    model = nn.Linear(4000, 2, bias=False)
    with torch.no_grad():
        model.weight[1] *= 100
    weight = model.weight.detach()
    [theirs] = normalize_direction([torch.randn(2, 4000)], [weight])
    assert float(theirs.norm()) == pytest.approx(8000**0.5, rel=1e-5)
    assert float(theirs[0].norm() / weight[0].norm()) > 100
    ours = directions(model)[0]["weight"]
    assert float(ours[0].norm() / weight[0].norm()) == pytest.approx(1, abs=1e-5)
