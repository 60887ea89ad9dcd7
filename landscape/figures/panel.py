"""One plane of a surface in the units of its levels: what every figure of a plane shows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from landscape.errors import LandscapeError
from landscape.figures.coordinates import aspect_of
from landscape.figures.levels import DOUBLE, Levels
from landscape.figures.notes import Note, panel_notes
from landscape.figures.text import label_of
from landscape.measures.plane import PlaneValues, plane_values
from landscape.measures.radii import RESOLVED, level_radii
from landscape.surface.axes import Axis, PointOfInterest
from landscape.surface.data import Array, Surface


@dataclass(frozen=True, eq=False, kw_only=True)
class Panel:
    """What is drawn of one plane.

    Args:
        plane: Values at the points of the grid.
        alpha: Finer coordinates, shape (A,).
        beta: Finer coordinates, shape (B,).
        shown: Values there, interpolated as for radii and areas, in units of the levels, shape
            (B, A); NaN where there is nothing to show.
        best: (alpha, beta) of the best point of the grid; None where all are the same.
        doubling: Where the metric doubles, in units of the levels; NaN where that has no meaning.
        radius: Mean radius of that contour, such as `0.39`, `> 0.98`; empty where it has none.
        peak: Value at the center where more is better, such as `0.95`, in place of that radius.
        limit: Up to where estimates are accurate, in units of the levels.
        usable: Planes of the surface that have a finite value.
        axes: What the directions are.
        points: Places with a name.
        notes: What must be known: missing, failed, not finite, interpolated, clipped.
    """

    plane: PlaneValues
    alpha: Array
    beta: Array
    shown: Array
    best: tuple[float, float] | None
    doubling: float
    radius: str
    peak: str
    limit: float
    usable: tuple[int, ...]
    axes: tuple[Axis, ...]
    points: tuple[PointOfInterest, ...]
    notes: tuple[Note, ...]

    @property
    def hidden(self) -> NDArray[np.bool_]:
        """Where there is nothing to show."""
        return np.isnan(self.shown)

    @property
    def aspect(self) -> float:
        """Height divided by width: that of the coordinates, where it is not extreme."""
        return aspect_of(self.alpha, self.beta)

    @property
    def doubles(self) -> bool:
        """Whether there is a contour where the metric doubles."""
        shown = self.shown[~self.hidden]
        return bool(shown.size and shown.min() < self.doubling < shown.max())

    def bands(self, levels: Levels) -> tuple[list[float], Literal["both", "min"]]:
        """Return the edges of the bands to fill, none above the limit, and how these go on.

        Args:
            levels: Of all panels.

        Returns:
            Levels, and `extend` of `contourf`.
        """
        if self.limit >= levels.values[-1]:
            return list(levels.values), "both"
        inside = [value for value in levels.values if value < self.limit]
        return [*(inside or [self.limit - 1 - abs(self.limit)]), self.limit], "min"

    @property
    def center_inside(self) -> bool:
        """Whether the center lies on the grid."""
        return bool(self.alpha[0] <= 0 <= self.alpha[-1] and self.beta[0] <= 0 <= self.beta[-1])


def make_panel(surface: Surface, levels: Levels, *, plane: int = 0, chosen: bool = False) -> Panel:
    """Prepare one plane for drawing.

    Args:
        surface: Two-dimensional. Points that were not measured show their estimate if there is one.
        levels: Their metric is what is shown.
        plane: Which one.
        chosen: Whether its reader chooses the plane, so that no note has to say which it is.

    Returns:
        The panel.

    Raises:
        LandscapeError: If the surface is a line or has no such plane.
    """
    if surface.is_line:
        raise LandscapeError(
            "expected a surface over planes, got a line", hint="draw_line draws it (--kind line)"
        )
    if not 0 <= plane < surface.planes:
        raise LandscapeError(
            f"expected a plane from 0 to {surface.planes - 1}, got {plane}",
            hint="planes are counted from 0",
        )
    planes = plane_values(surface, levels.metric)
    values = planes[plane]
    several = surface.planes > 1 and not chosen
    alpha, beta, shown = _finer(values, levels)
    limit = float(levels.of(np.array(values.level), values.center))
    # Where the center is not the scale of the surface, neither is twice the center.
    doubles = values.center > 0 and not (levels.reason or levels.higher_is_better)
    doubling = float(levels.of(np.array(DOUBLE * values.center), values.center))
    doubles = doubles and np.isfinite(values.center) and doubling <= limit
    random = surface.is_random  # a mean over all directions of the plane says nothing else
    return Panel(
        plane=values,
        alpha=alpha,
        beta=beta,
        shown=shown,
        best=_best(values, higher=levels.higher_is_better),
        doubling=doubling if doubles else np.nan,
        radius=_radius(values) if random and doubles and np.isfinite(shown).any() else "",
        peak=label_of(values.center) if levels.higher_is_better else "",
        limit=limit,
        usable=tuple(i for i, one in enumerate(planes) if np.isfinite(one.values).any()),
        axes=surface.axes,
        points=surface.points_of_interest,
        notes=(
            *((Note(f"plane {plane} of {surface.planes}"),) if several else ()),
            *panel_notes(surface, plane, values, levels),
        ),
    )


def alike(panels: Sequence[Panel]) -> bool:
    """Tell whether all panels cover the same area, and share the labels of ticks.

    Args:
        panels: At least one.

    Returns:
        Whether their first and last coordinates are equal.
    """
    corners = {
        (float(p.alpha[0]), float(p.alpha[-1]), float(p.beta[0]), float(p.beta[-1])) for p in panels
    }
    return len(corners) == 1


def compared(panels: Sequence[Panel]) -> list[Panel]:
    """Say of panels of one size where they do not cover the same area.

    Args:
        panels: Drawn equally large beside each other.

    Returns:
        The panels, with that note where they differ.
    """
    if alike(panels):
        return list(panels)
    reach = [max(np.abs(side).max() for side in (one.alpha, one.beta)) for one in panels]
    notes = [Note("extents differ: up to ±{}", float(far), "{:g}".format) for far in reach]
    return [replace(one, notes=(*one.notes, note)) for one, note in zip(panels, notes, strict=True)]


def _finer(plane: PlaneValues, levels: Levels) -> tuple[Array, Array, Array]:
    """Interpolate between the points of the grid, with no value that the grid does not reach."""
    alpha, beta, values = plane.finer
    finite = plane.values[np.isfinite(plane.values)]
    if finite.size:
        values = np.where(np.isfinite(values), np.clip(values, finite.min(), finite.max()), np.nan)
    shown = levels.of(values, plane.center)
    return alpha, beta, np.where(np.isfinite(shown), shown, np.nan)


def _best(plane: PlaneValues, *, higher: bool) -> tuple[float, float] | None:
    """Find the best measured point, of several the nearest to the center."""
    finite = plane.values[np.isfinite(plane.values)]
    place = (plane.flipped() if higher else plane).lowest()
    if place is None or finite.min() == finite.max():
        return None
    row, column = place
    return float(plane.alpha[column]), float(plane.beta[row])


def _radius(plane: PlaneValues) -> str:
    """Write the mean radius where the metric doubles, with > or < where it is a bound."""
    reading = level_radii(plane, DOUBLE * plane.center)["radius_mean"]
    if not np.isfinite(reading.value):
        return ""
    resolved = RESOLVED * plane.spacing
    if reading.value >= 100:
        digits = 0
    else:  # two that count, at least
        digits = max(2, 1 - int(np.floor(np.log10(reading.value or 1.0))))
    if reading.bound:  # beside unknown points it says nothing, and it is never rounded up
        down = np.floor(reading.value * 10**digits) / 10**digits
        return f"> {down:.{digits}f}" if reading.value >= resolved else ""
    return f"{reading.value:.{digits}f}" if reading.value >= resolved else f"< {resolved:.2g}"
