"""Interpolation of a smooth surface from scattered grid points, with the error of each estimate."""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError
from scipy.spatial import KDTree
from scipy.spatial.distance import cdist

from landscape.points.kernel import Kernel, monomials
from landscape.surface.data import Array

_NEIGHBOURS = 8
_DATA_PER_MONOMIAL = 2  # fewer do not bear the quintic kernel's polynomial
_LOCAL = 0.7
"""Share of the local roughness in the scale of an error, the rest being that of the whole surface:
between 0.5 and 0.7 fewest points were needed on the surfaces of `benchmarks/cases.py`; at 1 single
features stay hidden for long."""
_QUINTIC = 0.75
"""Weight of the quintic kernel's interpolant, the rest being that of the cubic one: leave-one-out
errors of most networks are smallest there, and with equal weights one more of them was missed."""
_AT_ONCE = 4096  # points in one block of `at`, for the sake of memory


class Interpolant:
    """Interpolate several quantities known at the same scattered data, which grow.

    The estimate is a mean of two radial basis interpolants (`Kernel`): r^3 with a linear and r^5
    with a quadratic polynomial; one is safer at kinks, the other better where the surface is
    smooth. The standard error is the power function of the cubic kernel, which knows how far the
    data are, times a scale that knows how rough the surface is there: leave-one-out errors (Rippa
    1999) over the power function without that datum, averaged over neighbours and, in part, over
    all data that matter.

    Args:
        places: Where estimates are kept up to date, shape (places, dimensions), within [-1, 1].
        data: Coordinates of the first data, shape (n, dimensions), all different.
        values: Finite values of the data, shape (n, quantities).

    Raises:
        LinAlgError: If the data lie on a line, or are too few for a plane.
    """

    def __init__(self, places: Array, data: Array, values: Array) -> None:
        self._places, self._data, self._values = places, data, values
        self._cubic = Kernel(places, data, values, power=3)
        self._quintic: Kernel | None = None
        self._quintic_failed = False
        self._try_quintic(data, values)
        self._near = np.full((len(places), 0), 0)
        self._squares = np.empty((len(places), 0))
        self._find_neighbours(0)

    def add(self, data: Array, values: Array) -> None:
        """Take more data, shapes (n, dimensions) and (n, quantities).

        Raises:
            LinAlgError: If rounding spoils the interpolant.
        """
        if not len(data):
            return
        first = len(self._data)
        self._data = np.concatenate([self._data, data])
        self._values = np.concatenate([self._values, values])
        self._cubic.add(data, values)
        self._try_quintic(data, values)
        self._find_neighbours(first)

    @property
    def estimates(self) -> Array:
        """Estimates at all places, shape (places, quantities)."""
        cubic = self._cubic.estimates
        return cubic if self._quintic is None else _mean(cubic, self._quintic.estimates)

    @property
    def variance(self) -> Array:
        """Squared power function of the cubic kernel at all places, shape (places,)."""
        return self._cubic.variance

    def covariance(self, place: int) -> Array:
        """Return the cubic kernel's posterior covariance of one place with all, (places,)."""
        return self._cubic.covariance(self._places[place])

    def scales(self, matter: NDArray[np.bool_]) -> Array:
        """Return the standard error for a power function of 1, shape (places, quantities).

        Args:
            matter: Data whose errors tell about the region that matters, shape (n,).
        """
        return self._spread(self._squares, self._near, matter)

    def at(self, points: Array, matter: NDArray[np.bool_]) -> tuple[Array, Array]:
        """Return estimates and their standard errors elsewhere, each (points, quantities).

        Args:
            points: Coordinates, shape (points, dimensions).
            matter: As for `scales`.

        Returns:
            Estimates and standard errors.
        """
        blocks = [
            self._block(points[start : start + _AT_ONCE], matter)
            for start in range(0, len(points), _AT_ONCE)
        ]
        return np.concatenate([b[0] for b in blocks]), np.concatenate([b[1] for b in blocks])

    def _block(self, points: Array, matter: NDArray[np.bool_]) -> tuple[Array, Array]:
        """Estimate a block of points."""
        estimates, variance = self._cubic.at(points)
        if self._quintic is not None:
            estimates = _mean(estimates, self._quintic.at(points)[0])
        count = min(_NEIGHBOURS, len(self._data))
        distances, near = KDTree(self._data).query(points, count)
        scales = self._spread(distances.reshape(-1, count) ** 2, near.reshape(-1, count), matter)
        return estimates, scales * np.sqrt(variance)[:, None]

    def _try_quintic(self, data: Array, values: Array) -> None:
        """Start the second kernel once data suffice; give it up where rounding spoils it."""
        if self._quintic_failed:
            return
        try:
            if self._quintic is not None:
                self._quintic.add(data, values)
            elif len(self._data) >= _DATA_PER_MONOMIAL * monomials(self._data[:1], 2).shape[1]:
                self._quintic = Kernel(self._places, self._data, self._values, power=5)
        except LinAlgError:
            self._quintic_failed = self._quintic is not None
            self._quintic = None

    def _find_neighbours(self, first: int) -> None:
        """Keep for each place the nearest data, of those so far and the ones from `first` on."""
        new = cdist(self._places, self._data[first:], "sqeuclidean")
        numbers = np.broadcast_to(np.arange(first, len(self._data)), new.shape)
        squares = np.concatenate([self._squares, new], axis=1)
        near = np.concatenate([self._near, numbers], axis=1)
        count = min(_NEIGHBOURS, squares.shape[1])
        kept = np.argpartition(squares, count - 1, axis=1)[:, :count]
        self._squares = np.take_along_axis(squares, kept, axis=1)
        self._near = np.take_along_axis(near, kept, axis=1)

    def _spread(self, squares: Array, near: NDArray[np.int64], matter: NDArray[np.bool_]) -> Array:
        """Spread the roughness at data over points: near neighbours, and a share of the mean."""
        residuals = self._cubic.leave_one_out
        if self._quintic is not None:
            residuals = _mean(residuals, self._quintic.leave_one_out)
        roughness = np.abs(residuals) / self._cubic.power_without[:, None]
        weights = 1 / (squares + 1e-12)
        weights /= weights.sum(1, keepdims=True)
        local: Array = np.sqrt(np.einsum("pn,pnq->pq", weights, roughness[near] ** 2))
        enough = matter if matter.sum() > _NEIGHBOURS else np.ones(len(self._data), bool)
        overall: Array = np.sqrt((roughness[enough] ** 2).mean(0))
        scales: Array = local**_LOCAL * overall ** (1 - _LOCAL)
        return scales


def _mean(cubic: Array, quintic: Array) -> Array:
    """Return the weighted mean of what the two kernels say."""
    return (1 - _QUINTIC) * cubic + _QUINTIC * quintic
