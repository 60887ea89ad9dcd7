"""In which unit the error of an estimate is owed, and up to which level."""

from dataclasses import dataclass

import numpy as np

from landscape.surface.data import Array


@dataclass(frozen=True)
class Scale:
    """In which unit a metric's error is owed, and up to which level.

    Args:
        unit: Errors are relative to the value, or to this where the value is smaller.
        level: No accuracy is owed above it.
    """

    unit: float
    level: float

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


def scale_of(center: float, clip: float, start: Array) -> Scale:
    """Choose the scale of a metric.

    Args:
        center: Value at the center: the unit, whatever its sign, unless it is zero.
        clip: Accuracy is owed up to `clip` times the center's value; for values that are not
            positive, up to `clip - 1` units above the center.
        start: Values on the nested grid that refinement starts from. Where the center is zero, the
            unit is such that half of them are below the level.

    Returns:
        The scale.
    """
    unit = abs(center)
    if unit == 0:
        rises = np.abs(start[np.isfinite(start)] - center)
        unit = float(np.median(rises)) / (clip - 1) if rises.any() else 1.0
        unit = unit or float(rises.max()) / (clip - 1)
    return Scale(unit, center + (clip - 1) * unit)
