"""Grid coordinates: alpha along the first direction, beta along the second."""

import numpy as np

from landscape.surface.data import Array


def axis(radius: float, steps: int) -> Array:
    """Return `steps` equally spaced coordinates over [-radius, radius].

    Li et al. (2018) draw [-1, 1] with 51 points; an odd count has the center on the grid, and the
    coordinates are made exactly antisymmetric, so that the center is exactly 0.

    Args:
        radius: Half side of the grid in units of the direction, positive and finite.
        steps: Points per side, at least 3: fewer cannot show a minimum.

    Returns:
        Coordinates, shape (steps,), ascending.

    Raises:
        ValueError: If radius or steps are out of range.

    Example:
        >>> axis(1.0, 5)
        array([-1. , -0.5,  0. ,  0.5,  1. ])
    """
    if not (np.isfinite(radius) and radius > 0):
        raise ValueError(f"expected a positive radius, got {radius}")
    if steps < 3:
        raise ValueError(f"expected at least 3 steps per side, got {steps}; 51 is usual")
    half = np.linspace(-radius, radius, steps)
    coordinates: Array = (half - half[::-1]) / 2
    return coordinates
