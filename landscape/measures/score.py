"""What remains of a score, such as an accuracy, near the center."""

import numpy as np

from landscape.measures.excess import mean_excess
from landscape.measures.plane import PlaneValues, Reading
from landscape.measures.radii import level_radii


def remaining(plane: PlaneValues, epsilon: float, half: float) -> dict[str, Reading]:
    """Measure what remains of a score within a radius, and where half of it is lost.

    Args:
        plane: One plane, flipped so that less is better.
        epsilon: Radius of the disk, in units of the directions.
        half: The score half way from the center's to the worst; not finite where there is none.

    Returns:
        Readings of `mean_within` and `minimum_within`, in units of the score, and radii to `half`.
    """
    radii = level_radii(plane, -half) if np.isfinite(half) else {}
    return {
        "mean_within": _mean(plane, epsilon),
        "minimum_within": _minimum(plane, epsilon),
        **{f"{key}_half": reading for key, reading in radii.items()},
    }


def _mean(plane: PlaneValues, epsilon: float) -> Reading:
    """Average a score over the disk, by the quadrature of `mean_excess`."""
    drop = mean_excess(plane, epsilon)["mean_excess"]
    return Reading(np.nan if np.isinf(drop.value) else -plane.center - drop.value, drop.note)


def _minimum(plane: PlaneValues, epsilon: float) -> Reading:
    """Find the lowest score in the disk, at points of the grid and on its edge."""
    if plane.reach(plane.rays).min() < epsilon * (1 - 1e-9):
        return Reading(np.nan, "the disk leaves the grid")
    inside = plane.values[plane.distance <= epsilon + 1e-9 * plane.spacing]
    if np.isnan(inside).any():
        return Reading(np.nan, "points in the disk are unknown")
    if np.isinf(inside).any():
        return Reading(np.nan, "the disk contains points that are not finite")
    edge = plane.along(plane.rays, np.full((len(plane.rays), 1), epsilon))
    # Between points an interpolant can overshoot what the grid reaches.
    known = plane.values[np.isfinite(plane.values)]
    edge = np.minimum(edge[np.isfinite(edge)], known.max(initial=plane.center))
    worst = max(plane.center, inside.max(initial=-np.inf), edge.max(initial=-np.inf))
    return Reading(-float(worst))
