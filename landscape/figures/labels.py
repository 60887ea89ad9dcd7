"""Labels of contours: few, apart, in gaps of their lines, in the ink that reads there."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.contour import ContourSet
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation
from scipy.spatial import cKDTree

from landscape.figures.levels import DOUBLE, Levels, beside, line_color
from landscape.figures.panel import Panel
from landscape.figures.style import INK, PAPER, SIZES, contrast, figure_of, size_in_points
from landscape.figures.text import AS_WRITTEN, label_of, text_width
from landscape.surface.data import Array

_MOST_LABELS = 4
_PER_LINE = 160  # places tried along a contour
_READS = 4.5  # contrast of WCAG 2.2 with both bands, below which a label has a casing


@dataclass(frozen=True, eq=False, kw_only=True)
class Room:
    """A panel in points, as label placement sees it.

    Args:
        width: Of the panel.
        height: Of the panel.
        marks: Places to stay away from, shape (M, 2).
        mark_distance: How far.
        boxes: Areas that notes and names cover, each (x0, y0, x1, y1).
    """

    width: float
    height: float
    marks: Array
    mark_distance: float
    boxes: Sequence[tuple[float, ...]] = ()


def draw_labels(
    panel: Panel, levels: Levels, ax: Axes, artists: dict[str, Artist], notes: tuple[str, ...]
) -> None:
    """Label the doubling contour and a few others, where there is room.

    Args:
        panel: What was drawn.
        levels: Of all panels.
        ax: Where; its size and limits must be final.
        artists: With the contours `bold` and `lines`.
        notes: What stands in the lower left corner.
    """
    pieces = _pieces(ax, artists)
    room = _room(panel, ax, notes)
    marks = room.marks
    placed: dict[str, list[tuple[float, float, float]]] = {"bold": [], "lines": []}
    for name, value in _by_importance(panel, pieces):
        text = _label(panel, levels, value)
        size = (text_width(text, SIZES["contour"]) + 5, SIZES["contour"])
        others = [piece for key, lines in pieces.items() if key[1] != value for piece in lines]
        here = Room(**{**vars(room), "marks": marks})
        spot = find_spot(pieces[name, value], others, size, here)
        if spot is not None:
            placed[name].append((value, *spot))
            marks = np.concatenate([marks, [spot]])
        if sum(map(len, placed.values())) == _MOST_LABELS:
            break
    for name, labels in placed.items():
        if labels:
            _write_labels(artists[name], labels, panel, levels, ax)


def _pieces(ax: Axes, artists: dict[str, Artist]) -> dict[tuple[str, float], list[Array]]:
    """Collect the contours by name and level, in points from the panel's lower left corner."""
    pieces = {}
    for name in ("bold", "lines"):
        contours = artists.get(name)
        if not isinstance(contours, ContourSet):
            continue
        for value, lines in zip(contours.levels, contours.allsegs, strict=True):
            pieces[name, float(value)] = [_to_points(ax, np.asarray(line)) for line in lines]
    return pieces


def _scale(ax: Axes) -> tuple[Array, Array]:
    """Return the lower left corner in data units and points per unit."""
    ax.apply_aspect()
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    return np.array([x0, y0]), size_in_points(ax) / np.array([x1 - x0, y1 - y0])


def _to_points(ax: Axes, data: Array) -> Array:
    """Convert data coordinates to points."""
    corner, scale = _scale(ax)
    points: Array = (data - corner) * scale
    return points


def _room(panel: Panel, ax: Axes, notes: tuple[str, ...]) -> Room:
    """Describe the panel to the placement of labels."""
    corner, scale = _scale(ax)
    size = scale * [np.ptp(panel.alpha), np.ptp(panel.beta)]
    marks = [(0.0, 0.0)] if panel.center_inside else []
    marks += [panel.best] if panel.best is not None else []
    marks += [(place.alpha, place.beta) for place in panel.points]
    boxes: list[tuple[float, ...]] = []
    if notes:
        wide = max(text_width(note, SIZES["note"] - 0.5) for note in notes)
        boxes.append((0.0, 0.0, wide + 8, 8.5 * len(notes) + 6))
    frame, points = ax.get_window_extent(), 72 / figure_of(ax).dpi
    for text in ax.texts:
        if isinstance(text, Annotation):  # the name of a place
            box = text.get_window_extent()
            ends = (box.get_points() - [frame.x0, frame.y0]) * points
            boxes.append(tuple(map(float, ends.ravel())))
    return Room(
        width=float(size[0]),
        height=float(size[1]),
        marks=(np.array(marks).reshape(-1, 2) - corner) * scale,
        mark_distance=12.0,
        boxes=boxes,
    )


