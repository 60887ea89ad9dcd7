"""Choose points one after the other: each as if those before it were measured already."""

from collections.abc import Sequence

import numpy as np

from landscape.points.interpolant import Interpolant
from landscape.surface.data import Array


def least_known(
    interpolant: Interpolant, weights: Array, count: int, taken: Sequence[int]
) -> list[int]:
    """Choose the places where weight times power function is largest, given those before.

    What a measurement does to the errors of all others is known before its value is: the variance
    falls by covariance^2 / variance.

    Args:
        interpolant: Of what was measured.
        weights: Error for a power function of 1; 0 where nothing is to be chosen, shape (places,).
        count: How many at most.
        taken: Places that are chosen already.

    Returns:
        Indices of places.
    """
    variance, chosen = interpolant.variance.copy(), list[int]()
    updates: list[tuple[Array, float]] = []
    for _ in range(count):
        score = weights * np.sqrt(variance)
        score[[*chosen, *taken]] = 0
        best = int(score.argmax())
        if score[best] <= 0:
            break
        covariance = interpolant.covariance(best)
        for column, size in updates:
            covariance = covariance - column * column[best] / size
        size = max(float(variance[best]), 1e-300)
        variance = np.maximum(variance - covariance**2 / size, 0)
        updates.append((covariance, size))
        chosen.append(best)
    return chosen
