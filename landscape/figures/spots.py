"""Where contour labels go: on straight stretches, apart from each other and from everything."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from landscape.surface.data import Array

_PER_LINE = 160  # places tried along a contour


@dataclass(frozen=True, eq=False, kw_only=True)
class Room:
    """A panel in points, as label placement sees it.

    Args:
        width: Of the panel.
        height: Of the panel.
        marks: Places to stay away from, shape (M, 2).
        mark_distance: How far.
        boxes: Areas that notes cover, each (x0, y0, x1, y1).
    """

    width: float
    height: float
    marks: Array
    mark_distance: float
    boxes: Sequence[tuple[float, float, float, float]] = ()


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
    difference = points[:, None, :] - others[None, :, :]
    nearest: Array = np.sqrt((difference**2).sum(axis=2).min(axis=1))
    return nearest


def _at(along: Array, line: Array, places: Array) -> Array:
    """Return the points at some lengths along a line."""
    return np.stack([np.interp(places, along, line[:, k]) for k in (0, 1)], axis=1)
