"""How far to go: the radius at which the surface of a typical plane is worth looking at."""

from collections.abc import Mapping, Sequence

import numpy as np

from landscape.errors import ProblemError
from landscape.objective.evaluate import Objective
from landscape.objective.values import Sample
from landscape.planes.plane import Plane
from landscape.settings import GridSettings
from landscape.surface.data import Surface

_START, _LARGEST, _SMALLEST = 1.0, 64.0, 1e-4
_HALVINGS = 5  # of the factor 2 between a radius that is enough and one that is not: 2 % are left


def settle_radius(
    grid: GridSettings,
    objective: Objective,
    center: Mapping[str, Sample],
    planes: Sequence[Plane],
    *,
    found: Surface | None,
) -> GridSettings:
    """Find the radius, if it is not given: as the file has it, or anew.

    Args:
        grid: The settings.
        objective: Left at the center.
        center: Values there.
        planes: All of them.
        found: What the file holds already; None for a new one.

    Returns:
        The settings, with a number as radius.
    """
    if grid.radius != "auto":
        return grid
    if found is not None and found.metadata.get("radius_from") == f"auto, clip {grid.clip:g}":
        radius = float(found.config["radius"])
    else:
        radius = pilot_radius(objective, center, planes, clip=grid.clip)
    return grid.model_copy(update={"radius": radius})


def pilot_radius(
    objective: Objective, center: Mapping[str, Sample], planes: Sequence[Plane], *, clip: float
) -> float:
    """Find where the loss reaches the level up to which figures draw it.

    On both sides of the first direction of each plane the distance is found at which the loss
    first reaches `clip` times its value at the center (or is not finite); the radius is the median
    over planes of the larger side's, so that half of the planes show the level within their grid.

    Args:
        objective: Left at the center.
        center: Values there.
        planes: All of them.
        clip: The level, as a multiple of the center's loss.

    Returns:
        The radius, rounded to two digits; 1, as in Li et al. (2018), where there is no such level
        (a center of zero) or it is not reached within 64 times the directions, as by a loss that
        saturates.
    """
    value = center["loss"].mean
    level = value + (clip - 1) * abs(value)
    if value == 0:
        return _START
    found = []
    for plane in planes:
        objective.enter(Plane(plane.center, plane.directions[:1]))
        try:
            found.append(max(_reach(objective, side, level) for side in (1.0, -1.0)))
        finally:
            objective.leave()
    radius = float(np.median(found))
    return float(f"{radius:.2g}") if radius < _LARGEST else _START


def _reach(objective: Objective, side: float, level: float) -> float:
    """Find the distance at which the loss reaches a level: by doubling, then by halving."""

    def above(distance: float) -> bool:
        try:
            value = objective.at(side * distance)["loss"].mean
        except ProblemError:
            return True
        return not value < level

    low = high = _START
    if above(high):
        while low > _SMALLEST and above(low := low / 2):
            high = low
    else:
        while high < _LARGEST and not above(high := high * 2):
            low = high
        if high >= _LARGEST:
            return _LARGEST
    for _ in range(_HALVINGS):
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if above(middle) else (middle, high)
    return high
