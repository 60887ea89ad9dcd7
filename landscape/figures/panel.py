"""One plane of a surface in the units of its levels: what every figure of a plane shows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landscape.errors import LandscapeError
from landscape.figures.levels import DOUBLE, Levels, label_of
from landscape.measures.plane import PlaneValues, plane_values
from landscape.measures.radii import level_radii
from landscape.surface.data import Array, Surface


@dataclass(frozen=True, eq=False, kw_only=True)
class Panel:
    """What is drawn of one plane.

    Args:
        alpha: Coordinates, shape (A,).
        beta: Coordinates, shape (B,).
        values: The metric, shape (B, A); NaN where it is missing or not finite.
        shown: The same in units of the levels.
        center: Value at the center.
        minimum: (alpha, beta) of the smallest value on the grid; None where there is none.
        doubling: Where the metric doubles, in units of the levels; NaN where that has no meaning.
        radius: Mean radius of that contour, such as `0.39`, `> 0.98`; empty where it has none.
        notes: What must be known: missing, not finite, interpolated, clipped.
    """

    alpha: Array
    beta: Array
    values: Array
    shown: Array
    center: float
    minimum: tuple[float, float] | None
    doubling: float
    radius: str
    notes: tuple[str, ...]

    @property
    def hidden(self) -> NDArray[np.bool_]:
        """Where there is nothing to show."""
        return np.isnan(self.shown)

    @property
    def center_inside(self) -> bool:
        """Whether the center lies on the grid."""
        return bool(self.alpha[0] <= 0 <= self.alpha[-1] and self.beta[0] <= 0 <= self.beta[-1])


def make_panel(surface: Surface, levels: Levels, *, plane: int = 0) -> Panel:
    """Prepare one plane for drawing.

    Args:
        surface: Two-dimensional. Points that were not measured show their estimate if there is one.
        levels: Their metric is what is shown.
        plane: Which one.

    Returns:
        The panel.

    Raises:
        LandscapeError: If the surface is a line or has no such plane.
    """
    if surface.is_line:
        raise LandscapeError(
            "expected a surface over planes, got a line", hint="use draw_line or --kind line"
        )
    if not 0 <= plane < surface.planes:
        raise LandscapeError(
            f"expected a plane from 0 to {surface.planes - 1}, got {plane}",
            hint="planes are counted from 0",
        )
    sheet = plane_values(surface, levels.metric)[plane]
    values = np.where(np.isfinite(sheet.values), sheet.values, np.nan)
    shown = levels.of(values, sheet.center)
    shown = np.where(np.isfinite(shown), shown, np.nan)
    drawn = np.isfinite(shown).any()
    # Where the center is not the scale of the surface, neither is twice the center.
    doubles = bool(np.isfinite(sheet.center) and sheet.center > 0 and not levels.reason)
    return Panel(
        alpha=surface.alpha,
        beta=surface.beta,
        values=values,
        shown=shown,
        center=sheet.center,
        minimum=_minimum(surface, values) if drawn else None,
        doubling=float(levels.of(np.array(DOUBLE * sheet.center), sheet.center))
        if doubles
        else np.nan,
        radius=_radius(sheet) if doubles and drawn else "",
        notes=_notes(surface, sheet, levels, shown, plane),
    )


def share(count: int, total: int) -> str:
    """Write a share in whole per cent that is never rounded to nothing or all.

    Args:
        count: Part.
        total: Whole.

    Returns:
        Such as `12%`, `<1%`.

    Example:
        >>> share(1, 8), share(1, 1000), share(999, 1000)
        ('12%', '<1%', '>99%')
    """
    percent = 100 * count / total
    if 0 < percent < 1:
        return "<1%"
    return ">99%" if 99 < percent < 100 else f"{percent:.0f}%"


def _minimum(surface: Surface, values: Array) -> tuple[float, float] | None:
    """Find the smallest value of the grid; there is none where all are the same."""
    if np.nanmin(values) == np.nanmax(values):
        return None
    row, column = np.unravel_index(np.nanargmin(values), values.shape)
    return float(surface.alpha[column]), float(surface.beta[row])


def _radius(sheet: PlaneValues) -> str:
    """Write the mean radius where the metric doubles, with > or < where it is a bound."""
    reading = level_radii(sheet, DOUBLE * sheet.center)["radius_mean"]
    if not np.isfinite(reading.value):
        return ""
    if reading.value < sheet.spacing:  # between two points of the grid everything is guesswork
        return f"< {sheet.spacing:.2g}"
    bound = "> " if reading.note.startswith("lower bound") else ""
    return f"{bound}{reading.value:.2f}"


def _notes(
    surface: Surface, sheet: PlaneValues, levels: Levels, shown: Array, plane: int
) -> tuple[str, ...]:
    """Collect what a reader must know of one panel."""
    total = shown.size
    bad, unknown = np.isinf(sheet.values), np.isnan(sheet.values)
    measured = int(surface.measured[plane].sum())
    notes = []
    if not np.isfinite(sheet.center) and levels.kind != "absolute":
        notes.append("center not finite: not comparable")
    if bad.any():
        notes.append(f"{share(int(bad.sum()), total)} not finite (hatched)")
    if unknown.any():
        notes.append(f"{share(int(unknown.sum()), total)} missing (hatched)")
    if measured < total - unknown.sum():
        notes.append(f"{share(measured, total)} measured, rest interpolated")
    if np.isfinite(shown).any():
        low, high = float(np.nanmin(shown)), float(np.nanmax(shown))
        before, after = _next_levels(levels)
        if low == high:
            notes.append("the same everywhere")
        if high > after:
            notes.append(f"up to {label_of(high, levels.kind)}")
        if low < before:
            notes.append(f"down to {label_of(low, levels.kind)}")
    return tuple(notes)


def _next_levels(levels: Levels) -> tuple[float, float]:
    """Return where one more level would be at either end; what lies beyond it must be said."""
    first, second = levels.values[:2]
    last, previous = levels.values[-1], levels.values[-2]
    if levels.kind == "ratio":
        return first / 2, last * 1.6
    return first - 1.5 * (second - first), last + 1.5 * (last - previous)
