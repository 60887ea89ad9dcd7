"""From a model to its statistics and pictures, against closed forms."""

import numpy as np
import pytest
import scipy.linalg
import torch
from torch import nn

import landscape as ls
from landscape.figures import draw_contour, draw_surface
from landscape.surface import load_directions


class Bowl(nn.Module):
    """f(theta) = c + 1/2 (theta - theta0)' A (theta - theta0), its minimum at the parameters."""

    def __init__(self, curvatures):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.theta = nn.Parameter(torch.randn(4, 5, generator=generator, dtype=torch.float64))
        self.register_buffer("minimum", self.theta.detach().clone())
        basis = np.linalg.qr(np.random.default_rng(0).normal(size=(20, 20)))[0]
        self.register_buffer("matrix", torch.tensor(basis @ np.diag(curvatures) @ basis.T))

    def forward(self, x):
        step = (self.theta - self.minimum).reshape(-1)
        return 2.0 + step @ self.matrix @ step / 2 + 0 * x


def bowl(factor=1.0) -> ls.Problem:
    model = Bowl(np.geomspace(0.01, 3, 20))
    x = torch.zeros(2, dtype=torch.float64)
    return ls.Problem(model, lambda model, x: factor * model(x), [x])


def test_curvatures_and_radius_of_a_known_quadratic(tmp_path):
    path = tmp_path / "bowl.h5"
    problem = bowl()
    summary = ls.summarize(ls.compute(problem, path=path, planes=3, steps=21))
    matrix = problem.model.matrix.numpy()
    for plane, directions in enumerate(load_directions(path)):
        frame = np.stack([np.float64(d["theta"]).ravel() for d in directions], axis=1)
        hessian, gram = frame.T @ matrix @ frame, frame.T @ frame
        low, high = scipy.linalg.eigh(hessian, gram, eigvals_only=True)
        assert summary["curvature_min"].per_plane[plane] == pytest.approx(low, rel=1e-3)
        assert summary["curvature_max"].per_plane[plane] == pytest.approx(high, rel=1e-3)
        assert summary["quadratic_fit"].per_plane[plane] == pytest.approx(1.0, abs=1e-6)
    assert summary["slope_relative"].value == pytest.approx(0, abs=1e-6)
    assert summary["minimum_offset"].value == 0


@pytest.mark.parametrize("factor", [1e-3, 7.0, 1e4])
def test_multiplying_a_loss_changes_no_scale_free_statistic(factor):
    plain = ls.summarize(ls.compute(bowl(), planes=2, steps=15))
    scaled = ls.summarize(ls.compute(bowl(factor), planes=2, steps=15))
    changed = []
    for statistic in plain.statistics:
        other = scaled[statistic.key]
        if statistic.scale_free:
            np.testing.assert_allclose(other.per_plane, statistic.per_plane, rtol=1e-9, atol=1e-12)
        elif not np.allclose(other.per_plane, statistic.per_plane, rtol=1e-3):
            changed.append(statistic.key)
    assert {"mean_excess", "curvature_max", "curvature_min"} <= set(changed)


def test_a_loss_that_is_nan_in_half_of_the_grid_is_measured_told_and_drawn():
    model = nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        model.weight.fill_(1.0)

    def loss(model, x):
        value = 1 + (model(x)[:, 0] - 1).square()
        return torch.where(model.weight[0, 0] < 0.99, torch.nan, value)

    surface = ls.compute(ls.Problem(model, loss, [torch.ones(3, 1)]), planes=2, steps=21)
    assert surface.measured.all()
    assert 0.3 < np.isnan(surface.loss).mean() < 0.7
    summary = ls.summarize(surface)
    assert summary.finite == pytest.approx(np.isfinite(surface.loss).mean())
    assert np.isnan(summary["curvature_max"].value)
    assert "finite" in summary["curvature_max"].note
    drawing = draw_contour(surface)
    assert "hatching" in drawing.artists
    assert any("not finite" in note for note in drawing.notes)
    draw_surface(surface)


def test_even_steps_have_a_center_too():
    surface = ls.compute(bowl(), planes=1, steps=8)
    assert 0.0 not in surface.alpha
    assert surface.center["loss"] == 2.0
    assert ls.summarize(surface)["radius_mean"].value > 0


def test_a_radius_that_leaves_the_grid_is_a_bound_without_an_interval():
    radius = ls.summarize(ls.compute(bowl(), planes=3, steps=9, radius=0.05))["radius_mean"]
    assert radius.is_bound
    assert np.isnan(radius.low)
    assert np.isnan(radius.high)
    assert "≥" in str(ls.summarize(ls.compute(bowl(), planes=2, steps=9, radius=0.05)))
