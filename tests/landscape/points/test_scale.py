"""Scales: units, levels, and errors on both sides of a level."""

import numpy as np
import pytest

from landscape.points.scale import Scale, Scales, scale_of


def test_scales():
    scale = scale_of(2.0, 10.0, np.ones(3))
    assert (scale.unit, scale.level) == (2.0, 20.0)
    scale = scale_of(-2.0, 10.0, np.ones(3))
    assert (scale.unit, scale.level) == (2.0, 16.0)
    scale = scale_of(0.0, 10.0, np.array([0.0, 1.0, 9.0, 18.0, np.nan]))
    assert (scale.unit, scale.level) == (5 / 9, pytest.approx(5.0))
    assert scale_of(0.0, 10.0, np.zeros(4)).unit == 1.0
    values = np.array([-3.0, 0.0, 1e-3, 5.0, 1e6])
    scales = Scales.of([Scale(5 / 9, 5.0)] * 5, np.ones(5, bool))
    np.testing.assert_allclose(scales.restore(scales.flatten(values)), values, rtol=1e-9)
    # A small step of the flat value is the relative error it stands for.
    flat, step = scales.flatten(values), 1e-6
    moved = np.abs(scales.restore(flat + step) - values) / np.maximum(np.abs(values), scales.unit)
    np.testing.assert_allclose(moved, step * scales.relative(flat), rtol=1e-3)


def test_an_error_counts_where_the_prediction_or_the_truth_is_low():
    scales = Scales.of([Scale(1.0, 10.0), Scale(1.0, 10.0)], np.array([True, False]))

    def error(predicted, truth):
        flat = scales.flatten(np.array([[predicted, 5.0]]))
        return scales.largest_error(flat, np.array([[truth, 50.0]]))

    assert error(2.0, 1000.0) == pytest.approx(0.998)
    assert error(1000.0, 2.0) == pytest.approx(499)
    assert error(100.0, 1000.0) == 0
    assert error(2.0, np.nan) == 0
