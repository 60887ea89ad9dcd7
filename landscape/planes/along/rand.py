"""Replicate random planes, and planes of a user's own."""

from collections.abc import Sequence
from dataclasses import dataclass

from landscape.errors import LandscapeError
from landscape.planes.along.made import Ground, Made
from landscape.planes.orthogonal import is_drawn
from landscape.planes.plane import Plane
from landscape.planes.space import RandomPlanes, check_planes, directions_fingerprint
from landscape.settings import GridSettings
from landscape.surface.axes import UNITS, Axis


@dataclass(frozen=True)
class Random:
    """Independent random directions: the default."""

    @property
    def text(self) -> str:
        """What a file calls it."""
        return "random"

    @classmethod
    def parse(cls, rest: str) -> "Random":
        """Read what stands after the colon: nothing."""
        if rest:
            raise LandscapeError(f"expected nothing after random:, got {rest!r}")
        return cls()

    def settle(self, grid: GridSettings) -> GridSettings:
        """Ask nothing of the grid."""
        return grid

    def make(self, ground: Ground) -> Made:
        """Make planes that are drawn when they are used."""
        grid = ground.grid
        planes = RandomPlanes(
            ground.space,
            grid.planes,
            seed=grid.seed,
            normalize=grid.normalize,
            line=grid.line,
            orthogonal=grid.orthogonal,
        )
        return Made(
            planes=planes,
            axes=(Axis(unit=UNITS.get(grid.normalize, "")),) * (1 if grid.line else 2),
            normalize=grid.normalize,
            fingerprint=directions_fingerprint(planes, ground.space),
            seeded=True,
        )


@dataclass(frozen=True, eq=False)
class Given:
    """Planes that the user has made.

    Args:
        planes: All of them.
    """

    planes: Sequence[Plane]

    @property
    def text(self) -> str:
        """What a file calls it."""
        return "given"

    def settle(self, grid: GridSettings) -> GridSettings:
        """Count planes and their directions."""
        axes = {plane.axes for plane in self.planes if isinstance(plane, Plane)}
        line = axes == {1} if axes else grid.line
        return grid.model_copy(update={"line": line})

    def make(self, ground: Ground) -> Made:
        """Take the planes as they are, if they go through the model."""
        line = check_planes(self.planes, ground.space)
        names = ("given direction",) if line else ("given direction 1", "given direction 2")
        axes = tuple(Axis(name=n, unit="1 is the given direction", random=False) for n in names)
        planes = list(self.planes)
        drawn = all(is_drawn(direction) for plane in planes for direction in plane.directions)
        return Made(
            planes=planes,
            axes=() if drawn else axes,
            normalize="given",
            fingerprint=directions_fingerprint(self.planes, ground.space),
        )
