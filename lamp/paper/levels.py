"""Levels of losses in different units, and what is measured between them, in words."""

import math
from collections.abc import Iterable

import numpy as np

from landscape.figures import Levels, levels_for
from landscape.measures import plane_values
from landscape.settings import GridSettings
from landscape.surface import Surface

_MOST_LEVELS = 20  # more are not told apart


def grid_in_words(grid: GridSettings) -> str:
    """Say which points there are, which of them are measured, and how well others are known.

    Example:
        >>> grid_in_words(GridSettings(planes=2))
        '2 planes of 51 × 51 points up to 1 filter norm, all measured'
        >>> grid_in_words(GridSettings(tolerance=0.01, radius=1.5)).partition(", ")[2]
        'a part measured, the rest estimated to 0.01 of its value up to 10 times the center'
    """
    measured = "all measured"
    if grid.tolerance is not None:
        measured = (
            f"a part measured, the rest estimated to {grid.tolerance:g} of its value up to "
            f"{grid.clip:g} times the center"
        )
    far = f"{grid.radius} filter norm{'s' * (grid.radius != 1)}".replace(".0 ", " ")
    return f"{grid.planes} planes of {grid.steps} × {grid.steps} points up to {far}, {measured}"


def absolute_levels(surfaces: Iterable[Surface], metric: str) -> Levels:
    """Choose absolute levels for losses in different units, as the paper draws them.

    Round numbers, 1, 1.5, 2, 3, 5, 7, 10, or fewer where these would be too many, from the lowest
    loss at a center, which is positive, to where the first of the surfaces is no longer accurate.

    Raises:
        LandscapeError: If there are not two such numbers.
    """
    many = list(surfaces)
    low = min(surface.center[metric] for surface in many)
    planes = [plane for one in many for plane in plane_values(one, metric)]
    limit = min(plane.level for plane in planes)
    high = max(float(np.nanmax(plane.values)) for plane in planes)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    inside: list[float] = []
    for steps in ((1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1,)):
        rungs = [float(f"{step}e{decade}") for decade in decades for step in steps]
        inside = [rung for rung in rungs if low < rung < min(high, limit)]
        if len(inside) <= _MOST_LEVELS:
            break
    return levels_for(many, metric=metric, kind="absolute", values=inside)
