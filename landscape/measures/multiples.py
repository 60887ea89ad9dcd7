"""Multiples of the value at the center, and where they mean something."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from landscape.measures.plane import PlaneValues, Reading
from landscape.surface.data import Array

DWARFED = 1e6
"""Typical value of a surface in multiples of the center from which the center is not its scale."""


def relative(reading: Reading, center: float) -> Reading:
    """Divide by the value at the center.

    Args:
        reading: A number in units of the loss.
        center: The value at the center.

    Returns:
        The scale-free number; NaN where the center is not positive.
    """
    value = reading.value / center if center > 0 else np.nan
    return replace(reading, value=value)


def is_dwarfed(center: float, values: Array) -> bool:
    """Tell whether a surface is typically so much higher than its center that this is no scale.

    Args:
        center: Value at the center, positive.
        values: Any shape; what is not finite does not count.

    Returns:
        Whether it is.
    """
    finite = values[np.isfinite(values)]
    return bool(finite.size) and float(np.median(finite)) > DWARFED * center


def no_multiples(planes: Sequence[PlaneValues]) -> str:
    """Say why multiples of the value at the center mean nothing, as for the levels of figures.

    Args:
        planes: All planes of a surface.

    Returns:
        The reason; empty where multiples are the natural scale: the center is positive and not
        dwarfed by the surface, and no measured value is negative.
    """
    center = planes[0].center
    if not center > 0:
        return f"needs a positive value at the center, which is {center:.4g}"
    if any((plane.values[plane.error == 0] < 0).any() for plane in planes):
        return "needs values of one sign: some are negative"
    if any(is_dwarfed(center, plane.values) for plane in planes):
        return f"needs a center that is not dwarfed by the surface; it is {center:.4g}"
    return ""
