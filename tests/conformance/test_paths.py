"""Checkpoints that peers put at the wrong place of a plane."""

import numpy as np
import pytest
import torch
from torch import nn

import landscape as ls
from tests.conformance.models import Point, over


def test_coordinates_do_not_grow_with_the_direction():
    """tomgoldstein/loss-landscape 64ef4d5: <w, d> / ||d|| is the coordinate, 100 instead of 1."""
    far = Point(1.0, 101.0)
    problem = over(lambda a, b: (a + b).square())
    surface = ls.compute(problem, along=ls.To(far), steps=9, workers=1)
    places = {(one.alpha, one.beta) for one in surface.points_of_interest}
    assert places == {(1.0, 0.0)}
    [at] = np.flatnonzero(np.abs(surface.alpha - 1) < 1e-12)
    assert surface.loss[0, 0, at] == pytest.approx(102**2, rel=1e-12)


def test_an_oblique_plane_has_its_checkpoints_at_their_losses():
    """tomgoldstein/loss-landscape 64ef4d5 projects as if directions were orthogonal."""
    ends = Point(3.0, 1.0), Point(4.0, 2.0)  # steps (2, 0) and (3, 1): cosine 0.95
    problem = over(lambda a, b: a.square() + 5 * b)
    surface = ls.compute(problem, along=ls.To(ends), steps=9, workers=1)
    places = {one.label: (one.alpha, one.beta) for one in surface.points_of_interest}
    assert sorted(places.values()) == [(0.0, 1.0), (1.0, 0.0)]
    np.testing.assert_allclose(surface.gram[0], [[4, 6], [6, 10]])
    for (alpha, beta), loss in zip([(1, 0), (0, 1)], [14.0, 26.0], strict=True):
        i, j = (int(np.abs(axis - at).argmin()) for axis, at in
                ((surface.beta, beta), (surface.alpha, alpha)))  # fmt: skip
        assert (surface.beta[i], surface.alpha[j]) == pytest.approx((beta, alpha), abs=1e-12)
        assert surface.loss[0, i, j] == pytest.approx(loss, rel=1e-12)


def test_the_distance_off_the_plane_is_told():
    """tomgoldstein/loss-landscape 64ef4d5 draws projections, not how far they are off."""

    class Two(Point):
        def __init__(self, a, b, c):
            super().__init__(a, b)
            self.other = nn.Parameter(torch.tensor([c, 0.0], dtype=torch.float64))

    surface = ls.compute(
        over(lambda a, b: a * b, Two(1.0, 1.0, 1.0)),
        along=ls.To(Two(1.0, 3.0, 5.0)), only="point", steps=5, workers=1,
    )  # fmt: skip
    [end] = surface.points_of_interest
    assert (end.alpha, end.distance) == pytest.approx((1.0, 4.0), rel=1e-12)


def test_a_line_has_both_of_its_ends():
    """loss-landscapes 3.0.6: linear_interpolation moves first, and leaves out the start."""
    surface = ls.compute(
        over(lambda a, b: a), along=ls.To(Point(2.0)), window=(0, 1), steps=5, workers=1
    )
    np.testing.assert_allclose(surface.loss[0, 0], [1, 1.25, 1.5, 1.75, 2], rtol=1e-12)