def _by_importance(
    panel: Panel, pieces: dict[tuple[str, float], list[Array]]
) -> list[tuple[str, float]]:
    """Order contours for labelling: doubling, then outwards by threes, then the rest."""
    bold = [key for key in pieces if key[0] == "bold"]
    thin = sorted((key for key in pieces if key[0] == "lines"), key=lambda key: key[1])
    above = [key for key in thin if not key[1] < panel.doubling]
    below = [key for key in thin if key[1] < panel.doubling][::-1]
    ordered = above[1::3] + above[2::3] + above[::3] + below
    return bold + ordered


def _label(panel: Panel, levels: Levels, value: float) -> str:
    """Write the label of a contour."""
    if np.isclose(value, panel.doubling):
        return label_of(DOUBLE, "ratio")
    return dict(zip(levels.values, levels.labels, strict=True))[value]


def _write_labels(
    contours: Artist,
    labels: list[tuple[float, float, float]],
    panel: Panel,
    levels: Levels,
    ax: Axes,
) -> None:
    """Write labels into gaps of the contours."""
    assert isinstance(contours, ContourSet)
    corner, scale = _scale(ax)
    labels = sorted(labels)
    values = [value for value, _, _ in labels]
    with mpl.rc_context({"text.usetex": False}):  # it measures them before they can be set
        texts = ax.clabel(
            contours,
            values,
            manual=[tuple(np.array(spot) / scale + corner) for _, *spot in labels],
            inline=True,
            inline_spacing=2,
            fontsize=SIZES["contour"],
            colors=[line_color(levels, value) for value in values],
            fmt={value: _label(panel, levels, value) for value in values},
            zorder=4,
        )
    for text, value in zip(texts, values, strict=True):
        text.set(alpha=1.0, **AS_WRITTEN)  # not the alpha of the contour
        ink = line_color(levels, value)
        worse, better = sorted(beside(levels, value), key=functools.partial(contrast, ink))
        if contrast(ink, worse) < _READS:
            plain = PAPER if ink == INK else INK
            casing = better if contrast(ink, better) >= _READS else plain
            text.set_path_effects([withStroke(linewidth=2.0, foreground=casing)])


def find_spot(
    lines: Sequence[Array], others: Sequence[Array], size: tuple[float, float], room: Room
) -> tuple[float, float] | None:
    """Find the best place for a label on a contour.

    Args:
        lines: Pieces of the contour in points, each of shape (n, 2).
        others: Pieces of all other contours, which the label must not touch.
        size: Width and height of the label in points.
        room: The panel and what is in it already.

    Returns:
        A point on one of the pieces; None where the label fits nowhere.
    """
    width, height = size
    best, best_score = None, 0.0
    crowd = np.concatenate([*others, np.empty((0, 2))]) if others else np.empty((0, 2))
    for line in lines:
        steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
        length = steps.sum()
        if length < 2.2 * width:
            continue
        along = np.concatenate([[0.0], np.cumsum(steps)])
        places = np.linspace(0.0, length, _PER_LINE)
        points = _at(along, line, places)
        start, end = places - width / 2, places + width / 2
        chord = np.linalg.norm(_at(along, line, end) - _at(along, line, start), axis=1)
        straight = chord / width
        score = np.minimum(straight, 1.0) * _clearance(points, crowd, room, width, height)
        score = np.where((straight > 0.93) & (start > 0) & (end < length), score, 0.0)
        index = int(score.argmax())
        if score[index] > best_score:
            best_score, best = (
                float(score[index]),
                (float(points[index, 0]), float(points[index, 1])),
            )
    return best


def _clearance(points: Array, crowd: Array, room: Room, width: float, height: float) -> Array:
    """Score places from 0, which is forbidden, by the distance to whatever is nearest."""
    x, y = points.T
    border = np.minimum.reduce([x, room.width - x, y, room.height - y])
    allowed = border > 0.75 * width
    score = np.minimum(border / width, 2.0)
    if len(room.marks):
        far = _nearest(points, room.marks)
        allowed &= far > room.mark_distance
        score += np.minimum(far / width, 3.0)
    if len(crowd):
        near = _nearest(points, crowd)
        allowed &= near > 0.62 * height
        score += np.minimum(2 * near / height, 4.0)
    for x0, y0, x1, y1 in room.boxes:
        pad = 0.6 * width
        allowed &= (x < x0 - pad) | (x > x1 + pad) | (y < y0 - pad) | (y > y1 + pad)
    return np.where(allowed, score, 0.0)


def _nearest(points: Array, others: Array) -> Array:
    """Return the distance of each point to the nearest of the others."""
    nearest: Array = cKDTree(others).query(points)[0]
    return nearest


def _at(along: Array, line: Array, places: Array) -> Array:
    """Return the points at some lengths along a line."""
    return np.stack([np.interp(places, along, line[:, k]) for k in (0, 1)], axis=1)
