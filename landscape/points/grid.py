"""Grid coordinates, and the plan that measures all of a grid."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from landscape.surface.data import Array

START = 5
"""Points per side of the nested grid that refinement starts from."""
CANDIDATES = 65
"""Points per side up to which refinement may choose any point of a grid."""
_FINE = 48  # steps between candidates of a larger grid: START - 1 divides it


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


def span(low: float, high: float, steps: int) -> Array:
    """Return `steps` equally spaced coordinates from one number to another.

    Where 0 or 1, the ends of a way, lie on the grid but for rounding, they lie there exactly.

    Args:
        low: The first.
        high: The last.
        steps: How many, at least 3.

    Returns:
        Coordinates, shape (steps,), ascending.

    Raises:
        ValueError: If they do not ascend, or steps are out of range.

    Example:
        >>> span(-0.1, 1.1, 13)[[0, 1, 11]]
        array([-0.1,  0. ,  1. ])
    """
    if low == -high:
        return axis(high, steps)
    if not low < high:
        raise ValueError(f"expected ascending ends, got {low} and {high}")
    if steps < 3:
        raise ValueError(f"expected at least 3 steps per side, got {steps}; 51 is usual")
    coordinates = np.linspace(low, high, steps)
    near = 1e-9 * (high - low) / steps
    for end in (0.0, 1.0):
        coordinates[np.abs(coordinates - end) < near] = end
    return coordinates


def candidates(steps: int) -> NDArray[np.int64]:
    """Return the positions along one side that refinement chooses from: all, or about 49.

    Args:
        steps: Points per side.

    Returns:
        Positions, ascending, both ends among them, and the middle one.
    """
    if steps <= CANDIDATES:
        return np.arange(steps)
    return np.round(np.linspace(0, steps - 1, _FINE + 1)).astype(np.int64)


def nested_sides(rows: int, columns: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the positions along both sides of the coarse grid that refinement starts from.

    Args:
        rows: Points along beta; one for a line.
        columns: Points along alpha.

    Returns:
        Positions along beta and along alpha; the ends and the middle are among them.
    """
    sides = [candidates(count) for count in (rows, columns)]
    first, second = (
        side[np.unique(np.round(np.linspace(0, len(side) - 1, START)).astype(int))]
        for side in sides
    )
    return first, second


def in_half_sides(alpha: Array, beta: Array) -> Array:
    """Return the points of a grid in half sides, from -1 to 1, whatever its window is.

    Args:
        alpha: Coordinates along the first direction.
        beta: Coordinates along the second; one for a line.

    Returns:
        Shape (points, dimensions), in grid order: alpha runs first.

    Example:
        >>> in_half_sides(np.array([0.0, 1.0, 2.0]), np.zeros(1))[:, 0]
        array([-1.,  0.,  1.])
    """
    sides = [alpha] if beta.size == 1 else [alpha, beta]
    scaled = [(2 * side - (side[0] + side[-1])) / (side[-1] - side[0]) for side in sides]
    return np.stack([axis.ravel() for axis in np.meshgrid(*scaled)], axis=1)


class FullGrid:
    """Measure all points of one plane or line: the same face as `Refinement`, nothing estimated.

    Args:
        alpha: Coordinates along the first direction.
        beta: Coordinates along the second; one for a line.

    Example:
        >>> grid = FullGrid(axis(1.0, 3), np.zeros(1))
        >>> grid.wanted
        [0, 1, 2]
        >>> grid.learn({0: {}, 1: {}, 2: None})
        >>> grid.wanted, grid.estimated_error
        ([], 0.0)
    """

    metrics: tuple[str, ...] = ()
    """Metrics that `learn` needs: none, since nothing is decided by values."""

    def __init__(self, alpha: Array, beta: Array) -> None:
        self.shape = (beta.size, alpha.size)
        self.wanted: list[int] = list(range(alpha.size * beta.size))
        """Flat indices of the points to measure next, in grid order."""

    @property
    def estimated_error(self) -> float:
        """Infinite until all points were tried, then 0."""
        return np.inf if self.wanted else 0.0

    def learn(self, values: Mapping[int, Mapping[str, float] | None]) -> None:
        """Note which points were tried.

        Args:
            values: For each of these points whatever was found; None where it failed.
        """
        self.wanted = [index for index in self.wanted if index not in values]

    def estimates(self) -> dict[str, tuple[Array, Array]]:
        """Return no estimates."""
        return {}
