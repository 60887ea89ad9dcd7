"""One plane of a surface, made ready to be measured."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from landscape.measures.interpolate import sample
from landscape.surface.data import Array, Surface


@dataclass(frozen=True, eq=False, kw_only=True)
class PlaneValues:
    """Values over one plane, with the plane's geometry.

    Lengths are in units of the directions: `distance` is the distance in parameter space divided
    by the root mean square norm of the directions, so that it is sqrt(alpha^2 + beta^2) where
    they are equally long and orthogonal, and independent of their choice where they are not.

    Args:
        alpha: Coordinates, shape (A,).
        beta: Coordinates, shape (B,); one for a line.
        values: Shape (B, A); infinite where a measured value is not finite, NaN where unknown.
        center: Value at the center.
        gram: Inner products of the directions, shape (axes, axes).
        error: Error of the values, shape (B, A); 0 where they were measured.
    """

    alpha: Array
    beta: Array
    values: Array
    center: float
    gram: Array
    error: Array

    @property
    def axes(self) -> int:
        """2 for a plane, 1 for a line."""
        return int(self.gram.shape[0])

    @property
    def unknown(self) -> NDArray[np.bool_]:
        """Where a value is neither measured nor estimated."""
        return np.isnan(self.values)

    @cached_property
    def length(self) -> float:
        """Root mean square norm of the directions; NaN where the Gram matrix is unusable."""
        if not np.isfinite(self.gram).all():
            return np.nan
        eigenvalues = np.linalg.eigvalsh(self.gram)
        usable = eigenvalues[0] > 1e-10 * eigenvalues[-1] > 0
        return float(np.sqrt(np.trace(self.gram) / self.axes)) if usable else np.nan

    @cached_property
    def metric(self) -> Array:
        """Gram matrix of mean diagonal 1; the identity where the Gram matrix is unusable."""
        if np.isnan(self.length):
            return np.eye(self.axes)
        metric: Array = self.gram / self.length**2
        return metric

    @cached_property
    def points(self) -> Array:
        """Coordinates of all points, shape (B * A, axes)."""
        alpha, beta = np.meshgrid(self.alpha, self.beta)
        return np.stack([alpha.ravel(), beta.ravel()], axis=1)[:, : self.axes]

    @cached_property
    def distance(self) -> Array:
        """Distance of each point from the center, shape (B, A)."""
        squares = np.einsum("pi,ij,pj->p", self.points, self.metric, self.points)
        distance: Array = np.sqrt(np.maximum(squares, 0.0)).reshape(self.values.shape)
        return distance

    @cached_property
    def radius(self) -> float:
        """Distance from the center to the nearest side of the grid; not positive if outside."""
        sides = [self.alpha] if self.axes == 1 else [self.alpha, self.beta]
        return float(min(min(-side[0], side[-1]) for side in sides))

    @cached_property
    def spacing(self) -> float:
        """Largest distance between neighbouring coordinates."""
        sides = [self.alpha] if self.axes == 1 else [self.alpha, self.beta]
        return float(max(np.diff(side).max() for side in sides))

    def rays(self, count: int) -> Array:
        """Make steps of length 1 away from the center, equally spread in parameter space.

        Args:
            count: Number of rays in a plane; a line has two.

        Returns:
            Coordinates, shape (rays, 2), with beta 0 on a line.
        """
        if self.axes == 1:
            return np.array([[1.0, 0.0], [-1.0, 0.0]])
        angle = np.arange(count) * (2 * np.pi / count)
        circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        eigenvalues, vectors = np.linalg.eigh(self.metric)
        steps: Array = circle @ (vectors / np.sqrt(eigenvalues)) @ vectors.T
        return steps

    def reach(self, rays: Array) -> Array:
        """Tell how far each ray stays inside the grid.

        Args:
            rays: Steps, shape (rays, 2).

        Returns:
            Distances, shape (rays,).
        """
        reach = np.full(len(rays), np.inf)
        for steps, side in zip(rays.T, (self.alpha, self.beta), strict=True):
            end = np.where(steps > 0, side[-1], side[0])
            moving = np.abs(steps) > 1e-12
            limit = np.divide(end, steps, out=np.full(len(rays), np.inf), where=moving)
            reach = np.minimum(reach, limit)
        return reach

    def along(self, rays: Array, distances: Array) -> Array:
        """Interpolate along rays.

        Args:
            rays: Steps, shape (rays, 2).
            distances: From the center, shape (rays, n), within `reach`.

        Returns:
            Values, shape (rays, n); infinite beside points that are unknown or not finite.
        """
        points = (distances[:, :, None] * rays[:, None, :]).reshape(-1, 2)
        values = sample(self.alpha, self.beta, self.values, points)
        return values.reshape(distances.shape)


def plane_values(surface: Surface, metric: str) -> list[PlaneValues]:
    """Take a surface apart into its planes.

    Args:
        surface: The surface. Where a point was not measured, `<metric>_estimate` serves if it is
            there (a grid refined to a tolerance).
        metric: Which of its values.

    Returns:
        One sheet per plane.

    Raises:
        ValueError: If the surface does not have the metric.
    """
    if metric not in surface.values or metric not in surface.center:
        known = [name for name in surface.metrics if name in surface.center]
        raise ValueError(f"expected one of the metrics {', '.join(known)}, got {metric!r}")
    measured = surface.values[metric]
    estimate = surface.values.get(f"{metric}_estimate", np.full_like(measured, np.nan))
    values = np.where(np.isfinite(measured), measured, np.inf)
    values = np.where(surface.measured, values, estimate)
    error = surface.values.get(f"{metric}_estimate_error", np.zeros_like(measured))
    error = np.where(np.isfinite(error) & ~surface.measured, error, 0.0)
    return [
        PlaneValues(
            alpha=surface.alpha,
            beta=surface.beta,
            values=values[plane],
            center=float(surface.center[metric]),
            gram=surface.gram[plane],
            error=error[plane],
        )
        for plane in range(surface.planes)
    ]
