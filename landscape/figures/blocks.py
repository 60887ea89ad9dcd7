"""A surface as few coloured squares, for a terminal."""

import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from landscape.figures.levels import Levels
from landscape.surface.data import Array, Status, Surface

UNKNOWN, FAILED, NEW = "#3a3f4a", "#8a2f4f", "#ff7a1a"
"""Colours of what is not known yet, what failed, and what was measured since the last look."""
_LARGEST = 3  # squares a side for one point, where there is room

Colors = NDArray[np.uint8]
"""Red, green and blue of squares, shape (row, column, 3)."""


def blocks(
    surface: Surface,
    levels: Levels,
    new: NDArray[np.bool_],
    *,
    plane: int,
    most: tuple[int, int],
) -> Colors:
    """Colour the squares of one plane, or of all lines, one below the other.

    Args:
        surface: The surface.
        levels: Their bands have the colours.
        new: Points that were measured since the last look, shape (plane, beta, alpha).
        plane: Which plane; a line is drawn with all its replicates.
        most: Rows and columns that there is room for.

    Returns:
        The colours, the largest beta on top. A square of several points has their mean; where
        there is room, a point has several squares.
    """
    known = surface.known(levels.metric)
    failed = surface.status == Status.FAILED
    # A line has one beta: its planes are the rows.
    part = np.s_[:, 0] if surface.is_line else np.s_[plane, ::-1]
    values, fresh, lost = known[part], new[part], failed[part]
    step = max(1, *(-(-size // room) for size, room in zip(values.shape, most, strict=True)))
    values = np.where(np.isfinite(values), values, np.nan)
    counts = _summed(np.isfinite(values), step)
    means = _summed(np.nan_to_num(values), step) / np.maximum(counts, 1)
    bands = levels.colormap(levels.norm(levels.of(means, surface.center[levels.metric])))
    colors = np.asarray(bands)[..., :3]
    colors[counts == 0] = to_rgb(UNKNOWN)
    colors[_summed(lost, step) > 0] = to_rgb(FAILED)
    colors[_summed(fresh, step) > 0] = to_rgb(NEW)
    sizes = (room // size for size, room in zip(colors.shape[:2], most, strict=True))
    larger = max(1, min(_LARGEST, *sizes))
    colors = colors.repeat(larger, axis=0).repeat(larger, axis=1)
    return np.asarray(np.round(255 * colors), np.uint8)


def _summed(array: NDArray[np.generic], step: int) -> Array:
    """Sum over squares of `step` points a side; the last ones may have fewer."""
    numbers = np.asarray(array, np.float64)
    for axis in (0, 1):
        starts = np.arange(0, numbers.shape[axis], step)
        numbers = np.add.reduceat(numbers, starts, axis=axis)
    return numbers
