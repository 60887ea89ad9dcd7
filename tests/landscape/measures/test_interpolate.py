"""Interpolation on grids."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landscape.measures.interpolate import refine, sample

ALPHA = np.array([-1.0, -0.7, -0.1, 0.0, 0.4, 1.0])
BETA = np.array([-2.0, 0.0, 0.5, 1.5])


@settings(max_examples=50, deadline=None)
@given(
    coefficients=st.lists(st.floats(-3, 3), min_size=9, max_size=9),
    point=st.tuples(st.floats(-1, 1), st.floats(-2, 1.5)),
)
def test_biquadratic_functions_are_exact_up_to_the_border(coefficients, point):
    table = np.reshape(coefficients, (3, 3))
    values = np.polynomial.polynomial.polygrid2d(BETA, ALPHA, table)
    found = sample(ALPHA, BETA, values, np.array([point]))
    exact = np.polynomial.polynomial.polyval2d(point[1], point[0], table)
    assert found[0] == pytest.approx(exact, abs=1e-9)


def test_smooth_functions_converge_faster_than_linearly():
    def error(steps):
        axis = np.linspace(-1, 1, steps)
        values = np.exp(axis + np.sin(3 * axis)[:, None])
        points = np.random.default_rng(0).uniform(-1, 1, (200, 2))
        exact = np.exp(points[:, 0] + np.sin(3 * points[:, 1]))
        return np.abs(sample(axis, axis, values, points) - exact).max()

    assert error(41) < error(21) / 6


def test_a_bad_value_spoils_its_own_cells_only():
    values = np.zeros((9, 9)) + np.arange(9)
    values[4, 4] = np.inf
    axis = np.arange(9.0)
    points = np.array([[3.5, 3.5], [2.5, 4.0], [1.5, 4.5], [6.0, 4.0], [4.0, 4.0]])
    found = sample(axis, axis, values, points)
    np.testing.assert_allclose(found, [np.inf, 2.5, 1.5, 6.0, np.inf])


def test_beside_a_cliff_there_are_no_minima_that_were_not_measured():
    """Parabolas through 3.5, 8 and 208 swing to -5 between the first two."""
    axis = np.arange(6.0)
    cliff = np.array([4.0, 3.9, 3.5, 8.0, 208.0, 832.0])
    points = np.stack([np.linspace(0, 5, 101), np.full(101, 2.5)], axis=1)
    for values, places in (
        (cliff + 0 * axis[:, None], points),
        (cliff[:, None] + 0 * axis, points[:, ::-1]),
    ):
        assert sample(axis, axis, values, places).min() > 3.4
        assert refine(axis, axis, -values, 5)[2].max() < 0


def test_a_valley_between_cliffs_is_no_deeper_than_both_sides_tell():
    axis = np.linspace(-1, 1, 15)
    steep = np.exp(20 * (axis**2 + axis[:, None] ** 2))
    assert refine(axis, axis, steep, 5)[2].min() > 0.9  # it is 1; parabolas alone reach -3e14
    tilted = np.exp(12 * np.abs(axis + 0.7 * axis[:, None]))
    assert refine(axis, axis, tilted, 5)[2].min() > 0.5


def test_no_basin_is_lower_than_what_curves_both_sides_of_it_tell():
    """A step along an axis and at an angle, a ridge, and the minimum of a parabola, which stays."""
    axis = np.linspace(-1, 1, 15)
    for tilt, beyond in ((0.0, 1e-12), (0.4, 0.06)):  # parabolas alone: 0.04 and 0.1
        step = 1 / (1 + np.exp(-60 * (axis + tilt * axis[:, None])))
        fine = refine(axis, axis, step, 8)[2]
        assert -beyond <= fine.min() < fine.max() <= 1 + beyond
    ridge = np.maximum(0.0, 1 - np.abs(axis[:, None] - 0.05) / 0.1) + 0 * axis
    fine = refine(axis, axis, ridge, 8)[2]
    assert ridge.min() <= fine.min()
    assert fine.max() <= ridge.max()
    bowl = refine(axis, axis, (axis - 0.07) ** 2 + 3 * (axis[:, None] + 0.21) ** 2, 8)[2]
    finer = np.linspace(-1, 1, 113)
    exact = (finer - 0.07) ** 2 + 3 * (finer[:, None] + 0.21) ** 2
    np.testing.assert_allclose(bowl, exact, atol=1e-9)


def test_values_nearby_are_limits_that_leave_no_steps():
    axis = np.linspace(-1, 1, 9)
    rough = np.exp(6 * np.random.default_rng(1).uniform(size=(9, 9)))
    edges = np.stack(np.meshgrid(axis[1:-1], np.linspace(-1, 1, 41)), axis=-1).reshape(-1, 2)
    aside = np.array([1e-9, 0.0])
    left, right = (sample(axis, axis, rough, edges + sign * aside) for sign in (-1, 1))
    np.testing.assert_allclose(left, right, rtol=1e-5)


def test_refining_keeps_the_points():
    values = np.random.default_rng(0).normal(size=(4, 6))
    alpha, beta, fine = refine(ALPHA, BETA, values, 3)
    np.testing.assert_allclose(alpha[::3], ALPHA)
    np.testing.assert_allclose(fine[::3, ::3], values, atol=1e-12)
    grid = np.stack(np.meshgrid(alpha, beta), axis=-1).reshape(-1, 2)
    np.testing.assert_allclose(fine.ravel(), sample(ALPHA, BETA, values, grid), atol=1e-12)


def test_a_line_is_interpolated_along_alpha():
    found = sample(ALPHA, np.zeros(1), (ALPHA**2)[None], np.array([[0.2, 0.0]]))
    assert found == pytest.approx([0.04])
