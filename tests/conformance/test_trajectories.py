"""Paths that peers draw at the wrong place, with too much said for them."""

import numpy as np
import pytest
import torch
from torch import nn

import landscape as ls

FAR = ((6.0, 0.0, 0.0), (0.0, 3.0, 0.0), (0.0, 0.0, 1.0), (0.0, 0.0, 0.0))


class Space(nn.Module):
    """A point of three numbers."""

    def __init__(self, values):
        super().__init__()
        self.point = nn.Parameter(torch.tensor(values, dtype=torch.float64))

    def forward(self, x):
        return self.point.square().sum() + 1 + 0 * x[:, 0]


@pytest.fixture(scope="module")
def surface(tmp_path_factory):
    """Of a path along the axes: its principal components about the last point are those."""
    folder = tmp_path_factory.mktemp("run")
    tracker = ls.Tracker(folder)
    for step, values in enumerate(FAR):
        tracker.record(Space(values), step=step)
    problem = ls.Problem(Space(FAR[-1]), lambda model, x: model(x), [torch.zeros(3, 1)])
    return ls.compute(problem, along=f"pca:{folder}", steps=5, workers=1)


def test_components_are_taken_about_the_point_that_is_drawn(surface):
    """tomgoldstein/loss-landscape 64ef4d5 subtracts the mean of a path, and draws from its end."""
    places = np.abs([(p.alpha, p.beta) for p in surface.points_of_interest])
    np.testing.assert_allclose(places, [(6, 0), (0, 3), (0, 0), (0, 0)], atol=1e-9)
    np.testing.assert_allclose(surface.gram[0], np.eye(2), atol=1e-9)


def test_a_checkpoint_off_the_plane_is_told_with_its_own_loss(surface):
    """tomgoldstein/loss-landscape 64ef4d5: what is lost in the projection is not said."""
    off = surface.points_of_interest[2]
    assert off.distance == pytest.approx(1, rel=1e-9)
    assert (off.values["loss"], off.projected["loss"]) == pytest.approx((2, 1), rel=1e-9)
    assert [p.distance for p in surface.points_of_interest[:2]] == pytest.approx([0, 0], abs=1e-6)


def test_two_components_do_not_explain_everything(surface):
    """torch-loss-landscape 01de711 divides by the sum of the two it has: always 100 %."""
    assert surface.trajectory.explained == pytest.approx((36 / 46, 9 / 46), rel=1e-9)
    assert surface.trajectory.walk is not None  # a random walk explains much, too
