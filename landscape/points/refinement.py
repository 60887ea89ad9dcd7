"""Which points of a plane to measure next, so that all others can be estimated to a tolerance."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from landscape.points.interpolant import Fit, fit
from landscape.points.scale import Scale, scale_of
from landscape.surface.data import Array

START = 5
"""Points per side of the nested grid to start from."""
SAFETY, SAFETY_FROM = 2.4, 130
"""Standard errors that must fit in the tolerance, and the number of points from which on they are
more, by its cube root: the largest of the true errors grows against the standard errors as points
accumulate where the surface is rough. `benchmarks/calibration.py` shows how well it does."""
HELD_OUT, HELD_OUT_ROUNDS = 0.7, 2
"""Share of the tolerance within which all predictions of the last rounds must have been; they were
made before those points, the least known ones, were measured."""
ROUND, GROWTH, MANY, FASTER = 8, 16, 300, 8
"""Points a round, at least, and the share of the points so far, 1 / GROWTH; from MANY points on,
where the surface is rough and fits take long, 1 / FASTER."""
ROUGH = 0.4
"""Share of the grid after which refinement gives up and measures all points that matter."""
LARGEST_FIT = 2000
"""Data in one fit, for the sake of time."""
_CAUTIOUS = 0.5
"""Largest standard error, in flat units, that is believed when it says that a value may be low."""
_STEEP = 1.5
"""Rise from a datum to an estimate at the next point, in flat units, that must be looked at: there
may be a cliff between them. Networks whose loss grew by five decades rose by less."""
_BESIDE = 2.5
"""A point is surely finite, or surely not, where the nearest datum of the other kind is this many
times farther than the nearest of its own."""

Bools = NDArray[np.bool_]


class Refinement:
    """The state of one plane or line: what was measured, what to measure next, what is estimated.

    Everything follows from the values alone, in rounds of a size that does not depend on the number
    of workers. Replayed with the values of a file it asks for the same points, and so goes on where
    an interrupted one stopped.

    Args:
        alpha: Coordinates along the first direction.
        beta: Coordinates along the second; one for a line.
        center: Value of each metric at the center.
        tolerance: Largest relative error of an estimate.
        clip: Up to which multiple of the center's value accuracy is owed.
        controlled: Metrics that owe accuracy; the others are estimated all the same.
        seconds: Time that measuring one point takes.
    """

    def __init__(
        self,
        alpha: Array,
        beta: Array,
        *,
        center: Mapping[str, float],
        tolerance: float,
        clip: float,
        controlled: Sequence[str],
        seconds: float = np.inf,
    ) -> None:
        self._seconds = seconds
        self.shape = (beta.size, alpha.size)
        self.metrics = tuple(center)
        self._center = np.array([center[name] for name in self.metrics])
        self._controlled = np.array([name in controlled for name in self.metrics])
        self._tolerance, self._clip = tolerance, clip
        grid = np.stack([axis.ravel() for axis in np.meshgrid(alpha, beta)], axis=1)
        self._points: Array = grid[:, :1] if beta.size == 1 else grid
        self._points = self._points / np.abs(self._points).max()
        self._spacing = 2 / (alpha.size - 1)
        self._start = nested(alpha.size, beta.size)
        self._round = ROUND if beta.size > 1 else 2
        self._values = np.full((alpha.size * beta.size, len(self.metrics)), np.nan)
        self._tried = np.zeros(len(self._points), bool)
        self._failed = np.zeros(len(self._points), bool)
        self._fit: Fit | None = None
        self._surprises: list[float] = []
        self.wanted: list[int] = self._start
        """Flat indices of the points to measure next; empty when the tolerance is met."""

    @property
    def measured(self) -> int:
        """Number of points that were tried."""
        return int(self._tried.sum())

    def learn(self, values: Mapping[int, Mapping[str, float] | None]) -> None:
        """Take the values of the wanted points, and decide which are wanted next.

        Args:
            values: For each wanted point its value of each metric; None where it failed.
        """
        for index, found in values.items():
            self._tried[index] = True
            self._failed[index] = found is None
            if found is not None:
                self._values[index] = [found[name] for name in self.metrics]
        if self._fit is None:
            start = self._values[self._start]
            self._scales = [
                scale_of(center, self._clip, start[:, column])
                for column, center in enumerate(self._center)
            ]
        else:
            self._surprises.append(self._surprise(np.array(list(values), int)))
        self._refit()
        self.wanted = self._choose()

    def estimates(self) -> dict[str, tuple[Array, Array]]:
        """Return for each metric all values, measured or estimated, and their errors.

        Returns:
            Arrays of the grid's shape. Where a value was measured the error is 0; where the
            surface is taken not to be finite, estimate and error are infinite. NaN before the
            first round, and where a point failed.
        """
        result = {}
        for column, name in enumerate(self.metrics):
            value, error = self._values[:, column].copy(), np.where(self._tried, 0.0, np.nan)
            if self._fit is not None:
                scale, flat = self._scales[column], self._fit.estimates[:, column]
                estimate = scale.restore(flat)
                size = np.maximum(np.abs(estimate), scale.unit)
                value = np.where(self._tried, value, np.where(self._beyond, np.inf, estimate))
                spread = np.where(self._beyond, np.inf, self._error[:, column] * size)
                error = np.where(self._tried, 0.0, spread)
            error[self._failed] = np.nan
            result[name] = value.reshape(self.shape), error.reshape(self.shape)
        return result

    def scale(self, metric: str) -> Scale:
        """Return in which unit and up to which level accuracy is owed; known after the start."""
        return self._scales[self.metrics.index(metric)]

    @property
    def levels(self) -> dict[str, float]:
        """Up to which value of each metric accuracy is promised; empty before the start."""
        if self._fit is None:
            return {}
        return {name: self.scale(name).level for name in self.metrics}

    @property
    def estimated_error(self) -> float:
        """Largest estimated relative error where accuracy is owed; 0 if all is measured."""
        if self._fit is None:
            return np.inf
        owed = self._owed & self._controlled
        return np.inf if self._risky.any() else float(np.where(owed, self._error, 0).max())

    def _refit(self) -> None:
        """Interpolate the finite values and say where accuracy is owed."""
        finite = np.flatnonzero(np.isfinite(self._values).all(1))
        self._finite = finite
        columns = zip(self._scales, self._values[finite].T, strict=True)
        flat = np.stack([scale.flatten(values) for scale, values in columns], axis=1)
        levels = np.array([float(scale.flatten(np.array(scale.level))) for scale in self._scales])
        if len(finite) > LARGEST_FIT:
            kept = np.linspace(0, len(finite) - 1, LARGEST_FIT).astype(int)
            finite, flat = finite[kept], flat[kept]
        self._data = finite
        relevant = (flat[:, self._controlled] <= levels[self._controlled]).any(1)
        found = fit(self._points, self._points[finite], flat, relevant)
        self._fit = found
        safety = SAFETY * max(1.0, len(finite) / SAFETY_FROM) ** (1 / 3)
        self._error = np.stack(
            [
                safety * found.errors[:, column] * scale.relative(found.estimates[:, column])
                for column, scale in enumerate(self._scales)
            ],
            axis=1,
        )
        low = found.estimates - 2 * np.minimum(found.errors, _CAUTIOUS) <= levels
        self._beyond, uncertain = self._not_finite()
        untried = ~self._tried
        self._owed = low & (untried & ~self._beyond)[:, None]
        uncertain &= (low & self._controlled).any(1)
        self._risky = untried & (uncertain | self._cliffs(found, flat, levels))

    def _cliffs(self, found: Fit, flat: Array, levels: Array) -> Bools:
        """Mark points that are estimated to lie far above a low datum right beside them."""
        beside = cdist(self._points, self._points[self._data]) <= 1.5 * self._spacing
        steep = np.zeros(len(self._points), bool)
        for column in np.flatnonzero(self._controlled):
            low = flat[:, column] <= levels[column]
            nearby = np.where(beside & low, flat[:, column], np.inf).min(1)
            steep |= found.estimates[:, column] - nearby > _STEEP
        return steep

    def _surprise(self, fresh: NDArray[np.int64]) -> float:
        """Return the largest relative error of the estimates of points measured since."""
        assert self._fit is not None
        worst = 0.0
        for column in np.flatnonzero(self._controlled):
            scale, value = self._scales[column], self._values[fresh, column]
            owed = np.isfinite(value) & (value <= scale.level)
            value, flat = value[owed], self._fit.estimates[fresh[owed], column]
            errors = np.abs(scale.restore(flat) - value) / np.maximum(np.abs(value), scale.unit)
            worst = max(worst, float(errors.max(initial=0.0)))
        return worst

    def _choose(self) -> list[int]:
        """Return the points to measure next."""
        recent = self._surprises[-HELD_OUT_ROUNDS:]
        predicted = bool(recent) and max(recent) <= HELD_OUT * self._tolerance
        done = self.estimated_error <= self._tolerance and predicted
        open_points = (self._owed & self._controlled).any(1) | self._risky
        if done or not open_points.any():
            return []
        count, size = self.measured, len(self._points)
        if count >= min(ROUGH * size, LARGEST_FIT):
            return [int(index) for index in np.flatnonzero(open_points)]
        batch = max(self._round, count // (GROWTH if count < MANY else FASTER))
        chosen = self._along_boundary(batch // 2)
        return chosen + self._least_known(batch - len(chosen), chosen)

    def _least_known(self, count: int, chosen: Sequence[int]) -> list[int]:
        """Choose one after the other the point with the largest error, given those before."""
        assert self._fit is not None
        owed = self._owed & self._controlled
        weights = np.where(owed, self._fit.scales * self._error_ratio(), 0).max(1)
        variance = self._fit.variance.copy()
        taken: list[int] = []
        updates: list[tuple[Array, float]] = []
        for _ in range(count):
            score = weights * np.sqrt(variance)
            score[[*taken, *chosen]] = 0
            best = int(score.argmax())
            if score[best] <= 0:
                break
            covariance = self._fit.covariance(best)
            for column, size in updates:
                covariance = covariance - column * column[best] / size
            size = max(float(variance[best]), 1e-300)
            variance = np.maximum(variance - covariance**2 / size, 0)
            updates.append((covariance, size))
            taken.append(best)
        return taken

    def _error_ratio(self) -> Array:
        """Return how large a relative error is against that of the flat value."""
        assert self._fit is not None
        columns = zip(self._scales, self._fit.estimates.T, strict=True)
        return np.stack([scale.relative(flat) for scale, flat in columns], axis=1)

    def _not_finite(self) -> tuple[Bools, Bools]:
        """Tell where the surface is taken not to be finite, and where that is uncertain."""
        infinite = np.flatnonzero(self._tried & ~self._failed & ~np.isfinite(self._values).all(1))
        nowhere = np.zeros(len(self._points), bool)
        if not infinite.size:
            self._depth = np.full(len(self._points), self._spacing)
            return nowhere, nowhere
        to_finite = _distance(self._points, self._points[self._finite])
        to_infinite = _distance(self._points, self._points[infinite])
        self._depth = np.maximum(np.minimum(to_finite, to_infinite), self._spacing)
        beyond = to_infinite < to_finite
        uncertain = (to_infinite < _BESIDE * to_finite) & (to_finite < _BESIDE * to_infinite)
        return beyond, uncertain

    def _along_boundary(self, count: int) -> list[int]:
        """Choose points at cliffs and at the edge of what is finite, apart from each other."""
        depth = np.where(self._risky, self._depth, 0)
        chosen: list[int] = []
        while len(chosen) < count and depth.max() > 0:
            best = int(depth.argmax())
            chosen.append(best)
            near = _distance(self._points, self._points[[best]]) < 1.01 * depth[best]
            depth[near] = 0
        return chosen


def nested(columns: int, rows: int) -> list[int]:
    """Return the flat indices of the coarse grid that refinement starts from, in grid order.

    Args:
        columns: Points along alpha.
        rows: Points along beta; one for a line.

    Returns:
        Indices; corners, edges and center are among them.
    """
    sides = [
        np.unique(np.round(np.linspace(0, count - 1, START)).astype(int))
        for count in (rows, columns)
    ]
    return [int(row * columns + column) for row in sides[0] for column in sides[1]]


def _distance(points: Array, others: Array) -> Array:
    """Return the distance of each point to the nearest of others."""
    distance: Array = cdist(points, others).min(1)
    return distance
