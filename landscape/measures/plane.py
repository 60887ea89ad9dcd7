"""One plane of a surface, made ready to be measured, and what a measure reads off it."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from landscape.measures.interpolate import refine, sample
from landscape.points.scale import Scale, scale_of
from landscape.surface.data import Array, Surface

RAYS = 128
"""Rays from the center along which radii and means over a disk are taken."""

PER_SPACING = 4
"""Samples per grid spacing along a ray, and finer points per spacing for areas and figures."""

ENOUGH = 0.9
"""Share of finite points below which a fit or a difference says nothing."""


@dataclass(frozen=True)
class Reading:
    """One number from one plane, and what must be known about it.

    Args:
        value: The number; NaN where there is none.
        note: Why not, or what is special; empty where all is well.
        bound: Whether the true number is this or larger.
    """

    value: float
    note: str = ""
    bound: bool = False


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
        level: Value up to which the error was controlled; infinite where that was not asked for,
            and where nothing is estimated.
        unfinished: Relative error that is still believed where the tolerance is not yet met.
    """

    alpha: Array
    beta: Array
    values: Array
    center: float
    gram: Array
    error: Array
    level: float = np.inf
    unfinished: float = 0.0

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

    def flipped(self) -> "PlaneValues":
        """Turn a metric of which more is better into one of which less is, by its sign."""
        values = np.where(np.isposinf(self.values), np.inf, -self.values)
        return replace(self, values=values, center=-self.center, level=np.inf)

    @cached_property
    def finer(self) -> tuple[Array, Array, Array]:
        """Finer alpha and beta, and the values interpolated there (see `refine`)."""
        return refine(self.alpha, self.beta, self.values, PER_SPACING)

    @cached_property
    def profiles(self) -> tuple[Array, Array]:
        """Distances from the center to the end of each ray, and the values there, (rays, n)."""
        reach = self.reach(self.rays)
        count = int(np.ceil(PER_SPACING * reach.max() / self.spacing)) + 1
        distances = reach[:, None] * np.linspace(0.0, 1.0, count)
        return distances, self.along(self.rays, distances)

    def lowest(self) -> tuple[int, int] | None:
        """Find the lowest measured point, as (row, column); None where no value is finite.

        Of points that share the lowest value, as on a plateau, the one nearest to the center.
        """
        known = np.isfinite(self.values) & (self.error == 0)
        if not known.any():
            return None
        ties = self.values == self.values[known].min()
        place = int(np.where(known & ties, self.distance, np.inf).argmin())
        row, column = divmod(place, self.values.shape[1])
        return row, column

    @cached_property
    def rays(self) -> Array:
        """Steps of length 1 away from the center, equally spread in parameter space.

        Coordinates, shape (rays, 2): `RAYS` in a plane, two with beta 0 on a line.
        """
        if self.axes == 1:
            return np.array([[1.0, 0.0], [-1.0, 0.0]])
        angle = np.arange(RAYS) * (2 * np.pi / RAYS)
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
        One plane per plane.

    Raises:
        ValueError: If the surface does not have the metric.
    """
    if metric not in surface.values or metric not in surface.center:
        raise ValueError(
            f"expected one of the metrics {', '.join(surface.metrics)}, got {metric!r}"
        )
    known, error = surface.known(metric), surface.error(metric)
    values = np.where(surface.measured & ~np.isfinite(known), np.inf, known)
    error = np.where(np.isfinite(error), error, 0.0)
    promised, refined = scales(surface, metric), surface.refined
    guessed = [bool(np.isfinite(each).any()) for each in np.where(surface.measured, np.nan, known)]
    return [
        PlaneValues(
            alpha=surface.alpha,
            beta=surface.beta,
            values=values[plane],
            center=float(surface.center[metric]),
            gram=surface.gram[plane],
            error=error[plane],
            level=promised[plane].level if promised and guessed[plane] else np.inf,
            unfinished=0.0 if refined is None or refined.done[plane] else refined.error[plane],
        )
        for plane in range(surface.planes)
    ]


def scales(surface: Surface, metric: str) -> list[Scale] | None:
    """Return up to which level of each plane a tolerance holds, and relative to what.

    Args:
        surface: The surface.
        metric: Which of its values.

    Returns:
        One scale per plane; None where no accuracy of this metric was asked for.
    """
    center = float(surface.center[metric])
    promised = metric in surface.config.get("tolerance_metrics", ())
    if surface.clip is None or not promised or not np.isfinite(center):
        return None
    return [scale_of(center, surface.clip, values) for values in surface.known(metric)]


def oriented_planes(surface: Surface, metric: str) -> list[PlaneValues]:
    """Take a surface apart into planes over which less is better, whatever the metric.

    Args:
        surface: The surface.
        metric: Which of its values.

    Returns:
        As `plane_values`; with the opposite sign where more is better, as of an accuracy.
    """
    planes = plane_values(surface, metric)
    return [plane.flipped() for plane in planes] if surface.higher_is_better(metric) else planes
