"""Relative to what the error of an estimate is counted, and up to which level it is promised."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from landscape.points.grid import nested_sides
from landscape.surface.data import Array

Bools = NDArray[np.bool_]

_CAUTIOUS = 0.5
"""Largest standard error, in flat units, that is believed when it says that a value may be low."""
SHARE_BELOW = 0.12
"""Share of the grid's area that lies below the level, at least, as far as the first points tell."""
_CELLS = 8  # parts of each interval of the nested grid, for the share of the area


@dataclass(frozen=True)
class Scale:
    """Relative to what a metric's error is counted, and up to which level it is promised.

    Args:
        unit: Errors are relative to the value, or to this where the value is smaller.
        level: Nothing is promised above it.
    """

    unit: float
    level: float


@dataclass(frozen=True, eq=False)
class Scales:
    """The scales of several metrics: arrays have a column for each.

    Args:
        unit: Of each metric, shape (metrics,).
        level: Of each metric, shape (metrics,).
        controlled: Whether accuracy is promised at all, shape (metrics,).
    """

    unit: Array
    level: Array
    controlled: Bools

    @classmethod
    def of(cls, each: Sequence[Scale], controlled: Bools) -> "Scales":
        """Join the scales of single metrics."""
        unit, level = [one.unit for one in each], [one.level for one in each]
        return cls(np.array(unit), np.array(level), controlled)

    @property
    def flat_level(self) -> Array:
        """The level as `flatten` makes it, shape (metrics,)."""
        return self.flatten(self.level)

    def flatten(self, values: Array) -> Array:
        """Map values so that equal steps are equal relative errors: asinh(value / unit)."""
        return np.arcsinh(values / self.unit)

    def restore(self, flat: Array) -> Array:
        """Undo `flatten`."""
        with np.errstate(over="ignore"):
            return np.sinh(flat) * self.unit

    def relative(self, flat: Array) -> Array:
        """Return the relative error that a small error of a flat value makes, 1 to 1.4 times it."""
        with np.errstate(over="ignore"):
            size = np.abs(np.sinh(flat))
        smaller = np.minimum(size, 1 / np.maximum(size, 1e-300))  # of value / unit and its inverse
        factor: Array = np.sqrt(1 + smaller**2)
        return factor

    def is_low(self, values: Array) -> Bools:
        """Tell where a controlled metric is below its level, shape (n, metrics)."""
        low: Bools = (values <= self.level) & self.controlled
        return low

    def may_be_low(self, flat: Array, standard: Array) -> Bools:
        """Tell where a controlled metric is below its level, or within two standard errors of it.

        These are bounded: a huge error must not make everything possibly low.
        """
        low: Bools = flat - 2 * np.minimum(standard, _CAUTIOUS) <= self.flat_level
        return np.logical_and(low, self.controlled)

    def largest_error(self, predicted: Array, values: Array) -> float:
        """Return the largest relative error of predictions where they or the truth are low.

        Args:
            predicted: In the unit of the metric, infinite where the surface is taken not to be
                finite, shape (n, metrics).
            values: What was measured there, shape (n, metrics).

        Returns:
            The largest over all controlled metrics: infinite where something low was predicted of a
            value that is not finite, or the reverse; 0 where none counts.
        """
        truth = np.where(np.isfinite(values), values, np.inf)
        counted = self.is_low(np.minimum(truth, predicted))
        with np.errstate(invalid="ignore"):
            errors = np.abs(predicted - truth) / np.maximum(np.abs(values), self.unit)
        wrong = np.where(np.isfinite(truth) & np.isfinite(predicted), errors, np.inf)
        return float(wrong[counted].max(initial=0.0))


def scale_of(center: float, clip: float, values: Array) -> Scale:
    """Choose the scale of a metric.

    Around a well-trained classifier nearly all of the grid lies above any small multiple of the
    center's value. The level is therefore raised until it holds a good share of the grid: what is
    drawn and measured then follows the surface.

    Args:
        center: Value at the center: the unit, whatever its sign, unless it is zero.
        clip: Accuracy is promised up to `clip` times the center's value, at least; for values that
            are not positive, up to `clip - 1` units above the center.
        values: Of one plane or line, shape (B, A), of which only the nested grid that refinement
            starts from is read. Where the center is zero, the unit is such that half of its points
            are below the level.

    Returns:
        The scale.
    """
    rows, columns = nested_sides(*values.shape)
    start = values[np.ix_(rows, columns)]
    finite = start[np.isfinite(start)]
    unit = abs(center)
    if unit == 0:
        rises = np.abs(finite - center)
        unit = float(np.median(rises)) / (clip - 1) if rises.any() else 1.0
        unit = unit or float(rises.max()) / (clip - 1)
    level = center + (clip - 1) * unit
    if finite.size:
        flat = np.arcsinh(np.where(np.isfinite(start), start, np.inf) / unit)
        found = min(_quantile(flat), float(flat[np.isfinite(flat)].max()))
        level = max(level, float(np.sinh(found)) * unit)
    return Scale(unit, level)


def _quantile(flat: Array) -> float:
    """Return what lies above `SHARE_BELOW` of the area, between points of the nested grid linearly.

    Counting the points instead would give 12 % to the second lowest of 25, which on a bowl is the
    edge of 20 % of the area.
    """
    for axis in range(2):
        if flat.shape[axis] > 1:
            flat = np.moveaxis(flat, axis, 0)
            share = ((np.arange(_CELLS) + 0.5) / _CELLS).reshape(-1, *[1] * (flat.ndim - 1))
            cells = [(1 - share) * low + share * high for low, high in pairwise(flat)]
            flat = np.moveaxis(np.concatenate(cells), 0, axis)
    # What is not finite is infinite here, and above any level.
    return float(np.quantile(flat, SHARE_BELOW, method="lower"))
