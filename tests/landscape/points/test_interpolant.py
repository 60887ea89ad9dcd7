"""Interpolation against scipy's, and its errors against refits without each datum."""

import numpy as np
import pytest
from scipy.interpolate import RBFInterpolator
from scipy.linalg import LinAlgError

from landscape.points.interpolant import Interpolant


def scattered(count=40, dimensions=2, seed=0):
    side = int(np.ceil(count ** (1 / dimensions)))
    grid = np.stack([a.ravel() for a in np.meshgrid(*[np.linspace(-1, 1, side)] * dimensions)], 1)
    generator = np.random.default_rng(seed)
    data = generator.permutation(grid)[:count] + generator.uniform(-0.3, 0.3, (count, 1)) / side
    values = np.stack([np.exp(data.sum(1)), np.sin(3 * data[:, 0])], axis=1)
    return data, values


def all_matter(data):
    return np.ones(len(data), bool)


def errors(found, data):
    return found.scales(all_matter(data)) * np.sqrt(found.variance)[:, None]


def reference(data, values, points):
    """A mean of scipy's cubic and quintic interpolants."""
    cubic = RBFInterpolator(data, values, kernel="cubic", degree=1)
    quintic = RBFInterpolator(data, values, kernel="quintic", degree=2)
    return 0.25 * cubic(points) + 0.75 * quintic(points)


@pytest.mark.parametrize("dimensions", [1, 2])
def test_estimates_are_a_mean_of_two_known_interpolants(dimensions):
    data, values = scattered(count=15 * dimensions, dimensions=dimensions)
    points = np.random.default_rng(1).uniform(-1, 1, (30, dimensions))
    at_once = Interpolant(points, data, values)
    one_by_one = Interpolant(points, data[:7], values[:7])
    for datum, value in zip(data[7:], values[7:], strict=True):
        one_by_one.add(datum[None], value[None])
    for found in (at_once, one_by_one):
        np.testing.assert_allclose(found.estimates, reference(data, values, points), atol=1e-6)
    assert_alike(at_once, one_by_one, data)


def assert_alike(found, other, data):
    """However the data came: the same estimates and errors."""
    np.testing.assert_allclose(found.estimates, other.estimates, atol=1e-7)
    np.testing.assert_allclose(found.variance, other.variance, atol=1e-9)
    np.testing.assert_allclose(errors(found, data), errors(other, data), rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize("dimensions", [1, 2])
def test_elsewhere_is_estimated_as_at_places(dimensions):
    data, values = scattered(count=15 * dimensions, dimensions=dimensions)
    points = np.random.default_rng(1).uniform(-1, 1, (30, dimensions))
    here = Interpolant(points, data, values)
    estimates, spread = Interpolant(data, data, values).at(points, all_matter(data))
    np.testing.assert_allclose(estimates, here.estimates, atol=1e-9)
    np.testing.assert_allclose(spread, errors(here, data), rtol=1e-6, atol=1e-12)


def test_hundreds_of_data_stay_well_conditioned():
    side = np.linspace(-1, 1, 25)
    grid = np.stack([a.ravel() for a in np.meshgrid(side, side)], axis=1)
    truth = (np.exp(grid[:, 0]) * np.sin(4 * grid[:, 1]))[:, None]
    order = np.random.default_rng(0).permutation(len(grid))[:500]
    found = Interpolant(grid, grid[order[:25]], truth[order[:25]])
    for start in range(25, 500, 25):
        block = order[start : start + 25]
        found.add(grid[block], truth[block])
    expected = reference(grid[order], truth[order], grid)
    np.testing.assert_allclose(found.estimates, expected, atol=1e-7)


@pytest.mark.parametrize(
    "data", [np.array([[0.0, 0.0], [1.0, 1.0]]), np.linspace(0, 1, 9)[:, None] * np.ones(2)]
)
def test_data_that_bear_no_plane_are_refused(data):
    with pytest.raises(LinAlgError, match=r"data (for|lie)"):
        Interpolant(np.zeros((1, 2)), data, np.ones((len(data), 1)))


def test_data_are_reproduced_without_error():
    data, values = scattered()
    found = Interpolant(data, data, values)
    np.testing.assert_allclose(found.estimates, values, atol=1e-7)
    assert errors(found, data).max() < 1e-5


def test_scales_tell_how_far_off_the_interpolant_without_a_datum_is():
    # With few data, all are neighbours of one another: the mean of their roughness is the scale.
    data, values = scattered(count=8)
    cubic_errors = []
    for left in range(8):
        keep = np.arange(8) != left
        without = RBFInterpolator(data[keep], values[keep], kernel="cubic", degree=1)
        cubic_errors.append(np.abs(without(data[left][None])[0] - values[left]))
    point = data.mean(0)[None]
    scales = Interpolant(point, data, values).scales(all_matter(data))
    power = []
    for left in range(8):
        keep = np.arange(8) != left
        one = Interpolant(data[left][None], data[keep], values[keep])
        power.append(np.sqrt(one.variance[0]))
    # fewer than twice as many data as polynomials of the quintic: only the cubic is used
    roughness = np.array(cubic_errors) / np.array(power)[:, None]
    overall = np.sqrt((roughness**2).mean(0))
    weights = 1 / ((data - point) ** 2).sum(1)
    local = np.sqrt((weights[:, None] * roughness**2).sum(0) / weights.sum())
    np.testing.assert_allclose(scales[0], local**0.7 * overall**0.3, rtol=1e-6)


def test_the_covariance_is_that_of_conditioning():
    """Measuring a point lowers the variance everywhere by covariance^2 / variance."""
    data, values = scattered()
    points = np.random.default_rng(2).uniform(-1, 1, (20, 2))
    before = Interpolant(points, data, values)
    more = np.concatenate([data, points[:1]])
    value = np.concatenate([values, values[:1]])
    after = Interpolant(points, more, value)
    covariance = before.covariance(0)
    np.testing.assert_allclose(covariance[0], before.variance[0], rtol=1e-6)
    expected = before.variance - covariance**2 / before.variance[0]
    np.testing.assert_allclose(after.variance, expected, atol=1e-9)


def test_errors_are_honest_on_a_smooth_surface():
    """Most true errors are within a few standard errors, and these are not far too large."""
    side = np.linspace(-1, 1, 21)
    points = np.stack([a.ravel() for a in np.meshgrid(side, side)], axis=1)
    truth = np.exp(points[:, 0] - points[:, 1] ** 2)
    data = np.random.default_rng(3).permutation(len(points))[:60]
    found = Interpolant(points, points[data], truth[data][:, None])
    missed = np.abs(found.estimates[:, 0] - truth)
    other = np.setdiff1d(np.arange(len(points)), data)
    ratios = missed[other] / errors(found, data)[other, 0]
    assert np.quantile(ratios, 0.95) < 3
    assert ratios.max() > 0.1
