"""One radial basis interpolant that takes more and more data at the cost of the new ones."""

import numpy as np
from scipy.linalg import LinAlgError, cholesky, qr, solve_triangular
from scipy.spatial.distance import cdist

from landscape.surface.data import Array

_FIRST_ROWS = 128
_REPRODUCED = 1e-6
"""Relative error of the values at data from which on the system counts as too badly conditioned."""


class Kernel:
    """Interpolate by r^3 with a linear or by r^5 with a quadratic polynomial.

    Both kernels are positive definite only beside their polynomials (Wendland 2005, chapter 8). A
    few data, the anchors, are therefore met by the polynomial alone, and the kernel is reduced by
    it: positive definite, and with the same interpolant. Cholesky factors of the reduced kernel
    grow row by row, in the Newton basis of Müller & Schaback (2009), so that nothing is solved
    again when data come: a datum costs (data so far) x (places + data so far) operations.

    Args:
        places: Where estimates are kept up to date, shape (places, dimensions).
        data: Coordinates of the first data, shape (n, dimensions), all different.
        values: Their values, shape (n, quantities).
        power: 3 or 5.

    Raises:
        LinAlgError: If the data do not bear the polynomial (too few, or on a line), or if values at
            data are not reproduced.
    """

    def __init__(self, places: Array, data: Array, values: Array, *, power: int) -> None:
        self._power, self._degree = power, (power - 1) // 2
        anchors = _anchors(data, self._degree)
        self._anchors, self._anchor_values = data[anchors], values[anchors]
        self._to_lagrange = np.linalg.inv(monomials(self._anchors, self._degree))
        self._among_anchors = self._radial(self._anchors, self._anchors)
        self._places = places
        self._parts = self._reduction(places)
        self._order = list(anchors)
        self._rest = np.empty((0, data.shape[1]))
        size = len(anchors)
        self._basis = np.empty((_FIRST_ROWS, len(places)))
        self._inverse = np.zeros((_FIRST_ROWS, _FIRST_ROWS))
        self._factors = np.empty((_FIRST_ROWS, values.shape[1]))
        self._diagonal = np.zeros(size)
        self._weights = np.zeros((size, values.shape[1]))
        self.estimates: Array = self._parts[0] @ self._anchor_values
        self.variance: Array = self._prior(self._parts)
        others = np.setdiff1d(np.arange(len(data)), anchors)
        self._order += list(others)
        self._grow(data[others], values[others])

    def add(self, data: Array, values: Array) -> None:
        """Take more data, shapes (n, dimensions) and (n, quantities).

        Raises:
            LinAlgError: If they are not reproduced.
        """
        self._order += range(len(self._order), len(self._order) + len(data))
        self._grow(data, values)

    def at(self, points: Array) -> tuple[Array, Array]:
        """Return estimates (points, quantities) and squared power function (points,) elsewhere."""
        parts = self._reduction(points)
        rows = self._rows(points, parts)
        estimates = parts[0] @ self._anchor_values + rows @ self._factors[: len(self._rest)]
        variance = self._prior(parts) - np.einsum("ij,ij->i", rows, rows)
        return estimates, np.maximum(variance, 0.0)

    def covariance(self, point: Array) -> Array:
        """Return the posterior covariance of a point with all places, shape (places,)."""
        return self._columns(point[None], self._reduction(point[None]))[:, 0]

    @property
    def leave_one_out(self) -> Array:
        """How far each datum is from the interpolant of all others (Rippa 1999), signed."""
        residuals = np.empty_like(self._weights)
        residuals[self._order] = self._weights / np.maximum(self._diagonal, 1e-300)[:, None]
        return residuals

    @property
    def power_without(self) -> Array:
        """Power function at each datum if it were not one."""
        power = np.empty_like(self._diagonal)
        power[self._order] = 1 / np.sqrt(np.maximum(self._diagonal, 1e-300))
        return power

    def _grow(self, data: Array, values: Array) -> None:
        """Append a block to the Cholesky factor, and to all that hangs on it."""
        if not len(data):
            return
        old, new, size = len(self._rest), len(self._rest) + len(data), len(self._anchors)
        self._reserve(new)
        parts = self._reduction(data)
        rows = self._rows(data, parts)
        schur = self._reduced(data, parts, data, parts) - rows @ rows.T
        factor = cholesky(schur, lower=True)
        fresh = solve_triangular(factor, self._columns(data, parts, rows).T, lower=True)
        missed = values - parts[0] @ self._anchor_values - rows @ self._factors[:old]
        missed = solve_triangular(factor, missed, lower=True)
        self._basis[old:new], self._factors[old:new] = fresh, missed
        block = np.zeros((len(data), new))
        block[:, old:] = solve_triangular(factor, np.eye(len(data)), lower=True)
        block[:, :old] = -block[:, old:] @ (rows @ self._inverse[:old, :old])
        self._inverse[old:new, :new] = block
        self._rest = np.concatenate([self._rest, data])
        # The inverse of the kernel's matrix over all data, anchors included, is spread.T @ spread.
        spread = np.concatenate([-block @ self._lagrange(self._rest), block], axis=1)
        grown = len(data)
        self._diagonal = np.concatenate([self._diagonal, np.zeros(grown)]) + (spread**2).sum(0)
        zeros = np.zeros((grown, values.shape[1]))
        self._weights = np.concatenate([self._weights, zeros]) + spread.T @ missed
        self.estimates = self.estimates + fresh.T @ missed
        self.variance = np.maximum(self.variance - (fresh**2).sum(0), 0.0)
        self._check(data, values, size)

    def _check(self, data: Array, values: Array, size: int) -> None:
        """Refuse a system that rounding has spoilt, by the plain formula of the interpolant."""
        centers = np.concatenate([self._anchors, self._rest])
        tail = self._anchor_values - self._radial(self._anchors, centers) @ self._weights
        found = self._radial(data, centers) @ self._weights + self._lagrange(data) @ tail
        scale = np.abs(values).max(initial=0.0) + 1e-12
        if not np.abs(found - values).max(initial=0.0) <= _REPRODUCED * scale:
            raise LinAlgError(f"{size + len(self._rest)} data are not reproduced")

    def _reserve(self, rows: int) -> None:
        """Make room, twice as much each time."""
        room = len(self._basis)
        if rows <= room:
            return
        more = max(rows, 2 * room) - room
        self._basis = np.pad(self._basis, ((0, more), (0, 0)))
        self._inverse = np.pad(self._inverse, ((0, more), (0, more)))
        self._factors = np.pad(self._factors, ((0, more), (0, 0)))

    def _radial(self, a: Array, b: Array) -> Array:
        """Return the kernel between two sets of points, shape (a, b)."""
        squares = cdist(a, b, "sqeuclidean")
        kernel: Array = squares * np.sqrt(squares)
        return kernel if self._power == 3 else -squares * kernel

    def _lagrange(self, points: Array) -> Array:
        """Return polynomials that are 1 at one anchor and 0 at all others, (points, anchors)."""
        lagrange: Array = monomials(points, self._degree) @ self._to_lagrange
        return lagrange

    def _reduction(self, points: Array) -> tuple[Array, Array]:
        """Return what reducing the kernel needs at points, two of shape (points, anchors)."""
        lagrange = self._lagrange(points)
        near: Array = self._radial(points, self._anchors) - lagrange @ self._among_anchors
        return lagrange, near

    def _reduced(
        self, a: Array, of_a: tuple[Array, Array], b: Array, of_b: tuple[Array, Array]
    ) -> Array:
        """Return the reduced kernel between two sets of points, shape (a, b)."""
        to_anchors = self._radial(self._anchors, b)
        kernel: Array = self._radial(a, b) - of_a[0] @ to_anchors - of_a[1] @ of_b[0].T
        return kernel

    def _prior(self, parts: tuple[Array, Array]) -> Array:
        """Return the reduced kernel of points with themselves, shape (points,)."""
        lagrange, near = parts
        # near + lagrange K is the kernel to the anchors, and the kernel at distance 0 is 0.
        prior: Array = -np.einsum("ij,ij->i", lagrange, 2 * near + lagrange @ self._among_anchors)
        return np.maximum(prior, 0.0)

    def _rows(self, points: Array, parts: tuple[Array, Array]) -> Array:
        """Return the Newton basis so far at points, shape (points, data beside the anchors)."""
        count = len(self._rest)
        if not count:
            return np.zeros((len(points), 0))
        kernel = self._reduced(points, parts, self._rest, self._reduction(self._rest))
        rows: Array = kernel @ self._inverse[:count, :count].T
        return rows

    def _columns(
        self, points: Array, parts: tuple[Array, Array], rows: Array | None = None
    ) -> Array:
        """Return the posterior covariance of all places with points, shape (places, points)."""
        rows = self._rows(points, parts) if rows is None else rows
        prior = self._reduced(self._places, self._parts, points, parts)
        columns: Array = prior - (rows @ self._basis[: len(self._rest)]).T
        return columns


def monomials(points: Array, degree: int) -> Array:
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


def _anchors(data: Array, degree: int) -> list[int]:
    """Choose the data that determine the polynomial best, by pivoted orthogonalisation."""
    matrix = monomials(data, degree).T
    if matrix.shape[1] <= matrix.shape[0]:
        raise LinAlgError(f"{matrix.shape[1]} data for {matrix.shape[0]} monomials")
    _, triangle, pivots = qr(matrix, mode="economic", pivoting=True)
    if abs(triangle[-1, len(triangle) - 1]) < 1e-8 * abs(triangle[0, 0]):
        raise LinAlgError("the data lie on a line or another curve of the polynomial's degree")
    return [int(index) for index in pivots[: len(matrix)]]
