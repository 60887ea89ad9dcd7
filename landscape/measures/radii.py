"""How far one can go until the loss reaches a level: radii and flat area."""

import numpy as np
import scipy.ndimage
from numpy.typing import NDArray

from landscape.measures.plane import PlaneValues, Reading
from landscape.surface.data import Array

RESOLVED = 2
"""Grid spacings below which a radius rests on interpolation alone, in statistics and figures."""


def _crossings(plane: PlaneValues, level: float) -> tuple[Array, NDArray[np.bool_]]:
    """Find where each ray from the center first reaches a level.

    Args:
        plane: One plane.
        level: A value of the loss.

    Returns:
        Distance along each ray, in units of the directions, and whether it is the end of the grid
        and not a crossing, both of shape (rays,).
    """
    distances, values = plane.profiles
    count = distances.shape[1]
    above = values >= level
    censored = np.asarray(~above.any(axis=1))
    after = np.where(censored, count - 1, above.argmax(axis=1))
    before = np.maximum(after - 1, 0)
    index = np.arange(len(values))
    low, high = values[index, before], values[index, after]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = (level - low) / (high - low)  # 0 where high is infinite: the last finite sample
    share = np.where(after == before, 0.0, np.clip(np.nan_to_num(share), 0.0, 1.0))
    step = distances[:, 1]
    radii: Array = np.where(censored, distances[:, -1], (before + share) * step)
    return radii, censored


def level_radii(plane: PlaneValues, level: float) -> dict[str, Reading]:
    """Measure the radius at which the loss first reaches a level, in all directions of the plane.

    A ray that leaves the grid below the level counts with its length inside: the value is a lower
    bound then, and the note says how many such rays there are.

    Args:
        plane: One plane.
        level: A value of the loss.

    Returns:
        `radius_mean`, `radius_min` and `radius_max` over the rays, in units of the directions.
    """
    if plane.radius <= 0:
        return _nothing("radius_mean", "radius_min", "radius_max")
    radii, censored = _crossings(plane, level)
    note = ""
    if censored.any():
        note = f"lower bound: {censored.sum()} of {radii.size} rays leave the grid first"
    elif plane.unknown.any():
        note = "lower bound: points are unknown"
    # A crossing nearer than every end of the grid is the shortest radius for certain.
    certain = not censored[radii.argmin()] and not plane.unknown.any()
    found = {
        "radius_mean": (float(radii.mean()), note),
        "radius_min": (float(radii.min()), "" if certain else note),
        "radius_max": (float(radii.max()), note),
    }
    return {key: _length(plane, value, value, bound) for key, (value, bound) in found.items()}


def flat_area(plane: PlaneValues, level: float) -> dict[str, Reading]:
    """Measure the connected area around the center where the loss stays at or below a level.

    The flat region of Hochreiter & Schmidhuber 1997, section 2, in the plane. The grid is refined
    by interpolation and cut into triangles, on which the loss is taken as linear.

    Args:
        plane: One plane.
        level: A value of the loss.

    Returns:
        `flat_area` in units of the directions squared; a lower bound if it touches the border.
    """
    if plane.radius <= 0:
        return _nothing("flat_area")
    alpha, beta, values = plane.finer
    labels, _ = scipy.ndimage.label(values <= level)
    center = labels[np.abs(beta).argmin(), np.abs(alpha).argmin()]
    if center == 0:
        return {"flat_area": Reading(0.0)}
    region = labels == center
    touches = region[[0, -1]].any() or region[:, [0, -1]].any()
    note = "lower bound: the area touches the border of the grid" if touches else ""
    if plane.unknown.any() and not note:
        note = "lower bound: points are unknown"
    other = (labels > 0) & ~region
    share = _share_below(np.where(other, np.inf, values), level)
    cells = np.outer(np.diff(beta), np.diff(alpha))
    stretch = np.sqrt(np.linalg.det(plane.metric))  # a cell of oblique directions is smaller
    area = float((cells * share).sum() * stretch)
    return {"flat_area": _length(plane, area, float(np.sqrt(area / np.pi)), note)}


def _length(plane: PlaneValues, value: float, radius: float, bound: str) -> Reading:
    """Make a reading of a radius or area: a bound, or one that the grid may not resolve."""
    if bound:
        return Reading(value, bound, bound=True)
    if radius < RESOLVED * plane.spacing:
        return Reading(value, f"less than {RESOLVED} grid spacings: take a grid of smaller radius")
    return Reading(value)


def _share_below(values: Array, level: float) -> Array:
    """Measure the share of each cell below a level, its halves being linear triangles."""
    corners = np.stack([values[:-1, :-1], values[1:, 1:], values[:-1, 1:], values[1:, :-1]])
    lowest, highest = corners.min(axis=0), corners.max(axis=0)
    share: Array = (highest <= level).astype(np.float64)
    cut = (lowest < level) & (level < highest)
    first, last, *others = corners[:, cut]
    share[cut] = 0.0
    for corner in others:
        low, middle, high = np.sort(np.stack([first, last, corner]), axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            tip = (level - low) ** 2 / ((middle - low) * (high - low))
            rest = 1 - (high - level) ** 2 / ((high - low) * (high - middle))
        part = np.select([level <= low, level <= middle, level < high], [0.0, tip, rest], 1.0)
        share[cut] += np.nan_to_num(part) / 2  # NaN where a corner is infinite: nothing is certain
    return share


def _nothing(*keys: str) -> dict[str, Reading]:
    """Return no numbers where the grid does not surround the center."""
    return {key: Reading(np.nan, "the center is not inside the grid") for key in keys}
