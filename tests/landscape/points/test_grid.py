"""Coordinates: symmetric to the bit, with an exact center."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landscape.points.grid import CANDIDATES, START, FullGrid, axis, candidates, nested_sides


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
    assert grid.estimated_error == np.inf
    grid.learn({i: {} for i in range(4)} | {7: None})
    assert grid.wanted == [4, 5, 6, *range(8, 15)]
    assert grid.estimated_error == np.inf
    grid.learn({i: {} for i in grid.wanted})
    assert (grid.wanted, grid.estimated_error) == ([], 0.0)
    assert grid.estimates() == {}


@pytest.mark.parametrize("count", [3, 4, 5, 6, 51, 65, 66, 301])
def test_the_first_points_are_spread_from_end_to_end(count):
    rows, columns = nested_sides(1, count)
    assert rows.tolist() == [0]
    assert len(columns) == min(count, START)
    assert (columns[0], columns[-1]) == (0, count - 1)
    assert set(columns) <= set(candidates(count))
    np.testing.assert_array_equal(columns, nested_sides(count, 1)[0])
    if count % 2:
        assert count // 2 in columns
    gaps = np.diff(columns)
    assert gaps.max() - gaps.min() <= (1 if count <= CANDIDATES else 1 + count // 48)
