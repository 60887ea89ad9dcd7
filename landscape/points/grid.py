"""Grid coordinates, and the plan that measures all of a grid."""

from collections.abc import Mapping

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
        >>> grid.wanted, grid.measured, grid.estimated_error
        ([], 3, 0.0)
    """

    metrics: tuple[str, ...] = ()
    """Metrics that `learn` needs: none, since nothing is decided by values."""

    def __init__(self, alpha: Array, beta: Array) -> None:
        self.shape = (beta.size, alpha.size)
        self.wanted: list[int] = list(range(alpha.size * beta.size))
        """Flat indices of the points to measure next, in grid order."""

    @property
    def measured(self) -> int:
        """Number of points that were tried."""
        return self.shape[0] * self.shape[1] - len(self.wanted)

    @property
    def estimated_error(self) -> float:
        """Infinite until all points were tried, then 0."""
        return np.inf if self.wanted else 0.0

    @property
    def levels(self) -> dict[str, float]:
        """Up to which value of each metric accuracy is promised: without limit, so none."""
        return {}

    def learn(self, values: Mapping[int, Mapping[str, float] | None]) -> None:
        """Note which points were tried.

        Args:
            values: For each of these points whatever was found; None where it failed.
        """
        self.wanted = [index for index in self.wanted if index not in values]

    def estimates(self) -> dict[str, tuple[Array, Array]]:
        """Return no estimates."""
        return {}
