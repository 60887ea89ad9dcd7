"""One direction that is not drawn, beside a random one: its length, and its planes."""

import hashlib
import math
from collections.abc import Mapping

from torch import Tensor

from landscape.errors import LandscapeError
from landscape.planes.along.made import Ground, Made
from landscape.planes.parameters import Parameters, norm
from landscape.planes.plane import Plane
from landscape.planes.space import RandomPlanes, directions_fingerprint
from landscape.settings import GridSettings
from landscape.surface.axes import UNITS, Axis


def settle_determined(grid: GridSettings) -> GridSettings:
    """Ask for one line, or for replicates of the second direction.

    Args:
        grid: What was asked for.

    Returns:
        The settings.
    """
    return grid.model_copy(update={"planes": 1}) if grid.line else grid


def scaled(direction: Mapping[str, Tensor], factor: float) -> Parameters:
    """Multiply a whole direction by one number: its direction stays, to the last tensor."""
    return {name: value * factor for name, value in direction.items()}


def drawn_planes(ground: Ground) -> RandomPlanes:
    """Return the random planes whose directions serve beside, and for the length of, another."""
    grid = ground.grid
    return RandomPlanes(ground.space, grid.planes, seed=grid.seed, normalize=grid.normalize)


def as_long_as_random(direction: Mapping[str, Tensor], what: str, ground: Ground) -> Parameters:
    """Scale a whole direction to the length of the random one in whose place it is.

    A radius of 1 then means the same. Tensors are not scaled one by one, which would make another
    direction of it.

    Args:
        direction: With the names of the center.
        what: Its name, for errors.
        ground: What random ones are made of.

    Returns:
        The direction, in CPU memory.

    Raises:
        LandscapeError: If it is zero, or not finite.
    """
    size = norm(direction)
    if size == 0 or not math.isfinite(size):
        raise LandscapeError(
            f"the {what} is {'zero' if size == 0 else 'not finite'} at the center: there is no way "
            "to go",
            hint="along='random' (--along random) needs none",
        )
    return scaled(direction, norm(drawn_planes(ground)[0].directions[0]) / size)


def beside_random(
    first: Parameters,
    name: str,
    ground: Ground,
    *,
    recipe: str,
    unit: str = "",
    files: Mapping[str, str] | None = None,
) -> Made:
    """Lay planes of a direction and replicate random ones, or a line of the direction alone.

    Args:
        first: The direction.
        name: What it is.
        ground: What planes are made from.
        recipe: What it is made of, as far as a file does not say that elsewhere; where it is
            computed, the last bits depend on the machine, and have no part.
        unit: What a coordinate of 1 is; by default as long as a random direction.
        files: Fingerprint of what each file holds, by its name.

    Returns:
        The planes.
    """
    center, grid, drawn = ground.space.center, ground.grid, drawn_planes(ground)
    planes = [Plane(center, (first, plane.directions[1])) for plane in drawn]
    beside = directions_fingerprint(drawn, ground.space)
    alpha = Axis(
        name=name,
        unit=unit or f"1 is as long as a random direction ({grid.normalize} normalization)",
        random=False,
    )
    return Made(
        planes=[Plane(center, (first,))] if grid.line else planes,
        axes=(alpha,) if grid.line else (alpha, Axis(unit=UNITS.get(grid.normalize, ""))),
        normalize=grid.normalize,
        fingerprint=hashlib.sha256(f"{recipe} {beside}".encode()).hexdigest(),
        seeded=True,
        files=files or {},
    )
