"""Choose points one after the other: each as if those before it were measured already."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from landscape.points.interpolant import Interpolant
from landscape.surface.data import Array

Bools = NDArray[np.bool_]


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


def covering(points: Array, gap: Bools, allowed: Bools, radius: float, count: int) -> list[int]:
    """Choose points so that few of them bring all of a gap within a radius.

    Each is the one that covers most of what is not covered yet (Chvátal 1979): fewer are needed
    than where each is put as far as possible from all others, for a flat surface 98 points in all
    instead of 121.

    Args:
        points: Coordinates, shape (points, dimensions).
        gap: Which of them are to be covered, shape (points,).
        allowed: Which may be chosen; all of the gap, at least, shape (points,).
        radius: Of the disc that a chosen point covers.
        count: How many at most.

    Returns:
        Indices.
    """
    tree, left, chosen = KDTree(points), gap.copy(), list[int]()

    def covered_by(places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Count for each point how many of some places its disc covers."""
        near = tree.query_ball_point(points[places], radius)
        numbers = np.fromiter((index for one in near for index in one), np.int64)
        return np.bincount(numbers, minlength=len(points))

    gains = covered_by(np.flatnonzero(gap))
    while len(chosen) < count and left.any():
        best = int(np.where(allowed, gains, -1).argmax())
        chosen.append(best)
        disc = np.array([best, *tree.query_ball_point(points[best], radius)])
        disc = np.unique(disc[left[disc]])
        left[disc] = False
        gains -= covered_by(disc)
    return chosen
