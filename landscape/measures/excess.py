"""How far the loss rises near the center: sharpness, mean excess, asymmetry."""

import numpy as np
from numpy.typing import NDArray

from landscape.measures.interpolate import sample
from landscape.measures.multiples import relative
from landscape.measures.plane import ENOUGH, PlaneValues, Reading
from landscape.surface.data import Array

NODES = 24  # of Gauss-Legendre quadrature along each ray


def epsilon_sharpness(plane: PlaneValues, epsilon: float) -> dict[str, Reading]:
    r"""Measure the largest rise within a box, $100 (\max f - f_0) / (1 + f_0)$.

    Keskar et al. 2017, section 2.2.2, with the plane as their random subspace. The scale-free form
    divides by $f_0$ instead.

    Args:
        plane: One plane.
        epsilon: Half side of the box, in units of the directions.

    Returns:
        `epsilon_sharpness` and `epsilon_sharpness_relative`, both in percent.
    """
    inside = plane.values[_box(plane, epsilon)]
    edge = _edge(plane, epsilon)
    # Beside a point that is not finite the edge is infinite, though such a point may lie outside.
    known = np.concatenate([inside[~np.isnan(inside)], edge[np.isfinite(edge)], [plane.center]])
    rise = float(known.max()) - plane.center
    note, bound = "", False
    if np.isinf(rise):
        note = "the box contains points that are not finite"
    elif np.isnan(inside).any():
        note, bound = "lower bound: points in the box are unknown", True
    elif epsilon > plane.radius * (1 + 1e-9):
        note, bound = "lower bound: the box leaves the grid", True
    raw = Reading(np.nan, f"needs a value above -1 at the center, which is {plane.center:.4g}")
    if plane.center > -1:
        raw = Reading(100 * rise / (1 + plane.center), note, bound=bound)
    return {
        "epsilon_sharpness": raw,
        "epsilon_sharpness_relative": relative(
            Reading(100 * rise, note, bound=bound), plane.center
        ),
    }


def mean_excess(plane: PlaneValues, epsilon: float) -> dict[str, Reading]:
    r"""Measure the mean of $f - f_0$ over the disk of radius epsilon, by quadrature in polar form.

    Args:
        plane: One plane.
        epsilon: Radius of the disk, in units of the directions.

    Returns:
        `mean_excess` in units of the loss and `mean_excess_relative`, divided by $f_0$.
    """
    raw = _mean_excess(plane, epsilon)
    return {"mean_excess": raw, "mean_excess_relative": relative(raw, plane.center)}


def asymmetry(plane: PlaneValues, epsilon: float) -> dict[str, Reading]:
    r"""Measure how far f(z) and f(-z) differ, $\|f(z) - f(-z)\| / (2 \|f - f_0\|)$.

    0 for an even function, 1 for an odd one; after the asymmetric valleys of He et al. 2019.

    Args:
        plane: One plane.
        epsilon: Half side of the box over which norms are taken, in units of the directions.

    Returns:
        `asymmetry`, scale-free.
    """
    sides = (plane.alpha, plane.beta)
    if not all(np.allclose(side, -side[::-1], rtol=0, atol=1e-9 * plane.spacing) for side in sides):
        return {"asymmetry": Reading(np.nan, "needs a grid that is symmetric about the center")}
    box = _box(plane, epsilon)
    there, opposite = plane.values[box], plane.values[::-1, ::-1][box]
    finite = np.isfinite(there) & np.isfinite(opposite)
    if finite.mean() < ENOUGH:
        return {"asymmetry": Reading(np.nan, _few(finite.mean()))}
    excess = np.linalg.norm(there[finite] - plane.center)
    difference = np.linalg.norm(there[finite] - opposite[finite])
    if excess == 0:
        return {"asymmetry": Reading(np.nan, "the surface is constant")}
    return {"asymmetry": Reading(float(difference / (2 * excess)))}


def _few(share: float) -> str:
    """Say that too few points are finite."""
    return f"needs {ENOUGH:.0%} finite points, {share:.0%} are"


def _box(plane: PlaneValues, epsilon: float) -> NDArray[np.bool_]:
    """Mark the points of the box."""
    limit = epsilon + 1e-9 * plane.spacing
    mask: NDArray[np.bool_] = np.abs(plane.points).max(axis=1) <= limit
    return mask.reshape(plane.values.shape)


def _edge(plane: PlaneValues, epsilon: float) -> Array:
    """Interpolate on the edge of the box, which need not run along points of the grid."""
    count = 8 * int(np.ceil(epsilon / plane.spacing)) + 1
    run, end = np.linspace(-epsilon, epsilon, count), np.full(count, epsilon)
    if plane.axes == 1:
        points = np.array([[-epsilon, 0.0], [epsilon, 0.0]])
    else:
        sides = [(run, end), (run, -end), (end, run), (-end, run)]
        points = np.concatenate([np.stack(side, axis=1) for side in sides])
    low = [plane.alpha[0], plane.beta[0]]
    high = [plane.alpha[-1], plane.beta[-1]]
    points = points[((points >= low) & (points <= high)).all(axis=1)]
    return sample(plane.alpha, plane.beta, plane.values, points)


def _mean_excess(plane: PlaneValues, epsilon: float) -> Reading:
    """Integrate over the disk, or over both sides of a line."""
    rays = plane.rays
    if plane.reach(rays).min() < epsilon * (1 - 1e-9):
        return Reading(np.nan, "the disk leaves the grid")
    if (plane.unknown & (plane.distance <= epsilon + 2 * plane.spacing)).any():
        return Reading(np.nan, "points in or beside the disk are unknown")
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    share = (nodes + 1) / 2
    weights = weights * share ** (plane.axes - 1)
    values = plane.along(rays, np.broadcast_to(epsilon * share, (len(rays), NODES)))
    if not np.isfinite(values).all():
        return Reading(np.inf, "the disk contains points that are not finite")
    excess = values.mean(axis=0) - plane.center
    return Reading(float(excess @ weights / weights.sum()))
