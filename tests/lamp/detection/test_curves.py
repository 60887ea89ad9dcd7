import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lamp.detection.curves import area


@given(st.integers(0, 1000), st.floats(0.01, 1.0))
def test_area_is_the_integral_of_the_polyline(seed, limit):
    rng = np.random.default_rng(seed)
    x = np.append(np.sort(rng.random(6)), 1.0)
    y = np.sort(rng.random(7))
    fine = np.linspace(0, limit, 200_001)
    heights = np.interp(fine, [0, *x], [0, *y])
    expected = np.trapezoid(heights, fine) / limit
    np.testing.assert_allclose(area(x, y, limit), expected, atol=1e-6)


def test_rows_are_curves_of_their_own():
    x = np.array([[0.5, 1.0], [0.2, 1.0]])
    y = np.array([[1.0, 1.0], [0.0, 1.0]])
    np.testing.assert_allclose(area(x, y), [area(x[0], y[0]), area(x[1], y[1])])


def test_a_vertical_step_has_no_area():
    assert area(np.array([0.0, 0.0, 1.0]), np.array([0.3, 0.6, 0.6])).item() == 0.6
