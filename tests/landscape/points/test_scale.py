"""Scales: units, levels, and errors on both sides of a level."""

import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator

from landscape.points.scale import SHARE_BELOW, Scale, Scales, scale_of


def test_scales():
    scale = scale_of(2.0, 10.0, np.ones((1, 3)))
    assert (scale.unit, scale.level) == (2.0, 20.0)
    scale = scale_of(-2.0, 10.0, np.ones((1, 3)))
    assert (scale.unit, scale.level) == (2.0, 16.0)
    scale = scale_of(0.0, 10.0, np.array([[0.0, 1.0, 9.0, 18.0, np.nan]]))
    assert (scale.unit, scale.level) == (5 / 9, pytest.approx(5.0))
    assert scale_of(0.0, 10.0, np.zeros((2, 2))).unit == 1.0
    assert scale_of(2.0, 10.0, np.full((3, 3), np.nan)) == Scale(2.0, 20.0)
    values = np.array([-3.0, 0.0, 1e-3, 5.0, 1e6])
    scales = Scales.of([Scale(5 / 9, 5.0)] * 5, np.ones(5, bool))
    np.testing.assert_allclose(scales.restore(scales.flatten(values)), values, rtol=1e-9)
    # A small step of the flat value is the relative error it stands for.
    flat, step = scales.flatten(values), 1e-6
    moved = np.abs(scales.restore(flat + step) - values) / np.maximum(np.abs(values), scales.unit)
    np.testing.assert_allclose(moved, step * scales.relative(flat), rtol=1e-3)


@pytest.mark.parametrize("shape", [(1, 5), (5, 5)])
def test_a_share_of_the_area_lies_below_the_level(shape):
    """Where the flat values rise linearly from 0 to 90, 12 % of the area is below 0.12 * 90."""
    flat = np.broadcast_to(np.linspace(0, 90, 5), shape)
    level = scale_of(0.1, 10.0, 0.1 * np.sinh(flat)).level
    assert np.arcsinh(level / 0.1) == pytest.approx(90 * SHARE_BELOW, abs=90 / 32)


def test_the_area_is_that_between_the_first_points_and_not_a_count_of_them():
    axis, fine = np.linspace(-1, 1, 5), (np.arange(400) + 0.5) / 200 - 1
    flat = 60 * (axis**2 + 0.3 * axis[:, None] ** 2)
    level = scale_of(1e-4, 10.0, 1e-4 * np.sinh(flat)).level
    between = RegularGridInterpolator((axis, axis), flat)(
        np.stack(np.meshgrid(fine, fine, indexing="ij"), axis=-1)
    )
    assert (between <= np.arcsinh(level / 1e-4)).mean() == pytest.approx(SHARE_BELOW, abs=0.01)


def test_what_is_not_finite_is_above_any_level_and_the_level_is_finite():
    start = np.full((5, 5), np.inf)
    start[2, 2], start[2, 3] = 1.0, 500.0
    assert scale_of(1.0, 10.0, start).level == pytest.approx(500.0)
    start[:3] = 1.0
    assert scale_of(1.0, 10.0, start).level == 10.0


def test_an_error_counts_where_the_prediction_or_the_truth_is_low():
    scales = Scales.of([Scale(1.0, 10.0), Scale(1.0, 10.0)], np.array([True, False]))

    def error(predicted, truth):
        return scales.largest_error(np.array([[predicted, 5.0]]), np.array([[truth, 50.0]]))

    assert error(2.0, 1000.0) == pytest.approx(0.998)
    assert error(1000.0, 2.0) == pytest.approx(499)
    assert error(100.0, 1000.0) == 0
    # What is low on one side and not finite on the other is wrong beyond measure.
    assert error(2.0, np.nan) == error(2.0, np.inf) == error(np.inf, 2.0) == np.inf
    assert error(np.inf, np.nan) == error(20.0, np.nan) == error(np.inf, 20.0) == 0
    assert scales.largest_error(np.empty((0, 2)), np.empty((0, 2))) == 0
