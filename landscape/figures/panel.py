"""One plane of a surface in the units of its levels: what every figure of a plane shows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from landscape.errors import LandscapeError
from landscape.figures.coordinates import aspect_of
from landscape.figures.levels import DOUBLE, Levels
from landscape.figures.text import label_of, share
from landscape.measures.plane import PlaneValues, plane_values
from landscape.measures.radii import RESOLVED, level_radii
from landscape.measures.trajectory import OFF, farthest_off, paths_of
from landscape.surface.axes import Axis, PointOfInterest
from landscape.surface.data import Array, Status, Surface

_OBLIQUE = 0.1  # cosine from which on it is said

HOLLOW = f" (hollow dots: above {share(OFF)})"
"""What a map says of dots, which paths in three dimensions do not have."""


@dataclass(frozen=True)
class Note:
    """What must be known of a picture.

    Args:
        text: With `{}` for the amount, if there is one.
        amount: How much.
        write: Writes the amount.
    """

    text: str
    amount: float = np.nan
    write: Callable[[float], str] = str

    def __str__(self) -> str:
        return self.text.format(self.write(self.amount))


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
            "expected a surface over planes, got a line", hint="draw_line draws it (--kind line)"
        )
    if not 0 <= plane < surface.planes:
        raise LandscapeError(
            f"expected a plane from 0 to {surface.planes - 1}, got {plane}",
            hint="planes are counted from 0",
        )
    planes = plane_values(surface, levels.metric)
    values = planes[plane]
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
            *_notes(surface.status[plane], values, levels, limit),
            *(() if random else _angle(values.gram)),
            *_off(surface.points_of_interest),
        ),
    )


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


def merged(notes: Sequence[Sequence[Note]]) -> tuple[str, ...]:
    """Say once what must be known of several panels.

    Args:
        notes: Those of each panel.

    Returns:
        Texts, with the range of amounts, and in how many panels where it is not all.

    Example:
        >>> merged([[Note("up to {}", 3.0)], [Note("up to {}", 5.0)], []])
        ('up to 3.0 … 5.0 (in 2 of 3 panels)',)
    """
    found: dict[str, list[Note]] = {}
    for note in [note for each in notes for note in each]:
        found.setdefault(note.text, []).append(note)
    said = []
    for text, same in found.items():
        ends = [note.write(note.amount) for note in sorted(same, key=lambda note: note.amount)]
        amount = ends[0] if ends[0] == ends[-1] else f"{ends[0]} … {ends[-1]}"
        where = f" (in {len(same)} of {len(notes)} panels)" if len(same) < len(notes) else ""
        said.append(text.format(amount) + where)
    return tuple(said)


def _notes(
    status: NDArray[np.int8], plane: PlaneValues, levels: Levels, limit: float
) -> tuple[Note, ...]:
    """Collect what a reader must know of one panel."""
    bad, unknown = np.isinf(plane.values), np.isnan(plane.values)
    notes = []
    if not np.isfinite(plane.center) and levels.kind != "absolute":
        notes.append(Note("center not finite: not comparable"))
    if bad.any():
        notes.append(Note("{} not finite (hatched)", bad.mean(), share))
    failed, measured = status == Status.FAILED, status == Status.MEASURED
    for what, where in (("failed", unknown & failed), ("missing", unknown & ~failed)):
        if where.any():
            notes.append(Note(f"{{}} {what} (hatched)", where.mean(), share))
    if measured.sum() < bad.size - unknown.sum():
        notes.append(Note("{} measured, rest interpolated", measured.mean(), share))
    if plane.unfinished:
        notes.append(Note("not finished: errors of {} are expected", plane.unfinished, share))
    shown = levels.of(plane.values, plane.center)
    shown = shown[np.isfinite(shown)]
    if shown.size:
        notes += _range_notes(shown, levels, limit, unfinished=bool(plane.unfinished))
    return tuple(notes)


def _angle(gram: Array) -> tuple[Note, ...]:
    """Say that directions are oblique, which are drawn at right angles."""
    cosine = gram[0, 1] / np.sqrt(gram[0, 0] * gram[1, 1])
    if abs(cosine) < _OBLIQUE:
        return ()
    degrees = float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    return (Note("directions at {}", degrees, lambda angle: f"{angle:.0f}°"),)


def _off(points: tuple[PointOfInterest, ...]) -> tuple[Note, ...]:
    """Say how far checkpoints of paths are off the plane, where that is much."""
    most = farthest_off(points)
    if most is None or most[0] <= OFF:
        return ()
    name = f" {most[1].path}" if len(paths_of(points)) > 1 else ""
    name = name.replace("{", "{{").replace("}", "}}")
    return (Note(f"path{name} up to {{}} of its extent off the plane{HOLLOW}", most[0], share),)


def _range_notes(shown: Array, levels: Levels, limit: float, *, unfinished: bool) -> list[Note]:
    """Say how far values go beyond the levels, or the levels beyond what is accurate."""

    def write(value: float) -> str:
        return label_of(value, levels.kind)

    low, high = float(shown.min()), float(shown.max())
    before, after = _next_levels(levels)
    notes = [Note("the same everywhere")] if low == high else []
    if high > limit and not unfinished:  # how far it goes is only guessed
        hatched = " (hatched above)" if levels.values[-1] > limit else ""
        notes.append(Note(f"accurate up to {{}}{hatched}", limit, write))
    elif high > after:
        notes.append(Note("up to {}", high, write))
    if low < before:
        notes.append(Note("down to {}", low, write))
    return notes


def _next_levels(levels: Levels) -> tuple[float, float]:
    """Return where one more level would be at either end; what lies beyond it must be said."""
    first, second = levels.values[:2]
    last, previous = levels.values[-1], levels.values[-2]
    if levels.kind == "ratio":
        return first / 2, last * 1.6
    return first - 1.5 * (second - first), last + 1.5 * (last - previous)
