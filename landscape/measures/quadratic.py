"""The quadratic function that fits best near the center: curvatures and slope."""

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from landscape.measures.multiples import relative
from landscape.measures.plane import ENOUGH, PlaneValues, Reading
from landscape.surface.data import Array


@dataclass(frozen=True, eq=False, kw_only=True)
class QuadraticFit:
    """Least-squares fit of f(z) = constant + gradient z + z hessian z / 2 over a disk.

    Args:
        gradient: Per unit of the coordinates, shape (axes,).
        hessian: Per unit of the coordinates squared, shape (axes, axes).
        r_squared: Share of the variance in the disk that the fit explains.
        note: Why there is no fit; all numbers are NaN then.
    """

    gradient: Array
    hessian: Array
    r_squared: float
    note: str = ""


def fit_quadratic(plane: PlaneValues, radius: float) -> QuadraticFit:
    """Fit a quadratic function to the finite points of a disk.

    Args:
        plane: One plane.
        radius: Radius of the disk around the center, in units of the directions.

    Returns:
        The fit, all NaN with a note where fewer than 90 % of the points are finite or the points
        do not determine it.
    """
    axes = plane.axes
    disk = plane.distance <= radius + 1e-9 * plane.spacing
    values = plane.values[disk]
    finite = np.isfinite(values)
    points = plane.points[disk.ravel()][finite] / radius  # of order 1, for a well-posed fit
    rows, columns = np.triu_indices(axes)
    features = np.column_stack([np.ones(len(points)), points, points[:, rows] * points[:, columns]])
    if not finite.size or finite.mean() < ENOUGH:
        share = finite.mean() if finite.size else 0.0
        return _no_fit(axes, f"needs {ENOUGH:.0%} finite points in the disk, {share:.0%} are")
    excess = values[finite] - plane.center
    solution, _, rank, _ = np.linalg.lstsq(features, excess, rcond=None)
    if rank < features.shape[1]:
        return _no_fit(axes, "too few points in the disk")
    hessian = np.zeros((axes, axes))
    hessian[rows, columns] = solution[1 + axes :]
    residual = excess - features @ solution
    total = excess - excess.mean()
    flat = not total.any()
    gradient = solution[1 : 1 + axes]
    gradient[np.abs(gradient) < 1e-12 * np.abs(excess).max()] = 0.0  # rounding has no logarithm
    return QuadraticFit(
        gradient=np.asarray(gradient / radius, np.float64),
        hessian=(hessian + hessian.T) / radius**2,
        r_squared=np.nan if flat else float(1 - residual @ residual / (total @ total)),
        note="the surface is constant in the disk" if flat else "",
    )


def _no_fit(axes: int, note: str) -> QuadraticFit:
    """Say why there is no fit."""
    return QuadraticFit(
        gradient=np.full(axes, np.nan),
        hessian=np.full((axes, axes), np.nan),
        r_squared=np.nan,
        note=note,
    )


def curvatures(plane: PlaneValues, fit: QuadraticFit) -> dict[str, Reading]:
    r"""Measure the curvatures of the plane, the eigenvalues of $H_2 v = \mu G v$.

    G is the Gram matrix, so that they are curvatures in parameter space whatever the length and
    angle of the directions, and lie between the extreme eigenvalues of the Hessian. The scaled one
    is per unit of the directions squared (as if these had norm 1), the scale-free ones are so too
    and divided by $f_0$.

    Args:
        plane: One plane.
        fit: The quadratic function near its center.

    Returns:
        `curvature_max`, `_mean` and `_min`, each also `_relative`; `curvature_mean_scaled`; and
        `quadratic_fit`, the R^2 of the fit they come from.
    """
    values = np.full(plane.axes, np.nan)
    if np.isfinite(fit.hessian).all():
        values = scipy.linalg.eigh(fit.hessian, plane.metric, eigvals_only=True)
    found = {"max": values[-1], "mean": values.mean(), "min": values[0]}
    note = fit.note if np.isnan(fit.hessian).any() else ""
    raw_note = note or _no_length(plane)
    readings = {
        "quadratic_fit": Reading(fit.r_squared, fit.note),
        "curvature_mean_scaled": Reading(float(values.mean()), note),
    }
    for name, value in found.items():
        key = f"curvature_{name}"
        readings[key] = Reading(float(value / plane.length**2), raw_note)
        readings[f"{key}_relative"] = relative(Reading(float(value), note), plane.center)
    return readings


def slope(plane: PlaneValues, fit: QuadraticFit) -> dict[str, Reading]:
    r"""Measure whether the center is a minimum of its plane: slope there, and where the minimum is.

    The slope is the norm of the gradient's projection on the plane, $\sqrt{g^T G^{-1} g}$.

    Args:
        plane: One plane.
        fit: The quadratic function near its center.

    Returns:
        `slope` in loss per parameter unit and `slope_relative`, per unit of the directions and
        divided by $f_0$; `minimum_offset`, the distance of the lowest measured point from the
        center in units of the directions; `minimum_depth`, how far that point lies below the
        center, and `minimum_depth_relative`.
    """
    steepness = float(np.sqrt(fit.gradient @ np.linalg.solve(plane.metric, fit.gradient)))
    note = fit.note if np.isnan(steepness) else ""
    offset, depth, note_lowest = _lowest(plane)
    drop = Reading(depth, note_lowest, bound=bool(plane.unknown.any()))
    return {
        "slope": Reading(steepness / plane.length, note or _no_length(plane)),
        "slope_relative": relative(Reading(steepness, note), plane.center),
        "minimum_offset": Reading(offset, note_lowest),
        "minimum_depth": drop,
        "minimum_depth_relative": relative(drop, plane.center),
    }


def _lowest(plane: PlaneValues) -> tuple[float, float, str]:
    """Find how far the lowest point is from the center, how far below it, and what to note."""
    place = plane.lowest()
    note = "points are unknown" if plane.unknown.any() else ""
    if place is None:
        return 0.0, 0.0, note
    lowest = float(plane.values[place])
    if not note and plane.values.min() < min(lowest, plane.center):
        note = "of the measured points: an interpolated one is better"
    if lowest >= plane.center:
        return 0.0, 0.0, note
    return float(plane.distance[place]), plane.center - lowest, note


def _no_length(plane: PlaneValues) -> str:
    """Say that lengths in parameter space are unknown."""
    if np.isnan(plane.gram).all():
        return "norms of the directions are not known"
    return "needs a Gram matrix of full rank" if np.isnan(plane.length) else ""
