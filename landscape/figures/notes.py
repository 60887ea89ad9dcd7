"""Notes: what must be known of a picture, of one panel or several, and how it is written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from numpy.typing import NDArray

from landscape.figures.levels import Levels
from landscape.figures.style import SIZES, figure_of, inks_of, size_in_points
from landscape.figures.text import AS_WRITTEN, joined_within, label_of, share
from landscape.measures.coarse import is_coarse
from landscape.measures.interpolate import sample
from landscape.measures.plane import PlaneValues
from landscape.measures.recorded import unpromised
from landscape.measures.trajectory import OFF, farthest_off, paths_of
from landscape.surface.axes import PointOfInterest
from landscape.surface.data import Array, Status, Surface

_OBLIQUE = 0.1  # cosine from which on it is said
_NAMED = 2  # panels with a note that are named
_OTHER = 0.1  # relative difference from which on a checkpoint is said to have another value

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


def panel_notes(
    surface: Surface, plane: int, values: PlaneValues, levels: Levels
) -> tuple[Note, ...]:
    """Collect what a reader must know of one panel.

    Args:
        surface: What it is of.
        plane: Which one.
        values: Of that plane.
        levels: In whose units it is drawn.

    Returns:
        What is missing, clipped or only estimated, oblique, or not what it seems to be.
    """
    limit = float(levels.of(np.array(values.level), values.center))
    places = surface.points_of_interest
    drawn = replace(values, values=levels.of(values.values, values.center))
    coarse = is_coarse(drawn, np.array(levels.values))
    return (
        *_grid(surface.status[plane], values, levels, limit),
        *((Note("coarse grid: take more --steps"),) if coarse else ()),
        *_unpromised(surface, plane, values, levels.metric),
        *(() if surface.is_random else _angle(values.gram)),
        *_off(places),
        *_themselves(places, values, levels),
    )


def merged(notes: Sequence[Sequence[Note]], names: Sequence[str] = ()) -> tuple[str, ...]:
    """Say once what must be known of several panels.

    Args:
        notes: Those of each panel.
        names: What stands above or beside each panel, if that tells them apart.

    Returns:
        Texts, with the range of amounts. Where it is not all, they begin with the names of one or
        two panels, or with their number.

    Example:
        >>> merged([[Note("up to {}", 3.0)], [Note("up to {}", 5.0)], []])
        ('in 2 of 3 panels: up to 3.0 … 5.0',)
        >>> merged([[Note("up to {}", 3.0)], []], ["train", "test"])
        ('train: up to 3.0',)
    """
    found: dict[str, list[Note]] = {}
    places: dict[str, list[int]] = {}
    for place, note in [(place, note) for place, each in enumerate(notes) for note in each]:
        found.setdefault(note.text, []).append(note)
        places.setdefault(note.text, []).append(place)
    told_apart = len({*names, ""}) == len(notes) + 1
    said = []
    for text, same in found.items():
        ends = [note.write(note.amount) for note in sorted(same, key=lambda note: note.amount)]
        amount = ends[0] if ends[0] == ends[-1] else f"{ends[0]} … {ends[-1]}"
        where = f"in {len(same)} of {len(notes)} panels"
        if told_apart and len(same) <= _NAMED:
            where = ", ".join(names[place] for place in places[text])
        begin = f"{where}: " if len(same) < len(notes) else ""
        said.append(begin + text.format(amount))
    return tuple(said)


def write_notes(
    notes: Sequence[str], ax: Axes, *, above: float = 0.0, room: float | None = None
) -> dict[str, Artist]:
    """Write what must be known of a figure above its axes, at the right.

    Args:
        notes: None or several.
        ax: In their final place.
        above: How many points above the axes something else ends, such as a legend.
        room: How wide lines may be, in points; None takes the width of the axes and of their labels
            at the left.

    Returns:
        The artist `notes`, if there are any.
    """
    if not notes:
        return {}
    if room is None:
        left = figure_of(ax).get_size_inches()[0] * 72 * ax.get_position().x0
        room = float(size_in_points(ax)[0]) + min(left, 34.0) - 4  # beside it may be others
    style: dict[str, Any] = {
        "fontsize": SIZES["note"],
        "color": inks_of(figure_of(ax)).grey,
        "pad": 3 + above,
        **AS_WRITTEN,
    }
    text = joined_within(notes, SIZES["note"], room)
    return {"notes": ax.set_title(text, loc="right", **style)}


def _grid(
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


def _unpromised(surface: Surface, plane: int, values: PlaneValues, metric: str) -> tuple[Note, ...]:
    """Say that nobody controlled the errors of interpolated values."""
    text = _literal(unpromised(surface, metric))
    interpolated = ~surface.measured[plane] & ~values.unknown
    return (Note(text),) if text and interpolated.any() else ()


def _literal(text: str) -> str:
    """Write braces so that a note leaves them alone."""
    return text.replace("{", "{{").replace("}", "}}")


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
    name = most[1].path if len(paths_of(points)) > 1 else "path"
    name = _literal(name)
    return (Note(f"{name} up to {{}} of its extent off the plane{HOLLOW}", most[0], share),)


def _range_notes(shown: Array, levels: Levels, limit: float, *, unfinished: bool) -> list[Note]:
    """Say how far values go beyond the levels, or the levels beyond what is accurate."""

    def write(value: float) -> str:
        return label_of(value, levels.kind)

    low, high = float(shown.min()), float(shown.max())
    before, after = _ends(levels)
    notes = [Note("the same everywhere")] if low == high else []
    if high > limit and not unfinished:  # how far it goes is only guessed
        hatched = ", hatched above" if levels.values[-1] > limit else ""
        notes.append(Note(f"accurate up to {{}}{hatched}", limit, write))
    elif high > after:
        notes.append(Note("values up to {}", high, write))
    if low < before:
        notes.append(Note("values down to {}", low, write))
    return notes


def _ends(levels: Levels) -> tuple[float, float]:
    """Return beyond what it must be said how far values go.

    On the side of bad values that is the last level: nothing else says where its open band ends. On
    that of good ones it is where one more level would be, as the best value is marked or printed.
    """
    first, second = levels.values[:2]
    last, previous = levels.values[-1], levels.values[-2]
    ratio = levels.kind == "ratio"
    if levels.higher_is_better:
        return first, last * 1.6 if ratio else last + 1.5 * (last - previous)
    return first / 2 if ratio else first - 1.5 * (second - first), last


def _themselves(
    places: tuple[PointOfInterest, ...], plane: PlaneValues, levels: Levels
) -> tuple[Note, ...]:
    """Say what checkpoints have that the map shows to be worse or better than they are.

    The map is evaluated with the center's buffers, such as BatchNorm's running statistics.
    """

    def write(value: float) -> str:
        return label_of(value, levels.kind)

    notes = []
    for place in places:
        own = place.values.get(levels.metric, np.nan)
        outside = any(
            not side[0] <= at <= side[-1]
            for side, at in ((plane.alpha, place.alpha), (plane.beta, place.beta))
        )
        if place.path or outside:
            continue
        there = np.array([[place.alpha, place.beta]])
        shown = float(sample(plane.alpha, plane.beta, plane.values, there)[0])
        if abs(own - shown) > _OTHER * max(abs(own), abs(shown)):
            name = _literal(place.label)
            value = float(levels.of(np.array(own), plane.center))
            notes.append(Note(f"{name} has {{}} by itself", value, write))
    return tuple(notes)
