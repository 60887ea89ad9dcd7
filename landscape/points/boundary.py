"""Where a surface jumps or stops being finite: what no smooth interpolant knows."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from landscape.surface.data import Array

Bools = NDArray[np.bool_]

STEP = 1.5
"""Rise between neighbours on the grid, in flat units, that counts as a jump where one of them is
below the level. Networks whose loss grew by five decades over the grid rose by less."""
SURE = 2.5
"""A point is surely finite, or surely not, where the nearest datum of the other kind is this many
times farther than the nearest of its own."""


def not_finite(
    points: Array, finite: Array, infinite: Array, *, sure: float = SURE
) -> tuple[Bools, Bools, Array]:
    """Tell where a surface is taken not to be finite, by the nearest points that were measured.

    Args:
        points: Coordinates of all points, shape (points, dimensions).
        finite: Where a finite value was measured, shape (n, dimensions).
        infinite: Where one that is not was measured, shape (k, dimensions).
        sure: How many times farther the other kind must be where it is clear.

    Returns:
        Where it is taken not to be finite, where that is unclear, and the distance to the nearest
        measured point, each of shape (points,).
    """
    if not len(infinite):
        nowhere = np.zeros(len(points), bool)
        return nowhere, nowhere, np.zeros(len(points))
    to_finite = KDTree(finite).query(points)[0]
    to_infinite = KDTree(infinite).query(points)[0]
    unclear = (to_infinite < sure * to_finite) & (to_finite < sure * to_infinite)
    return to_infinite < to_finite, unclear, np.minimum(to_finite, to_infinite)


def jumps(flat: Array, levels: Array) -> Bools:
    """Mark neighbours, diagonal ones too, of which one is low and the other steeply above it.

    Args:
        flat: Values as `Scale.flatten` makes them, measured or estimated, NaN where neither, shape
            (rows, columns, metrics).
        levels: Below which a metric is low, in the same unit, shape (metrics,).

    Returns:
        Both of each pair, shape (rows, columns).
    """
    rows, columns, _ = flat.shape
    marked = np.zeros((rows, columns), bool)
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        here = np.s_[: rows - down, max(0, -right) : columns - max(0, right)]
        there = np.s_[down:, max(0, right) : columns - max(0, -right)]
        one, other = flat[here], flat[there]
        low = np.minimum(one, other) <= levels
        steep = ((np.abs(one - other) > STEP) & low).any(-1)
        marked[here] |= steep
        marked[there] |= steep
    return marked


def beside(points: Array, places: Array, spacing: float) -> Bools:
    """Tell which points lie in a square of half side `spacing` around one of some places."""
    if not len(places):
        return np.zeros(len(points), bool)
    near: Bools = KDTree(places).query(points, p=np.inf)[0] < spacing
    return near


def apart(points: Array, distance: Array, count: int) -> list[int]:
    """Choose points one after the other, the one farthest from what was measured first.

    Args:
        points: Coordinates, shape (points, dimensions).
        distance: To what was measured, 0 where a point is not to be chosen, shape (points,).
        count: How many at most.

    Returns:
        Indices; each keeps its own distance from those chosen before.
    """
    distance, chosen = distance.copy(), list[int]()
    while len(chosen) < count and distance.max(initial=0.0) > 0:
        best = int(distance.argmax())
        chosen.append(best)
        near = np.linalg.norm(points - points[best], axis=1) < 1.01 * distance[best]
        distance[near] = 0
    return chosen
