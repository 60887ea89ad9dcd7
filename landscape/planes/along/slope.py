"""Directions in which the loss rises: its gradient, and the worst that a few steps find."""

import math
from dataclasses import dataclass

from landscape.arguments import checked
from landscape.errors import LandscapeError
from landscape.planes.along.determined import (
    as_long_as_random,
    beside_random,
    drawn_planes,
    scaled,
    settle_determined,
)
from landscape.planes.along.made import Ground, Made
from landscape.planes.parameters import Parameters, norm
from landscape.settings import GridSettings

_FORM = "worst, worst:steps=10 or worst:steps=10,radius=0.5"


@dataclass(frozen=True)
class Gradient:
    """The gradient of the mean loss over the problem's data, at the center: uphill."""

    @property
    def text(self) -> str:
        """What a file calls it."""
        return "gradient"

    @classmethod
    def parse(cls, rest: str) -> "Gradient":
        """Read what stands after the colon: nothing."""
        if rest:
            raise LandscapeError(f"expected nothing after gradient:, got {rest!r}")
        return cls()

    def settle(self, grid: GridSettings) -> GridSettings:
        """Ask for one line, or for replicates of the second direction."""
        return settle_determined(grid)

    def make(self, ground: Ground) -> Made:
        """Differentiate the loss once over the data."""
        _, gradient = ground.slope(None)
        first = as_long_as_random(gradient, "gradient", ground)
        return beside_random(first, "gradient", ground, recipe=self.text)


@checked
@dataclass(frozen=True)
class Worst:
    r"""The direction in which the loss at a distance is highest, as far as some steps find it.

    Projected gradient ascent on the sphere around the center, from the gradient at the center:
    $d \leftarrow r (d / |d| + g / |g|) / |d / |d| + g / |g||$ with g the gradient at
    center + d. The highest point that was seen is taken. On a quadratic whose gradient is zero it
    is a power iteration, and tends to the eigenvector of the largest eigenvalue.

    Args:
        steps: How many; each goes once over the data, forward and back.
        radius: The distance, in units of a random direction. Near, as that is where the steps of a
            training go; 1 is the border of the usual grid.

    Raises:
        LandscapeError: If one of them is out of range.
    """

    steps: int = 5
    radius: float = 0.1

    def __post_init__(self) -> None:
        if self.steps < 1 or not 0 < self.radius < math.inf:
            raise LandscapeError(
                f"expected positive steps and radius, got {self.steps} and {self.radius}",
                hint=_FORM,
            )

    @property
    def text(self) -> str:
        """What a file calls it."""
        return f"worst:steps={self.steps},radius={self.radius:g}"

    @classmethod
    def parse(cls, rest: str) -> "Worst":
        """Read what stands after the colon: steps and radius."""
        given: dict[str, str] = {}
        for word in rest.split(",") if rest else ():
            key, _, value = (part.strip() for part in word.partition("="))
            given[key] = value
        try:
            if set(given) - {"steps", "radius"}:
                raise ValueError
            steps, radius = given.get("steps", cls.steps), given.get("radius", cls.radius)
            return cls(steps=int(steps), radius=float(radius))
        except ValueError as error:
            raise LandscapeError(
                f"expected steps and radius of the worst direction, got {rest!r}", hint=_FORM
            ) from error

    def settle(self, grid: GridSettings) -> GridSettings:
        """Ask for one line, or for replicates of the second direction."""
        return settle_determined(grid)

    def make(self, ground: Ground) -> Made:
        """Climb."""
        return beside_random(self._climb(ground), "worst direction", ground, recipe=self.text)

    def _climb(self, ground: Ground) -> Parameters:
        """Return the best direction that was seen, as long as a random one."""
        drawn = drawn_planes(ground)[0].directions[0]
        length = norm(drawn)
        _, gradient = ground.slope(None)
        start = gradient if norm(gradient) else {name: drawn[name].cpu().float() for name in drawn}
        direction = as_long_as_random(start, "gradient", ground)
        best, highest = direction, -math.inf
        for _ in range(self.steps + 1):  # the last one only looks where it has come to
            loss, gradient = ground.slope(scaled(direction, self.radius))
            if math.isnan(loss) or loss > highest:
                best, highest = direction, loss
            size = norm(gradient)
            if not (size > 0 and math.isfinite(size) and math.isfinite(loss)):
                break
            both = {n: direction[n] / length + gradient[n] / size for n in direction}
            both_size = norm(both)
            if both_size < 1e-6:  # straight downhill: the sphere's lowest point
                break
            direction = scaled(both, length / both_size)
        return best
