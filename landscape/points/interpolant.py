"""Interpolation of a smooth surface from scattered grid points, with the error of each estimate."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from landscape.surface.data import Array

Indices = NDArray[np.int64]

_NEIGHBOURS = 8
_DATA_PER_MONOMIAL = 2  # fewer do not bear the quintic kernel's polynomial
_LOCAL = 0.7
"""Share of the local roughness in the scale of an error, the rest being that of the whole surface:
between 0.5 and 0.7 fewest points were needed on the surfaces of `benchmarks/cases.py`; at 1 single
features stay hidden for long."""


@dataclass(frozen=True, eq=False)
class Fit:
    """Estimates at all points, and what the next points to measure are chosen by.

    Args:
        estimates: One column for each quantity, shape (points, quantities).
        errors: Their standard errors; 0 at data, shape (points, quantities).
        scales: Error for a power function of 1, shape (points, quantities).
        variance: Squared power function of the cubic kernel, shape (points,).
        covariance: Function of a point's index: its posterior covariance with all, shape (points,).
    """

    estimates: Array
    errors: Array
    scales: Array
    variance: Array
    covariance: "_Covariance"


def fit(points: Array, data: Array, values: Array, relevant: NDArray[np.bool_]) -> Fit:
    """Interpolate several quantities known at the same scattered data.

    The estimate is the mean of two radial basis interpolants (Wendland 2005, chapter 8): r^3 with a
    linear and r^5 with a quadratic polynomial; one is safer at kinks, the other better where the
    surface is smooth. The standard error is the power function of the cubic kernel, which knows
    how far the data are, times a scale that knows how rough the surface is there: leave-one-out
    errors (Rippa 1999) over the power function without that datum, averaged over neighbours and,
    in part, over all relevant data.

    Args:
        points: Coordinates of all points, shape (points, dimensions), within about [-1, 1].
        data: Coordinates of the data, shape (n, dimensions), all different.
        values: Finite values of the data, shape (n, quantities).
        relevant: Data whose errors tell about the region that matters, shape (n,).

    Returns:
        The fit. Values at data are reproduced.
    """
    cubic = _Kernel(points, data, power=3)
    estimates: Array = cubic.estimate(values)
    residuals: Array = cubic.leave_one_out(values)
    if len(data) >= _DATA_PER_MONOMIAL * _monomials(data, 2).shape[1]:
        quintic = _Kernel(points, data, power=5)
        if quintic.usable(values):
            estimates = 0.5 * (estimates + quintic.estimate(values))
            residuals = 0.5 * (residuals + quintic.leave_one_out(values))
    roughness = np.abs(residuals) / cubic.power_without[:, None]
    scales = _scales(points, data, roughness, relevant)
    errors = scales * np.sqrt(cubic.variance)[:, None]
    return Fit(estimates, errors, scales, cubic.variance, _Covariance(cubic))


class _Kernel:
    """One radial basis interpolant; the sign makes it conditionally positive definite."""

    def __init__(self, points: Array, data: Array, *, power: int) -> None:
        self.power, self.points, self.data = power, points, data
        degree = (power - 1) // 2
        self.count = len(data)
        tail = _monomials(data, degree)
        self.polynomials = tail.shape[1]
        size = self.count + self.polynomials
        matrix = np.zeros((size, size))
        matrix[: self.count, : self.count] = self.radial(data, data)
        matrix[: self.count, self.count :] = tail
        matrix[self.count :, : self.count] = tail.T
        self.matrix = matrix
        self.inverse = _inverse(matrix)
        self.basis = np.concatenate([self.radial(points, data), _monomials(points, degree)], axis=1)

    def radial(self, a: Array, b: Array) -> Array:
        """Return the kernel between two sets of points, shape (a, b)."""
        squares = cdist(a, b, "sqeuclidean")
        sign = 1.0 if self.power == 3 else -1.0
        kernel: Array = sign * squares * np.sqrt(squares) ** (self.power - 2)
        return kernel

    def coefficients(self, values: Array) -> Array:
        """Return the weights of the basis, shape (n + polynomials, quantities)."""
        weights: Array = self.inverse[:, : self.count] @ values
        return weights

    def estimate(self, values: Array) -> Array:
        """Return estimates at all points."""
        estimates: Array = self.basis @ self.coefficients(values)
        return estimates

    def usable(self, values: Array) -> bool:
        """Tell whether the system was solved well enough to reproduce the values."""
        found = self.matrix[: self.count] @ self.coefficients(values)
        scale = np.abs(values).max() + 1e-12
        return bool(np.isfinite(found).all() and np.abs(found - values).max() < 1e-6 * scale)

    def leave_one_out(self, values: Array) -> Array:
        """Return how far each datum is from the interpolant of all others."""
        diagonal = np.diag(self.inverse)[: self.count, None]
        residuals: Array = self.coefficients(values)[: self.count] / diagonal
        return residuals

    @property
    def power_without(self) -> Array:
        """Power function at each datum if it were not one."""
        diagonal = np.abs(np.diag(self.inverse)[: self.count])
        power: Array = 1 / np.sqrt(np.maximum(diagonal, 1e-300))
        return power

    @property
    def variance(self) -> Array:
        """Squared power function at all points."""
        variance: Array = -np.einsum("ij,ij->i", self.basis @ self.inverse, self.basis)
        return np.maximum(variance, 0.0)


class _Covariance:
    """Posterior covariance of the cubic kernel between one point and all."""

    def __init__(self, kernel: _Kernel) -> None:
        self._kernel = kernel
        self._weights = kernel.basis @ kernel.inverse

    def __call__(self, index: int) -> Array:
        """Return the covariance of a point with all points, shape (points,)."""
        kernel = self._kernel
        prior = kernel.radial(kernel.points, kernel.points[index][None])[:, 0]
        posterior: Array = prior - self._weights @ kernel.basis[index]
        return posterior


def _inverse(matrix: Array) -> Array:
    """Invert a symmetric indefinite matrix."""
    try:
        return np.asarray(np.linalg.inv(matrix), np.float64)
    except np.linalg.LinAlgError:
        return np.asarray(np.linalg.pinv(matrix), np.float64)


def _monomials(points: Array, degree: int) -> Array:
    """Return all monomials up to a degree, shape (points, monomials)."""
    columns = [np.ones(len(points))]
    if points.shape[1] == 1:
        columns += [points[:, 0] ** power for power in range(1, degree + 1)]
    else:
        x, y = points.T
        columns += [
            x ** (total - power) * y**power
            for total in range(1, degree + 1)
            for power in range(total + 1)
        ]
    return np.stack(columns, axis=1)


def _scales(points: Array, data: Array, roughness: Array, relevant: NDArray[np.bool_]) -> Array:
    """Spread the roughness at data over all points: near neighbours, and a share of the mean."""
    count = min(_NEIGHBOURS, len(data))
    squares = cdist(points, data, "sqeuclidean")
    nearest = np.argpartition(squares, count - 1, axis=1)[:, :count]
    weights = 1 / (np.take_along_axis(squares, nearest, axis=1) + 1e-12)
    weights /= weights.sum(1, keepdims=True)
    local: Array = np.sqrt(np.einsum("pn,pnq->pq", weights, roughness[nearest] ** 2))
    enough = relevant if relevant.sum() > _NEIGHBOURS else np.ones(len(data), bool)
    overall: Array = np.sqrt((roughness[enough] ** 2).mean(0))
    scales: Array = local**_LOCAL * overall ** (1 - _LOCAL)
    return scales
