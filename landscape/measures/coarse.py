"""Whether a grid is too coarse for what is read from it."""

from collections.abc import Sequence

import numpy as np

from landscape.measures.interpolate import sample
from landscape.measures.multiples import no_multiples
from landscape.measures.plane import PlaneValues
from landscape.surface.data import Array

_NOTABLE, _MANY = 0.5, 0.1  # of a step, of the points
_FEW = 4  # points, of which a share says nothing
_MULTIPLES = np.array([0.3, 0.5, 0.7, 0.9, 1.1, 1.5, 2.0, 3.0, 5.0, 8.0])
_RISES = np.arange(-4, 5) / 4


def is_coarse(plane: PlaneValues, levels: Array) -> bool:
    """Tell whether the points of a grid are too far apart to know what lies between them.

    Every second point along each axis has to predict the others, by the interpolant of figures and
    statistics. What counts is by how many levels it is wrong: the grid is coarse where more than
    a tenth of the points within the levels, and more than three, are off by more than half a step.
    As those that predict are twice as far apart as the grid's points, this is stricter than the
    grid deserves; a smooth surface passes all the same, since errors of parabolas shrink with the
    cube of the distance.

    Args:
        plane: One plane or line.
        levels: Ascending values of the metric whose steps count, at least two.

    Returns:
        Whether it is; no where points are estimated, whose errors are known otherwise, or where
        there are too few to tell.
    """
    sides = [side[: side.size - (side.size + 1) % 2] for side in (plane.alpha, plane.beta)]
    if plane.error.any() or any(side.size < 5 for side in sides[: plane.axes]):
        return False
    alpha, beta = sides if plane.axes == 2 else (sides[0], plane.beta)
    values = plane.values[: beta.size, : alpha.size]
    points = np.stack(np.meshgrid(alpha, beta), axis=-1).reshape(-1, 2)
    with np.errstate(invalid="ignore"):
        found = sample(alpha[::2], beta[::2], values[::2, ::2], points).reshape(values.shape)
    predicted = np.isfinite(values) & np.isfinite(found)
    predicted[::2, ::2] = False
    places = np.arange(levels.size)
    true, guess = (np.interp(each[predicted], levels, places) for each in (values, found))
    within = ((true > 0) & (true < places[-1])) | ((guess > 0) & (guess < places[-1]))
    off = np.abs(true - guess)[within] > _NOTABLE
    return bool(off.sum() >= _FEW and off.mean() > _MANY)


def about_spacing(planes: Sequence[PlaneValues], rise: float) -> tuple[str, ...]:
    """Say of statistics around the center that they come from a coarse grid.

    Args:
        planes: All of a surface, of a metric of which less is better: a score, such as an accuracy,
            goes in steps of single samples.
        rise: What most rays reach inside the grid; NaN if there is none.

    Returns:
        One sentence where a plane is coarse, in steps of multiples of the center or of the rise.
    """
    center, multiples = planes[0].center, not no_multiples(planes)
    if np.isnan(rise) and not multiples:
        return ()
    levels = center * _MULTIPLES if multiples else center + rise * _RISES
    if not any(is_coarse(plane, levels) for plane in planes):
        return ()
    note = (
        "the grid is coarse around the center: slope, curvatures and what lies between its points "
        "are uncertain: take more --steps, or a smaller radius"
    )
    return (note,)
