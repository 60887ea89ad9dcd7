"""Coordinates: symmetric to the bit, with an exact center."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landscape.points.grid import FullGrid, axis


@given(radius=st.floats(1e-6, 1e6), steps=st.integers(3, 400))
def test_axis_is_antisymmetric_and_reaches_the_radius(radius, steps):
    found = axis(radius, steps)
    np.testing.assert_array_equal(found, -found[::-1])
    assert found[-1] == pytest.approx(radius)
    assert (np.diff(found) > 0).all()
    if steps % 2:
        assert found[steps // 2] == 0.0


@pytest.mark.parametrize("radius", [0.0, -1.0, float("nan"), float("inf")])
def test_a_wrong_radius_is_refused(radius):
    with pytest.raises(ValueError, match="expected a positive radius"):
        axis(radius, 5)


def test_too_few_steps_are_refused():
    with pytest.raises(ValueError, match="at least 3 steps per side, got 2"):
        axis(1.0, 2)


def test_a_full_grid_wants_every_point_once():
    grid = FullGrid(np.linspace(-1, 1, 5), np.linspace(-1, 1, 3))
    assert grid.wanted == list(range(15))
    assert (grid.measured, grid.estimated_error) == (0, np.inf)
    grid.learn({i: {} for i in range(4)} | {7: None})
    assert grid.wanted == [4, 5, 6, *range(8, 15)]
    assert (grid.measured, grid.estimated_error) == (5, np.inf)
    grid.learn({i: {} for i in grid.wanted})
    assert (grid.wanted, grid.measured, grid.estimated_error) == ([], 15, 0.0)
    assert grid.estimates() == {}
    assert grid.levels == {}
