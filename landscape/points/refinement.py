"""Which points of a plane to measure next, so that all others can be estimated to a tolerance.

What is promised: wherever an estimate or the true value is below the level (`Scale`), they differ
by at most the tolerance, relative to the value or to that at the center where it is larger. The
error is itself an estimate: `benchmarks/calibration.py` counts how often the promise holds. Nobody
sees features that lie between all the points measured: see `RESOLUTION`.

How: (1) measure a nested 5 x 5 grid. (2) Interpolate in flat units, asinh(value / unit), in which
equal steps are equal relative errors. (3) Measure the points whose standard error is largest, and
those beside a jump or beside values that are not finite. Each is first predicted from those before:
a held-out test just where the interpolant is least sure. (4) Repeat until the standard errors are
small enough everywhere AND the last predictions were right AND no gap is larger than the
resolution: the first can be wrong about the surface, the second can be lucky. Where choosing does
not pay, everything that is left is measured, and nothing is estimated.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError
from scipy.spatial import KDTree

from landscape.points.boundary import SURE, apart, beside, jumps, not_finite
from landscape.points.choice import covering, least_known
from landscape.points.cost import Allowance, round_cost
from landscape.points.grid import candidates, in_half_sides, nested_sides
from landscape.points.held_out import predicted_well
from landscape.points.interpolant import Interpolant
from landscape.points.scale import Scale, Scales, scale_of
from landscape.surface.data import Array

SAFETY, SAFETY_FROM = 2.7, 130
"""Standard errors that must fit in the tolerance, and the number of points from which on they are
more, by its cube root: the largest true error grows against them as points accumulate."""
ROUND, GROWTH, MANY, FASTER = 8, 16, 300, 8
"""Points a round, at least, and the share of the points so far, 1 / GROWTH; from MANY points on,
where the surface is rough, 1 / FASTER."""
RESOLUTION = 0.15
"""Largest distance of a point below the level from a measured one, in half sides of the grid: what
is wider than a disc of this radius is seen."""
ROUGH, ENOUGH = 0.4, 64
"""Share of the candidates, and their number, after which refinement gives up: what it has not
understood by then jumps everywhere or is noise."""

Bools = NDArray[np.bool_]


class Refinement:
    """The state of one plane or line: what was measured, what to measure next, what is estimated.

    Everything follows from the values alone, in rounds of a size that does not depend on the number
    of workers. Replayed with the values of a file it asks for the same points, and so goes on where
    an interrupted one stopped.

    Points are chosen among candidates: all of a grid of up to 65 points per side, 49 per side of a
    larger one, so that choosing costs no more there. On a larger grid a last round measures the
    points between candidates that are not known well enough.

    Args:
        alpha: Coordinates along the first direction.
        beta: Coordinates along the second; one for a line.
        center: Value of each metric at the center.
        tolerance: Largest relative error of an estimate.
        clip: Up to which multiple of the center's value accuracy is promised, at least.
        controlled: Metrics whose accuracy is promised; the others are estimated all the same.
        seconds: Time that measuring one point takes. Choosing is given up, and all measured, before
            it takes a tenth of the time of the full grid.
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
        self.shape = (beta.size, alpha.size)
        self.metrics = tuple(center)
        self._center = tuple(center.values())
        self._controlled = np.array([name in controlled for name in self.metrics])
        self._tolerance, self._clip = tolerance, clip
        self._points = in_half_sides(alpha, beta)
        sides = [candidates(count) for count in self.shape]
        self._lattice = (sides[0].size, sides[1].size)
        self._candidates = (sides[0][:, None] * alpha.size + sides[1]).ravel()
        self._places: Array = self._points[self._candidates]
        self._spacing = 2.0 / (sides[1].size - 1)
        self._round = ROUND if beta.size > 1 else 2
        self._values = np.full((len(self._points), len(self.metrics)), np.nan)
        self._tried = np.zeros(len(self._points), bool)
        self._failed = np.zeros(len(self._points), bool)
        self._allowance = Allowance(seconds, len(self._points))
        self._each: list[Scale] = []
        self._scale: Scales | None = None  # all of them at once
        self._interpolant: Interpolant | None = None
        self._data = np.empty(0, int)  # flat indices, in the order of the interpolant
        self._held_out: list[tuple[int, float]] = []  # predictions of each round, and their error
        self._is_last = False  # whether `wanted` is the last round
        rows, columns = nested_sides(*self.shape)
        self.wanted: list[int] = (rows[:, None] * alpha.size + columns).ravel().tolist()
        """Flat indices of the points to measure next; empty when the tolerance is met."""

    @property
    def measured(self) -> int:
        """Number of points that were tried."""
        return int(self._tried.sum())

    def scale(self, metric: str) -> Scale:
        """Return relative to what and up to which level accuracy is promised, after the start."""
        return self._each[self.metrics.index(metric)]

    def learn(self, values: Mapping[int, Mapping[str, float] | None]) -> None:
        """Take the values of the wanted points, and decide which are wanted next.

        Args:
            values: For each wanted point its value of each metric; None where it failed.
        """
        fresh = np.array(list(values), int)
        for index, found in values.items():
            self._tried[index] = True
            self._failed[index] = found is None
            if found is not None:
                self._values[index] = [found[name] for name in self.metrics]
        if self._scale is None:
            planes = self._values.T.reshape(-1, *self.shape)
            columns = zip(self._center, planes, strict=True)
            self._each = [scale_of(center, self._clip, plane) for center, plane in columns]
            self._scale = Scales.of(self._each, self._controlled)
        elif not self._is_last:
            self._held_out.append((len(fresh), self._missed(self._scale, fresh)))
        self.wanted = [] if self._is_last else self._next(fresh)

    def _missed(self, scale: Scales, fresh: NDArray[np.int64]) -> float:
        """Return the largest error of what was predicted of points before they were measured."""
        place = np.searchsorted(self._candidates, fresh)
        predicted = np.where(self._beyond[place, None], np.inf, scale.restore(self._flat[place]))
        truth = self._values[fresh]
        # Whether a suspect beside a boundary is finite was not predicted, and was not going to be:
        # refinement does not end while there are suspects. It is no error of a prediction then.
        odd = (~np.isfinite(truth) | ~np.isfinite(predicted)).any(1)
        kept = ~self._failed[fresh] & ~(odd & self._suspect[place])
        return scale.largest_error(predicted[kept], truth[kept])

    def estimates(self) -> dict[str, tuple[Array, Array]]:
        """Return for each metric all values, measured or estimated, and their errors.

        Returns:
            Arrays of the grid's shape. Where a value was measured the error is 0; where the
            surface is taken not to be finite, estimate and error are infinite. NaN before the
            first round, where a point failed, and between candidates until `wanted` is empty.
        """
        values, errors = self._values.copy(), np.full(self._values.shape, np.nan)
        if self._interpolant is not None and self._scale is not None and not self._tried.all():
            left, flat, relative = self._estimated(self._interpolant)
            estimate = self._scale.restore(flat)
            beyond = not_finite(self._points[left], *self._finite_or_not())[0][:, None]
            spread = relative * np.maximum(np.abs(estimate), self._scale.unit)
            values[left] = np.where(beyond, np.inf, estimate)
            errors[left] = np.where(beyond, np.inf, spread)
        errors[self._tried] = 0.0
        errors[self._failed] = np.nan
        return {
            name: (values[:, column].reshape(self.shape), errors[:, column].reshape(self.shape))
            for column, name in enumerate(self.metrics)
        }

    @property
    def estimated_error(self) -> float:
        """Largest estimated relative error where accuracy is promised; 0 if all is measured."""
        if self._tried.all():
            return 0.0
        if self._interpolant is None or self._suspect.any():
            return np.inf
        return float(np.where(self._promised, self._error, 0).max())

    def _estimated(self, found: Interpolant) -> tuple[NDArray[np.int64], Array, Array]:
        """Return points that were not tried, their flat estimates and relative errors."""
        if self.wanted or len(self._candidates) == len(self._points):
            where = ~self._tried[self._candidates]
            return self._candidates[where], self._flat[where], self._error[where]
        left = np.flatnonzero(~self._tried)
        flat, standard = found.at(self._points[left], self._matter())
        return left, flat, self._relative(flat, standard)

    def _next(self, fresh: NDArray[np.int64]) -> list[int]:
        """Interpolate again with the finite ones of fresh values, and choose what to measure."""
        assert self._scale is not None
        new = fresh[np.isfinite(self._values[fresh]).all(1)]
        self._data = np.concatenate([self._data, new])
        data, flat = self._points[new], self._scale.flatten(self._values[new])
        try:
            if self._interpolant is None:
                self._interpolant = Interpolant(self._places, data, flat)
            else:
                self._interpolant.add(data, flat)
        except LinAlgError:  # too little is finite for an interpolant, or rounding has spoilt it
            self._interpolant = None
            return self._everything()
        self._allowance.spend(round_cost(len(new), len(self._data), len(self._places)))
        self._assess(self._interpolant)
        return self._choose(self._interpolant)

    def _assess(self, found: Interpolant) -> None:
        """Say for each candidate how well it is known, and where accuracy is promised."""
        assert self._scale is not None
        open_points = ~self._tried[self._candidates]
        roughness, deviation = found.scales(self._matter()), np.sqrt(found.variance)[:, None]
        self._flat = found.estimates
        self._weights = self._relative(self._flat, roughness)
        self._error = self._weights * deviation
        low = self._scale.may_be_low(self._flat, roughness * deviation)
        self._beyond, unclear, self._distance = not_finite(self._places, *self._finite_or_not())
        self._promised = low & (open_points & ~self._beyond)[:, None]
        # The smooth interpolant says nothing about jumps, nor about where values are not finite:
        # these places are suspect until measured.
        self._jumps = self._find_jumps()
        self._suspect = open_points & ((unclear & low.any(1)) | self._jumps)

    def _matter(self) -> Bools:
        """Tell which data are below the level of a controlled metric."""
        assert self._scale is not None
        return np.asarray(self._scale.is_low(self._values[self._data]).any(1))

    def _relative(self, flat: Array, standard: Array) -> Array:
        """Return the relative errors that standard errors of flat values stand for, with safety."""
        assert self._scale is not None
        safety = SAFETY * max(1.0, len(self._data) / SAFETY_FROM) ** (1 / 3)
        relative: Array = safety * standard * self._scale.relative(flat)
        return relative

    def _finite_or_not(self) -> tuple[Array, Array]:
        """Return where finite values were measured, and where values that are not."""
        finite = np.isfinite(self._values).all(1)
        return self._points[finite], self._points[self._tried & ~self._failed & ~finite]

    def _find_jumps(self) -> Bools:
        """Mark candidates on both sides of a jump, by values where there are any."""
        assert self._scale is not None
        flat = self._scale.flatten(self._values[self._candidates])
        flat = np.where(np.isfinite(flat), flat, self._flat)
        flat[self._beyond] = np.nan
        levels = self._scale.flat_level[self._controlled]
        return jumps(flat[:, self._controlled].reshape(*self._lattice, -1), levels).ravel()

    def _choose(self, found: Interpolant) -> list[int]:
        """Return the points to measure next."""
        open_points = ~self._tried[self._candidates]
        well = predicted_well(self._held_out, self._tolerance, 2 * self._round)
        known = well and self.estimated_error <= self._tolerance
        gaps = self._gaps() if known else np.zeros(0, bool)
        if not open_points.any() or (known and not gaps.any()):
            return self._between(found)
        count = self.measured
        batch = max(self._round, count // (GROWTH if count < MANY else FASTER))
        cost = round_cost(batch, count, len(self._places))
        used_up = self._allowance.is_used_up(cost, len(self._points) - count)
        if used_up or count >= max(ROUGH * len(self._places), ENOUGH):
            return self._everything()
        if known:
            chosen = covering(self._places, gaps, open_points, RESOLUTION, batch)
            return [int(index) for index in self._candidates[chosen]]
        distance = np.where(self._suspect, np.maximum(self._distance, self._spacing), 0.0)
        chosen = apart(self._places, distance, batch // 2)
        # Where all that is low is measured already, the rest is held against its predictions.
        where = self._promised if self._promised.any() else open_points[:, None]
        weights = np.where(where & self._controlled, self._weights, 0).max(1)
        chosen += least_known(found, weights, batch - len(chosen), chosen)
        return [int(index) for index in self._candidates[chosen]] or self._everything()

    def _gaps(self) -> Bools:
        """Tell where what was measured is too far away."""
        distance = KDTree(self._points[self._tried]).query(self._places)[0]
        return np.asarray(self._promised.any(1) & (distance > RESOLUTION))

    def _between(self, found: Interpolant) -> list[int]:
        """Return, as the last round, what is not known well enough between the candidates."""
        assert self._scale is not None
        self._is_last = True
        if len(self._candidates) == len(self._points):
            return []
        left = np.flatnonzero(~self._tried)
        points = self._points[left]
        flat, standard = found.at(points, self._matter())
        low = self._scale.may_be_low(flat, standard)
        inexact = (np.where(low, self._relative(flat, standard), 0) > self._tolerance).any(1)
        unclear = not_finite(points, *self._finite_or_not(), sure=2 * SURE)[1] & low.any(1)
        jump = beside(points, self._places[self._jumps], self._spacing)
        return [int(index) for index in left[inexact | unclear | jump]]

    def _everything(self) -> list[int]:
        """Return, as the last round, all points that are left."""
        self._is_last = True
        return [int(index) for index in np.flatnonzero(~self._tried)]
